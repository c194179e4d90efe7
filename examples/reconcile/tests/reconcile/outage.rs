//! A gateway that is unavailable, gives no answer or wants fewer requests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use ekolopay_sandbox::{Sandbox, Trouble};
use ekolopay_test_kit::replies::{PAID, UNAVAILABLE};
use ekolopay_test_kit::{RawRequest, Server, response};

use crate::support::{Folder, HEADER, checked, numbered, paid, server};

type Answer = fn(&RawRequest) -> Vec<u8>;

#[test]
fn all_threads_wait_until_the_gateway_is_back() {
    let outages: [Answer; 5] = [
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
            let in_order = count.fetch_add(1, SeqCst) < 40 || is_over(began.get_or_init(Instant::now));
            if in_order { response(200, PAID) } else { outage(request) }
        });
        let folder = Folder::new(numbered(100));
        let arguments = ["--threads", "8", "--pause", "50ms", "--wait-for-gateway", "1m"];
        folder.run(&server.origin, &arguments).says(0, "paid            100\n");
        // Two requests per token. The pauses of 50, 100, 200, 400 ms take the whole outage.
        let during = server.requests().len() - 200;
        assert!((1..=8 * 2 * 6).contains(&during), "{during} requests during the outage");
    }
}

#[test]
fn a_limit_of_requests_makes_no_error_rows() {
    let sandbox = Sandbox::builder().rate_limit(60).start().unwrap();
    let tokens = (0..100).map(|number| format!("A{number},{}\n", sandbox.add_payment("Iphone S", 150_000)));
    let folder = Folder::new(format!("order,token\n{}", tokens.collect::<String>()));
    let arguments = ["--threads", "8", "--pause", "20ms", "--wait-for-gateway", "1m", "--attempts", "1"];
    folder.run(&sandbox.origin(), &arguments).says(0, "not_paid        100\n");
}

#[test]
fn the_sandbox_in_trouble_needs_one_start() {
    let trouble = Trouble::share(0.05, fastrand::u64(..));
    println!("{trouble:?}");
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    let tokens = (0..300).map(|_| sandbox.add_payment("Iphone S", 150_000));
    let list: String = tokens.map(|token| format!("order of {token},{token}\n")).collect();
    let arguments = ["--threads", "8", "--pause", "5ms", "--wait-for-gateway", "1m", "--attempts", "6"];
    Folder::new(format!("order,token\n{list}")).run(&sandbox.origin(), &arguments).says(0, "not_paid        300\n");
}

#[test]
fn the_wait_ends_and_the_rest_is_left() {
    let unavailable = Server::start(|_| response(200, UNAVAILABLE));
    let (folder, started) = (Folder::new(numbered(10)), Instant::now());
    let run = folder.run(&unavailable.origin, &["--wait-for-gateway", "300ms", "--threads", "3"]);
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&started.elapsed()));
    run.says(3, "left             10\n");
    run.says(3, "Stopped: the gateway is unavailable");
    assert_eq!(folder.output(), HEADER);
}

#[test]
fn a_token_without_an_answer_does_not_hold_up_the_others() {
    let server = server(|token| if token == "t1" { Vec::new() } else { paid() });
    let folder = Folder::new(numbered(9));
    folder.run(&server.origin, &["--wait-for-gateway", "300ms", "--attempts", "2"]).says(4, "left              1\n");
    assert_eq!(checked(&server)[..5], ["t0", "t1", "t1", "t2", "t3"]);
    assert_eq!(folder.rows().len(), 8);
}
