//! `check --wait`

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;
use serde_json::json;

use crate::program::{at, closed_port, customer_submits, new_token, paid_token, run_at};
use ekolopay_test_kit::replies::{NOT_PAID, PAID, UNAVAILABLE};
use ekolopay_test_kit::{Server, response};

/// Far more than any of these runs needs, and far less than the time they are told to wait.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn it_ends_as_soon_as_the_customer_has_paid() {
    let (sender, requests) = mpsc::channel();
    let sandbox = Sandbox::builder().log(move |line| drop(sender.send(line.to_owned()))).start().expect("a sandbox");
    let (paid, open) = (paid_token(&sandbox), new_token(&sandbox));
    while requests.try_recv().is_ok() {}
    let child = at(&sandbox.origin())
        .args(["check", "--wait", "10m", &paid, &open])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // Two calls, each with its check before it: the program has now seen that the second is not paid.
    for _ in 0..4 {
        requests.recv_timeout(SOON).expect("a request");
    }
    customer_submits(&sandbox.origin(), &open, "paid");
    let settled = Instant::now();
    let output = child.wait_with_output().expect("its end");
    assert!(settled.elapsed() < SOON);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{paid} paid\n{open} paid\n"));
}

#[test]
fn it_gives_up_in_time_and_tells_the_last_state() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (open, paid) = (new_token(&sandbox), paid_token(&sandbox));
    let started = Instant::now();
    let run = run_at(&sandbox.origin(), &["check", "--wait", "1s", "--json", &open, &paid]);
    assert!(started.elapsed() >= Duration::from_secs(1) && started.elapsed() < SOON);
    let lines = [
        json!({ "purchaseToken": paid, "paymentSuccessful": true }),
        json!({ "purchaseToken": open, "paymentSuccessful": false }),
    ];
    assert_eq!((run.code, run.json_lines()), (3, lines.to_vec()));
    assert_eq!(run.err, "");
}

#[test]
fn no_time_is_one_look() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (open, paid) = (new_token(&sandbox), paid_token(&sandbox));
    let run = run_at(&sandbox.origin(), &["check", "--wait", "0s", &open, &paid]);
    assert_eq!((run.code, run.out), (3, format!("{paid} paid\n{open} not paid, or not yet\n")));
}

#[test]
fn what_passes_does_not_end_it() {
    let round = AtomicUsize::new(0);
    let server = Server::start(move |seen| match (seen.is_check(), round.load(Ordering::SeqCst)) {
        (true, 0) => {
            round.fetch_add(1, Ordering::SeqCst);
            response(200, UNAVAILABLE)
        }
        (true, _) => response(200, "{}"),
        (false, _) => match round.fetch_add(1, Ordering::SeqCst) {
            1 => response(500, "<html>"),
            2 => Vec::new(), // closed without an answer
            3 => response(200, NOT_PAID),
            _ => response(200, PAID),
        },
    });
    let run = run_at(&server.origin, &["check", "--wait", "10m", "a"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "a paid\n", ""));
    assert_eq!(server.calls().len(), 4);
}

/// What was answered once is not taken back by a look that ran out of time.
#[test]
fn a_slow_gateway_is_heard() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(1_100)).start().expect("a sandbox");
    let (open, paid) = (sandbox.add_payment("Iphone S", 150_000), sandbox.add_payment("Iphone S", 150_000));
    sandbox.settle(&paid, ekolopay_sandbox::Settlement::Paid);
    assert_eq!(run_at(&sandbox.origin(), &["check", "--wait", "1s", &paid]).code, 0);
    assert_eq!(run_at(&sandbox.origin(), &["check", "--wait", "4s", &open]).code, 3);
}

#[test]
fn a_refusal_ends_it_at_once() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let paid = paid_token(&sandbox);
    let started = Instant::now();
    let run = run_at(&sandbox.origin(), &["check", "--wait", "10m", "unknown", &paid, "a b"]);
    assert!(started.elapsed() < SOON);
    assert_eq!((run.code, run.out), (2, format!("{paid} paid\n")));
    assert!(run.err.contains("error: unknown: the gateway refused"), "{}", run.err);
}

#[test]
fn the_last_failure_is_told_when_the_time_is_over() {
    let run = run_at(&closed_port(), &["check", "--wait", "200ms", "a"]);
    assert_eq!(run.code, 5);
    assert_eq!(
        run.err.matches("error: a: the availability check failed, the call was not sent").count(),
        1,
        "{}",
        run.err
    );

    let sandbox = Sandbox::start().expect("a sandbox");
    let open = new_token(&sandbox);
    sandbox.set_in_service(false);
    assert_eq!(run_at(&sandbox.origin(), &["check", "--wait", "200ms", &open]).code, 4);
}

/// The default timeout would let each token take a minute.
#[test]
fn a_silent_gateway_does_not_make_it_late() {
    let server = Server::start(|_| {
        thread::sleep(Duration::from_secs(60));
        Vec::new()
    });
    let started = Instant::now();
    let run = run_at(&server.origin, &["check", "--wait", "1s", "a", "b", "c", "d", "e"]);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(run.code, 5);
    assert!(
        run.err.contains("error: a: the availability check was not answered in time, the call was not sent\n"),
        "{}",
        run.err
    );
    assert!(run.err.contains("error: e: not asked: the time of --wait was over\n"), "{}", run.err);
}
