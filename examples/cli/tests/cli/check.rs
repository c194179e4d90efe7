//! `check` of several tokens.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::UNAVAILABLE;
use ekolopay_test_kit::{SECRET_KEY, Server, response};
use serde_json::json;

use crate::program::{at, new_token, paid_token, run, run_at};

#[test]
fn each_token_is_reported_and_the_worst_decides() {
    let sandbox = Sandbox::start().unwrap();
    let (paid, open) = (paid_token(&sandbox), new_token(&sandbox));
    let check = |tokens: &[&str]| {
        let arguments: Vec<&str> = ["check", "--json"].iter().chain(tokens).copied().collect();
        let run = run_at(&sandbox.origin(), &arguments);
        assert_eq!(run.json_lines().len(), tokens.len(), "{run:?}");
        run.code
    };
    assert_eq!(check(&[&paid, &paid]), 0);
    assert_eq!(check(&[&paid, &open]), 10);
    assert_eq!(check(&[&open, &paid]), 10);
    assert_eq!(check(&["unknown", &open, &paid]), 1);
    assert_eq!(check(&[&paid, "a b", "unknown"]), 2);
    let run = run_at(&sandbox.origin(), &["check", &paid, "unknown", "a b", &open]);
    assert_eq!(run.out, format!("{paid} paid\n{open} not paid, or not yet\n"));
    assert_eq!(run.err.matches("error: ").count(), 2);
}

#[test]
fn tokens_are_read_from_the_standard_input() {
    let sandbox = Sandbox::start().unwrap();
    let (paid, open) = (paid_token(&sandbox), new_token(&sandbox));
    let check = |input: &str| run(at(&sandbox.origin()), &["check", "-", &paid], input.as_bytes());
    assert_eq!(check(&format!("\u{feff}{open}\r\n\n")).out, format!("{open} not paid, or not yet\n{paid} paid\n"));
    assert_eq!((check("a b\u{e9}\n").code, check(SECRET_KEY).code, check("").code), (2, 2, 0));
    assert_eq!(run(at(""), &["check", "-"], b" \n").code, 2);
}

#[test]
fn a_token_may_begin_with_a_dash() {
    let sandbox = Sandbox::start().unwrap();
    let run = run_at(&sandbox.origin(), &["check", "--json", "--", "-x", "--json"]);
    let tokens: Vec<_> = run.json_lines().iter().map(|line| line["purchaseToken"].clone()).collect();
    assert_eq!((run.code, tokens), (1, vec![json!("-x"), json!("--json")]));
}

#[test]
fn after_an_outage_the_other_tokens_are_not_asked_about() {
    let server = Server::start(|_| response(200, UNAVAILABLE));
    let run = run_at(&server.origin, &["check", "a", "b", "c"]);
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(
        lines,
        [
            "error: a: the gateway is unavailable: \"Service indisponible\"",
            "error: b: not asked, since the gateway is unavailable: \"Service indisponible\"",
            "error: c: not asked, since the gateway is unavailable: \"Service indisponible\"",
            "An error does not mean \"not paid\": keep the order open.",
        ]
    );
    assert_eq!(server.requests().len(), 1);

    let run = run_at(&server.origin, &["check", "--json", "a", "b", "c"]);
    let line = |token| {
        json!({
            "purchaseToken": token, "error": "unavailable", "delivery": "not_sent", "message": "Service indisponible",
        })
    };
    assert_eq!((run.code, run.json_lines()), (3, vec![line("a"), line("b"), line("c")]));
    assert_eq!(server.requests().len(), 2);
}
