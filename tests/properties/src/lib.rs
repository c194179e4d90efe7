//! What holds whatever the bytes are: nothing panics, nothing is paid that does not plainly say so, and no error shows
//! the secret.

use ekolopay::callback::Callback;
use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error, Gateway};
use ekolopay_test_kit::{KEPT_TOKEN, all_texts, assert_hidden, secret};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// A reply in a file of the fuzzer's: three digits for the HTTP status, 200 without them, and then the body.
pub fn reply(bytes: &[u8]) -> (u16, &[u8]) {
    let status = bytes.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.map_or((200, bytes), |status| (status, &bytes[3..]))
}

/// A gateway that gives this reply to a call.
fn answering(status: u16, body: &[u8]) -> Gateway {
    over(Canned::new().reply(status, body))
}

/// A gateway with the secret that is looked for.
pub fn over(canned: Canned) -> Gateway {
    let credentials = Credentials::new("demo", secret()).expect("the secret is valid");
    Gateway::builder(credentials).transport(canned).build().expect("the settings are valid")
}

/// Whether `check_payment` takes this reply for a payment: only if, read plainly, it holds one.
pub fn check_payment(status: u16, body: &[u8]) -> Option<bool> {
    let token = KEPT_TOKEN.parse().expect("the documented token is valid");
    match answering(status, body).check_payment(&token) {
        Ok(Verification::Paid(paid)) => {
            assert_eq!(paid.token(), &token);
            assert_says(status, body, "payment_successful", &[json!(true), json!(1), json!("true"), json!("1")]);
            Some(true)
        }
        Ok(Verification::NotPaid) => {
            assert_says(status, body, "payment_successful", &[json!(false), json!(0), json!("false"), json!("0")]);
            Some(false)
        }
        Err(error) => {
            check_error(&error);
            None
        }
    }
}

/// The token that `create_purchase_token` reads in this reply: only one that, read plainly, it holds.
pub fn create_purchase_token(status: u16, body: &[u8]) -> Option<String> {
    let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925")).expect("an order");
    match answering(status, body).create_purchase_token(&purchase) {
        Ok(token) => {
            assert_says(status, body, "purchaseToken", &[json!(token.as_str())]);
            assert_hidden(token.as_str());
            Some(token.into())
        }
        Err(error) => {
            check_error(&error);
            None
        }
    }
}

/// The reply is an HTTP success with code 200 and one of these values at the documented place.
fn assert_says(status: u16, body: &[u8], key: &str, values: &[Value]) {
    assert!((200..300).contains(&status), "HTTP {status}");
    let Ok(reply) = serde_json::from_slice::<Value>(body) else {
        // Beside the documented keys JSON may hold what a `Value` cannot: 1e400, a lone surrogate, any depth.
        return assert!(serde_json::from_slice::<IgnoredAny>(body).is_ok(), "not JSON");
    };
    let response = &reply["response"];
    let code = &response["API_RESPONSE_CODE"];
    assert!([json!(200), json!("200")].contains(code), "code {code}");
    let value = &response["API_RESPONSE_DATA"]["API_DATA"][key];
    assert!(values.contains(value), "{key}: {value}");
    assert_ne!(reply["reason"], "UNAVAILABLE_SERVICE");
}

fn check_error(error: &Error) {
    assert_hidden(&all_texts(error));
    assert!(!matches!(error, Error::Invalid(_) | Error::Transport(_)), "a reply was received: {error}");
}

/// The callback in these bytes, if there is one: only what, decoded plainly, stands there once. Otherwise the field that
/// is wrong is named.
pub fn callback(body: &[u8]) -> Option<Callback> {
    let values = |key: &str| -> Vec<_> {
        form_urlencoded::parse(body).filter(|(name, _)| name == key).map(|(_, value)| value.into_owned()).collect()
    };
    match Callback::parse(body) {
        Ok(callback) => {
            assert_eq!(values("purchaseToken"), [callback.purchase_token().as_str()]);
            assert_eq!(values("status"), [callback.status().as_str()]);
            assert!(values("message").len() <= 1 && values("message").concat() == callback.message());
            let claims = values("paymentSuccessful").concat().to_ascii_lowercase();
            assert_eq!(["true", "1"].contains(&&*claims), callback.claims_success());
            assert!(["true", "1", "false", "0", ""].contains(&&*claims), "{claims}");
            Some(callback)
        }
        Err(invalid) => {
            let fields = ["purchaseToken", "paymentSuccessful", "status", "message"];
            assert!(fields.contains(&invalid.field()), "{invalid}");
            None
        }
    }
}
