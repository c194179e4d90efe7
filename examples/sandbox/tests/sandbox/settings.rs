//! The settings that imitate other gateways and bad days, and those that are refused.

use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox, Settlement, Trouble};

use crate::client::{CHECK, FORM, attempt, check, get, is_paid, new_token, purchase, settle, token_for, wait_until};

#[test]
fn the_customer_comes_back_by_post() {
    let redirect = "https://demosa.com/payment-status?from=ekolopay&a=b";
    let sandbox = Sandbox::builder().redirect_url(redirect).redirect_by_post(true).start().unwrap();
    let token = new_token(&sandbox);
    let page = format!("/purchase-product/{token}");
    let form = "<form method=\"post\" action=\"https://demosa.com/payment-status?from=ekolopay&amp;a=b\">";
    get(&sandbox, &page).shows(&[form, "Annuler et revenir</button>"]);
    assert_eq!(settle(&sandbox, &token, "failed").target(), Some(&*page));
    get(&sandbox, &page).shows(&[form, "Retourner à la boutique</button>"]);
}

#[test]
fn a_repeated_order_gets_the_token_given_before_and_a_new_one_is_known_late() {
    let sandbox = Sandbox::builder().same_token(true).late_known(2).start().unwrap();
    let token = new_token(&sandbox);
    assert_eq!(sandbox.settle(&token, Settlement::Paid), Some(true));
    assert_eq!(sandbox.settle(&token, Settlement::Failed), Some(false));
    assert_eq!(sandbox.settle("unknown", Settlement::Paid), None);
    (0..2).for_each(|_| assert_eq!(check(&sandbox, &token).refusal(), "purchaseToken inconnu."));
    assert!(new_token(&sandbox) == token && is_paid(&sandbox, &token), "even when it is settled");
    for value in [r#"{"phone":"066304926"}"#, r#"{"phone":"066304925","name":"Kanza"}"#] {
        let other = token_for(&sandbox, "customer", value);
        assert!(other != token && other == token_for(&sandbox, "customer", value), "{value}");
    }
    assert_eq!(sandbox.payments().len(), 3);
}

#[test]
fn calls_beyond_the_limit_get_a_429() {
    let sandbox = Sandbox::builder().rate_limit(3).start().unwrap();
    let begun = Instant::now();
    let statuses = [(); 4].map(|()| check(&sandbox, "").status);
    let refused = purchase(&sandbox, &[]);
    if begun.elapsed() < Duration::from_millis(900) {
        assert_eq!((statuses, refused.status, refused.header("Retry-After")), ([200, 200, 200, 429], 429, Some("1")));
        assert!(sandbox.payments().is_empty(), "a refused call has no effect");
    }
    thread::sleep(Duration::from_secs(1));
    assert_eq!(check(&sandbox, "").status, 200);
}

fn troubled(trouble: Trouble) -> (Sandbox, String) {
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    let token = sandbox.add_payment("Iphone S", 150_000);
    (sandbox, token)
}

/// 0 when the connection was cut.
fn try_check(sandbox: &Sandbox, token: &str) -> u16 {
    let body = format!("purchaseToken={token}&secret_key={DEMO_SECRET_KEY}");
    let head = format!("POST {CHECK} HTTP/1.1\r\nHost: localhost\r\n{FORM}Content-Length: {}", body.len());
    attempt(sandbox, &format!("{head}\r\n\r\n{body}")).map_or(0, |answer| answer.status)
}

#[test]
fn each_kind_of_trouble() {
    let (pages, token) = troubled(Trouble { error_pages: 1.0, ..Trouble::default() });
    let answer = check(&pages, &token);
    assert_eq!((answer.status, answer.header("Content-Type")), (500, Some("text/html; charset=utf-8")));
    let (cuts, token) = troubled(Trouble { cuts: 1.0, ..Trouble::default() });
    assert_eq!(try_check(&cuts, &token), 0);
    let (delays, token) = troubled(Trouble { delays: 1.0, ..Trouble::default() });
    let started = Instant::now();
    (0..10).for_each(|_| drop(check(&delays, &token).data()));
    assert!(started.elapsed() >= Duration::from_millis(10));
    let (outages, token) = troubled(Trouble { seed: 7, outages: 0.2, ..Trouble::default() });
    for out in [true, false] {
        wait_until("an outage, and its end", || check(&outages, &token).json().get("reason").is_some() == out);
    }
}

#[test]
fn the_same_seed_makes_the_same_troubles() {
    let fates = |seed| {
        let (sandbox, token) = troubled(Trouble { seed, error_pages: 0.3, cuts: 0.3, ..Trouble::default() });
        [(); 60].map(|()| try_check(&sandbox, &token))
    };
    let first = fates(7);
    assert!(first == fates(7) && first != fates(8) && [0, 200, 500].iter().all(|status| first.contains(status)));
    let shared = Trouble::share(0.5, 7);
    assert_eq!((shared.cuts, shared.outages, shared.seed), (0.15, 0.05, 7));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let base = Sandbox::builder;
    let undeliverable = "https://demosa.com/callback|HTTP://demosa.com/|demosa.com/callback|http://|http:///callback|\
        http://127.0.0.1:0/|http://127.0.0.1:99999/|http://127.0.0.1:x/|http://[::1]:8080/|http://user@demosa.com/|\
        http://demosa.com/a b|http://demosa.com/\r\nX: y|";
    let refused = ["", "/", "javascript:alert(1)", "https://", "https://a/\r\nX: y", "https://a/é"];
    let mut builders: Vec<_> = refused.into_iter().map(|url| base().redirect_url(url)).collect();
    builders.extend(undeliverable.split('|').map(|url| base().callback_url(url)));
    builders.extend([base().secret_key(" "), base().api_client(""), base().rate_limit(0)]);
    for (number, builder) in builders.into_iter().enumerate() {
        assert_eq!(builder.start().expect_err(&number.to_string()).kind(), ErrorKind::InvalidInput);
    }
    for url in ["http://localhost:80", "http://127.0.0.1:8080/a?b=c", "http://shop.test?x=1"] {
        assert!(base().callback_url(url).redirect_url(url).start().is_ok(), "{url}");
    }
}
