//! Callbacks: strict parsing, the same from bytes and through `Deserialize`.

mod merchant;

use ekolopay::callback::{Callback, Status};
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde::de::value::{Error, MapDeserializer};

/// A body, read both ways; they must agree.
#[track_caller]
fn parse(body: &[u8]) -> Result<Callback, String> {
    let parsed = Callback::parse(body).map_err(|invalid| invalid.to_string());
    let extracted = extract(body).map_err(|error| error.to_string());
    assert_eq!(parsed, extracted);
    parsed
}

/// As web frameworks do it.
fn extract(body: &[u8]) -> Result<Callback, Error> {
    Callback::deserialize(MapDeserializer::new(form_urlencoded::parse(body)))
}

#[track_caller]
fn refused(body: &str, text: &str) {
    assert_eq!(parse(body.as_bytes()).unwrap_err(), text, "{body}");
}

fn form(successful: &str, status: &str) -> String {
    format!("purchaseToken=t&paymentSuccessful={successful}&status={status}&message=m")
}

#[test]
fn the_documented_table_is_read() {
    for (word, successful, status, message) in [
        ("SUCCESS", "true", Status::Success, "Paiement réussi."),
        ("SUCCESSFUL", "true", Status::Successful, "Paiement réussi."),
        ("FAILED", "false", Status::Failed, "Le paiement a échoué."),
        ("REJECTED", "false", Status::Rejected, "Le paiement est rejeté."),
        ("TIMEOUT", "false", Status::Timeout, "Le temps d'attente de paiement est dépassé."),
    ] {
        let pairs = [
            ("purchaseToken", "940d4e9aab5797e6055e1259b84a9875"),
            ("paymentSuccessful", successful),
            ("status", word),
            ("message", message),
        ];
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let callback = parse(body.as_bytes()).unwrap();
        assert_eq!(callback.purchase_token(), &merchant::token());
        assert_eq!(callback.claims_success(), successful == "true");
        assert_eq!((callback.status(), callback.message()), (&status, message));
        is_word_of(word, &status);
    }
}

#[track_caller]
fn is_word_of(word: &str, status: &Status) {
    assert_eq!((&Status::from(word), &Status::from(word.to_owned())), (status, status));
    assert_eq!(format!("{status}|{status:>12}"), format!("{word}|{word:>12}"));
}

#[test]
fn a_boolean_is_a_word_a_digit_or_nothing() {
    for text in ["true", "TRUE", "True", "tRuE", "1"] {
        assert!(parse(form(text, "SUCCESS").as_bytes()).unwrap().claims_success(), "{text}");
    }
    for text in ["false", "FALSE", "False", "0", ""] {
        assert!(!parse(form(text, "FAILED").as_bytes()).unwrap().claims_success(), "{text}");
    }
    for text in ["2", "-1", "01", "yes", "on", "+true", "true+", "null", "%00", "1.0", "t", "vrai", "%FF", "%ef%bc%91"]
    {
        for status in ["SUCCESS", "FAILED", "AUTRE"] {
            refused(&form(text, status), "paymentSuccessful must be true or false");
        }
    }
}

#[test]
fn a_known_status_with_the_wrong_boolean_is_an_error() {
    for pair in ["false SUCCESS", "0 SUCCESSFUL", "true FAILED", "1 REJECTED", "true TIMEOUT", " SUCCESS"] {
        let (successful, status) = pair.split_once(' ').unwrap();
        refused(&form(successful, status), "paymentSuccessful contradicts the status");
    }
}

#[test]
fn any_other_status_is_kept_as_it_came() {
    for text in ["success", "Failed", "PENDING", "", "SUCCESS ", "REJETÉ"] {
        let pairs = [("purchaseToken", "t"), ("paymentSuccessful", "1"), ("status", text)];
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let callback = parse(body.as_bytes()).unwrap();
        assert_eq!(callback.status(), &Status::Other(text.to_owned()));
        is_word_of(text, callback.status());
        assert!(callback.claims_success());
    }
}

#[test]
fn a_key_that_is_missing_or_given_twice_is_an_error() {
    let pairs = ["purchaseToken=t", "paymentSuccessful=true", "status=SUCCESS", "message=m"];
    for (index, pair) in pairs.iter().enumerate() {
        let key = pair.split('=').next().unwrap();
        refused(&format!("{}&{pair}", pairs.join("&")), &format!("{key} is given twice"));
        let without: Vec<_> = pairs.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, pair)| *pair).collect();
        match key {
            "message" => assert_eq!(parse(without.join("&").as_bytes()).unwrap().message(), ""),
            _ => refused(&without.join("&"), &format!("{key} is missing")),
        }
    }
    refused("", "purchaseToken is missing");
    refused("no equals sign", "purchaseToken is missing");
    refused("purchaseToken", "purchaseToken must not be empty");
    refused("PurchaseToken=t&paymentSuccessful=1&status=SUCCESS", "purchaseToken is missing");
    refused("purchaseToken[]=t&paymentSuccessful=1&status=SUCCESS", "purchaseToken is missing");
    refused("purchase%54oken=t&purchaseToken=u&paymentSuccessful=1&status=SUCCESS", "purchaseToken is given twice");
}

#[test]
fn unknown_keys_are_ignored_however_often() {
    let body = format!("a=1&a=2&{}&=&&x[]=y&secret=z", form("true", "SUCCESS"));
    assert_eq!(parse(body.as_bytes()), parse(form("true", "SUCCESS").as_bytes()));
}

#[test]
fn an_invalid_token_is_an_error() {
    #[track_caller]
    fn refused(token: &str, reason: &str) {
        let form = format!("purchaseToken={token}&paymentSuccessful=1&status=SUCCESS");
        crate::refused(&form, &format!("purchaseToken {reason}"));
    }
    for token in ["a+b", "%C3%A9", "%00", "%FF", "%0D%0A"] {
        refused(token, "must be visible ASCII characters only");
    }
    refused("..", "must not be `.` or `..`");
    refused(&"x".repeat(1025), "must be at most 1,024 bytes long");
}

#[test]
fn bytes_that_are_not_utf_8_lose_no_notification() {
    let callback =
        parse(b"purchaseToken=t&paymentSuccessful=0&status=FAILED&message=Le+paiement+a+\xe9chou%E9").unwrap();
    assert_eq!(callback.message(), "Le paiement a \u{fffd}chou\u{fffd}");
    assert_eq!(parse(b"purchaseToken=t&paymentSuccessful=0&status=REJET\xe9").unwrap_err(), "status must be UTF-8");
}

#[test]
fn only_a_form_of_texts_is_read() {
    let good = r#"{"purchaseToken":"t","paymentSuccessful":"true","status":"SUCCESS","extra":{"a":[1]}}"#;
    assert!(serde_json::from_str::<Callback>(good).unwrap().claims_success());
    for bad in [
        r#"["t","true","SUCCESS","m"]"#,
        r#"{"purchaseToken":"t","paymentSuccessful":true,"status":"SUCCESS"}"#,
        r#"{"purchaseToken":["t"],"paymentSuccessful":"true","status":"SUCCESS"}"#,
        r#"{"purchaseToken":"t","purchaseToken":"t","paymentSuccessful":"true","status":"SUCCESS"}"#,
        r#"{"purchaseToken":"t","paymentSuccessful":"true","status":null}"#,
    ] {
        assert!(serde_json::from_str::<Callback>(bad).is_err(), "{bad}");
    }
    let error = serde_json::from_str::<Callback>("[]").unwrap_err().to_string();
    assert!(error.contains("expected the form of a callback"), "{error}");
}

#[test]
fn an_error_names_the_field_and_never_the_value() {
    let value = "hunter2";
    for body in [form(value, "SUCCESS"), format!("purchaseToken={value}%20&paymentSuccessful=1&status=S")] {
        let invalid = Callback::parse(body.as_bytes()).unwrap_err();
        assert!(!format!("{invalid} {invalid:?}").contains(value));
        let error = extract(body.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(value));
    }
}
