//! What the gateway does at night, and what `reconcile` makes of it.

use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use ekolopay::canned::{NOT_PAID, PAID, UNAVAILABLE};
use ekolopay_sandbox::{Sandbox, Trouble};
use ekolopay_test_kit::{RawRequest, Server, response};

use crate::support::{Folder, HEADER, Killed, NOBODY, checked, numbered, paid, payments, refusal, server};

#[test]
fn each_answer_is_one_row_with_its_time() {
    let answer = |token: &str| match token {
        "t0" => paid(),
        "t1" => response(200, NOT_PAID),
        // A plain error of the company's newer API is a refusal too.
        "t2" => response(500, r#"{"code":0,"reason":"INVALID","message":"non"}"#),
        _ => refusal("=1\r\n\u{1b}[31mrouge\u{7}, \"é\""),
    };
    let folder = Folder::new(numbered(4));
    let run = folder.run(&server(answer).origin, &["--threads", "1", "--json"]);
    run.says(1, "paid              1\nnot_paid          1\nrefused           2\nleft              0\n");
    let counts = serde_json::json!({"paid": 1, "not_paid": 1, "refused": 2, "not_judged": 0, "left": 0});
    assert_eq!(run.json(), [serde_json::json!({ "counts": counts, "paidTwice": 0 })]);
    let rows = folder.rows();
    let words: Vec<String> = rows.iter().map(|row| row[..3].join(",")).collect();
    assert_eq!(words, ["A0,t0,paid", "A1,t1,not_paid", "A2,t2,refused", "A3,t3,refused"]);
    assert!(rows.iter().all(|row| humantime::parse_rfc3339(&row[3]).is_ok()));
    assert!(rows[3][4].contains("rouge") && !rows[3][4].contains(char::is_control), "{rows:?}");
}

#[test]
fn an_order_that_was_paid_twice_is_named() {
    let folder = Folder::new("order,token\nA1,t1\nA2,t2\nA1,t3\nA2,t4\n");
    let server = server(|token| if token == "t4" { response(200, NOT_PAID) } else { paid() });
    folder.run(&server.origin, &[]).says(1, "look whether to refund one.\n  line 4: A1\n");
    folder.run(NOBODY, &[]).says(1, "look whether to refund one.\n  line 4: A1\n");
}

#[test]
fn a_wrong_key_writes_no_rows_and_asks_ten_times() {
    let server = server(|_| refusal("secret_key incorrecte"));
    let folder = Folder::new(numbered(1000));
    let run = folder.run(&server.origin, &[]);
    run.says(1, "not_judged       10\nleft            990\n");
    run.says(1, "secret_key incorrecte");
    assert_eq!((folder.output().as_str(), checked(&server).len()), (HEADER, 10));
    let numbers = checked(&server).iter().map(|token| token[1..].parse::<usize>().unwrap()).max();
    assert!(numbers > Some(850), "they come from all over the list");

    let few = Folder::new(numbered(3));
    few.run(&server.origin, &[]).says(1, "not_judged        3\nleft              0\n");
    assert_eq!(few.output(), HEADER);
    few.run(&server.origin, &["--accept-refusals"]).says(1, "refused           3\nleft              0\n");
    assert_eq!(few.rows().len(), 3);
}

#[test]
fn a_list_that_begins_with_unknown_tokens_is_asked_to_the_end() {
    let known = |token: &str| token[1..].parse::<u32>().unwrap() >= 10;
    let server = server(move |token| if known(token) { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(60));
    folder.run(&server.origin, &["--threads", "1"]).says(1, "refused          10\nleft              0\n");
    // What was refused before the first payment was found keeps its own words.
    assert!(folder.rows().iter().all(|row| (row[2] == "refused") == row[4].contains("inconnu")));
}

#[test]
fn a_token_whose_answer_is_never_usable_is_named_with_its_line() {
    for odd in [response(500, "<h1>panne</h1>"), Vec::new()] {
        let server = server(move |token| if token == "t1" { odd.clone() } else { paid() });
        let folder = Folder::new(numbered(9));
        let run = folder.run(&server.origin, &["--threads", "2"]);
        run.says(1, "left              1\n");
        run.says(1, "The same command asks again.\n  line 3: A1: ");
        assert_eq!(folder.rows().len(), 8);
        // Once in its turn, and three times after all others.
        let checked = checked(&server);
        assert_eq!(checked.iter().filter(|token| *token == "t1").count(), 4);
        assert!(checked[checked.len() - 3..].iter().all(|token| token == "t1"), "{checked:?}");
    }
}

#[test]
fn all_threads_wait_until_the_gateway_is_back() {
    let outages: [fn(&RawRequest) -> Vec<u8>; 5] = [
        |_| response(200, UNAVAILABLE),
        |_| response(429, "slow down"),
        |request| response(if request.is_check() { 200 } else { 429 }, "{}"),
        |request| if request.is_check() { response(200, "{}") } else { response(503, "<html>") },
        |_| Vec::new(),
    ];
    for outage in outages {
        let (count, began) = (AtomicUsize::new(0), OnceLock::new());
        let server = Server::start(move |request| {
            let is_over = |began: &Instant| began.elapsed() > Duration::from_millis(700);
            let is_fine = count.fetch_add(1, SeqCst) < 40 || is_over(began.get_or_init(Instant::now));
            if is_fine { response(200, PAID) } else { outage(request) }
        });
        let folder = Folder::new(numbered(100));
        folder.run(&server.origin, &["--threads", "8"]).says(0, "paid            100\n");
        // Each thread pauses for 250 and 500 ms. Two requests per try.
        let during = server.requests().len() - 200;
        assert!((1..=8 * 2 * 3).contains(&during), "{during} requests during the outage");
    }
}

#[test]
fn the_wait_ends_with_a_count_and_the_same_command_goes_on() {
    let hotel = "<title>Sign in to the hotel's network</title>";
    let outages = [response(200, UNAVAILABLE), response(200, hotel), Vec::new()];
    for outage in outages {
        let count = AtomicUsize::new(0);
        let failing = Server::start(move |_| if count.fetch_add(1, SeqCst) < 20 { paid() } else { outage.clone() });
        let folder = Folder::new(numbered(500));
        let run = folder.run(&failing.origin, &["--wait", "600ms", "--threads", "3"]);
        run.says(4, "no answer for 600ms: ");
        let rows = folder.rows().len();
        assert!((8..=10).contains(&rows), "{rows}");
        run.says(4, &format!("{} of 500 are left. The same command goes on.", 500 - rows));
        // The gateway is not flooded meanwhile.
        assert!(failing.requests().len() < 80, "{}", failing.requests().len());
        let server = server(|_| paid());
        folder.run(&server.origin, &[]).says(0, "Done: all 500 tokens of the list are in out.csv.");
        assert_eq!(checked(&server).len(), 500 - rows);
    }
    let folder = Folder::new(numbered(5));
    folder.run(NOBODY, &["--wait", "0s"]).says(4, "127.0.0.1:1 refused the connection.\n5 of 5 are left");
    assert_eq!(folder.output(), HEADER);
}

#[test]
fn any_answer_resets_the_clock() {
    // Each token fails for 700 ms, and is then answered.
    let began = std::sync::Mutex::new(std::collections::HashMap::new());
    let server = Server::in_service(move |request| {
        let began = *began.lock().unwrap().entry(request.token().to_owned()).or_insert_with(Instant::now);
        if began.elapsed() > Duration::from_millis(700) { paid() } else { response(503, "") }
    });
    let folder = Folder::new(numbered(5));
    folder.run(&server.origin, &["--threads", "1", "--wait", "1500ms"]).says(0, "paid              5\n");
}

#[test]
fn a_limit_of_requests_slows_it_down() {
    let sandbox = Sandbox::builder().rate_limit(20).start().unwrap();
    let folder = Folder::new(payments(&sandbox, 40));
    folder.run(&sandbox.origin(), &["--threads", "8"]).says(0, "paid             20\nnot_paid         20\n");
}

#[test]
fn a_thousand_tokens_in_trouble_need_one_start() {
    for (threads, share) in [("8", 0.05), ("64", 0.05), ("32", 0.1)] {
        let trouble = Trouble::share(share, fastrand::u64(..));
        println!("{trouble:?}");
        let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
        let folder = Folder::new(payments(&sandbox, 1000));
        folder.run(&sandbox.origin(), &["--threads", threads]).says(0, "paid            500\nnot_paid        500\n");
        assert!(folder.rows().iter().all(|row| row[0].starts_with(&format!("{} ", row[2]))));
    }
}

/// `KILLS=200 cargo test -p ekolopay-cli kills` for more of them.
#[test]
fn kills_lose_no_row_and_write_none_twice() {
    let kills: usize = std::env::var("KILLS").map_or(12, |kills| kills.parse().unwrap());
    let trouble = Trouble { seed: fastrand::u64(..), error_pages: 0.02, cuts: 0.02, delays: 0.02, outages: 0.0004 };
    println!("{trouble:?}");
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    let count = kills.min(50) * 400;
    let unknown: String = (0..20).map(|number| format!("refused {number},unknown-{number}\n")).collect();
    let folder = Folder::new(payments(&sandbox, count) + &unknown);
    let (mut killed, mut before) = (0, String::new());
    while killed < kills {
        let mut child =
            Killed(folder.reconcile(&sandbox.origin(), &["--threads", "16"]).stderr(Stdio::null()).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(fastrand::u64(1..400)));
        if child.0.try_wait().unwrap().is_some() {
            break;
        }
        drop(child);
        killed += 1;
        let now = folder.output();
        let whole = |text: &str| text.rfind('\n').map_or(0, |end| end + 1);
        assert!(now.starts_with(&before[..whole(&before)]), "a row was lost");
        before = now;
    }
    assert!(killed > kills / 2, "{killed}");
    folder.run(&sandbox.origin(), &["--threads", "16", "--accept-refusals"]).says(1, "left              0\n");
    let rows = folder.rows();
    let tokens: std::collections::HashSet<&String> = rows.iter().map(|row| &row[1]).collect();
    assert_eq!((rows.len(), tokens.len()), (count + 20, count + 20));
    assert!(rows.iter().all(|row| row[0].starts_with(&format!("{} ", row[2]))));
}

/// Not by itself: it needs a machine that does nothing else, and a release build.
#[test]
#[ignore = "a measurement"]
fn time_is_latency_divided_by_threads() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().unwrap();
    for (threads, count) in [(1_u32, 100_u32), (8, 800), (64, 6400)] {
        let folder = Folder::new(payments(&sandbox, count as usize));
        let start = Instant::now();
        folder.run(&sandbox.origin(), &["--threads", &threads.to_string()]).says(0, "Done");
        // Two exchanges per check.
        let ideal = Duration::from_millis(40) * count / threads;
        println!("{threads} threads: {:.2}", ideal.as_secs_f64() / start.elapsed().as_secs_f64());
        assert!(ideal.as_secs_f64() >= 0.9 * start.elapsed().as_secs_f64());
    }
}
