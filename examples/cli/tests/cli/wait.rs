//! `check --wait`

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::{NOT_PAID, PAID, REFUSED, UNAVAILABLE};
use ekolopay_test_kit::run::{in_terminal, shown, signal, silence};
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY, Server, as_pid_1, response, terminate_pid_1};

use crate::program::{PROGRAM, at, new_token, paid_token, run_at};

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
    let (open, paid) = (new_token(&sandbox), paid_token(&sandbox));
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

#[cfg(unix)]
#[test]
fn a_terminal_shows_the_elapsed_time() {
    let sandbox = Sandbox::start().unwrap();
    let mut program = at(&sandbox.origin());
    program.args(["check", "--wait", "3s", &new_token(&sandbox)]);
    let (mut child, mut terminal) = in_terminal(program);
    let (code, shown) = shown(&mut child, &mut terminal);
    assert_eq!(code, 10);
    // A busy machine may miss a second.
    let elapsed = ["1s of 3s", "2s of 3s"].map(|time| shown.contains(&format!("waiting for a payment: {time}")));
    assert!(elapsed.contains(&true) && shown.contains("not paid, or not yet"), "{shown}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_it_with_the_latest_answers() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let server = Server::in_service(|request| match request.token() {
            "slow" => silence(),
            _ => response(200, NOT_PAID),
        });
        let mut program = at(&server.origin);
        program.args(["check", "--wait", "10m", "open", "slow"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = program.spawn().unwrap();
        server.wait_for(4);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "open not paid, or not yet\n");
        assert!(err.starts_with("error: slow: not asked before the end\nStopped: "), "{err}");
    }
}

/// Without a handler, a signal would not end the first process of a container.
#[cfg(target_os = "linux")]
#[test]
fn sigterm_ends_it_as_process_1() {
    let Some(mut program) = as_pid_1(PROGRAM) else { return };
    let server = Server::in_service(|_| response(200, NOT_PAID));
    program.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY).stdout(Stdio::null());
    program.args(["check", "--wait", "10m", "a", "--origin", &server.origin]);
    let mut child = program.stderr(Stdio::null()).spawn().unwrap();
    server.wait_for(2);
    assert_eq!(terminate_pid_1(&mut child), Some(143));
}
