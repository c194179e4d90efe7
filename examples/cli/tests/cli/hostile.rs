//! Text that would control a terminal, and readers that are gone.

use ekolopay_test_kit::{Server, response};

use crate::program::{bare, run, run_at};

/// Escape, a C1 control, a right-to-left override, and a line break before a forged message.
const HOSTILE: &str = "\u{1b}[31m\u{9b}2J\u{202e}\nerror: forged";

/// `run` asserts that none of it is shown unescaped.
#[test]
fn the_gateways_control_characters_are_escaped() {
    let json = serde_json::to_string(HOSTILE).unwrap();
    let refusal = format!(r#"{{"response":{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{{"clearMessage":{json}}}}}}}"#);
    let outage = format!(r#"{{"code":0,"message":{json},"reason":"UNAVAILABLE_SERVICE"}}"#);
    for (body, code, member) in [(refusal, 8, "message"), (outage, 4, "message"), (HOSTILE.to_owned(), 7, "excerpt")] {
        let server = Server::in_service(move |_| response(200, &body));
        let run = run_at(&server.origin, &["check", "--json", "a"]);
        assert_eq!((run.code, run.json()[member].as_str()), (code, Some(HOSTILE)), "{run:?}");
        assert!(!run.err.contains("\nerror: forged"), "{run:?}");
    }
    let server = Server::start(|_| format!("HTTP/1.1 {HOSTILE}\r\n\r\n").into_bytes());
    assert_eq!(run_at(&server.origin, &["check", "a"]).code, 5);
}

#[test]
fn a_callbacks_control_characters_are_escaped() {
    let text = "%1B%5B31m%C2%9B2J%E2%80%AE%0Aerror:+forged";
    let body = format!("purchaseToken=a&paymentSuccessful=true&status={text}&message={text}");
    let machine = run(bare(), &["callback", "--json"], body.as_bytes()).json();
    assert_eq!((&machine["claim"]["status"], &machine["claim"]["message"]), (&HOSTILE.into(), &HOSTILE.into()));
    let people = run(bare(), &["callback"], body.as_bytes());
    assert_eq!((people.code, people.out.lines().count()), (0, 6), "{people:?}");
}

#[test]
fn a_file_names_control_characters_are_escaped() {
    let run = run(bare(), &["callback", HOSTILE], b"");
    assert_eq!((run.code, run.err.lines().count()), (1, 2), "{run:?}");
    assert!(run.err.starts_with(r"error: cannot read \u{1b}[31m"), "{run:?}");
}

#[cfg(unix)]
mod streams {
    use std::fs::OpenOptions;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;

    use ekolopay_sandbox::Sandbox;

    use crate::program::{at, bare, new_token};

    /// A stream whose reader is gone, as after `| head`.
    fn nobody() -> Stdio {
        let (stream, reader) = UnixStream::pair().unwrap();
        drop(reader);
        OwnedFd::from(stream).into()
    }

    #[test]
    fn a_reader_that_is_gone_is_a_quiet_end() {
        let sandbox = Sandbox::start().unwrap();
        let token = new_token(&sandbox);
        let lines: [&[&str]; 6] = [
            &["check", &token, &token],
            &["check", "--json", "unknown", "a b"],
            &["availability"],
            &["completions", "zsh"],
            &["--help"],
            &["--version"],
        ];
        for line in lines {
            let output = at(&sandbox.origin()).args(line).stdout(nobody()).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{line:?}: {err}");
            assert!(!err.contains("panicked") && !err.contains("cannot write"), "{line:?}: {err}");
        }
    }

    #[test]
    fn nobody_reading_the_errors_changes_no_exit_code() {
        let sandbox = Sandbox::start().unwrap();
        let status = at(&sandbox.origin()).args(["check", "unknown"]).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(8));
        let status = bare().args(["chek"]).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(2));
    }

    /// A result that could not be written is not a success.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_reported() {
        let sandbox = Sandbox::start().unwrap();
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        for line in [&["availability"][..], &["check", "--json", "unknown"], &["completions", "bash"]] {
            let output = at(&sandbox.origin()).args(line).stdout(full()).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{line:?}: {err}");
            assert!(err.contains("error: cannot write the output\n  because: "), "{line:?}: {err}");
        }
    }
}
