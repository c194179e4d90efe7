//! Each exit code, and the JSON that goes with it.

use ekolopay_test_kit::{Request, Server, response};
use serde_json::json;

use crate::program::{NOBODY, ORDER, Run, at, bare, run, run_at, silence};

/// Runs it for people and for machines, and asserts that both have this exit code.
#[track_caller]
fn both(origin: &str, arguments: &[&str], code: i32) -> [Run; 2] {
    let machine: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let runs = [run_at(origin, arguments), run_at(origin, &machine)];
    for run in &runs {
        assert_eq!(run.code, code, "{run:?}");
    }
    runs
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
    assert!(server.requests().iter().all(Request::is_check));
    assert!(server.requests()[1].head.contains("api_client=demo "));
}

#[test]
fn not_sent_is_4() {
    for arguments in [&["availability"][..], &["check", "a"], &ORDER] {
        let [people, machine] = both(NOBODY, arguments, 4);
        assert!(people.err.contains("the availability check failed, the call was not sent\n  because: "), "{people:?}");
        let json = machine.json();
        assert_eq!((&json["error"], &json["delivery"]), (&json!("not_sent"), &json!("not_sent")));
        assert!(!json["because"].as_array().unwrap().is_empty());
    }
}

#[test]
fn an_unknown_outcome_is_4() {
    let server = Server::in_service(|_| silence());
    let [people, machine] = both(&server.origin, &["check", "a", "--timeout", "1s"], 4);
    let sent = "the request was sent and not answered in time: its outcome is unknown";
    assert!(people.err.starts_with(&format!("error: a: {sent}\n  because: ")), "{people:?}");
    assert!(people.err.ends_with("An error does not mean \"not paid\": keep the order open.\n"), "{people:?}");
    let mut json = machine.json();
    assert!(json["because"].take().is_array());
    let expected = json!({
        "purchaseToken": "a", "error": "outcome_unknown", "delivery": "unknown", "reason": sent, "because": null,
    });
    assert_eq!(json, expected);

    let order: Vec<&str> = ORDER.iter().copied().chain(["--timeout", "1s"]).collect();
    let [people, _] = both(&server.origin, &order, 4);
    let says = "A token may have been created. Nobody has paid it: creating another is safe.\n";
    assert!(people.err.ends_with(says), "{people:?}");
}

#[test]
fn an_unexpected_reply_is_4() {
    let server = Server::in_service(|_| response(500, "<html>Erreur"));
    let [people, machine] = both(&server.origin, &["check", "a"], 4);
    assert!(people.err.starts_with("error: a: unexpected reply, HTTP 500: "), "{people:?}");
    let expected = json!({
        "purchaseToken": "a", "error": "unexpected_reply", "delivery": "answered", "httpStatus": 500,
        "reason": "the body is not the documented JSON", "excerpt": "<html>Erreur",
    });
    assert_eq!(machine.json(), expected);
    let [people, _] = both(&server.origin, &ORDER, 4);
    assert!(people.err.contains("A token may have been created."), "{people:?}");
}
