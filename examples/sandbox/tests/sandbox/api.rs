//! The two calls of the gateway: the documented replies, and every refusal.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, PaymentState, Sandbox, Settlement};
use ekolopay_test_kit::replies::UNAVAILABLE;
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY};
use serde_json::json;

use crate::client::{CHECK, PURCHASE, check, encode, get, new_token, order, post, post_with, purchase, send, settle};

#[test]
fn the_demo_credentials_are_the_documented_ones() {
    assert_eq!(DEMO_API_CLIENT, API_CLIENT);
    assert_eq!(DEMO_SECRET_KEY, SECRET_KEY);
}

#[test]
fn a_purchase_gets_a_token_in_the_documented_shape() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let answer = purchase(&sandbox, &[]);
    assert_eq!(answer.status, 200);
    let payments = sandbox.payments();
    assert_eq!(payments.len(), 1);
    let token = &payments[0].token;
    assert_eq!(token.len(), 32);
    assert!(token.bytes().all(|byte| b"0123456789abcdef".contains(&byte)), "{token}");
    let shape = json!({"response": {
        "API_RESPONSE_CODE": 200,
        "API_RESPONSE_DATA": {"API_DATA": {"purchaseToken": token}},
    }});
    assert_eq!(answer.json(), shape);
    assert_ne!(*token, new_token(&sandbox));
}

#[test]
fn every_field_of_an_order_is_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    // Escaped as by PHP's json_encode.
    let product = r#"{"label":"T\u00e9l\u00e9phone 1\/2","amount":"150000","details":"Gris"}"#;
    let customer = r#"{"uuid":"d34f747e","name":"Kanza","phone":"+242 06 630 49 25"}"#;
    purchase(&sandbox, &[("product", Some(product)), ("customer", Some(customer))]).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!(payment.label, "Téléphone 1/2");
    assert_eq!(payment.amount, 150_000);
    assert_eq!(payment.details.as_deref(), Some("Gris"));
    assert_eq!(payment.phone, "+242 06 630 49 25");
    assert_eq!(payment.name.as_deref(), Some("Kanza"));
    assert_eq!(payment.uuid.as_deref(), Some("d34f747e"));
    assert_eq!(payment.state, PaymentState::Pending);
    assert_eq!(payment.notifications, []);
}

#[test]
fn a_payment_is_successful_once_paid_and_only_then() {
    let sandbox = Sandbox::start().expect("a sandbox");
    for (outcome, state, paid) in [
        ("paid", Settlement::Paid, true),
        ("failed", Settlement::Failed, false),
        ("rejected", Settlement::Rejected, false),
        ("timeout", Settlement::TimedOut, false),
    ] {
        let token = new_token(&sandbox);
        assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
        settle(&sandbox, &token, outcome);
        let shape = json!({"response": {
            "API_RESPONSE_CODE": 200,
            "API_RESPONSE_DATA": {"API_DATA": {"payment_successful": paid}},
        }});
        assert_eq!(check(&sandbox, &token).json(), shape);
        let payments = sandbox.payments();
        let payment = payments.iter().find(|payment| payment.token == token);
        assert_eq!(payment.map(|payment| payment.state), Some(PaymentState::Settled(state)));
    }
}

#[test]
fn a_refusal_names_the_wrong_field() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let refusals: [(&str, &str, &[&str]); 10] = [
        ("secret_key", "secret_key manquante ou incorrecte.", &["", "wrong", "054E9A59-AB57-4E9A-940D-97E6B940D875"]),
        (
            "amount",
            "amount doit être un nombre entier positif, écrit en chiffres.",
            &["", "0", "-1", "+1", "1.5", "1e3", "15 000", "007", "abc", "18446744073709551616"],
        ),
        (
            "product",
            "product doit être un objet JSON.",
            &["", "x", "[]", "\"a\"", "null", "{\"label\":", r#"{"label":"a"} {}"#],
        ),
        (
            "product",
            "product.label doit être un texte non vide.",
            &["{}", r#"{"label":""}"#, r#"{"label":" "}"#, r#"{"label":1}"#, r#"{"label":null}"#],
        ),
        (
            "product",
            "product.amount doit être un nombre entier positif.",
            &[
                r#"{"label":"a","amount":1.5}"#,
                r#"{"label":"a","amount":"x"}"#,
                r#"{"label":"a","amount":null}"#,
                r#"{"label":"a","amount":-150000}"#,
            ],
        ),
        (
            "product",
            "product.amount doit être égal à amount.",
            &[r#"{"label":"a","amount":150001}"#, r#"{"label":"a","amount":"15000"}"#],
        ),
        (
            "product",
            "product.details doit être un texte.",
            &[r#"{"label":"a","details":1}"#, r#"{"label":"a","details":null}"#],
        ),
        ("customer", "customer doit être un objet JSON.", &["", "066304925", "[]"]),
        (
            "customer",
            "customer.phone doit être un numéro de téléphone, écrit en chiffres.",
            &["{}", r#"{"phone":""}"#, r#"{"phone":"+"}"#, r#"{"phone":"06x"}"#, r#"{"phone":66304925}"#],
        ),
        ("customer", "customer.name doit être un texte.", &[r#"{"phone":"06","name":1}"#]),
    ];
    let mut messages = HashSet::new();
    for (key, message, values) in refusals {
        assert!(messages.insert(message));
        for value in values {
            let answer = purchase(&sandbox, &[(key, Some(value))]);
            assert_eq!(answer.refusal(), message, "{key}={value}");
        }
    }
    let answer = purchase(&sandbox, &[("customer", Some(r#"{"phone":"06","uuid":{}}"#))]);
    assert_eq!(answer.refusal(), "customer.uuid doit être un texte.");
    for key in ["secret_key", "amount", "product", "customer"] {
        let message = purchase(&sandbox, &[(key, None)]).refusal();
        assert!(message.starts_with(key), "{message}");
    }
    assert!(sandbox.payments().is_empty());
}

#[test]
fn both_calls_need_the_credentials_and_a_form() {
    let sandbox = Sandbox::builder().api_client("shop-7").secret_key("s3cret").start().expect("a sandbox");
    for path in ["/api/v1/gateway/purchase-token", "/api/v1/gateway/check-payment"] {
        let form = order(&[("secret_key", Some("s3cret"))]);
        for query in ["", "?api_client=", "?api_client=demo", "?api_client=SHOP-7"] {
            let answer = post(&sandbox, &format!("{path}{query}"), &form);
            assert_eq!(answer.refusal(), "api_client inconnu.");
        }
        let path = format!("{path}?api_client=shop%2D7");
        for form in ["", "secret_key=nosecret", "secret_key="] {
            let answer = post(&sandbox, &path, form);
            assert_eq!(answer.refusal(), "secret_key manquante ou incorrecte.");
            assert!(!answer.body.contains("nosecret"));
        }
        let json = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        for rest in [json, "Content-Length: 0\r\n\r\n"] {
            let answer = send(&sandbox, format!("POST {path} HTTP/1.1\r\nHost: x\r\n{rest}"));
            let message = "Le corps de la requête doit être en x-www-form-urlencoded.";
            assert_eq!(answer.refusal(), message);
        }
    }
    let path = PURCHASE.replace("demo", "shop-7");
    post(&sandbox, &path, &order(&[("secret_key", Some("s3cret"))])).data();
}

#[test]
fn an_unknown_token_is_refused() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let token = new_token(&sandbox);
    for unknown in ["", "940d4e9aab5797e6055e1259b84a9875", &token[1..], &token.to_uppercase()] {
        assert_eq!(check(&sandbox, unknown).refusal(), "purchaseToken inconnu.");
    }
    let without = encode(&[("secret_key", DEMO_SECRET_KEY)]);
    assert_eq!(post(&sandbox, CHECK, &without).refusal(), "purchaseToken inconnu.");
}

#[test]
fn a_charset_and_the_case_of_the_content_type_do_not_matter() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let form = order(&[]);
    let kind = "content-type: Application/X-WWW-Form-URLencoded; charset=UTF-8";
    let length = form.len();
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: x\r\n{kind}\r\n");
    send(&sandbox, format!("{head}Content-Length: {length}\r\n\r\n{form}")).data();
}

#[test]
fn out_of_service_every_endpoint_is_unavailable_and_nothing_changes() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let token = new_token(&sandbox);
    let page = format!("/purchase-product/{token}");
    sandbox.set_in_service(false);
    for answer in [
        purchase(&sandbox, &[]),
        purchase(&sandbox, &[("secret_key", None)]),
        check(&sandbox, &token),
        get(&sandbox, &page),
        get(&sandbox, "/purchase-product/unknown"),
        post(&sandbox, &page, "outcome=paid"),
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        assert_eq!(answer.body, UNAVAILABLE.trim_end());
    }
    assert_eq!(sandbox.payments().len(), 1);
    assert_eq!(sandbox.payments()[0].state, PaymentState::Pending);
    sandbox.set_in_service(true);
    assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
}

#[test]
fn only_the_calls_have_latency() {
    let latency = Duration::from_millis(400);
    let sandbox = Sandbox::builder().latency(latency).start().expect("a sandbox");
    let started = Instant::now();
    let token = new_token(&sandbox);
    assert!(started.elapsed() >= latency);
    let started = Instant::now();
    check(&sandbox, &token).data();
    assert!(started.elapsed() >= latency);
    let started = Instant::now();
    assert_eq!(get(&sandbox, &format!("/purchase-product/{token}")).status, 200);
    assert!(started.elapsed() < latency);
}

#[test]
fn the_last_of_two_equal_fields_counts() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let form = format!("amount=1&{}", order(&[]));
    post_with(&sandbox, PURCHASE, "", &form).data();
    assert_eq!(sandbox.payments()[0].amount, 150_000);
}
