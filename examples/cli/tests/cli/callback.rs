//! `callback`

use std::io::Write;

use ekolopay_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::program::{Run, at, bare, new_token, paid_token, run};

const CLAIM: &str = "purchaseToken=940d4e9a&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.";

fn claim() -> Value {
    json!({
        "claim": {
            "purchaseToken": "940d4e9a", "paymentSuccessful": true, "status": "SUCCESS", "message": "Paiement réussi.",
        },
        "verified": false,
    })
}

fn form(token: &str, successful: bool) -> String {
    let status = if successful { "SUCCESS" } else { "FAILED" };
    format!("purchaseToken={token}&paymentSuccessful={successful}&status={status}")
}

fn verify(sandbox: &Sandbox, form: &str) -> [Run; 2] {
    let runs = [&["callback", "--verify"][..], &["callback", "--verify", "--json"]];
    runs.map(|arguments| run(at(&sandbox.origin()), arguments, form.as_bytes()))
}

#[test]
fn a_claim_is_told_as_a_claim_and_needs_no_credentials() {
    let people = run(bare(), &["callback"], CLAIM.as_bytes());
    assert_eq!((people.code, people.err.as_str()), (0, ""));
    assert_eq!(
        people.out,
        "The callback claims, and anyone can post one:\n  \
         purchaseToken      940d4e9a\n  \
         paymentSuccessful  true\n  \
         status             \"SUCCESS\"\n  \
         message            \"Paiement réussi.\"\n\
         Not verified: --verify asks the gateway.\n"
    );
    assert_eq!(run(bare(), &["callback", "--json"], CLAIM.as_bytes()).json(), claim());
    let unknown = run(bare(), &["callback", "--json"], b"purchaseToken=a&paymentSuccessful=0&status=EN+COURS");
    let unknown_claim =
        json!({ "purchaseToken": "a", "paymentSuccessful": false, "status": "EN COURS", "message": "" });
    assert_eq!((unknown.code, unknown.json()), (0, json!({ "claim": unknown_claim, "verified": false })));
}

/// Without care the line break would be a part of the last value, and `SUCCESS\n` no known status.
#[test]
fn a_file_may_end_with_a_line_break() {
    let status_last = "message=Paiement+r%C3%A9ussi.&purchaseToken=940d4e9a&paymentSuccessful=true&status=SUCCESS";
    for end in ["", "\n", "\r\n"] {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        write!(file, "{status_last}{end}").expect("written");
        let path = file.path().to_str().expect("UTF-8");
        assert_eq!(run(bare(), &["callback", "--json", path], b"").json(), claim());
        assert_eq!(run(bare(), &["callback", "--json", "-"], format!("{CLAIM}{end}").as_bytes()).json(), claim());
    }
}

#[test]
fn what_is_no_callback_is_bad_input() {
    let long = format!("{CLAIM}&padding={}", "x".repeat(64 * 1024));
    let bodies = [
        ("", "purchaseToken"),
        ("{}", "purchaseToken"),
        ("purchaseToken=a&paymentSuccessful=true&status=FAILED", "paymentSuccessful"),
        ("purchaseToken=a&paymentSuccessful=true&status=%FF", "status"),
        (&long, "callback"),
    ];
    for (body, field) in bodies {
        let run = run(bare(), &["callback", "--json"], body.as_bytes());
        assert_eq!((run.code, &run.json()["field"]), (2, &json!(field)), "{run:?}");
    }
    let longest = &long[..64 * 1024];
    assert_eq!(run(bare(), &["callback"], longest.as_bytes()).code, 0);
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_read_no_further_than_needed() {
    assert_eq!(run(bare(), &["callback", "--json", "/dev/zero"], b"").json()["field"], "callback");
}

#[test]
fn verified_the_exit_code_is_that_of_the_check() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let [people, machine] = verify(&sandbox, &form(&paid_token(&sandbox), true));
    assert_eq!((people.code, machine.code), (0, 0));
    assert!(people.out.ends_with("The gateway says: paid\n"), "{people:?}");
    assert_eq!(machine.json()["agrees"], true);

    let token = new_token(&sandbox);
    let [people, machine] = verify(&sandbox, &form(&token, false));
    assert_eq!((people.code, machine.code), (3, 3));
    assert!(people.out.ends_with("The gateway says: not paid, or not yet\n"), "{people:?}");
    let claim = json!({ "purchaseToken": token, "paymentSuccessful": false, "status": "FAILED", "message": "" });
    assert_eq!(
        machine.json(),
        json!({ "claim": claim, "verified": true, "agrees": true, "purchaseToken": token, "paymentSuccessful": false })
    );
}

#[test]
fn a_claim_that_the_gateway_does_not_share_is_called_out() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let cases = [(new_token(&sandbox), true, 3), (paid_token(&sandbox), false, 0)];
    for (token, claims, code) in cases {
        let [people, machine] = verify(&sandbox, &form(&token, claims));
        assert_eq!((people.code, machine.code), (code, code));
        assert!(people.out.ends_with("The callback DISAGREES: believe the gateway.\n"), "{people:?}");
        let json = machine.json();
        assert_eq!((&json["agrees"], &json["paymentSuccessful"]), (&json!(false), &json!(!claims)));
        assert_eq!(json["claim"]["paymentSuccessful"], claims);
    }
}

#[test]
fn a_claim_that_cannot_be_verified_stays_a_claim() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let [people, machine] = verify(&sandbox, CLAIM);
    assert_eq!((people.code, machine.code), (8, 8));
    assert!(people.err.contains("error: the gateway refused"), "{people:?}");
    assert!(!people.out.contains("The gateway says"), "{people:?}");
    let mut expected = claim();
    for (key, value) in [
        ("purchaseToken", json!("940d4e9a")),
        ("error", json!("refused")),
        ("delivery", json!("answered")),
        ("code", json!(0)),
        ("message", json!("purchaseToken inconnu.")),
    ] {
        expected[key] = value;
    }
    assert_eq!(machine.json(), expected);
    sandbox.set_in_service(false);
    assert_eq!(verify(&sandbox, CLAIM).map(|run| run.code), [4, 4]);
    assert_eq!(run(bare(), &["callback", "--verify"], CLAIM.as_bytes()).code, 2);
}
