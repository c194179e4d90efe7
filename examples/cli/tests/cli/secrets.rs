//! The secret in the wrong place, or echoed by the gateway. `run` asserts that no run shows it.

use ekolopay_sandbox::Sandbox;
use ekolopay_test_kit::{SECRET_KEY, Server, response};
use serde_json::json;

use crate::program::run_at;

/// Not the key in the environment, so the program cannot recognize it.
const KEY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    let equals = format!("--secret-key={KEY}");
    let (short, long, value) = (format!("-k{KEY}"), format!("--{KEY}"), format!("--json={KEY}"));
    let order = ["purchase", "--label", "a", "--phone", "b", "--amount"];
    let lines: [&[&str]; 14] = [
        &["--secret-key", KEY, "availability"],
        &["check", "--secret-key", KEY],
        &["check", "a", &equals],
        &["check", &short],
        &["check", &long],
        &["check", &value, "a"],
        &["check", "a", "--wait", KEY],
        &["check", "a", "--timeout", KEY],
        &["check", "a", "--origin", KEY],
        &["availability", KEY],
        &["callback", "a", KEY],
        &["completions", KEY],
        &[KEY],
        &[&order[..], &[KEY]].concat(),
    ];
    for line in lines {
        let run = run_at("", line);
        assert_eq!(run.code, 2, "{line:?}");
        assert!(run.err.starts_with("error: "), "{run:?}");
        assert!(!run.err.contains(KEY) && !run.out.contains(KEY), "{line:?}: {run:?}");
    }
    for line in &lines[..3] {
        let tip = "the secret key is only read from the variable EKOLOPAY_SECRET_KEY";
        assert!(run_at("", line).err.contains(tip), "{line:?}");
    }
}

/// Otherwise it would be sent and shown, as a token.
#[test]
fn the_key_in_the_environment_is_refused_as_an_argument() {
    let sandbox = Sandbox::start().unwrap();
    let equals = format!("--name={SECRET_KEY}");
    let lines: [&[&str]; 2] =
        [&["check", SECRET_KEY], &["purchase", "--amount", "5", "--label", "a", "--phone", "b", &equals]];
    for line in lines {
        let run = run_at(&sandbox.origin(), line);
        let says = "error: an argument is the secret key: it is only read from the variable EKOLOPAY_SECRET_KEY\n";
        assert_eq!((run.code, run.err.as_str()), (2, says));
    }
    assert!(sandbox.payments().is_empty());
}

#[test]
fn the_key_is_hidden_when_the_gateway_echoes_it() {
    let refusal = format!(
        r#"{{"response":{{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{{"clearMessage":"clé {SECRET_KEY}"}}}}}}"#
    );
    let page = format!("<html>{SECRET_KEY}");
    for (body, code, member) in [(refusal, 1, "message"), (page, 4, "excerpt")] {
        let server = Server::in_service(move |_| response(200, &body));
        let run = run_at(&server.origin, &["check", "--json", "a"]);
        let text = run.json()[member].clone();
        assert_eq!((run.code, text.as_str().map(|text| text.contains("[secret]"))), (code, Some(true)), "{run:?}");
        assert!(run.err.contains("[secret]"), "{run:?}");
    }
    let token = json!({ "response": { "API_RESPONSE_CODE": 200, "API_RESPONSE_DATA": {
        "API_DATA": { "purchaseToken": SECRET_KEY } } } });
    let server = Server::in_service(move |_| response(200, &token.to_string()));
    let run = run_at(&server.origin, &["purchase", "--amount", "5", "--label", "a", "--phone", "b"]);
    assert_eq!(run.code, 4, "{run:?}");
}
