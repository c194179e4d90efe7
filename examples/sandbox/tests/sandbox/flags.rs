//! The settings that imitate what other gateways do.

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{Sandbox, Settlement};

use crate::client::{check, get, new_token, purchase, settle, token_for};

#[test]
fn the_customer_comes_back_by_post() {
    let redirect = "https://demosa.com/payment-status?from=ekolopay&a=b";
    let sandbox = Sandbox::builder().redirect_url(redirect).redirect_by_post(true).start().unwrap();
    let token = new_token(&sandbox);
    let form = "<form method=\"post\" action=\"https://demosa.com/payment-status?from=ekolopay&amp;a=b\">";
    for outcome in ["failed", "paid"] {
        let answer = settle(&sandbox, &token, outcome);
        assert_eq!((answer.status, answer.header("Location")), (200, None));
        assert_eq!(answer.body.matches(form).count(), 1);
        assert!(answer.body.contains("Retourner à la boutique</button>"), "for a browser without scripts");
        let (_, script) = answer.body.split_once("<script nonce=\"").unwrap();
        let (nonce, script) = script.split_once('"').unwrap();
        assert!(script.starts_with(">document.forms[0].submit()</script>"), "{script}");
        let policy = answer.header("Content-Security-Policy").unwrap();
        assert!(policy.ends_with(&format!("; script-src 'nonce-{nonce}'")), "{policy}");
        assert_eq!(answer.header("Referrer-Policy"), Some("origin"), "the shop gets no `Origin: null`");
    }
    let page = get(&sandbox, &format!("/purchase-product/{token}")).body;
    assert!(page.contains("Le paiement a échoué.") && page.contains(form) && !page.contains("<script"));
}

#[test]
fn a_repeated_order_gets_the_token_given_before() {
    let sandbox = Sandbox::builder().same_token(true).start().unwrap();
    let token = new_token(&sandbox);
    assert_eq!(new_token(&sandbox), token);
    sandbox.settle(&token, Settlement::Paid);
    assert_eq!(new_token(&sandbox), token, "even when it is settled");
    for (key, value) in [
        ("amount", "150001"),
        ("product", r#"{"label":"Iphone"}"#),
        ("product", r#"{"label":"Achat d'un Iphone S","details":"Gris"}"#),
        ("customer", r#"{"phone":"066304926"}"#),
        ("customer", r#"{"phone":"066304925","name":"Kanza"}"#),
        ("customer", r#"{"phone":"066304925","uuid":"7"}"#),
    ] {
        let other = token_for(&sandbox, &[(key, Some(value))]);
        assert_ne!(other, token, "{value}");
        assert_eq!(other, token_for(&sandbox, &[(key, Some(value))]), "{value}");
    }
    assert_eq!(sandbox.payments().len(), 7);
    let usual = Sandbox::start().unwrap();
    assert_ne!(new_token(&usual), new_token(&usual));
}

#[test]
fn a_new_token_is_known_late() {
    let sandbox = Sandbox::builder().late_known(2).start().unwrap();
    let (first, second) = (new_token(&sandbox), new_token(&sandbox));
    sandbox.settle(&first, Settlement::Paid);
    for token in [&first, &second] {
        assert_eq!(get(&sandbox, &format!("/purchase-product/{token}")).status, 200);
        for _ in 0..2 {
            assert_eq!(check(&sandbox, token).refusal(), "purchaseToken inconnu.");
        }
        for _ in 0..2 {
            assert_eq!(check(&sandbox, token).data()["payment_successful"], *token == first);
        }
    }
}

#[test]
fn calls_beyond_the_limit_get_a_429() {
    let sandbox = Sandbox::builder().rate_limit(3).start().unwrap();
    let begun = Instant::now();
    let token = new_token(&sandbox);
    let statuses = [(); 4].map(|()| check(&sandbox, &token).status);
    let refused = purchase(&sandbox, &[]);
    if begun.elapsed() < Duration::from_millis(900) {
        assert_eq!(statuses, [200, 200, 429, 429]);
        assert_eq!((refused.status, refused.header("Retry-After")), (429, Some("1")));
        assert!(refused.body.contains("par seconde\u{a0}: 3."));
        assert_eq!(sandbox.payments().len(), 1, "a refused call has no effect");
    }
    assert_eq!(get(&sandbox, "/sandbox").status, 200, "the pages have no limit");
    thread::sleep(Duration::from_secs(1));
    assert_eq!([(); 4].map(|()| check(&sandbox, &token).status), [200, 200, 200, 429]);
}
