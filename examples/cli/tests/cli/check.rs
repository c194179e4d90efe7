//! `check` of several tokens.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::replies::UNAVAILABLE;
use ekolopay_test_kit::{SECRET_KEY, Server, response};

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
fn after_an_outage_the_other_tokens_are_not_asked_about() {
    let server = Server::start(|_| response(200, UNAVAILABLE));
    assert_eq!(run_at(&server.origin, &["check", "a", "b", "c"]).code, 3);
    assert_eq!(server.requests().len(), 1);
}
