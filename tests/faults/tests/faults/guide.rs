//! Chapter 4 of the guides quotes errors to the letter, in the first columns of its tables, where `…` is any text. Its
//! last table holds causes, which are texts of other crates and of the system.

use std::process::Command;
use std::time::Duration;

use ekolopay::callback::Callback;
use ekolopay::canned::{Canned, PAID};
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request, Transport, TransportError};
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox};

const GUIDES: [&str; 2] = [include_str!("../../../../src/guide/fr.md"), include_str!("../../../../src/guide/en.md")];

#[test]
fn the_guides_quote_each_error_to_the_letter() {
    let errors = [inputs(), environment(), answers(), exchanges()].concat();
    for guide in GUIDES {
        let (_, chapters) = guide.split_once("\n# 4. ").unwrap();
        let (chapter, _) = chapters.split_once("\n# 5. ").unwrap();
        let (tables, _) = chapter.rsplit_once("\n|---|---|").unwrap();
        let quotes = tables.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0));
        let quotes: Vec<_> = quotes.collect();
        for error in &errors {
            assert!(quotes.iter().any(|quote| is_quoted(quote, error)), "in no table: {error}");
        }
        for quote in quotes {
            assert!(errors.iter().any(|error| is_quoted(quote, error)), "no error says so: {quote}");
        }
    }
}

fn is_quoted(quote: &str, error: &str) -> bool {
    match quote.split_once('…') {
        None => quote == error,
        Some((first, rest)) => error
            .strip_prefix(first)
            .is_some_and(|left| left.char_indices().any(|(at, _)| is_quoted(rest, &left[at..])) || rest.is_empty()),
    }
}

fn inputs() -> Vec<String> {
    let settings: [fn(GatewayBuilder) -> GatewayBuilder; 7] = [
        |gateway| gateway.origin("ekolopay.com"),
        |gateway| gateway.origin("http://ekolopay.com"),
        |gateway| gateway.origin("https://ekolopay.com/api"),
        |gateway| gateway.origin(&format!("https://{}.com", "a".repeat(300))),
        |gateway| gateway.timeout(Duration::ZERO),
        |gateway| gateway.root_certificates(b""),
        |gateway| gateway.user_agent(" "),
    ];
    let settings = settings
        .map(|set| set(Gateway::builder(Credentials::new("demo", DEMO_SECRET_KEY).unwrap())).build().unwrap_err());
    let credentials = [("", "key"), ("demo", "clé")].map(|(client, key)| Credentials::new(client, key).unwrap_err());
    let orders = [(0, "Sac", "066304925"), (u64::MAX, "Sac", "066304925"), (1, " ", "066304925"), (1, "Sac", "")];
    let orders = orders
        .map(|(amount, label, phone)| Purchase::new(amount, Product::new(label), Customer::new(phone)).unwrap_err());
    let callbacks = [
        "paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&purchaseToken=b&paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true",
        "purchaseToken=a+b&paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=oui&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true&status=FAILED",
        "purchaseToken=a&paymentSuccessful=false&status=%E9",
    ];
    let callbacks = callbacks.map(|body| Callback::parse(body.as_bytes()).unwrap_err());
    let all = settings.iter().chain(&credentials).chain(&orders).chain(&callbacks);
    all.map(ToString::to_string).collect()
}

/// What a program with these variables says when it makes its gateway.
fn environment() -> Vec<String> {
    let both = "EKOLOPAY_API_CLIENT=demo EKOLOPAY_SECRET_KEY=";
    let variables = [
        "EKOLOPAY_SECRET_KEY=key",
        both,
        &format!("{both}'a key'"),
        &format!("{both}{}", "k".repeat(1025)),
        &format!("{both}$(printf '\\351')"),
        &format!("{both}key EKOLOPAY_ORIGIN=http://ekolopay.com"),
        &format!("{both}key HTTPS_PROXY=socks5://127.0.0.1:1080"),
    ];
    let says = |variables| {
        let run = format!("exec env -i {variables} FAULTS_TIMEOUT=1000 {}", env!("CARGO_BIN_EXE_client"));
        let output = Command::new("sh").args(["-c", &run]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        error.split('"').nth(1).unwrap_or(&error).to_owned()
    };
    variables.map(says).to_vec()
}

fn token() -> PurchaseToken {
    "940d4e9aab5797e6055e1259b84a9875".parse().unwrap()
}

fn over(transport: impl Transport + 'static) -> String {
    let gateway = Gateway::builder(Credentials::new("demo", DEMO_SECRET_KEY).unwrap()).transport(transport).build();
    gateway.unwrap().check_payment(&token()).unwrap_err().to_string()
}

fn answers() -> Vec<String> {
    let sandbox = Sandbox::start().unwrap();
    let gateway = |client, key| {
        Gateway::builder(Credentials::new(client, key).unwrap()).origin(&sandbox.origin()).build().unwrap()
    };
    let keys = [("demo", "another-key"), ("another", DEMO_SECRET_KEY), ("demo", DEMO_SECRET_KEY)];
    let refused = keys.map(|(client, key)| gateway(client, key).check_payment(&token()).unwrap_err().to_string());
    let order = Purchase::new(150_000, Product::new("Sac"), Customer::new("06 630 49 25")).unwrap();
    let phone = gateway("demo", DEMO_SECRET_KEY).create_purchase_token(&order).unwrap_err().to_string();
    let at_check = |status| {
        over(move |request: &Request| match request.endpoint() {
            Endpoint::Availability => Ok(Reply::new(status, "")),
            _ => Err(TransportError::not_sent("the check has not stopped the call")),
        })
    };
    let unavailable = [phone, over(Canned::new().unavailable()), at_check(429), at_check(503)];
    let unexpected = [(302, ""), (403, "<html>"), (500, PAID), (200, r#"{"response":0}"#)];
    let unexpected = unexpected.map(|(status, body)| over(Canned::new().reply(status, body)));
    [&refused[..], &unavailable, &unexpected].concat()
}

/// An exchange that failed, in a call and in the check before it.
fn exchanges() -> Vec<String> {
    let failures: [fn() -> TransportError; 4] = [
        || TransportError::not_sent(""),
        || TransportError::not_sent("").into_timeout(),
        || TransportError::lost(""),
        || TransportError::lost("").into_timeout(),
    ];
    let both = failures.map(|new| [over(Canned::new().fails(new())), over(move |_: &Request| Err(new()))]);
    both.concat()
}
