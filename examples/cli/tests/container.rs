//! The program as the first process of a container, where signals do nothing by themselves.
#![cfg(target_os = "linux")]

use std::sync::mpsc;
use std::time::Duration;

use ekolopay_test_kit::replies::NOT_PAID;
use ekolopay_test_kit::{API_CLIENT, KEPT_TOKEN, SECRET_KEY, Server, as_pid_1, response, terminate_pid_1};

#[test]
fn sigterm_ends_it() {
    let Some(mut program) = as_pid_1(env!("CARGO_BIN_EXE_ekolopay")) else { return };
    let (asks, asked) = mpsc::channel();
    let server = Server::in_service(move |_| {
        let _ = asks.send(());
        response(200, NOT_PAID)
    });
    program.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY);
    let mut program =
        program.env("EKOLOPAY_ORIGIN", &server.origin).args(["check", "--wait", "10m", KEPT_TOKEN]).spawn();
    let program = program.as_mut().unwrap();
    asked.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(terminate_pid_1(program), Some(143));
}
