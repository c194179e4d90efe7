//! When the gateway does not work: stopping, and what is left for the next start.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;

use crate::server::{Server, not_paid, paid, refusal, unavailable};
use crate::support::{Folder, HEADER, orders};

const NOBODY: &str = "http://127.0.0.1:1";

fn numbered(count: usize) -> String {
    let lines: String = (0..count).map(|number| format!("A{number},t{number}\n")).collect();
    format!("order,token\n{lines}")
}

#[test]
fn out_of_service_it_stops_at_once_and_the_next_start_goes_on() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 100));
    sandbox.set_in_service(false);
    let ran = folder.run(&sandbox.origin(), &["--threads", "8"]);
    ran.says(3, "Stopped: the gateway is unavailable: \"Service indisponible\". Start it again to go on.");
    assert!(ran.err.contains("left            100\n"), "{}", ran.err);
    assert_eq!(folder.written(), HEADER);
    sandbox.set_in_service(true);
    folder.run(&sandbox.origin(), &["--threads", "8"]).says(0, "left              0\n");
    assert_eq!(folder.rows().len(), 100);
}

#[test]
fn nothing_is_sent_once_the_gateway_said_that_it_is_out_of_service() {
    for (threads, most) in [("1", 0), ("8", 7)] {
        // It is in service for the first 40 exchanges.
        let mut exchanges = 0;
        let server = Server::start(move |_, _| {
            exchanges += 1;
            if exchanges <= 40 { paid() } else { unavailable() }
        });
        let folder = Folder::with(numbered(500));
        folder.run(&server.origin, &["--threads", threads]).says(3, "unavailable");
        let after = server.asked().len() - 41;
        assert!(after <= most, "{after} exchanges of {threads} threads");
        let rows = folder.rows();
        assert!(rows.len() <= 20 && rows.iter().all(|row| row[2] == "paid"), "{rows:?}");
    }
}

#[test]
fn a_thread_that_pauses_hears_the_stop() {
    // One of the two tokens fails, whichever comes first, and its thread pauses.
    let mut calls = 0;
    let server = Server::start(move |token, _| {
        calls += usize::from(!token.is_empty());
        match (token, calls) {
            ("", _) => (200, "{}".to_owned()),
            (_, 1) => (500, "panne".to_owned()),
            _ => unavailable(),
        }
    });
    let folder = Folder::with(numbered(2));
    let started = Instant::now();
    folder.run(&server.origin, &["--threads", "2", "--pause", "1m"]).says(3, "unavailable");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_failure_is_tried_again_and_then_an_error_row() {
    let mut failures = 0;
    let server = Server::start(move |token, _| match token {
        "t1" => (500, "<h1>panne</h1>".to_owned()),
        "t2" if failures < 2 => {
            failures += 1;
            (500, "<h1>panne</h1>".to_owned())
        }
        _ => not_paid(),
    });
    let folder = Folder::with(numbered(4));
    let started = Instant::now();
    folder
        .run(&server.origin, &["--attempts", "3", "--pause", "100ms"])
        .says(1, "not_paid          3\nrefused           0\nerror             1\n");
    assert!(started.elapsed() >= Duration::from_millis(2 * (100 + 200)), "{:?}", started.elapsed());
    let asked: Vec<String> = server.asked().into_iter().filter(|token| !token.is_empty()).collect();
    assert_eq!(asked, ["t0", "t1", "t1", "t1", "t2", "t2", "t2", "t3"]);
    let rows = folder.rows();
    let error = rows.iter().find(|row| row[2] == "error").expect("an error row");
    assert_eq!(error[1], "t1");
    assert!(error[3].starts_with("unexpected reply, HTTP 500: "), "{error:?}");
    // It is final, and an exit code of 0 does not hide it.
    folder.run(NOBODY, &[]).says(1, "error             1\n");
}

#[test]
fn where_nobody_answers_it_gives_up_and_writes_no_error_rows() {
    let folder = Folder::with(numbered(1000));
    for (more, left) in [(&["--threads", "4"][..], 1000), (&["--give-up-after", "3"], 1000)] {
        let ran = folder.run(NOBODY, more);
        ran.says(4, "Gave up: the gateway gives no usable answer; the last was: the availability check failed, the call was not sent: ");
        assert!(ran.err.contains(&format!("left      {left:>9}\n")), "{}", ran.err);
        assert_eq!(folder.written(), HEADER);
    }
    // Fewer tokens than it takes to give up: nothing was answered all the same.
    folder.input(numbered(3));
    folder.run(NOBODY, &[]).says(4, "left              3\n");
    assert_eq!(folder.written(), HEADER);
    // Who wants the rows gets them.
    folder.run(NOBODY, &["--give-up-after", "0", "--attempts", "1"]).says(1, "error             3\n");
}

#[test]
fn a_gateway_that_is_silent_is_waited_for_as_long_as_told() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", silent.local_addr().expect("an address"));
    let folder = Folder::with(numbered(1));
    let started = Instant::now();
    folder
        .run(&origin, &["--timeout", "200ms", "--attempts", "2"])
        .says(4, "the availability check was not answered in time, the call was not sent: ");
    assert!((Duration::from_millis(400)..Duration::from_secs(20)).contains(&started.elapsed()));
}

#[test]
fn a_page_in_the_gateways_place_is_no_answer() {
    let server = Server::start(|_, _| (200, "<title>Sign in to the hotel's network</title>".to_owned()));
    let folder = Folder::with(numbered(500));
    folder.run(&server.origin, &[]).says(4, "the last was: unexpected reply, HTTP 200: ");
    assert_eq!(folder.written(), HEADER);
    // Ten tokens, three attempts of two exchanges; and what was under way.
    assert!(server.asked().len() < 120, "{}", server.asked().len());
}

#[test]
fn failures_between_answers_are_written_and_those_in_a_row_are_not() {
    let server = Server::start(|token, _| match token {
        "t1" | "t2" | "t4" | "t5" | "t6" => (500, "panne".to_owned()),
        _ => paid(),
    });
    let folder = Folder::with(numbered(9));
    folder.run(&server.origin, &["--attempts", "1", "--give-up-after", "3"]).says(4, "Gave up");
    let mut tokens: Vec<_> = folder.rows().into_iter().map(|[_, token, outcome, _]| (token, outcome)).collect();
    // What was under way when it gave up may still be written, but none of the failures before.
    tokens.retain(|(token, _)| token != "t7" && token != "t8");
    let expected = [("t0", "paid"), ("t1", "error"), ("t2", "error"), ("t3", "paid")];
    assert_eq!(tokens, expected.map(|(token, outcome)| (token.to_owned(), outcome.to_owned())));
}

#[test]
fn a_wrong_secret_does_not_fill_the_output_with_refusals() {
    let sandbox = Sandbox::builder().secret_key("another-key").start().expect("a sandbox");
    // Also fewer than it takes to give up.
    for count in [100, 5] {
        let folder = Folder::with(orders(&sandbox, count));
        folder
            .run(&sandbox.origin(), &[])
            .says(4, "the gateway refused with code 0: \"secret_key manquante ou incorrecte.\"");
        assert_eq!(folder.written(), HEADER);
        // Also where an earlier start had the right one.
        let earlier = format!("{HEADER}A,an-earlier-token,paid,\n");
        folder.output(&earlier);
        folder.run(&sandbox.origin(), &[]).says(4, "secret_key manquante ou incorrecte.");
        assert_eq!(folder.written(), earlier);
        // Who wants the rows gets them.
        let refused = format!("refused   {count:>9}\n");
        folder.run(&sandbox.origin(), &["--give-up-after", "0"]).says(1, &refused);
    }
}

#[test]
fn refusals_are_written_once_the_credentials_are_known_to_be_right() {
    let server = Server::start(|token, _| if token == "t5" { paid() } else { refusal("\"purchaseToken inconnu.\"") });
    let folder = Folder::with(numbered(60));
    folder.run(&server.origin, &[]).says(1, "paid              1\nnot_paid          0\nrefused          59\n");
    // And by what an earlier start found.
    folder.output(format!("{HEADER}A5,t5,paid,\n"));
    folder.run(&server.origin, &[]).says(1, "refused          59\n");
}
