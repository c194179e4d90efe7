//! The two calls of the gateway: the documented replies, and every refusal.

use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, PaymentState, Sandbox};
use ekolopay_test_kit::replies::UNAVAILABLE;
use ekolopay_test_kit::{API_CLIENT, SECRET_KEY};
use serde_json::json;

use crate::client::{CHECK, PURCHASE, check, encode, get, new_token, order, post, purchase, send};

#[test]
fn a_purchase_gets_a_token_in_the_documented_shape() {
    assert_eq!((DEMO_API_CLIENT, DEMO_SECRET_KEY), (API_CLIENT, SECRET_KEY), "the documented ones");
    let sandbox = Sandbox::start().unwrap();
    let answer = purchase(&sandbox, &[]);
    let token = &sandbox.payments()[0].token;
    assert_eq!(token.len(), 32);
    assert!(token.bytes().all(|byte| b"0123456789abcdef".contains(&byte)), "{token}");
    let data = json!({"API_DATA": {"purchaseToken": token}});
    assert_eq!(answer.json(), json!({"response": {"API_RESPONSE_CODE": 200, "API_RESPONSE_DATA": data}}));
    assert_ne!(*token, new_token(&sandbox));
    assert_eq!(sandbox.payments().len(), 2);
}

#[test]
fn every_field_of_an_order_is_read() {
    let sandbox = Sandbox::start().unwrap();
    // Escaped as by PHP's json_encode.
    let product = r#"{"label":"T\u00e9l\u00e9phone 1\/2","amount":"150000","details":"Gris"}"#;
    let customer = r#"{"uuid":"d34f747e","name":"Kanza","phone":"+242066304925"}"#;
    purchase(&sandbox, &[("product", Some(product)), ("customer", Some(customer))]).data();
    let payment = sandbox.payments().remove(0);
    assert_eq!((payment.label.as_str(), payment.amount), ("Téléphone 1/2", 150_000));
    assert_eq!(payment.phone, "+242066304925");
    let optional = [payment.details, payment.name, payment.uuid].map(Option::unwrap);
    assert_eq!(optional, ["Gris", "Kanza", "d34f747e"]);
    assert_eq!((payment.state, payment.notifications.len()), (PaymentState::Pending, 0));
}

#[test]
fn a_refusal_names_the_wrong_field() {
    let sandbox = Sandbox::start().unwrap();
    // A field, its values, and the refusal.
    let refusals = r#"
        secret_key; |wrong|054E9A59-AB57-4E9A-940D-97E6B940D875; secret_key manquante ou incorrecte.
        amount; |0|-1|+1|1.5|1e3|15 000|007|abc|18446744073709551616; amount doit être un nombre entier positif, écrit en chiffres.
        product; |x|[]|"a"|null|{"label":|{"label":"a"} {}; product doit être un objet JSON.
        product; {}|{"label":""}|{"label":" "}|{"label":1}|{"label":null}; product.label doit être un texte non vide.
        product; {"label":"a","amount":1.5}|{"label":"a","amount":"x"}; product.amount doit être un nombre entier positif.
        product; {"label":"a","amount":null}|{"label":"a","amount":-9}; product.amount doit être un nombre entier positif.
        product; {"label":"a","amount":150001}|{"label":"a","amount":"15000"}; product.amount doit être égal à amount.
        product; {"label":"a","details":1}|{"label":"a","details":null}; product.details doit être un texte.
        customer; |066304925|[]; customer doit être un objet JSON.
        customer; {}|{"phone":66304925}|{"phone":""}|{"phone":"+"}|{"phone":"06x"}|{"phone":"０６６"}; PHONE
        customer; {"phone":"06 630 49 25"}|{"phone":"06.630.49.25"}|{"phone":"06-630-49-25"}; PHONE
        customer; {"phone":"++242066304925"}|{"phone":"066304925+"}|{"phone":"+242 066304925"}; PHONE
        customer; {"phone":"06","name":1}; customer.name doit être un texte.
        customer; {"phone":"+06","uuid":{}}; customer.uuid doit être un texte."#;
    let phone = "customer.phone doit être un numéro de téléphone, écrit en chiffres sans espace ni séparateur, comme \
                 066304925 ou +242066304925.";
    for line in refusals.trim().lines() {
        let [key, values, message] = line.trim().splitn(3, "; ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        for value in values.split('|') {
            let refusal = purchase(&sandbox, &[(key, Some(value))]).refusal();
            assert_eq!(refusal, message.replace("PHONE", phone), "{key}={value}");
        }
    }
    for key in ["secret_key", "amount", "product", "customer"] {
        let message = purchase(&sandbox, &[(key, None)]).refusal();
        assert!(message.starts_with(key), "{message}");
    }
    assert!(sandbox.payments().is_empty());
}

#[test]
fn both_calls_need_the_credentials_and_a_form() {
    let sandbox = Sandbox::builder().api_client("shop-7").secret_key("s3cret").start().unwrap();
    for path in ["/api/v1/gateway/purchase-token", "/api/v1/gateway/check-payment"] {
        let form = order(&[("secret_key", Some("s3cret"))]);
        for query in ["", "?api_client=", "?api_client=demo", "?api_client=SHOP-7"] {
            assert_eq!(post(&sandbox, &format!("{path}{query}"), &form).refusal(), "api_client inconnu.");
        }
        let path = format!("{path}?api_client=shop%2D7");
        for form in ["", "secret_key=nosecret", "secret_key="] {
            let answer = post(&sandbox, &path, form);
            assert_eq!(answer.refusal(), "secret_key manquante ou incorrecte.");
            assert!(!answer.body.contains("nosecret"));
        }
        let json = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        for rest in [json, "Content-Length: 0\r\n\r\n"] {
            let answer = send(&sandbox, format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{rest}"));
            assert_eq!(answer.refusal(), "Le corps de la requête doit être en x-www-form-urlencoded.");
        }
    }
    let path = PURCHASE.replace("demo", "shop-7");
    post(&sandbox, &path, &order(&[("secret_key", Some("s3cret"))])).data();
}

#[test]
fn an_unknown_token_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    for unknown in ["", "940d4e9aab5797e6055e1259b84a9875", &token[1..], &token.to_uppercase()] {
        assert_eq!(check(&sandbox, unknown).refusal(), "purchaseToken inconnu.");
    }
    let without = encode(&[("secret_key", DEMO_SECRET_KEY)]);
    assert_eq!(post(&sandbox, CHECK, &without).refusal(), "purchaseToken inconnu.");
}

#[test]
fn the_case_of_the_content_type_a_charset_and_an_earlier_equal_field_do_not_matter() {
    let sandbox = Sandbox::start().unwrap();
    let form = format!("amount=1&{}", order(&[]));
    let kind = "content-type: Application/X-WWW-Form-URLencoded; charset=UTF-8";
    let head = format!("POST {PURCHASE} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n");
    send(&sandbox, format!("{head}Content-Length: {}\r\n\r\n{form}", form.len())).data();
    assert_eq!(sandbox.payments()[0].amount, 150_000);
}

#[test]
fn out_of_service_every_endpoint_is_unavailable_and_nothing_changes() {
    let sandbox = Sandbox::start().unwrap();
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
        answer.json();
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
    let sandbox = Sandbox::builder().latency(latency).start().unwrap();
    let started = Instant::now();
    let token = new_token(&sandbox);
    assert!(started.elapsed() >= latency);
    check(&sandbox, &token).data();
    assert!(started.elapsed() >= 2 * latency);
    let started = Instant::now();
    assert_eq!(get(&sandbox, &format!("/purchase-product/{token}")).status, 200);
    assert!(started.elapsed() < latency);
}
