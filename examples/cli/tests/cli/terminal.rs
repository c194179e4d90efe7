//! `check --wait` in a terminal, and how signals end it.

use std::process::Stdio;

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::NOT_PAID;
use ekolopay_test_kit::run::{in_terminal, shown, signal, silence};
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY, Server, as_pid_1, response, terminate_pid_1};

use crate::program::{PROGRAM, at};

#[test]
fn a_terminal_shows_the_elapsed_time() {
    let sandbox = Sandbox::start().unwrap();
    let mut program = at(&sandbox.origin());
    program.args(["check", "--wait", "3s", &sandbox.add_payment("Iphone S", 150_000)]);
    let (mut child, mut terminal) = in_terminal(program);
    let (code, shown) = shown(&mut child, &mut terminal);
    assert_eq!(code, 10);
    // A busy machine may miss a second.
    let elapsed = ["1s of 3s", "2s of 3s"].map(|time| shown.contains(&format!("waiting for a payment: {time}")));
    assert!(elapsed.contains(&true) && shown.contains("not paid, or not yet"), "{shown}");
}

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
