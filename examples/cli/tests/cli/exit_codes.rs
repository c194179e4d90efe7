//! Each exit code, and the JSON that goes with it.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::{Request, Server, response};
use serde_json::json;

use crate::program::{NOBODY, Run, at, bare, new_token, paid_token, run, run_at, silence};

const ORDER: [&str; 7] = ["purchase", "--amount", "150000", "--label", "Iphone", "--phone", "066304925"];

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
fn done_is_0_paid_is_0_and_not_paid_is_10() {
    let sandbox = Sandbox::start().unwrap();
    let origin = sandbox.origin();
    let [people, machine] = both(&origin, &["availability"], 0);
    assert_eq!(people.out, "the gateway is in service\n");
    assert_eq!(machine.json(), json!({ "available": true }));
    assert_eq!(run_at(NOBODY, &["availability", "--origin", &origin]).code, 0);

    let cases = [(paid_token(&sandbox), true, 0, "paid"), (new_token(&sandbox), false, 10, "not paid, or not yet")];
    for (token, paid, code, words) in cases {
        let [people, machine] = both(&origin, &["check", &token], code);
        assert_eq!(people.out, format!("{token} {words}\n"));
        assert_eq!(machine.json(), json!({ "purchaseToken": token, "paymentSuccessful": paid }));
        assert_eq!(people.err + &machine.err, "");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_5() {
    let [people, machine] = both("", &["callback", "/no/such/file"], 5);
    assert_eq!(people.out, "");
    assert!(people.err.starts_with("error: cannot read /no/such/file\n  because: "), "{people:?}");
    let because = people.err.lines().last().and_then(|line| line.strip_prefix("  because: "));
    let expected = json!({
        "error": "local", "delivery": "not_sent",
        "reason": "cannot read /no/such/file", "because": [because],
    });
    assert_eq!(machine.json(), expected);
    both("", &["callback", "/"], 5);
}

#[test]
fn bad_input_is_2() {
    let [people, machine] = both("", &["check", "a b"], 2);
    assert!(people.err.starts_with("error: token 1: purchaseToken must be visible ASCII"), "{people:?}");
    let expected = json!({
        "position": 1, "error": "bad_input", "delivery": "not_sent",
        "field": "purchaseToken", "reason": "must be visible ASCII characters only",
    });
    assert_eq!(machine.json(), expected);
    both("", &["check"], 2);
    both("", &["check", "a", "--timeout", "0s"], 2);
    both("", &["check", "a", "--wait", "18446744073709551615s"], 2);
    both("", &["check", "a", "--origin", ""], 2);
    both("", &[], 2);
}

#[test]
fn a_variable_that_is_missing_or_wrong_is_named() {
    for name in ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"] {
        let mut command = at("");
        command.env_remove(name);
        let run = run(command, &["check", "a", "--json"], b"");
        let error = json!({ "error": "bad_input", "delivery": "not_sent", "field": name, "reason": "is not set" });
        assert_eq!((run.code, run.json()), (2, error));
        assert!(run.err.starts_with(&format!("error: {name} is not set\nSet EKOLOPAY_API_CLIENT and ")), "{run:?}");
        assert!(run.err.contains("both are in your merchant account"), "{run:?}");
    }
    for mut command in [at(""), bare()] {
        command.env("EKOLOPAY_ORIGIN", "http://example.com");
        let run = run(command, &["availability", "--json"], b"");
        assert_eq!((run.code, &run.json()["field"]), (2, &json!("EKOLOPAY_ORIGIN")));
    }
    let run = run_at("http://example.com", &["availability", "--json", "--origin", "http://example.org"]);
    assert_eq!((run.code, &run.json()["field"]), (2, &json!("origin")));
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
fn unavailable_is_3() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_in_service(false);
    let error = json!({ "error": "unavailable", "delivery": "not_sent", "message": "Service indisponible" });
    for arguments in [&["availability"][..], &ORDER] {
        let [people, machine] = both(&sandbox.origin(), arguments, 3);
        assert_eq!(people.out, "");
        assert_eq!(people.err, "error: the gateway is unavailable: \"Service indisponible\"\n");
        assert_eq!(machine.json(), error);
    }
    assert!(sandbox.payments().is_empty());
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

#[test]
fn a_refusal_is_1() {
    let sandbox = Sandbox::start().unwrap();
    let [people, machine] = both(&sandbox.origin(), &["check", "unknown"], 1);
    assert!(people.err.starts_with("error: unknown: the gateway refused with code 0: "), "{people:?}");
    let expected = json!({
        "purchaseToken": "unknown", "error": "refused", "delivery": "answered",
        "code": 0, "message": "purchaseToken inconnu.",
    });
    assert_eq!(machine.json(), expected);
}
