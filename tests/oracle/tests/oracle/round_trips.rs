//! What is sent, read by a form decoder and a JSON parser that are not the SDK's: the input, and nothing more.

use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::Endpoint;
use ekolopay::{Credentials, Gateway};
use ekolopay_oracle::{form, json};
use jzon::JsonValue;
use proptest::option;
use proptest::prelude::*;

use crate::random::config;

/// Makes a call, and returns the form that it sends to this path.
fn sent(path: &str, (api_client, secret_key): &(String, String), call: impl FnOnce(&Gateway)) -> Vec<(String, String)> {
    let canned = Canned::new();
    let credentials = Credentials::new(api_client, secret_key).expect("credentials");
    call(&Gateway::builder(credentials).transport(canned.clone()).build().expect("a gateway"));
    let requests = canned.requests();
    let [check, request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((check.endpoint(), check.body()), (Endpoint::Availability, &b"purchaseToken="[..]));
    let (address, query) = request.url().split_once('?').expect("a query");
    assert_eq!(address, format!("https://ekolopay.com/api/v1/gateway/{path}"));
    assert_eq!(form::pairs(query.as_bytes()), [("api_client".to_owned(), api_client.clone())]);
    // Every decoder reads these bytes in the same way.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-._+%&=".contains(byte);
    assert!(request.body().iter().all(is_plain), "{}", request.body().escape_ascii());
    form::pairs(request.body())
}

/// One JSON object with exactly these members, in any order.
fn assert_object(text: &str, expected: [(&str, Option<JsonValue>); 3]) {
    let members = json::members(text).expect("an object");
    let members = members.into_iter().map(|(key, value)| (key, jzon::parse(value).expect("JSON")));
    let expected = expected.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let (mut members, mut expected): (Vec<_>, Vec<_>) = (members.collect(), expected.collect());
    members.sort_by_key(|(key, _)| key.clone());
    expected.sort_by_key(|(key, _)| key.clone());
    assert_eq!(members, expected, "{text}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_purchase_arrives_as_it_was_given(
        keys in ("[!-~]{1,40}", "[!-~]{1,80}"),
        amount in prop_oneof![1..=i64::MAX.unsigned_abs(), 1..1_000_000_u64, Just(i64::MAX.unsigned_abs())],
        label in any::<String>().prop_filter("blank", |text| !text.trim().is_empty()),
        details in option::of(any::<String>()),
        phone in any::<String>().prop_filter("blank", |text| !text.trim().is_empty()),
        (uuid, name) in (option::of(any::<String>()), option::of(any::<String>())),
    ) {
        let product = details.iter().fold(Product::new(&label), Product::details);
        let customer = uuid.iter().fold(Customer::new(&phone), Customer::uuid);
        let customer = name.iter().fold(customer, Customer::name);
        let purchase = Purchase::new(amount, product, customer).expect("a purchase");

        let form = sent("purchase-token", &keys, |gateway| assert!(gateway.create_purchase_token(&purchase).is_err()));
        let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names, ["amount", "product", "customer", "secret_key"]);
        prop_assert_eq!((&form[0].1, &form[3].1), (&amount.to_string(), &keys.1));
        let details = details.map(JsonValue::from);
        assert_object(&form[1].1, [("label", Some(label.into())), ("amount", Some(amount.into())), ("details", details)]);
        let (uuid, name) = (uuid.map(JsonValue::from), name.map(JsonValue::from));
        assert_object(&form[2].1, [("uuid", uuid), ("name", name), ("phone", Some(phone.into()))]);
    }

    #[test]
    fn a_token_to_check_arrives_as_it_was_given(keys in ("[!-~]{1,40}", "[!-~]{1,80}"), token in "[!-~]{1,80}|[!-~]{1024}") {
        prop_assume!(token != "." && token != "..");
        let purchase_token: PurchaseToken = token.parse().expect("a token");
        let form = sent("check-payment", &keys, |gateway| assert!(gateway.check_payment(&purchase_token).is_err()));
        prop_assert_eq!(form, [("purchaseToken".into(), token), ("secret_key".into(), keys.1)]);
    }
}
