//! Callbacks: no panic, nothing taken outside of the rules, nothing refused inside of them.

use ekolopay_oracle::compare;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::random::{config, scarred};

/// One of the pairs that a body is made of, and the way it is written.
type Pair = (String, String, usize);

fn documented() -> impl Strategy<Value = Vec<Pair>> {
    let success = select(&[("SUCCESS", "true"), ("SUCCESSFUL", "1"), ("SUCCESS", "TRUE"), ("SUCCESSFUL", "True")][..]);
    let failure = select(&[("FAILED", "false"), ("REJECTED", "0"), ("TIMEOUT", ""), ("FAILED", "faLse")][..]);
    let known = prop_oneof![success, failure].prop_map(|(status, success)| (status.to_owned(), success));
    let outcome = prop_oneof![2 => known, 1 => ("\\PC{0,8}x", select(&["true", "false"][..]))];
    ("[!-~]{3,40}", outcome, any::<String>(), 0..3_usize, any::<bool>()).prop_map(
        |(token, (status, success), message, style, with_message)| {
            let mut pairs = vec![("purchaseToken", token), ("paymentSuccessful", success.into()), ("status", status)];
            if with_message {
                pairs.push(("message", message));
            }
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value, style)).collect()
        },
    )
}

fn odd_pair() -> impl Strategy<Value = Pair> {
    let keys = [
        "purchaseToken",
        "paymentSuccessful",
        "status",
        "message",
        "purchasetoken",
        "purchaseToken ",
        "status[]",
        "",
        "\u{feff}status",
        "autre",
    ];
    let values = [
        "", "true", "false", "1", "0", "2", "-1", "+1", "01", "1.0", "yes", "on", "null", "true ", " true", "\0",
        "ｔrue", "SUCCESS", "success", "SUCCESS ", "FAILED", "PENDING", "\u{fffd}", ".", "..", "...", "a b", "é",
        "a=b&c;d", "%41",
    ];
    let value = prop_oneof![3 => select(values.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    (select(keys.to_vec()).prop_map(str::to_owned), value, 0..5_usize)
}

/// A documented body to which up to three things have happened.
fn near_valid() -> impl Strategy<Value = Vec<u8>> {
    let change = (0..5_usize, any::<(Index, Index)>(), odd_pair());
    (documented(), vec(change, 0..4), select(&["&", "&&", ";", "&amp;"][..]), 0..8_u8).prop_map(
        |(mut pairs, changes, odd_separator, odd)| {
            for (kind, (one, other), odd_pair) in changes {
                let (at, count) = (one.index(pairs.len() + 1), pairs.len());
                match kind {
                    0 => pairs.insert(at, odd_pair),
                    1 if count > 0 => pairs.insert(at, pairs[other.index(count)].clone()),
                    2 if count > 0 => drop(pairs.remove(other.index(count))),
                    3 if count > 0 => pairs.swap(one.index(count), other.index(count)),
                    4 if count > 0 => (pairs[one.index(count)].1, pairs[one.index(count)].2) = (odd_pair.1, odd_pair.2),
                    _ => {}
                }
            }
            let written: Vec<String> = pairs.iter().map(written).collect();
            written.join(if odd == 0 { odd_separator } else { "&" }).into_bytes()
        },
    )
}

fn written((key, value, style): &Pair) -> String {
    let escape = |text: &str| match style {
        0 => urlencoding::encode(text).replace("%20", "+"),
        1 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        2 => text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        // As it is, be it right or not.
        _ => text.to_owned(),
    };
    if *style == 4 { escape(key) } else { format!("{}={}", escape(key), escape(value)) }
}

#[test]
fn every_status_meets_every_boolean() {
    let statuses =
        ["SUCCESS", "SUCCESSFUL", "FAILED", "REJECTED", "TIMEOUT", "success", "SUCCESS ", "PENDING", "", "%FF"];
    let booleans = ["true", "TRUE", "1", "false", "False", "0", "", "2", "yes", "null", "true+", "%EF%BC%91", "%FF"];
    let mut taken = 0;
    for status in statuses {
        for boolean in booleans {
            let body = format!("purchaseToken=a&paymentSuccessful={boolean}&status={status}");
            taken += usize::from(compare::callback(body.as_bytes()).is_ok());
        }
    }
    // Two words with three ways to say yes, three with four to say no, four unknown ones with all seven.
    assert_eq!(taken, 2 * 3 + 3 * 4 + 4 * 7);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documented_callbacks_are_read(pairs in documented(), order in any::<[Index; 4]>()) {
        let mut pairs = pairs;
        for at in order {
            let last = pairs.pop().expect("a pair");
            pairs.insert(at.index(pairs.len() + 1), last);
        }
        let status = pairs.iter().find(|(key, ..)| key == "status").expect("a status").1.clone();
        let body: Vec<String> = pairs.iter().map(written).collect();
        let claim = compare::callback(body.join("&").as_bytes());
        prop_assert_eq!(claim.is_ok(), !status.contains('\u{fffd}'), "{:?}", claim);
    }

    #[test]
    fn near_callbacks_are_read_as_the_oracle_does(body in scarred(near_valid())) {
        let _ = compare::callback(&body);
    }

    #[test]
    fn random_bytes_are_read_as_the_oracle_does(body in vec(any::<u8>(), 0..200)) {
        let _ = compare::callback(&body);
    }
}
