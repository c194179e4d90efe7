//! The two calls of the gateway: the documented samples and replies, and every refusal.

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox, Settlement};
use serde_json::json;

use crate::client::{CHECK, JSON, PURCHASE, check, get, is_paid, new_token, order, post, purchase, request};

/// The form of the documentation's samples as Java and PHP send it, byte for byte. Java ends it with `&`.
const SAMPLE: &str = "customer=%7B%22uuid%22%3A%22d34f747e-8876-428c-9466-becf59177bde%22%2C%22name%22%3A%22Kanza%22%2C\
    %22phone%22%3A%22066304925%22%7D&product=%7B%22label%22%3A%22LABEL%22%2C%22amount%22%3A150000%2C%22details%22%3A\
    %22Iphone+S%2C+32+GB%2C+Gris...%22%7D&amount=150000&secret_key=054e9a59-ab57-4e9a-940d-97e6b940d875";

#[test]
fn the_documented_samples_get_the_documented_replies() {
    let sandbox = Sandbox::start().unwrap();
    let (java, php) = (("066304925", "066304925", "&"), ("Achat+d%27un+Iphone+S", "Achat d'un Iphone S", ""));
    for (encoded, label, end) in [java, php] {
        let answer = post(&sandbox, PURCHASE, &(SAMPLE.replace("LABEL", encoded) + end)).reply();
        let payment = sandbox.payments().pop().unwrap();
        assert_eq!(answer, Ok(json!({"purchaseToken": payment.token})));
        assert!(payment.token.len() == 32 && payment.token.bytes().all(|byte| b"0123456789abcdef".contains(&byte)));
        assert_eq!((&*payment.label, payment.amount, &*payment.phone), (label, 150_000, "066304925"));
        let optional = [payment.details, payment.name, payment.uuid].map(Option::unwrap);
        assert_eq!(optional, ["Iphone S, 32 GB, Gris...", "Kanza", "d34f747e-8876-428c-9466-becf59177bde"]);

        let form = format!("purchaseToken={}&secret_key={DEMO_SECRET_KEY}{end}", payment.token);
        assert_eq!(post(&sandbox, CHECK, &form).reply(), Ok(json!({"payment_successful": false})));
        // The documented Java sample sends its check to `purchase-token` by mistake.
        assert!(post(&sandbox, PURCHASE, &form).reply().unwrap_err().starts_with("amount doit être"));
        for unknown in ["", "940d4e9aab5797e6055e1259b84a9875", &payment.token[1..], &payment.token.to_uppercase()] {
            assert_eq!(check(&sandbox, unknown).reply().unwrap_err(), "purchaseToken inconnu.");
        }
    }
    // Escaped as by PHP's json_encode.
    purchase(&sandbox, &[("product", r#"{"label":"T\u00e9l\u00e9phone 1\/2","amount":"150000"}"#)]).reply().unwrap();
    assert_eq!(sandbox.payments()[2].label, "Téléphone 1/2");
}

/// The number with its country code among them.
#[test]
fn a_refusal_names_the_wrong_field_also_as_a_plain_error() {
    // A field, its values, and the reason and the message of the refusal.
    let refusals = r#"
        secret_key; wrong|054E9A59-AB57-4E9A-940D-97E6B940D875; INVALID_KEY; secret_key manquante ou incorrecte.
        amount; 0|-1|+1|1.5|1e3|15 000|007|abc|18446744073709551616; INVALID_REQUEST; amount doit être un nombre entier positif, écrit en chiffres.
        product; x|[]|"a"|null|{"label":|{"label":"a"} {}; INVALID_REQUEST; product doit être un objet JSON.
        product; {}|{"label":""}|{"label":" "}|{"label":1}|{"label":null}; INVALID_REQUEST; product.label doit être un texte non vide.
        product; {"label":"a","amount":1.5}|{"label":"a","amount":"x"}; INVALID_REQUEST; product.amount doit être un nombre entier positif.
        product; {"label":"a","amount":150001}|{"label":"a","amount":"15000"}; INVALID_REQUEST; product.amount doit être égal à amount.
        product; {"label":"a","details":1}|{"label":"a","details":null}; INVALID_REQUEST; product.details doit être un texte.
        customer; 066304925|[]; INVALID_REQUEST; customer doit être un objet JSON.
        customer; {}|{"phone":66304925}|{"phone":""}|{"phone":"06"}|{"phone":"06630492x"}|{"phone":"０６６"}; INVALID_REQUEST; PHONE
        customer; {"phone":"06 630 49 25"}|{"phone":"06.630.49.25"}|{"phone":"06-630-49-25"}; INVALID_REQUEST; PHONE
        customer; {"phone":"+242066304925"}|{"phone":"242066304925"}|{"phone":"0663049250"}|{"phone":"166304925"}; INVALID_REQUEST; PHONE
        customer; {"phone":"060000012"}; SUSPENDED_MERCHANT; Numéro de marchand suspendu.
        customer; {"phone":"066304925","name":1}; INVALID_REQUEST; customer.name doit être un texte.
        customer; {"phone":"066304925","uuid":{}}; INVALID_REQUEST; customer.uuid doit être un texte."#;
    let phone = "customer.phone doit être un numéro de téléphone, entre guillemets, de neuf chiffres dont le premier \
                 est 0, sans indicatif, espace ni séparateur, comme \"066304925\".";
    let sandbox = Sandbox::start().unwrap();
    let plain = Sandbox::builder().plain_errors(true).start().unwrap();
    for line in refusals.trim().lines() {
        let [key, values, reason, message] = line.trim().split("; ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let message = message.replace("PHONE", phone);
        let error = json!({"code": 0, "reason": reason, "message": message});
        for value in values.split('|') {
            assert_eq!(purchase(&sandbox, &[(key, value)]).reply().unwrap_err(), message, "{key}={value}");
            let answer = purchase(&plain, &[(key, value)]);
            assert_eq!((answer.status, answer.json()), (500, error.clone()), "{key}={value}");
        }
        for form in [order(&[(key, "")]), format!("{}&{key}=", order(&[]))] {
            assert!(post(&sandbox, PURCHASE, &form).reply().unwrap_err().starts_with(key), "{form}");
        }
    }
    assert!(sandbox.payments().is_empty());
    assert!(!is_paid(&plain, &new_token(&plain, &[])), "what succeeds is as usual");
    plain.set_in_service(false);
    assert!(check(&plain, "").status == 500 && check(&plain, "").text.contains("UNAVAILABLE_SERVICE"));
}

#[test]
fn both_calls_need_the_credentials_and_a_form() {
    let sandbox = Sandbox::builder().api_client("shop-7").secret_key("s3cret").start().unwrap();
    let form = order(&[("secret_key", "s3cret")]);
    for path in ["/api/v1/gateway/purchase-token", "/api/v1/gateway/check-payment"] {
        for query in ["", "?api_client=", "?api_client=demo", "?api_client=SHOP-7"] {
            assert_eq!(post(&sandbox, &format!("{path}{query}"), &form).reply().unwrap_err(), "api_client inconnu.");
        }
        let path = format!("{path}?api_client=shop%2D7");
        for form in ["", "secret_key=nosecret", "secret_key="] {
            assert_eq!(post(&sandbox, &path, form).reply().unwrap_err(), "secret_key manquante ou incorrecte.");
        }
        for headers in [&[JSON][..], &[]] {
            let message = request(&sandbox, "POST", &path, headers, "{}").reply().unwrap_err();
            assert_eq!(message, "Le corps de la requête doit être en x-www-form-urlencoded.");
        }
        let answer = get(&sandbox, &path);
        assert_eq!((answer.status, answer.http.header("Allow")), (405, Some("POST")));
    }
    // The case of the type, a charset and an earlier equal field do not matter.
    let kind = ("content-type", "Application/X-WWW-Form-URLencoded; charset=UTF-8");
    let path = PURCHASE.replace("demo", "shop-7");
    request(&sandbox, "POST", &path, &[kind], &format!("amount=1&{form}")).reply().unwrap();
    assert_eq!(sandbox.payments()[0].amount, 150_000);
}

#[test]
fn a_repeated_order_gets_its_first_token_and_a_new_one_is_known_late() {
    let sandbox = Sandbox::builder().same_token(true).late_known(2).start().unwrap();
    let token = new_token(&sandbox, &[]);
    assert_eq!(sandbox.settle(&token, Settlement::Paid), Some(true));
    assert_eq!(sandbox.settle(&token, Settlement::Failed), Some(false));
    assert_eq!(sandbox.settle("unknown", Settlement::Paid), None);
    (0..2).for_each(|_| assert_eq!(check(&sandbox, &token).reply().unwrap_err(), "purchaseToken inconnu."));
    assert!(new_token(&sandbox, &[]) == token && is_paid(&sandbox, &token), "even when it is settled");
    for customer in [r#"{"phone":"066304926"}"#, r#"{"phone":"066304925","name":"Kanza"}"#] {
        let other = new_token(&sandbox, &[("customer", customer)]);
        assert!(other != token && other == new_token(&sandbox, &[("customer", customer)]), "{customer}");
    }
    assert_eq!(sandbox.payments().len(), 3);
}
