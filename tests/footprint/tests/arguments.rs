//! What is refused before anything is built.

use assert_cmd::Command;

/// The end of a program that is given these arguments: its exit code and what it says.
#[track_caller]
fn refused(arguments: &[&str], code: i32, says: &str) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ekolopay-footprint"));
    let assert = program.args(arguments).assert().code(code).stdout("");
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains(says), "{stderr}");
}

#[test]
fn wrong_arguments_are_named() {
    refused(&["--only", "ureq,curl"], 2, "invalid value 'curl'");
    refused(&["--rounds", "0"], 2, "invalid value '0'");
    refused(&["--rounds", "often"], 2, "invalid value 'often'");
    refused(&["--fast"], 2, "unexpected argument '--fast'");
    refused(&["--check", "--only", "minreq"], 1, "--check is about `ekolopay`, which --only leaves out");
}

#[test]
fn without_a_registry_it_says_so() {
    let nothing = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_ekolopay-footprint"));
    let program = program.args(["--only", "ureq"]).env("CARGO_HOME", nothing.path()).env("CARGO_NET_OFFLINE", "true");
    let assert = program.assert().code(1).stdout("");
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("error: the crates of `ureq` are not to be had; they come from the registry"), "{stderr}");
}
