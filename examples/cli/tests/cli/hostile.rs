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
    for (body, code, member) in [(refusal, 1, "message"), (outage, 3, "message"), (HOSTILE.to_owned(), 4, "excerpt")] {
        let server = Server::in_service(move |_| response(200, &body));
        let run = run_at(&server.origin, &["check", "--json", "a"]);
        assert_eq!((run.code, run.json()[member].as_str()), (code, Some(HOSTILE)), "{run:?}");
        assert!(!run.err.contains("\nerror: forged"), "{run:?}");
    }
    let server = Server::start(|_| format!("HTTP/1.1 {HOSTILE}\r\n\r\n").into_bytes());
    assert_eq!(run_at(&server.origin, &["check", "a"]).code, 4);
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

#[cfg(unix)]
mod streams {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;

    use ekolopay_sandbox::Sandbox;
    use ekolopay_test_kit::{RawRequest, Server};

    use crate::program::{ORDER, at, bare, shell};

    /// A stream whose reader is gone, as after `| head`.
    fn nobody() -> Stdio {
        let (stream, reader) = UnixStream::pair().unwrap();
        drop(reader);
        OwnedFd::from(stream).into()
    }

    #[test]
    fn a_reader_that_is_gone_is_a_quiet_end() {
        let server = Server::start(RawRequest::documented);
        let lines: [&[&str]; 7] = [
            &ORDER,
            &["check", "a", "a"],
            &["check", "--json", "unknown", "a b"],
            &["availability"],
            &["completions", "zsh"],
            &["--help"],
            &["--version"],
        ];
        for line in lines {
            let output = at(&server.origin).args(line).stdout(nobody()).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(5), "{line:?}: {err}");
            assert!(!err.contains("panicked") && !err.contains("cannot write"), "{line:?}: {err}");
        }
        assert_eq!(server.requests().len(), 0);
    }

    #[test]
    fn nobody_reading_the_errors_changes_no_exit_code() {
        let sandbox = Sandbox::start().unwrap();
        let status = at(&sandbox.origin()).args(["check", "unknown"]).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(1));
        let status = bare().args(["chek"]).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(2));
    }

    /// A result that cannot be written is not a success, and a token must not be lost.
    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_is_sent_when_the_output_is_full_or_closed() {
        let server = Server::start(RawRequest::documented);
        let order = "ekolopay purchase --amount 150000 --label Iphone --phone 066304925 >";
        let run = |script: &str| {
            let output = shell(&server.origin, script).output().unwrap();
            assert_eq!(output.status.code(), Some(5), "{script}: {output:?}");
            String::from_utf8(output.stderr).unwrap()
        };
        let orders = [format!("{order}/dev/full"), format!("{order}&-")];
        let others = ["availability", "check --json unknown", "completions bash"];
        for script in others.map(|line| format!("ekolopay {line} >/dev/full")).iter().chain(&orders) {
            let err = run(script);
            assert!(err.starts_with("error: cannot write the output\n  because: "), "{script}: {err}");
        }
        assert_eq!(server.requests().len(), 0);
        // A disk that fills up in between.
        let file = tempfile::NamedTempFile::new().unwrap();
        let err = run(&format!("trap '' XFSZ; ulimit -f 0; {order}{}", file.path().display()));
        assert!(err.starts_with("The token was created: string\n"), "{err}");
    }
}
