//! The properties on mutated fixtures and on random bytes. proptest prints the input that it reduced a failure to;
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` set how often and with which seed.

use std::fs;
use std::path::Path;

use ekolopay::callback::{Callback, Status};
use ekolopay::canned::{self, Canned};
use ekolopay::purchase::{Customer, Product, Purchase};
use ekolopay_properties::{callback, check_payment, create_purchase_token, over};
use ekolopay_test_kit::{KEPT_TOKEN, secret, spellings};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// What a reply or a callback should not hold, and some that it should.
const PIECES: &str = r#"true|false|null|1|0|2|-1|-0|1.0|1e0|200|"200"|200.0|2e2|1e400|0200|201|"true"|"1"|"0"|"TRUE"|""|"yes"|[]|{}|[true]|{"a":1}|[200]|"response":|"API_RESPONSE_CODE":|"API_RESPONSE_DATA":|"API_DATA":{|"payment_successful":true,|"purchaseToken":"b",|"clearMessage":"non",|"reason":"X",|"reason":"UNAVAILABLE_SERVICE",|"code":0,|{|}|[|]|,|:|"|\|\ud800|\u0074|&|=|&status=|&purchaseToken=|SUCCESS|FAILED|%|%4|%FF|+|.|..| "#;

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => select(PIECES.split('|').collect::<Vec<_>>()).prop_map(|text| text.as_bytes().to_vec()),
        2 => select(spellings()).prop_map(String::into_bytes),
        2 => select(vec![&b"\xff"[..], b"\xc3", b"\xef\xbb\xbf", b"\0", b"\n"]).prop_map(<[u8]>::to_vec),
        1 => (1..300_usize).prop_map(|depth| b"[".repeat(depth)),
    ]
}

/// One of these texts, with up to three parts of it replaced, removed, inserted or given twice. A part is mostly a whole
/// word, number or string, so that JSON often stays JSON.
fn mutated(texts: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let change = (0..4_u8, any::<Index>(), 0..12_usize, piece());
    (select(texts), vec(change, 0..4)).prop_map(|(mut text, changes)| {
        for (kind, at, length, piece) in changes {
            let words = words(&text);
            let (start, end) = words.get(at.index(words.len() + 1)).copied().unwrap_or((text.len(), text.len()));
            let (start, end) = if kind == 3 { (start, (start + length).min(text.len())) } else { (start, end) };
            let new = match kind {
                0 => [&text[start..end], &piece[..]].concat(),
                1 => text[start..end].repeat(2),
                _ => piece,
            };
            text.splice(start..end, new);
        }
        text
    })
}

/// Where each run of bytes of one kind begins and ends.
fn words(text: &[u8]) -> Vec<(usize, usize)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_\"-".contains(byte);
    let mut end = 0;
    let runs = text.chunk_by(|one, other| is_word(one) == is_word(other)).map(|run| {
        end += run.len();
        (end - run.len(), end)
    });
    runs.collect()
}

fn reply() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let notice = r#"{"code":0,"reason":"INVALID_KEY","message":"non"}"#.to_owned();
    let echo = canned::refusal(&format!("la clé {} est fausse", secret()));
    let fixtures = [canned::PAID, canned::NOT_PAID, canned::TOKEN, canned::REFUSED, canned::UNAVAILABLE];
    let texts = fixtures.map(str::to_owned).into_iter().chain([notice, echo]).map(String::into_bytes).collect();
    (prop_oneof![6 => Just(200), 1 => 199..301_u16, 1 => any::<u16>()], mutated(texts))
}

fn posted() -> impl Strategy<Value = Vec<u8>> {
    let token = KEPT_TOKEN.parse().unwrap();
    let statuses = ["SUCCESS", "SUCCESSFUL", "FAILED", "REJECTED", "TIMEOUT", "PENDING"].map(Status::from);
    mutated(statuses.iter().map(|status| canned::callback(&token, status)).collect())
}

fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

/// One JSON object with the members that are set.
fn object(members: [(&str, Option<Value>); 3]) -> Value {
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_reply_is_a_success_only_if_it_plainly_says_so((status, body) in reply()) {
        check_payment(status, &body);
        create_purchase_token(status, &body);
    }

    #[test]
    fn a_mutated_callback_is_read_or_refused_with_its_field(body in posted()) {
        callback(&body);
    }

    #[test]
    fn random_bytes_are_nothing(body in vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(check_payment(200, &body), None);
        prop_assert_eq!(create_purchase_token(200, &body), None);
        callback(&body);
    }

    #[test]
    fn an_order_arrives_unchanged(
        amount in prop_oneof![1..i64::MAX as u64, Just(i64::MAX as u64), 1..10_u64],
        (label, phone) in ("\\PC{0,9}", "\\PC{0,9}").prop_flat_map(|texts| (text(), text()).prop_map(move |(label, phone)| {
            (format!("a{}{label}", texts.0), format!("{phone}0{}", texts.1))
        })),
        (details, name, uuid) in (option::of(text()), option::of(text()), option::of(text())),
    ) {
        let (mut product, mut customer) = (Product::new(label.as_str()), Customer::new(phone.as_str()));
        product = details.iter().fold(product, |product, details| product.details(details.as_str()));
        customer = name.iter().fold(customer, |customer, name| customer.name(name.as_str()));
        customer = uuid.iter().fold(customer, |customer, uuid| customer.uuid(uuid.as_str()));
        let canned = Canned::new().reply(200, canned::TOKEN);
        over(canned.clone()).create_purchase_token(&Purchase::new(amount, product, customer).unwrap()).unwrap();
        let requests = canned.requests();
        let form: Vec<_> = form_urlencoded::parse(requests[1].body()).into_owned().collect();
        let keys: Vec<_> = form.iter().map(|(key, _)| key.as_str()).collect();
        prop_assert_eq!(keys, ["amount", "product", "customer", "secret_key"]);
        prop_assert_eq!((&form[0].1, &form[3].1), (&amount.to_string(), &secret()));
        let set = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        let product = object([("label", Some(json!(label))), ("amount", Some(json!(amount))), ("details", set(&details))]);
        let customer = object([("phone", Some(json!(phone))), ("name", set(&name)), ("uuid", set(&uuid))]);
        prop_assert_eq!(serde_json::from_str::<Value>(&form[1].1).unwrap(), product);
        prop_assert_eq!(serde_json::from_str::<Value>(&form[2].1).unwrap(), customer);
    }
}

/// A property that nothing reaches proves nothing.
#[test]
fn the_mutations_reach_every_kind_of_answer() {
    let mut runner = TestRunner::deterministic();
    let mut counts = [0; 5];
    for _ in 0..2_000 {
        let (status, body) = reply().new_tree(&mut runner).unwrap().current();
        let paid = check_payment(status, &body);
        counts[0] += usize::from(paid == Some(true));
        counts[1] += usize::from(paid == Some(false));
        counts[2] += usize::from(create_purchase_token(status, &body).is_some());
        let posted = callback(&posted().new_tree(&mut runner).unwrap().current());
        counts[3] += usize::from(posted.as_ref().is_some_and(Callback::claims_success));
        counts[4] += usize::from(posted.is_none());
    }
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

/// What fuzzing found worth keeping.
#[test]
fn the_corpus_of_the_fuzzer_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let files = |target| {
        let files: Vec<_> = fs::read_dir(corpus.join(target)).unwrap().collect();
        files.into_iter().map(|file| fs::read(file.unwrap().path()).unwrap())
    };
    files("callback").for_each(|body| drop(callback(&body)));
    for bytes in files("check_payment").chain(files("create_purchase_token")) {
        let (status, body) = ekolopay_properties::reply(&bytes);
        check_payment(status, body);
        create_purchase_token(status, body);
    }
}
