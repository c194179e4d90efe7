//! The two calls of the gateway: the documented replies, and every refusal.

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, PaymentState, Sandbox};
use serde_json::json;

use crate::client::{CHECK, PURCHASE, check, get, is_paid, new_token, order, post, purchase, request};

#[test]
fn the_replies_have_the_documented_shape_and_every_field_is_read() {
    assert_eq!((DEMO_API_CLIENT, DEMO_SECRET_KEY), ("demo", "054e9a59-ab57-4e9a-940d-97e6b940d875"));
    let sandbox = Sandbox::start().unwrap();
    // Escaped as by PHP's json_encode.
    let product = r#"{"label":"T\u00e9l\u00e9phone 1\/2","amount":"150000","details":"Gris"}"#;
    let customer = r#"{"uuid":"d34f747e","name":"Kanza","phone":"066304925"}"#;
    let answer = purchase(&sandbox, &[("product", Some(product)), ("customer", Some(customer))]).json();
    let payment = sandbox.payments().remove(0);
    let token = payment.token;
    let reply = |data| json!({"response": {"API_RESPONSE_CODE": 200, "API_RESPONSE_DATA": {"API_DATA": data}}});
    assert_eq!(answer, reply(json!({"purchaseToken": token})));
    assert_eq!(check(&sandbox, &token).json(), reply(json!({"payment_successful": false})));
    assert!(token.len() == 32 && token.bytes().all(|byte| b"0123456789abcdef".contains(&byte)), "{token}");
    assert_ne!(token, new_token(&sandbox));
    assert_eq!((&*payment.label, payment.amount, &*payment.phone), ("Téléphone 1/2", 150_000, "066304925"));
    assert_eq!([payment.details, payment.name, payment.uuid].map(Option::unwrap), ["Gris", "Kanza", "d34f747e"]);
}

/// Row 118 among them: the number with its country code.
#[test]
fn a_refusal_names_the_wrong_field() {
    // A field, its values, and the refusal.
    let refusals = r#"
        secret_key; |wrong|054E9A59-AB57-4E9A-940D-97E6B940D875; secret_key manquante ou incorrecte.
        amount; |0|-1|+1|1.5|1e3|15 000|007|abc|18446744073709551616; amount doit être un nombre entier positif, écrit en chiffres.
        product; |x|[]|"a"|null|{"label":|{"label":"a"} {}; product doit être un objet JSON.
        product; {}|{"label":""}|{"label":" "}|{"label":1}|{"label":null}; product.label doit être un texte non vide.
        product; {"label":"a","amount":1.5}|{"label":"a","amount":"x"}; product.amount doit être un nombre entier positif.
        product; {"label":"a","amount":150001}|{"label":"a","amount":"15000"}; product.amount doit être égal à amount.
        product; {"label":"a","details":1}|{"label":"a","details":null}; product.details doit être un texte.
        customer; |066304925|[]; customer doit être un objet JSON.
        customer; {}|{"phone":66304925}|{"phone":""}|{"phone":"+"}|{"phone":"06x"}|{"phone":"０６６"}; PHONE
        customer; {"phone":"06 630 49 25"}|{"phone":"06.630.49.25"}|{"phone":"06-630-49-25"}; PHONE
        customer; {"phone":"+242066304925"}|{"phone":"066304925+"}|{"phone":"+242 066304925"}; PHONE
        customer; {"phone":"06","name":1}; customer.name doit être un texte.
        customer; {"phone":"06","uuid":{}}; customer.uuid doit être un texte."#;
    let phone = "customer.phone doit être un numéro de téléphone, écrit en chiffres sans indicatif, espace ni séparateur, \
                 comme 066304925.";
    let sandbox = Sandbox::start().unwrap();
    for line in refusals.trim().lines() {
        let [key, values, message] = line.trim().splitn(3, "; ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        for value in values.split('|') {
            let refusal = purchase(&sandbox, &[(key, Some(value))]).refusal();
            assert_eq!(refusal, message.replace("PHONE", phone), "{key}={value}");
        }
        assert!(purchase(&sandbox, &[(key, None)]).refusal().starts_with(key));
    }
    assert!(sandbox.payments().is_empty());
}

#[test]
fn both_calls_need_the_credentials_and_a_form() {
    let sandbox = Sandbox::builder().api_client("shop-7").secret_key("s3cret").start().unwrap();
    let form = order(&[("secret_key", Some("s3cret"))]);
    for path in ["/api/v1/gateway/purchase-token", "/api/v1/gateway/check-payment"] {
        for query in ["", "?api_client=", "?api_client=demo", "?api_client=SHOP-7"] {
            assert_eq!(post(&sandbox, &format!("{path}{query}"), &form).refusal(), "api_client inconnu.");
        }
        let path = format!("{path}?api_client=shop%2D7");
        for form in ["", "secret_key=nosecret", "secret_key="] {
            assert_eq!(post(&sandbox, &path, form).refusal(), "secret_key manquante ou incorrecte.");
        }
        for kind in ["Content-Type: application/json\r\n", ""] {
            let answer = request(&sandbox, "POST", &path, kind, "{}");
            assert_eq!(answer.refusal(), "Le corps de la requête doit être en x-www-form-urlencoded.");
        }
        let answer = get(&sandbox, &path);
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")));
    }
    // The case of the type, a charset and an earlier equal field do not matter.
    let kind = "content-type: Application/X-WWW-Form-URLencoded; charset=UTF-8\r\n";
    request(&sandbox, "POST", &PURCHASE.replace("demo", "shop-7"), kind, &format!("amount=1&{form}")).data();
    assert_eq!(sandbox.payments()[0].amount, 150_000);
}

#[test]
fn an_unknown_token_is_refused() {
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    for unknown in ["", "940d4e9aab5797e6055e1259b84a9875", &token[1..], &token.to_uppercase()] {
        assert_eq!(check(&sandbox, unknown).refusal(), "purchaseToken inconnu.");
    }
    assert_eq!(post(&sandbox, CHECK, &format!("secret_key={DEMO_SECRET_KEY}")).refusal(), "purchaseToken inconnu.");
}

#[test]
fn out_of_service_every_endpoint_is_unavailable_and_nothing_changes() {
    let [code, message] = ["\"code\" : 0", "\"message\" : \"Service indisponible\""];
    let unavailable = format!("{{\n    {code},\n    {message},\n    \"reason\" : \"UNAVAILABLE_SERVICE\"\n}}");
    let sandbox = Sandbox::start().unwrap();
    let token = new_token(&sandbox);
    let page = format!("/purchase-product/{token}");
    sandbox.set_in_service(false);
    let wrong = purchase(&sandbox, &[("secret_key", None)]);
    let calls = [purchase(&sandbox, &[]), wrong, check(&sandbox, &token)];
    for answer in calls.into_iter().chain([get(&sandbox, &page), post(&sandbox, &page, "outcome=paid")]) {
        answer.json();
        assert_eq!((answer.status, &*answer.body), (200, &*unavailable));
    }
    assert_eq!((sandbox.payments().len(), sandbox.payments()[0].state), (1, PaymentState::Pending));
    sandbox.set_in_service(true);
    assert!(!is_paid(&sandbox, &token));
}

#[test]
fn plain_errors_are_those_of_the_newer_api() {
    let sandbox = Sandbox::builder().plain_errors(true).start().unwrap();
    for (change, reason, message) in [
        (("secret_key", Some("wrong")), "INVALID_KEY", "secret_key manquante ou incorrecte."),
        (("product", None), "INVALID_REQUEST", "product doit être un objet JSON."),
        (("customer", Some(r#"{"phone":"060000012"}"#)), "SUSPENDED_MERCHANT", "Numéro de marchand suspendu."),
    ] {
        let answer = purchase(&sandbox, &[change]);
        assert_eq!((answer.status, answer.json()), (500, json!({"code": 0, "reason": reason, "message": message})));
    }
    assert!(!is_paid(&sandbox, &new_token(&sandbox)), "what succeeds is as usual");
}
