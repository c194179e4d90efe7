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
fn a_claim_is_printed_as_a_claim_and_needs_no_credentials() {
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
    let claim = json!({ "purchaseToken": "a", "paymentSuccessful": false, "status": "EN COURS", "message": "" });
    assert_eq!((unknown.code, unknown.json()), (0, json!({ "claim": claim, "verified": false })));
}

/// Otherwise the line break would be part of the last value, and `SUCCESS\n` is not a known status.
#[test]
fn a_file_may_end_with_a_line_break() {
    let status_last = "message=Paiement+r%C3%A9ussi.&purchaseToken=940d4e9a&paymentSuccessful=true&status=SUCCESS";
    for end in ["", "\n", "\r\n"] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "{status_last}{end}").unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(run(bare(), &["callback", "--json", path], b"").json(), claim());
        assert_eq!(run(bare(), &["callback", "--json", "-"], format!("{CLAIM}{end}").as_bytes()).json(), claim());
    }
}

/// PowerShell writes them so.
#[test]
fn a_byte_order_mark_and_utf_16_are_read() {
    let marked = format!("\u{feff}{CLAIM}\r\n");
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for body in [marked.as_bytes(), &little, &big] {
        assert_eq!(run(bare(), &["callback", "--json"], body).json(), claim());
    }
    let cut = run(bare(), &["callback", "--json"], &little[..5]);
    assert_eq!((cut.code, &cut.json()["field"]), (2, &json!("callback")));
}

#[test]
fn other_bodies_are_bad_input() {
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
fn an_endless_file_is_not_read_to_its_end() {
    assert_eq!(run(bare(), &["callback", "--json", "/dev/zero"], b"").json()["field"], "callback");
}

#[test]
fn with_verify_the_gateways_answer_decides_and_a_disagreement_is_reported() {
    let sandbox = Sandbox::start().unwrap();
    for (token, paid) in [(paid_token(&sandbox), true), (new_token(&sandbox), false)] {
        for claims in [true, false] {
            let [people, machine] = verify(&sandbox, &form(&token, claims));
            let (code, says) = if paid { (0, "paid") } else { (10, "not paid, or not yet") };
            let but = if paid == claims { "" } else { "The callback DISAGREES: believe the gateway.\n" };
            assert_eq!((people.code, machine.code), (code, code));
            assert!(people.out.ends_with(&format!("The gateway says: {says}\n{but}")), "{people:?}");
            let status = if claims { "SUCCESS" } else { "FAILED" };
            let claim = json!({ "purchaseToken": token, "paymentSuccessful": claims, "status": status, "message": "" });
            let answer = json!({
                "claim": claim, "verified": true, "agrees": paid == claims,
                "purchaseToken": token, "paymentSuccessful": paid,
            });
            assert_eq!(machine.json(), answer);
        }
    }
}

#[test]
fn a_claim_that_cannot_be_verified_stays_a_claim() {
    let sandbox = Sandbox::start().unwrap();
    let [people, machine] = verify(&sandbox, CLAIM);
    assert_eq!((people.code, machine.code), (1, 1));
    assert!(people.err.contains("error: the gateway refused"), "{people:?}");
    assert!(!people.out.contains("The gateway says"), "{people:?}");
    let mut expected = claim();
    let error = json!({
        "purchaseToken": "940d4e9a", "error": "refused", "delivery": "answered",
        "code": 0, "message": "purchaseToken inconnu.",
    });
    expected.as_object_mut().unwrap().extend(error.as_object().unwrap().clone());
    assert_eq!(machine.json(), expected);
    sandbox.set_in_service(false);
    assert_eq!(verify(&sandbox, CLAIM).map(|run| run.code), [3, 3]);
    assert_eq!(run(bare(), &["callback", "--verify"], CLAIM.as_bytes()).code, 2);
}
