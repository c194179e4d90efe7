//! The job as the first process of a container, where signals do nothing by themselves.
#![cfg(target_os = "linux")]

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use ekolopay_test_kit::replies::NOT_PAID;
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY, Server, as_pid_1, response, terminate_pid_1};

#[test]
fn sigterm_ends_it_between_two_rows() {
    let Some(mut program) = as_pid_1(env!("CARGO_BIN_EXE_ekolopay-reconcile")) else { return };
    let (asks, asked) = mpsc::channel();
    let server = Server::in_service(move |_| {
        let _ = asks.send(());
        std::thread::sleep(Duration::from_millis(50));
        response(200, NOT_PAID)
    });
    let folder = tempfile::tempdir().unwrap();
    let tokens: String = (0..10_000).map(|number| format!("A{number},t{number}\n")).collect();
    fs::write(folder.path().join("orders.csv"), format!("order,token\n{tokens}")).unwrap();
    program.current_dir(folder.path()).args(["orders.csv", "--output", "out.csv"]);
    program.env("EKOLOPAY_API_CLIENT", API_CLIENT).env("EKOLOPAY_SECRET_KEY", SECRET_KEY);
    let mut program = program.env("EKOLOPAY_ORIGIN", &server.origin).spawn().unwrap();
    asked.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(terminate_pid_1(&mut program), Some(143));
    assert!(fs::read_to_string(folder.path().join("out.csv")).unwrap().ends_with('\n'));
}
