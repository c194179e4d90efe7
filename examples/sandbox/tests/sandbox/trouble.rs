//! Random trouble, and payments that are added without HTTP.

use std::io::Write;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, PaymentState, Sandbox, Settlement, Trouble};
use serde_json::json;

use crate::client::{Answer, CHECK, calling, check, connect, encode, get, read_answer, shop};

/// The answer to one check, or `None` when the connection was cut.
fn fate(sandbox: &Sandbox, token: &str) -> Option<Answer> {
    let form = encode(&[("purchaseToken", token), ("secret_key", DEMO_SECRET_KEY)]);
    let length = form.len();
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let mut stream = connect(sandbox.address());
    let request = format!("POST {CHECK} HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{form}");
    stream.write_all(request.as_bytes()).expect("sent");
    read_answer(&stream, true)
}

fn troubled(trouble: Trouble) -> Sandbox {
    Sandbox::builder().trouble(trouble).start().expect("a sandbox")
}

#[test]
fn each_kind_of_trouble() {
    let pages = troubled(Trouble { error_pages: 1.0, ..Trouble::default() });
    let token = pages.add_payment("Iphone S", 150_000);
    let answer = fate(&pages, &token).expect("an answer");
    assert_eq!((answer.status, answer.header("Content-Type")), (500, Some("text/html; charset=utf-8")));
    assert_eq!(get(&pages, &format!("/purchase-product/{token}")).status, 200, "the page is no API call");

    let cuts = troubled(Trouble { cuts: 1.0, ..Trouble::default() });
    assert!(fate(&cuts, "any").is_none());

    let outages = troubled(Trouble { outages: 1.0, ..Trouble::default() });
    let token = outages.add_payment("Iphone S", 150_000);
    assert_eq!(check(&outages, &token).json()["reason"], "UNAVAILABLE_SERVICE");

    let delays = troubled(Trouble { delays: 1.0, ..Trouble::default() });
    let token = delays.add_payment("Iphone S", 150_000);
    let started = Instant::now();
    for _ in 0..10 {
        assert_eq!(check(&delays, &token).data(), json!({"payment_successful": false}));
    }
    assert!(started.elapsed() >= Duration::from_millis(10));
}

#[test]
fn an_outage_ends_by_itself() {
    let sandbox = troubled(Trouble { seed: 7, outages: 0.2, ..Trouble::default() });
    let token = sandbox.add_payment("Iphone S", 150_000);
    let started = Instant::now();
    let (mut out, mut back) = (false, false);
    while !(out && back) {
        assert!(started.elapsed() < Duration::from_secs(20), "out: {out}, back: {back}");
        let in_service = check(&sandbox, &token).json().get("reason").is_none();
        out |= !in_service;
        back |= out && in_service;
    }
}

#[test]
fn the_same_seed_makes_the_same_troubles() {
    let fates = |seed| {
        let sandbox = troubled(Trouble { seed, error_pages: 0.3, cuts: 0.3, ..Trouble::default() });
        let token = sandbox.add_payment("Iphone S", 150_000);
        let fates: Vec<_> = (0..60).map(|_| fate(&sandbox, &token).map_or(0, |answer| answer.status)).collect();
        fates
    };
    let first = fates(7);
    assert_eq!(first, fates(7));
    assert_ne!(first, fates(8));
    for status in [0, 200, 500] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}

#[test]
fn impossible_shares_are_refused() {
    for trouble in [
        Trouble { cuts: 1.1, ..Trouble::default() },
        Trouble { cuts: -0.1, ..Trouble::default() },
        Trouble { cuts: f64::NAN, ..Trouble::default() },
        Trouble { cuts: 0.6, delays: 0.6, ..Trouble::default() },
    ] {
        let error = Sandbox::builder().trouble(trouble).start().expect_err("a refusal");
        assert!(error.to_string().contains("trouble"), "{error}");
    }
}

#[test]
fn payments_are_added_and_settled_without_http() {
    let shop = shop(200);
    let sandbox = calling(&shop);
    let token = sandbox.add_payment("Iphone S", 150_000);
    assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": false}));
    assert_eq!(sandbox.settle(&token, Settlement::Paid), Some(true));
    assert_eq!(sandbox.settle(&token, Settlement::Failed), Some(false));
    assert_eq!(sandbox.settle("unknown", Settlement::Paid), None);
    assert_eq!(check(&sandbox, &token).data(), json!({"payment_successful": true}));
    let payment = sandbox.payments().remove(0);
    assert_eq!((payment.label.as_str(), payment.amount), ("Iphone S", 150_000));
    assert_eq!(payment.state, PaymentState::Settled(Settlement::Paid));
    assert_eq!(payment.notifications.len(), 1);
    let callback = &shop.requests()[0].body;
    assert!(callback.contains(&token) && callback.contains("status=SUCCESS"));
}

#[test]
fn many_payments_are_found_by_their_tokens() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let tokens: Vec<String> =
        (1..=100_000).map(|number| sandbox.add_payment(&format!("order {number}"), number)).collect();
    for token in &tokens {
        assert_eq!(sandbox.settle(token, Settlement::Paid), Some(true));
    }
    let payments = sandbox.payments();
    assert!(payments.iter().map(|payment| &payment.token).eq(&tokens), "the oldest first");
    assert_eq!(check(&sandbox, &tokens[99_999]).data(), json!({"payment_successful": true}));
}
