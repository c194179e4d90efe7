//! What counts as paid, and everything that does not.

mod merchant;

use ekolopay::Error;
use ekolopay::canned::{Canned, NOT_PAID, PAID, REFUSED};
use ekolopay::transport::Endpoint;
use ekolopay::verify::Verification;
use merchant::{over, token};
use serde_json::{Value, json};

fn check(status: u16, body: impl Into<Vec<u8>>) -> Result<Verification, Error> {
    over(Canned::new().reply(status, body)).check_payment(&token())
}

#[track_caller]
fn unexpected(status: u16, body: impl Into<Vec<u8>>, expected: &str) {
    let (seen, reason, _) = merchant::unexpected(check(status, body).unwrap_err());
    assert_eq!((seen, reason), (status, expected));
}

/// The code and the message of a refusal.
#[track_caller]
fn refused(status: u16, body: impl Into<Vec<u8>>) -> (i64, String) {
    match check(status, body).unwrap_err() {
        Error::Refused { status: seen, code, message, .. } if seen == status => (code, message),
        other => panic!("{other:?}"),
    }
}

/// This answer to the check of a payment, with an HTTP success.
#[track_caller]
fn is_paid(body: impl Into<Vec<u8>>) -> bool {
    matches!(check(200, body).unwrap(), Verification::Paid(_))
}

fn reply(code: &Value, data: &Value) -> String {
    json!({"response": {"API_RESPONSE_CODE": code, "API_RESPONSE_DATA": data}}).to_string()
}

fn paid_as(value: &Value) -> String {
    reply(&json!(200), &json!({"API_DATA": {"payment_successful": value}}))
}

#[test]
fn the_documented_replies_are_read() {
    match check(200, PAID).unwrap() {
        Verification::Paid(paid) => {
            assert_eq!(paid.token(), &token());
            assert_eq!(paid.into_token(), token());
        }
        Verification::NotPaid => panic!("paid"),
    }
    assert!(!is_paid(NOT_PAID));
    assert_eq!(refused(200, REFUSED), (0, "string".to_owned()));
    // As printed in the documentation, with the word "boolean" instead of a boolean, it is not an answer.
    unexpected(200, include_str!("fixtures/check-payment.json"), "payment_successful is not a boolean");
}

#[test]
fn the_check_sends_the_token_and_the_secret() {
    let transport = Canned::new().reply(200, PAID);
    let verification = over(transport.clone()).check_payment(&"a+b&c=/é".replace('é', "e").parse().unwrap());
    assert!(verification.is_ok());
    let request = &transport.requests()[1];
    assert_eq!(request.endpoint(), Endpoint::CheckPayment);
    assert_eq!(request.url(), "https://ekolopay.com/api/v1/gateway/check-payment?api_client=demo");
    let body = std::str::from_utf8(request.body()).unwrap();
    assert_eq!(body, "purchaseToken=a%2Bb%26c%3D%2Fe&secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875");
}

#[test]
fn php_may_write_booleans_and_codes_loosely() {
    for value in [json!(true), json!(1), json!("true"), json!("1")] {
        assert!(is_paid(paid_as(&value)), "{value}");
    }
    for value in [json!(false), json!(0), json!("false"), json!("0")] {
        assert!(!is_paid(paid_as(&value)), "{value}");
    }
    let data = json!({"API_DATA": {"payment_successful": true}});
    assert!(is_paid(reply(&json!("200"), &data)));
    for status in [200, 201, 202, 299] {
        assert!(matches!(check(status, PAID).unwrap(), Verification::Paid(_)), "{status}");
    }
}

/// `tests/never_paid.rs` has more of them.
#[test]
fn nothing_else_is_a_boolean_or_a_code() {
    for value in [json!(null), json!("TRUE"), json!("true "), json!(" 1"), json!(2), json!(1.0), json!([true])] {
        unexpected(200, paid_as(&value), "payment_successful is not a boolean");
    }
    unexpected(200, reply(&json!(200), &json!({"API_DATA": {}})), "payment_successful is not a boolean");
    let data = json!({"API_DATA": {"payment_successful": true}, "clearMessage": "non"});
    for code in [json!(null), json!(""), json!("+200"), json!("0200"), json!("-0"), json!(200.0), json!(u64::MAX)] {
        unexpected(200, reply(&code, &data), "API_RESPONSE_CODE is not an integer");
    }
}

#[test]
fn code_200_is_not_a_success_without_an_http_success() {
    for status in [100, 199, 400, 401, 404, 429, 500, 503, 600, 999, 0] {
        unexpected(status, PAID, "code 200 under an HTTP status that is not a success");
    }
    for status in [300, 301, 302, 303, 304, 307, 308, 399] {
        unexpected(status, PAID, "a redirect is not followed");
    }
}

#[test]
fn a_refusal_is_read_under_any_status_and_code() {
    for (status, code, read) in
        [(200, json!(0), 0), (402, json!("-17"), -17), (500, json!(500), 500), (404, json!(201), 201)]
    {
        let body = reply(&code, &json!({"clearMessage": "Token inconnu", "API_DATA": null}));
        assert_eq!(refused(status, body), (read, "Token inconnu".to_owned()));
    }
    for data in [json!({}), json!({"clearMessage": null}), json!({"clearMessage": 5}), json!({"clearMessage": ["non"]})]
    {
        unexpected(200, reply(&json!(0), &data), "a refusal without a clearMessage");
    }
    // Whatever stands beside its message, a refusal is not a payment. An empty array is PHP's empty object.
    for data in [json!([]), json!(""), json!(0), json!([{}]), json!({"payment_successful": true})] {
        let both = json!({"clearMessage": "non", "API_DATA": data});
        assert_eq!(refused(402, reply(&json!(0), &both)), (0, "non".to_owned()));
    }
}

/// The company's newer API documents this shape for every error.
#[test]
fn a_notice_with_a_reason_is_a_refusal() {
    for (status, body, code, message) in [
        (500, r#"{"code":0,"reason":"INVALID_KEY","message":"Clé invalide"}"#, 0, "Clé invalide"),
        (401, r#"{"message":"Clé invalide","code":"-17","reason":"INVALID_KEY","more":[1]}"#, -17, "Clé invalide"),
        (200, r#"{"code":201,"reason":"INVALID_KEY"}"#, 201, "INVALID_KEY"),
        (200, r#"{"code":0,"reason":"INVALID_KEY","message":null,"response":null}"#, 0, "INVALID_KEY"),
        (200, r#"{"code":0,"reason":"INVALID_KEY","message":{"fr":"Clé invalide"}}"#, 0, "INVALID_KEY"),
        (200, r#"{"code":0,"reason":"INVALID_KEY","message":" "}"#, 0, "INVALID_KEY"),
    ] {
        assert_eq!(refused(status, body), (code, message.to_owned()));
    }
    for body in [
        r#"{"code":200,"reason":"INVALID_KEY","message":"Clé invalide"}"#,
        r#"{"code":"200","reason":"SUCCESS"}"#,
        r#"{"reason":"INVALID_KEY","message":"Clé invalide"}"#,
        r#"{"code":null,"reason":"INVALID_KEY"}"#,
        r#"{"code":0.5,"reason":"INVALID_KEY"}"#,
        r#"{"code":0,"reason":5,"message":"Clé invalide"}"#,
        r#"{"code":0,"reason":["INVALID_KEY"]}"#,
        r#"{"code":0,"message":"Clé invalide"}"#,
        r#"{"code":0,"code":1,"reason":"INVALID_KEY"}"#,
        r#"{"code":0,"reason":"INVALID_KEY","response":{}}"#,
        r#"{"code":0,"reason":"INVALID_KEY","response":[]}"#,
        r#"[0,"INVALID_KEY","Clé invalide"]"#,
        r#"[{"code":0,"reason":"INVALID_KEY","message":"Clé invalide"}]"#,
    ] {
        unexpected(200, body, "the body is not the documented JSON");
    }
    unexpected(302, r#"{"code":0,"reason":"INVALID_KEY"}"#, "a redirect is not followed");
    let both = PAID.replacen('{', r#"{"code":0,"reason":"INVALID_KEY","#, 1);
    unexpected(200, both, "a success and a refusal in one reply");
}

#[test]
fn every_level_is_an_object_and_has_a_key_once() {
    let reason = "the body is not the documented JSON";
    for body in [
        r#"{"response":[200,{"API_DATA":{"payment_successful":true}}]}"#,
        r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":[{"payment_successful":true}]}}"#,
        r#"{"response":{"API_RESPONSE_CODE":0,"API_RESPONSE_DATA":{"clearMessage":"a","clearMessage":"b"}}}"#,
        r#"{"response":null}"#,
        r#"{"response":{"API_RESPONSE_CODE":200}}"#,
        "{}",
        "[]",
        "null",
        "\"\"",
        " \r\n ",
        "{\"response\":null}\0",
        r#"{"response":{},"respons\u0065":{}}"#,
        "",
    ] {
        unexpected(200, body, reason);
    }
    let with_data =
        |data| format!(r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{{"API_DATA":{data}}}}}}}"#);
    for data in ["[true]", "[]", "true", r#""true""#, "null"] {
        unexpected(200, with_data(data), "code 200 without an API_DATA object");
    }
    let twice = with_data(r#"{"payment_successful":false,"payment_successful":true}"#);
    unexpected(200, twice, "payment_successful is not a boolean");
}

#[test]
fn only_whole_utf_8_json_counts() {
    let reason = "the body is not the documented JSON";
    unexpected(200, "<html>Erreur</html>", reason);
    unexpected(200, format!("\u{feff}{PAID}"), reason);
    unexpected(200, format!("{PAID}x"), reason);
    unexpected(200, "[".repeat(60_000), reason);
    unexpected(200, format!("{}{PAID}{}", r#"{"a":"#.repeat(5_000), "}".repeat(5_000)), reason);
    unexpected(200, format!("{PAID}{PAID}"), reason);
    for length in 0..PAID.trim_end().len() {
        unexpected(200, &PAID[..length], reason);
    }
    let mut latin = paid_as(&json!(true)).replace("{\"response\"", "{\"note\":\"\u{e9}\",\"response\"").into_bytes();
    assert!(check(200, latin.clone()).is_ok(), "unknown keys are ignored");
    let accent = latin.iter().position(|byte| *byte == 0xc3).unwrap();
    latin.splice(accent..accent + 2, [0xe9]);
    unexpected(200, latin, reason);
    let nested = format!("{{\"a\":{}{},{}", "[".repeat(30_000), "]".repeat(30_000), &PAID.trim_start()[1..]);
    assert!(is_paid(nested), "ignored without recursion: no stack is at risk");
    unexpected(200, paid_as(&json!(0)).replace(":0}", &format!(":{}}}", "[".repeat(60_000))), reason);
}

#[test]
fn a_body_over_64_kib_is_unexpected_even_if_it_parses() {
    let padded = |length: usize| format!("{PAID}{}", " ".repeat(length - PAID.len()));
    assert!(is_paid(padded(64 * 1024)));
    unexpected(200, padded(64 * 1024 + 1), "the body is longer than 64 KiB");
}

#[test]
fn unread_values_may_be_any_json() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    for odd in ["1e400", r#""\ud800""#, deep.as_str()] {
        let data =
            format!(r#"{{"clearMessage":{odd},"API_DATA":{{"purchaseToken":{odd},"payment_successful":true}}}}"#);
        let reply = format!(r#"{{"response":{{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{data}}}}}"#);
        assert!(is_paid(reply), "{odd}");
    }
}
