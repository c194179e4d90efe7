//! No usable answer: the exit code is 4, and the JSON says more. The other errors are in `sessions.md`.

use ekolopay_test_kit::{RawRequest, Server, response};
use serde_json::json;

use crate::program::{NOBODY, ORDER, Run, at, bare, run, run_at, silence};

/// With `--json` there are words as well, on the standard error.
#[track_caller]
fn no_answer(origin: &str, arguments: &[&str]) -> Run {
    let run = run_at(origin, &[arguments, &["--json", "--timeout", "1s"]].concat());
    assert_eq!(run.code, 4, "{run:?}");
    run
}

#[test]
fn availability_needs_no_credentials() {
    let server = Server::start(|_| response(200, "{}"));
    for name in ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"] {
        let mut command = at(&server.origin);
        command.env_remove(name);
        assert_eq!(run(command, &["availability"], b"").code, 0);
    }
    assert_eq!(run(bare(), &["availability", "--origin", &server.origin], b"").code, 0);
    assert!(server.requests().iter().all(RawRequest::is_check));
    assert!(server.requests()[1].head.contains("api_client=demo "));
}

#[test]
fn nothing_was_sent() {
    for arguments in [&["availability"][..], &["check", "a"], &ORDER] {
        let run = no_answer(NOBODY, arguments);
        assert!(run.err.contains("the availability check failed, the call was not sent\n  because: "), "{run:?}");
        assert_eq!((&run.json()["error"], &run.json()["delivery"]), (&json!("not_sent"), &json!("not_sent")));
        assert!(!run.json()["because"].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_outcome_is_unknown() {
    let server = Server::in_service(|_| silence());
    let run = no_answer(&server.origin, &["check", "a"]);
    let sent = "the request was sent and not answered in time: its outcome is unknown";
    assert!(run.err.starts_with(&format!("error: a: {sent}\n  because: ")), "{run:?}");
    assert!(run.err.ends_with("An error does not mean \"not paid\": keep the order open.\n"), "{run:?}");
    let mut json = run.json();
    assert!(json["because"].take().is_array());
    let expected = json!({
        "purchaseToken": "a", "error": "outcome_unknown", "delivery": "unknown", "reason": sent, "because": null,
    });
    assert_eq!(json, expected);
    let run = no_answer(&server.origin, &ORDER);
    let says = "A token may have been created. Nobody has paid it: creating another is safe.\n";
    assert!(run.err.ends_with(says), "{run:?}");
}

#[test]
fn the_reply_is_unexpected() {
    let server = Server::in_service(|_| response(500, "<html>Erreur"));
    let run = no_answer(&server.origin, &["check", "a"]);
    assert!(run.err.starts_with("error: a: unexpected reply, HTTP 500: "), "{run:?}");
    let expected = json!({
        "purchaseToken": "a", "error": "unexpected_reply", "delivery": "answered", "httpStatus": 500,
        "reason": "the body is not the documented JSON", "excerpt": "<html>Erreur",
    });
    assert_eq!(run.json(), expected);
    assert!(no_answer(&server.origin, &ORDER).err.contains("A token may have been created."));
}
