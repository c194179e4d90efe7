//! Standard streams that are full, closed or have no reader.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::run::{run, shell};
use ekolopay_test_kit::{RawRequest, Server};

use crate::program::{PROGRAM, at, bare};

/// A stream whose reader is gone, as after `| head`.
fn nobody() -> Stdio {
    let (stream, reader) = UnixStream::pair().unwrap();
    drop(reader);
    OwnedFd::from(stream).into()
}

#[test]
fn a_reader_that_is_gone_is_a_quiet_end() {
    let server = Server::start(RawRequest::documented);
    for line in [
        "purchase --amount 150000 --label Iphone --phone 066304925",
        "check a a",
        "check --json unknown",
        "availability",
        "completions zsh",
        "--help",
        "--version",
    ] {
        let output = at(&server.origin).args(line.split(' ')).stdout(nobody()).output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(5), ""), "{line:?}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn nobody_reading_the_errors_changes_no_exit_code() {
    let sandbox = Sandbox::start().unwrap();
    let status = at(&sandbox.origin()).args(["check", "unknown"]).stderr(nobody()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(bare().args(["chek"]).stderr(nobody()).status().unwrap().code(), Some(2));
}

/// A result that cannot be written is not a success, and a token must not be lost.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_sent_when_the_output_is_full_or_closed() {
    let server = Server::start(RawRequest::documented);
    let order = "purchase --amount 150000 --label Iphone --phone 066304925 >";
    let says = |script: &str, start: &str| {
        let run = run(&mut shell(PROGRAM, &server.origin, script), "");
        assert!(run.code == 5 && run.err.starts_with(start), "{script}: {run:?}");
    };
    let others = ["availability", "check --json unknown", "completions bash"].map(|line| format!("{line} >/dev/full"));
    for line in others.into_iter().chain([format!("{order}/dev/full"), format!("{order}&-")]) {
        says(&format!("ekolopay {line}"), "error: cannot write the output\n  because: ");
    }
    assert_eq!(server.requests().len(), 0);
    // A disk that fills up in between.
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = format!("trap '' XFSZ; ulimit -f 0; ekolopay {order}{}", file.path().display());
    says(&script, "The token was created: string\n");
}
