//! Random trouble, and payments that are added without HTTP.

use std::time::{Duration, Instant};

use ekolopay_sandbox::{PaymentState, Sandbox, Settlement, Trouble};
use serde_json::json;

use crate::client::{calling, check, get, shop, try_check};

fn troubled(trouble: Trouble) -> Sandbox {
    Sandbox::builder().trouble(trouble).start().unwrap()
}

#[test]
fn each_kind_of_trouble() {
    let pages = troubled(Trouble { error_pages: 1.0, ..Trouble::default() });
    let token = pages.add_payment("Iphone S", 150_000);
    let answer = check(&pages, &token);
    assert_eq!((answer.status, answer.header("Content-Type")), (500, Some("text/html; charset=utf-8")));
    assert_eq!(get(&pages, &format!("/purchase-product/{token}")).status, 200, "the page is no API call");

    let cuts = troubled(Trouble { cuts: 1.0, ..Trouble::default() });
    assert!(try_check(&cuts, "any").is_none());

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
    for out in [true, false] {
        while check(&sandbox, &token).json().get("reason").is_some() != out {
            assert!(started.elapsed() < Duration::from_secs(20), "out: {out}");
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_troubles() {
    let fates = |seed| {
        let sandbox = troubled(Trouble { seed, error_pages: 0.3, cuts: 0.3, ..Trouble::default() });
        let token = sandbox.add_payment("Iphone S", 150_000);
        [(); 60].map(|()| try_check(&sandbox, &token).map_or(0, |answer| answer.status))
    };
    let first = fates(7);
    assert_eq!(first, fates(7));
    assert_ne!(first, fates(8));
    assert!([0, 200, 500].iter().all(|status| first.contains(status)), "{first:?}");
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
    let sandbox = Sandbox::start().unwrap();
    let tokens: Vec<String> =
        (1..=100_000).map(|number| sandbox.add_payment(&format!("order {number}"), number)).collect();
    for token in &tokens {
        assert_eq!(sandbox.settle(token, Settlement::Paid), Some(true));
    }
    let payments = sandbox.payments();
    assert!(payments.iter().map(|payment| &payment.token).eq(&tokens), "the oldest first");
    assert_eq!(check(&sandbox, &tokens[99_999]).data(), json!({"payment_successful": true}));
}
