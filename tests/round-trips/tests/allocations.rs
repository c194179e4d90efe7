//! Where each allocation of a call comes from: the function of the SDK that asked for it, by dhat's backtraces.

use std::collections::BTreeMap;

use dhat::Profiler;
use ekolopay::callback::Callback;
use ekolopay::canned::{PAID, REFUSED, TOKEN};
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Gateway};
use serde::Deserialize;

const CALLBACK: &str = "purchaseToken=940d4e9aab5797e6055e1259b84a9875&paymentSuccessful=true&status=SUCCESS&message=Paiement+r%C3%A9ussi.";

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What dhat writes, as far as it is looked at.
#[derive(Deserialize)]
struct Profile {
    #[serde(rename = "pps")]
    points: Vec<Point>,
    #[serde(rename = "ftbl")]
    frames: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    #[serde(rename = "tbk")]
    blocks: u64,
    #[serde(rename = "fs")]
    frames: Vec<usize>,
}

/// How many blocks each function asked for: the innermost that is written in the SDK, or in this package.
fn allocations(call: impl Fn()) -> BTreeMap<String, u64> {
    // What is done once (thread locals, tables) is no matter of a call.
    call();
    let file = tempfile::NamedTempFile::new().unwrap();
    let profiler = Profiler::builder().file_name(file.path()).trim_backtraces(None).build();
    call();
    drop(profiler);
    let profile: Profile = serde_json::from_reader(file).unwrap();
    let mut origins = BTreeMap::new();
    for Point { blocks, frames } in profile.points {
        let origin = frames.iter().find_map(|frame| function(&profile.frames[*frame]));
        *origins.entry(origin.expect("the SDK asked for it").to_owned()).or_default() += blocks;
    }
    origins
}

/// `verify::encode` of `0x5581: ekolopay::verify::encode (src/verify.rs:70:9)`; nothing of what others wrote, or a derive.
fn function(frame: &str) -> Option<&str> {
    let (_, name) = frame.split_once(": ekolopay")?;
    let (name, _) = name.split_once(" (")?;
    let name = name.trim_start_matches("::").trim_end_matches("::{{closure}}");
    (!name.contains('<')).then_some(name)
}

fn assert_known(call: impl Fn(), known: &[(&str, u64)]) {
    let known = known.iter().map(|(function, blocks)| ((*function).to_owned(), *blocks)).collect();
    assert_eq!(allocations(call), known);
}

/// One test: dhat counts for the whole program.
#[test]
fn each_is_known() {
    let documented = |request: &Request| {
        let json = match request.endpoint() {
            Endpoint::PurchaseToken => TOKEN,
            Endpoint::CheckPayment => PAID,
            _ => REFUSED,
        };
        Ok(Reply::new(200, json))
    };
    let credentials = Credentials::new("demo", "054e9a59-ab57-4e9a-940d-97e6b940d875").unwrap();
    let gateway = Gateway::builder(credentials).transport(documented).build().unwrap();
    let token: PurchaseToken = "940d4e9aab5797e6055e1259b84a9875".parse().unwrap();
    let of_every_call = [
        // The canned transport's copies of both replies.
        ("transport::Reply::new", 2),
        // The check's form.
        ("gateway::Gateway::check_availability", 1),
        // The code, written as it should be, to be compared.
        ("reply::integer", 1),
    ];
    assert_known(
        || assert!(matches!(gateway.check_payment(&token), Ok(Verification::Paid(_)))),
        // The form, and the token of the proof.
        &[&of_every_call[..], &[("verify::encode", 1), ("verify::decode", 1)]].concat(),
    );
    assert_known(
        || {
            let product = Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris...");
            let purchase = Purchase::new(150_000, product, Customer::new("066304925").name("Kanza")).unwrap();
            assert!(gateway.create_purchase_token(&purchase).is_ok());
        },
        &[
            &of_every_call[..],
            // The order's texts.
            &[("purchase::Product::new", 1), ("purchase::Product::details", 1)],
            &[("purchase::Customer::new", 1), ("purchase::Customer::name", 1)],
            // The form, its amount, its product and its customer; and the token.
            &[("purchase::encode", 4), ("token::PurchaseToken::new", 1)],
        ]
        .concat(),
    );
    assert_known(
        || assert!(Callback::parse(CALLBACK.as_bytes()).is_ok()),
        &[
            // The message as form_urlencoded decodes it: its `+`, its `%`, and once more to make room.
            ("callback::Callback::parse", 3),
            // The boolean in small letters.
            ("callback::boolean", 1),
            ("token::PurchaseToken::new", 1),
        ],
    );
}
