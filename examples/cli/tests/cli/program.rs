//! The program, and a token of the local gateway.

use std::process::Command;

use ekolopay_sandbox::{Sandbox, Settlement};
use ekolopay_test_kit::run::{Run, merchant, run};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ekolopay");

/// The program without any variable of its own.
pub(crate) fn bare() -> Command {
    ekolopay_test_kit::command(PROGRAM)
}

pub(crate) fn at(origin: &str) -> Command {
    merchant(PROGRAM, origin)
}

#[track_caller]
pub(crate) fn run_at(origin: &str, arguments: &[&str]) -> Run {
    run(at(origin).args(arguments), "")
}

pub(crate) fn paid_token(sandbox: &Sandbox) -> String {
    let token = sandbox.add_payment("Iphone S", 150_000);
    sandbox.settle(&token, Settlement::Paid);
    token
}
