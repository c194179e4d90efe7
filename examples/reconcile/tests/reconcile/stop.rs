//! When the gateway does not work: the job stops, and leaves the rest to the next run.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use ekolopay_test_kit::replies::{NOT_PAID, PAID, UNAVAILABLE, refusal};
use ekolopay_test_kit::run::silence;
use ekolopay_test_kit::{Server, response};

use crate::support::{Folder, HEADER, NOBODY, checked, numbered, paid, server};

#[test]
fn an_outage_stops_the_job_at_once_and_the_next_run_continues() {
    for (threads, most) in [("1", 0), ("8", 7)] {
        let requests = AtomicUsize::new(0);
        let failing = Server::start(move |request| match requests.fetch_add(1, SeqCst) {
            // With eight threads, one pauses for a minute when the outage comes.
            _ if request.token() == "t7" && threads == "8" => response(500, "panne"),
            ..40 => response(200, PAID),
            _ => response(200, UNAVAILABLE),
        });
        let (folder, started) = (Folder::new(numbered(500)), Instant::now());
        let run = folder.run(&failing.origin, &["--threads", threads, "--pause", "1m"]);
        run.says(3, "Stopped: the gateway is unavailable: \"Service indisponible\". Run it again to continue.");
        assert!(started.elapsed() < Duration::from_secs(30));
        let after = failing.requests().len() - 41;
        assert!(after <= most, "{after} requests from {threads} threads after the outage");
        let rows = folder.rows();
        assert!(rows.len() <= 20 && rows.iter().all(|row| row[2] == "paid"), "{rows:?}");
        run.says(3, &format!("left      {:>9}\n", 500 - rows.len()));

        let server = server(|_| paid());
        folder.run(&server.origin, &["--threads", threads]).says(0, "left              0\n");
        assert_eq!(checked(&server).len(), 500 - rows.len());
    }
}

#[test]
fn a_failed_check_is_tried_again_before_it_becomes_an_error_row() {
    let failures = AtomicUsize::new(0);
    let server = server(move |token| match token {
        "t1" => response(500, "<h1>panne</h1>"),
        "t2" if failures.fetch_add(1, SeqCst) < 2 => response(500, "<h1>panne</h1>"),
        _ => response(200, NOT_PAID),
    });
    let folder = Folder::new(numbered(4));
    let started = Instant::now();
    let run = folder.run(&server.origin, &["--attempts", "3", "--pause", "100ms"]);
    run.says(1, "not_paid          3\nrefused           0\nerror             1\n");
    assert!(started.elapsed() >= Duration::from_millis(2 * (100 + 200)), "{:?}", started.elapsed());
    assert_eq!(checked(&server), ["t0", "t1", "t1", "t1", "t2", "t2", "t2", "t3"]);
    let rows = folder.rows();
    let error = rows.iter().find(|row| row[2] == "error").unwrap();
    assert_eq!(error[1], "t1");
    assert!(error[3].starts_with("unexpected reply, HTTP 500: "), "{error:?}");
    // The row is final, and the next run still reports it.
    folder.run(NOBODY, &[]).says(1, "error             1\n");
}

#[test]
fn without_answers_the_job_gives_up_and_writes_no_error_rows() {
    let hotel = Server::start(|_| response(200, "<title>Sign in to the hotel's network</title>"));
    let silent = Server::start(|_| silence());
    // The last list is shorter than --give-up-after.
    for (count, origin, more, error) in [
        (1000, NOBODY, ["--threads", "4"], "the availability check failed, the call was not sent: "),
        (1000, &*silent.origin, ["--timeout", "200ms"], "the availability check was not answered in time, "),
        (1000, &*hotel.origin, ["--threads", "1"], "unexpected reply, HTTP 200: "),
        (3, &*hotel.origin, ["--threads", "1"], "unexpected reply, HTTP 200: "),
    ] {
        let folder = Folder::new(numbered(count));
        let run = folder.run(origin, &more);
        run.says(4, &format!("Gave up: no usable answer from the gateway. The last error: {error}"));
        run.says(4, &format!("left      {count:>9}\n"));
        assert_eq!(folder.output(), HEADER);
    }
    // Ten tokens and three, three attempts each, two requests per attempt; and a check that was under way.
    assert!(hotel.requests().len() < 140, "{}", hotel.requests().len());
    let more = ["--give-up-after", "0", "--attempts", "1"];
    Folder::new(numbered(3)).run(&hotel.origin, &more).says(1, "error             3\n");
}

#[test]
fn failures_are_written_once_a_later_token_is_answered() {
    let server = server(|token| match token {
        "t1" | "t2" | "t4" | "t5" | "t6" => response(500, "panne"),
        _ => paid(),
    });
    let folder = Folder::new(numbered(9));
    folder.run(&server.origin, &["--attempts", "1", "--give-up-after", "3"]).says(4, "Gave up");
    let mut rows: Vec<_> = folder.rows().into_iter().map(|[_, token, verdict, _]| [token, verdict]).collect();
    // Checks that were under way may still be written, but not the three failures before them.
    rows.retain(|[token, _]| token != "t7" && token != "t8");
    assert_eq!(rows, [["t0", "paid"], ["t1", "error"], ["t2", "error"], ["t3", "paid"]]);
}

#[test]
fn refusals_are_written_once_the_credentials_are_known_to_be_right() {
    let server = server(|token| if token == "t5" { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(60));
    folder.run(&server.origin, &[]).says(1, "paid              1\nnot_paid          0\nrefused          59\n");
    // An earlier run's answer shows it as well.
    folder.write("out.csv", format!("{HEADER}A5,t5,paid,\n"));
    folder.run(&server.origin, &[]).says(1, "refused          59\n");
}
