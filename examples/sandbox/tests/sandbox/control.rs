//! The control by JSON.

use std::time::Duration;

use ekolopay_sandbox::{Inbox, Sandbox};
use serde_json::{Value, json};

use crate::client::{FORM, check, get, new_token, purchase, request, shop};

const JSON: &str = "Content-Type: application/json\r\n";
const PAID: &str = r#"{"outcome":"paid"}"#;

fn path(token: &str, rest: &str) -> String {
    format!("/sandbox/api/payments/{token}{rest}")
}

#[test]
fn a_payment_is_settled_and_shown_with_what_was_said() {
    let sandbox = Sandbox::builder().callback_url(shop(|_| "HTTP/1.1 202 Accepted\r\n\r\nmerci".to_owned()));
    let sandbox = sandbox.start().unwrap();
    let token = new_token(&sandbox);
    let listed = get(&sandbox, "/sandbox/api/payments").json()["payments"][0].take();
    let order = json!({"token": token, "state": "pending", "amount": 150_000, "label": "Achat d'un Iphone S",
        "phone": "066304925", "details": null, "name": null, "uuid": null});
    assert_eq!(listed, order);

    // As `curl -d` sends it.
    assert_eq!(request(&sandbox, "POST", &path(&token, "/settle"), FORM, PAID).json()["state"], "paid");
    check(&sandbox, &token);
    let payment = get(&sandbox, &path(&token, "")).json();
    let at = |pointer: &str| payment.pointer(pointer).unwrap_or(&Value::Null).clone();
    assert_eq!((at("/calls/0/call"), at("/calls/1/call")), ("purchase-token".into(), "check-payment".into()));
    assert_eq!((at("/calls/0/request/amount"), at("/calls/0/request/secret_key")), ("150000".into(), "***".into()));
    assert_eq!(at("/calls/1/reply/response/API_RESPONSE_DATA/API_DATA"), json!({"payment_successful": true}));
    let body = format!("purchaseToken={token}&paymentSuccessful=true&status=SUCCESSFUL&message=Paiement+r%C3%A9ussi.");
    assert_eq!((at("/callbacks/0/body"), at("/callbacks/0/status")), (body.into(), 202.into()));
    assert_eq!((at("/callbacks/0/reply"), at("/callbacks/1")), ("merci".into(), Value::Null));
}

#[test]
fn a_callback_is_sent_again() {
    let inbox = Inbox::start().unwrap();
    let sandbox = Sandbox::builder().callback_url(inbox.url()).start().unwrap();
    let token = new_token(&sandbox);
    let again = || request(&sandbox, "POST", &path(&token, "/callback"), "", "");
    assert_eq!(again().status, 409, "the payment is pending");
    request(&sandbox, "POST", &path(&token, "/settle"), JSON, r#"{"outcome":"timeout"}"#);
    assert_eq!(again().json()["callbacks"].as_array().unwrap().len(), 2);
    let bodies = [(); 2].map(|()| inbox.recv_timeout(Duration::from_secs(5)).unwrap());
    assert_eq!(bodies[0], bodies[1]);
}

#[test]
fn the_service_goes_and_a_reset_brings_all_back() {
    let sandbox = Sandbox::start().unwrap();
    new_token(&sandbox);
    let out = request(&sandbox, "PUT", "/sandbox/api/service", JSON, r#"{"available": false}"#);
    assert_eq!(out.json(), json!({"available": false}));
    assert_eq!(purchase(&sandbox, &[]).json()["reason"], "UNAVAILABLE_SERVICE");
    assert_eq!(request(&sandbox, "DELETE", "/sandbox/api/payments", "", "").json(), json!({"deleted": 1}));
    assert_eq!(get(&sandbox, "/sandbox/api/payments").json(), json!({"payments": []}));
    new_token(&sandbox);
}

/// Row 115 among them.
#[test]
fn an_error_is_json_with_a_sentence() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    let settle = path(&token, "/settle");
    assert_eq!(request(&sandbox, "POST", &settle, JSON, PAID).status, 200);
    for (method, path, body, status) in [
        ("POST", settle.as_str(), PAID, 409),
        ("POST", &settle, r#"{"outcome":"PAID"}"#, 400),
        ("POST", &settle, "", 400),
        ("POST", &path("unknown", "/settle"), PAID, 404),
        ("POST", &path("unknown", "/callback"), "", 404),
        ("POST", &path(&token, "/callback"), "", 409),
        ("GET", &path("unknown", ""), "", 404),
        ("PUT", "/sandbox/api/service", r#"{"available":"maybe"}"#, 400),
        ("PATCH", "/sandbox/api/payments", "", 404),
    ] {
        let answer = request(&sandbox, method, path, JSON, body);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(answer.status == status && error.ends_with('.') && error.len() > 20, "{method} {path}: {error}");
    }
}
