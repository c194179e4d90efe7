//! What is sent, read by a form decoder and a JSON parser that are not the SDK's: what went in, and nothing more.

use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::Endpoint;
use ekolopay::{Credentials, Gateway};
use ekolopay_oracle::{form, json};
use jzon::JsonValue;
use proptest::option;
use proptest::prelude::*;

use crate::random::config;

/// Sends something, and gives back the address and the form of the call.
fn sent(keys: &(String, String), call: impl FnOnce(&Gateway)) -> (String, Vec<(String, String)>) {
    let canned = Canned::new();
    let credentials = Credentials::new(&keys.0, &keys.1).expect("credentials");
    call(&Gateway::builder(credentials).transport(canned.clone()).build().expect("a gateway"));
    let requests = canned.requests();
    let [check, request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((check.endpoint(), check.body()), (Endpoint::Availability, &b"purchaseToken="[..]));
    // Nothing that a decoder could take for anything else.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-._+%&=".contains(byte);
    assert!(request.body().iter().all(is_plain), "{}", request.body().escape_ascii());
    (request.url().to_owned(), form::pairs(request.body()))
}

fn keys() -> impl Strategy<Value = (String, String)> {
    ("[!-~]{1,40}", "[!-~]{1,80}")
}

fn address(path: &str, api_client: &str) -> (String, Vec<(String, String)>) {
    (format!("https://ekolopay.com/api/v1/gateway/{path}"), vec![("api_client".into(), api_client.to_owned())])
}

fn split(url: &str) -> (String, Vec<(String, String)>) {
    let (path, query) = url.split_once('?').expect("a query");
    (path.to_owned(), form::pairs(query.as_bytes()))
}

/// One JSON object with exactly these members.
fn assert_object(text: &str, expected: &[(&str, Option<JsonValue>)]) {
    let parsed = jzon::parse(text).expect("JSON");
    let expected: Vec<(&str, &JsonValue)> =
        expected.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?))).collect();
    for (key, value) in &expected {
        assert_eq!(&parsed[*key], *value, "{key} in {text}");
    }
    // The scanner sees a key that is given twice, which a parser would not.
    assert_eq!(json::members(text).expect("an object").len(), expected.len(), "{text}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_purchase_arrives_as_it_was_put_in(
        keys in keys(),
        amount in prop_oneof![1..=i64::MAX.unsigned_abs(), 1..1_000_000_u64, Just(i64::MAX.unsigned_abs())],
        label in any::<String>().prop_filter("blank", |text| !text.trim().is_empty()),
        details in option::of(any::<String>()),
        phone in any::<String>().prop_filter("blank", |text| !text.trim().is_empty()),
        (uuid, name) in (option::of(any::<String>()), option::of(any::<String>())),
        own_amount in any::<bool>(),
    ) {
        let mut product = Product::new(&label);
        let mut customer = Customer::new(&phone);
        if own_amount {
            product = product.amount(amount);
        }
        product = details.iter().fold(product, Product::details);
        customer = uuid.iter().fold(customer, Customer::uuid);
        customer = name.iter().fold(customer, Customer::name);
        let purchase = Purchase::new(amount, product, customer).expect("a purchase");

        let (url, form) = sent(&keys, |gateway| assert!(gateway.create_purchase_token(&purchase).is_err()));
        prop_assert_eq!(split(&url), address("purchase-token", &keys.0));
        let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names, ["amount", "product", "customer", "secret_key"]);
        prop_assert_eq!((&form[0].1, &form[3].1), (&amount.to_string(), &keys.1));
        let text = |text: String| Some(JsonValue::from(text));
        let own = own_amount.then(|| JsonValue::from(amount));
        assert_object(&form[1].1, &[("label", text(label)), ("details", details.and_then(text)), ("amount", own)]);
        assert_object(&form[2].1, &[("phone", text(phone)), ("uuid", uuid.and_then(text)), ("name", name.and_then(text))]);
    }

    #[test]
    fn a_token_to_be_checked_arrives_as_it_was_put_in(keys in keys(), token in "[!-~]{1,80}|[!-~]{1024}") {
        prop_assume!(token != "." && token != "..");
        let purchase_token: PurchaseToken = token.parse().expect("a token");
        let (url, form) = sent(&keys, |gateway| assert!(gateway.check_payment(&purchase_token).is_err()));
        prop_assert_eq!(split(&url), address("check-payment", &keys.0));
        prop_assert_eq!(form, [("purchaseToken".into(), token), ("secret_key".into(), keys.1)]);
    }
}
