//! `check --wait`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::{NOT_PAID, PAID, REFUSED, UNAVAILABLE};
use ekolopay_test_kit::run::silence;
use ekolopay_test_kit::{Server, response};

use crate::program::{paid_token, run_at};

#[test]
fn a_temporary_error_does_not_end_it() {
    let checked = || response(200, "{}");
    let closed = Vec::new();
    let calls = [response(500, "<html>"), closed, response(200, REFUSED), response(200, NOT_PAID), response(200, PAID)];
    let replies = [vec![response(200, UNAVAILABLE)], calls.map(|call| vec![checked(), call]).concat()].concat();
    let next = AtomicUsize::new(0);
    let server = Server::start(move |_| replies[next.fetch_add(1, Ordering::SeqCst)].clone());
    let run = run_at(&server.origin, &["check", "--wait", "10m", "a"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "a paid\n", ""));
    assert_eq!(server.calls().len(), 5);
}

/// A last check that runs out of time does not replace an earlier answer.
#[test]
fn the_answer_of_a_slow_gateway_counts() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(1_100)).start().unwrap();
    let (open, paid) = (sandbox.add_payment("Iphone S", 150_000), paid_token(&sandbox));
    assert_eq!(run_at(&sandbox.origin(), &["check", "--wait", "1s", &paid]).code, 0);
    assert_eq!(run_at(&sandbox.origin(), &["check", "--wait", "4s", &open]).code, 10);
}

#[test]
fn a_refusal_that_repeats_for_10_s_ends_it() {
    let sandbox = Sandbox::start().unwrap();
    let paid = paid_token(&sandbox);
    let started = Instant::now();
    let run = run_at(&sandbox.origin(), &["check", "--wait", "10m", "unknown", &paid, "a b"]);
    assert!((Duration::from_secs(10)..Duration::from_secs(20)).contains(&started.elapsed()), "{:?}", started.elapsed());
    assert_eq!((run.code, run.out), (2, format!("{paid} paid\n")));
    assert!(run.err.contains("error: unknown: the gateway refused"), "{}", run.err);
}

/// The default timeout would let each token take a minute.
#[test]
fn a_silent_gateway_does_not_make_it_late() {
    let server = Server::start(|_| silence());
    let started = Instant::now();
    let run = run_at(&server.origin, &["check", "--wait", "1s", "a", "b", "c", "d", "e"]);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    run.says(4, "error: a: the availability check was not answered in time, the call was not sent\n");
    run.says(4, "error: e: not asked before the end\n");
}
