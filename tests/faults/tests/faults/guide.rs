//! Chapter 4 of the guides quotes errors to the letter, in the first columns of its tables, where `…` is any text. Its
//! last table holds causes, which are texts of other crates and of the system.

use std::error::Error;
use std::ffi::OsStr;
use std::iter::successors;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::Duration;

use ekolopay::callback::Callback;
use ekolopay::canned::{Canned, PAID, UNAVAILABLE};
use ekolopay::purchase::{Customer, PhoneNumber, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request, Transport, TransportError};
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_faults::Call;
use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox, Settlement};
use ekolopay_test_kit::{Server, command, response};

use crate::client::Client;
use crate::fault::TIMEOUT;

const GUIDES: [&str; 2] = [include_str!("../../../../src/guide/fr.md"), include_str!("../../../../src/guide/en.md")];

#[test]
fn the_guides_quote_each_error_to_the_letter() {
    let errors = [inputs(), environment(), callbacks(), answers(), exchanges()].concat();
    for guide in GUIDES {
        let (_, chapters) = guide.split_once("\n# 4. ").unwrap();
        let (chapter, _) = chapters.split_once("\n# 5. ").unwrap();
        let (chapter, _) = chapter.rsplit_once("\n|---|---|").unwrap();
        let quotes: Vec<_> =
            chapter.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0)).collect();
        let missing: Vec<_> =
            errors.iter().filter(|error| !quotes.iter().any(|quote| is_quoted(quote, error))).collect();
        assert!(missing.is_empty(), "in no table: {missing:#?}");
        let never: Vec<_> = quotes.iter().filter(|quote| !errors.iter().any(|error| is_quoted(quote, error))).collect();
        assert!(never.is_empty(), "no error says so: {never:#?}");
    }
}

fn is_quoted(quote: &str, error: &str) -> bool {
    let (first, rest) = quote.split_once('…').unwrap_or((quote, ""));
    match error.strip_prefix(first) {
        None => false,
        Some(left) if first == quote => left.is_empty(),
        Some(left) => (0..=left.len()).any(|at| left.is_char_boundary(at) && is_quoted(rest, &left[at..])),
    }
}

/// The texts of an error and of its sources.
fn texts(error: &dyn Error) -> Vec<String> {
    successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
}

fn token() -> PurchaseToken {
    "940d4e9aab5797e6055e1259b84a9875".parse().unwrap()
}

fn check(gateway: &Gateway) -> Vec<String> {
    texts(&gateway.check_payment(&token()).unwrap_err())
}

fn over(transport: impl Transport + 'static) -> Vec<String> {
    let credentials = Credentials::new("demo", DEMO_SECRET_KEY).unwrap();
    check(&Gateway::builder(credentials).transport(transport).build().unwrap())
}

fn inputs() -> Vec<String> {
    let build = |set: fn(GatewayBuilder) -> GatewayBuilder| {
        set(Gateway::builder(Credentials::new("demo", DEMO_SECRET_KEY).unwrap())).build().unwrap_err().to_string()
    };
    let order = |amount, label: &str, phone: &str| {
        Purchase::new(amount, Product::new(label), Customer::new(phone)).unwrap_err().to_string()
    };
    vec![
        build(|builder| builder.origin("ekolopay.com")),
        build(|builder| builder.origin("http://ekolopay.com")),
        build(|builder| builder.origin("https://ekolopay.com/api")),
        build(|builder| builder.origin(&format!("https://{}.com", "a".repeat(300)))),
        build(|builder| builder.timeout(Duration::ZERO)),
        build(|builder| builder.root_certificates(b"")),
        build(|builder| builder.root_certificates(b"-----BEGIN PRIVATE KEY-----")),
        build(|builder| builder.root_certificates(b"-----BEGIN CERTIFICATE-----")),
        build(|builder| builder.user_agent("boutique\n")),
        build(|builder| builder.user_agent(" ")),
        Credentials::new("", DEMO_SECRET_KEY).unwrap_err().to_string(),
        Credentials::new("demo", "clé secrète").unwrap_err().to_string(),
        order(0, "Iphone S", "066304925"),
        order(u64::MAX, "Iphone S", "066304925"),
        order(150_000, " ", "066304925"),
        order(150_000, "Iphone S", ""),
        PhoneNumber::try_from("66 304 925").unwrap_err().to_string(),
        PurchaseToken::new("").unwrap_err().to_string(),
        PurchaseToken::new("940d 4e9a").unwrap_err().to_string(),
    ]
}

/// A call of a process with its environment changed like this.
fn client<S: AsRef<OsStr>>(changes: &[S]) -> Vec<String> {
    let mut command = Command::new("env");
    command.args(changes).arg(Client::PROGRAM);
    let mut client = Client::start(command, "https://gateway.invalid", TIMEOUT, &[]);
    let outcome = client.call(Call::Payment(0)).outcome;
    client.end();
    // Display and Debug take turns.
    outcome.texts.lines().step_by(2).map(str::to_owned).collect()
}

fn environment() -> Vec<String> {
    [
        client(&["-u", "EKOLOPAY_API_CLIENT"]),
        client(&["-u", "EKOLOPAY_SECRET_KEY"]),
        client(&["EKOLOPAY_SECRET_KEY="]),
        client(&[OsStr::from_bytes(b"EKOLOPAY_SECRET_KEY=\xE9")]),
        client(&["EKOLOPAY_SECRET_KEY=a-secret-key\n"]),
        client(&[&format!("EKOLOPAY_SECRET_KEY={}", "k".repeat(1025))]),
        client(&["EKOLOPAY_ORIGIN=http://ekolopay.com"]),
        client(&["HTTPS_PROXY=socks5://127.0.0.1:1080"]),
    ]
    .concat()
}

fn callbacks() -> Vec<String> {
    [
        "paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&purchaseToken=b&paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true",
        "purchaseToken=a&paymentSuccessful=true&paymentSuccessful=true&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true&status=SUCCESS&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true&status=SUCCESS&message=&message=",
        "purchaseToken=a&paymentSuccessful=oui&status=SUCCESS",
        "purchaseToken=a&paymentSuccessful=true&status=FAILED",
        "purchaseToken=a&paymentSuccessful=false&status=%E9",
    ]
    .map(|body| Callback::parse(body.as_bytes()).unwrap_err().to_string())
    .to_vec()
}

fn answers() -> Vec<String> {
    let sandbox = Sandbox::start().unwrap();
    let gateway = |client, key| {
        Gateway::builder(Credentials::new(client, key).unwrap()).origin(&sandbox.origin()).build().unwrap()
    };
    let demo = gateway("demo", DEMO_SECRET_KEY);
    let order = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("06 630 49 25")).unwrap();
    let phone = texts(&demo.create_purchase_token(&order).unwrap_err());
    let unexpected = |status, body: &str| over(Canned::new().reply(status, body));
    let at_check = |status| {
        over(move |request: &Request| match request.endpoint() {
            Endpoint::Availability => Ok(Reply::new(status, "")),
            _ => Err(TransportError::not_sent("the check has not stopped the call")),
        })
    };
    [
        check(&gateway("demo", "another-key")),
        check(&gateway("another", DEMO_SECRET_KEY)),
        check(&demo),
        phone,
        over(Canned::new().unavailable()),
        at_check(429),
        at_check(503),
        unexpected(429, ""),
        unexpected(302, ""),
        unexpected(403, "<html>"),
        unexpected(500, PAID),
        unexpected(200, &PAID.replace("true", "null")),
    ]
    .concat()
}

/// The first text of an exchange that failed, in a call and in the check before it.
fn exchanges() -> Vec<String> {
    let failures: [fn() -> TransportError; 4] = [
        || TransportError::not_sent(""),
        || TransportError::not_sent("").into_timeout(),
        || TransportError::lost(""),
        || TransportError::lost("").into_timeout(),
    ];
    let first = |failure: fn() -> TransportError| {
        [over(Canned::new().fails(failure())), over(move |_: &Request| Err(failure()))].map(|mut texts| texts.remove(0))
    };
    failures.map(first).concat()
}

/// PHP reads an answer until the connection is closed.
fn closing(status: u16, body: &str) -> Vec<u8> {
    let text = String::from_utf8(response(status, body)).unwrap();
    text.replacen("\r\n", "\r\nConnection: close\r\n", 1).into_bytes()
}

/// Chapter 10 has the check in PHP.
#[ignore = "needs PHP: `.ci/run features`"]
#[test]
fn the_guides_program_in_php_tells_paid_from_all_else() {
    let sandbox = Sandbox::start().unwrap();
    let paid = sandbox.add_payment("Iphone S", 150_000);
    sandbox.settle(&paid, Settlement::Paid);
    let pending = sandbox.add_payment("Iphone S", 150_000);
    for (guide, says) in GUIDES.iter().zip([["payée", "pas payée, ou pas encore"], ["paid", "not paid, or not yet"]])
    {
        let (_, program) = guide.split_once("```php\n<?php // php check.php TOKEN\n").unwrap();
        let (program, _) = program.split_once("```").unwrap();
        let check = |origin: &str, token: &str| {
            let mut php = command("php");
            php.args(["-r", program, "--", token]).env("EKOLOPAY_ORIGIN", origin);
            php.env("EKOLOPAY_API_CLIENT", "demo").env("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY);
            String::from_utf8(php.output().unwrap().stdout).unwrap().trim_end().to_owned()
        };
        assert_eq!([&paid, &pending].map(|token| check(&sandbox.origin(), token)), says);
        let proves_nothing = check(&sandbox.origin(), "unknown");
        assert!(!says.contains(&&*proves_nothing));
        // Neither a redirect nor an error page is a payment, whatever its body says.
        for status in [302, 500] {
            let server = Server::start(move |_| closing(status, PAID));
            assert_eq!(check(&server.origin, &paid), proves_nothing);
        }
        let down = Server::start(|_| closing(503, UNAVAILABLE));
        assert!(!says.contains(&&*check(&down.origin, &paid)));
        assert_eq!(down.requests().len(), 1, "the secret key is not sent to a gateway that is out of service");
    }
}
