//! Callbacks: no panic, nothing accepted against the rules, nothing refused within them.

use ekolopay_oracle::compare;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::random::{config, damaged, one_of};

/// A key, a value, and how the two are written.
type Pair = (String, String, usize);

fn documented() -> impl Strategy<Value = Vec<Pair>> {
    let outcome = prop_oneof![
        ("SUCCESS|SUCCESSFUL", "true|TRUE|True|1"),
        ("FAILED|REJECTED|TIMEOUT", "false|faLse|0|"),
        ("\\PC{0,8}x", "true|false"),
    ];
    ("[!-~]{3,40}", outcome, option::of(any::<String>()), 0..3_usize).prop_map(
        |(token, (status, success), message, style)| {
            let mut pairs = vec![("purchaseToken", token), ("paymentSuccessful", success), ("status", status)];
            pairs.extend(message.map(|message| ("message", message)));
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value, style)).collect()
        },
    )
}

fn odd_pair() -> impl Strategy<Value = Pair> {
    let key = one_of(
        "purchaseToken|paymentSuccessful|status|message|purchasetoken|purchaseToken |status[]||\u{feff}status|autre",
    );
    let listed = one_of(
        "|true|false|1|0|2|-1|+1|01|1.0|yes|on|null|true | true|\0|ｔrue|SUCCESS|success|SUCCESS |FAILED|PENDING|\
        \u{fffd}|.|..|...|a b|é|a=b&c;d|%41",
    );
    let value = prop_oneof![3 => listed.prop_map(str::to_owned), 1 => any::<String>()];
    (key.prop_map(str::to_owned), value, 0..5_usize)
}

/// A documented body after up to three changes.
fn near_valid() -> impl Strategy<Value = Vec<u8>> {
    let change = (0..5_usize, any::<[Index; 2]>(), odd_pair());
    let separator = prop_oneof![7 => Just("&"), 1 => one_of("&|&&|;|&amp;")];
    (documented(), vec(change, 0..4), separator).prop_map(|(mut pairs, changes, separator)| {
        for (kind, [one, other], odd) in changes {
            let new = one.index(pairs.len() + 1);
            if kind == 0 || pairs.is_empty() {
                pairs.insert(new, odd);
                continue;
            }
            let (at, from) = (one.index(pairs.len()), other.index(pairs.len()));
            match kind {
                1 => pairs.insert(new, pairs[from].clone()),
                2 => drop(pairs.remove(from)),
                3 => pairs.swap(at, from),
                _ => (pairs[at].1, pairs[at].2) = (odd.1, odd.2),
            }
        }
        body(&pairs, separator)
    })
}

fn body(pairs: &[Pair], separator: &str) -> Vec<u8> {
    pairs.iter().map(written).collect::<Vec<_>>().join(separator).into_bytes()
}

fn written((key, value, style): &Pair) -> String {
    let escape = |text: &str| match style {
        0 => urlencoding::encode(text).replace("%20", "+"),
        1 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        2 => text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        // As it is, valid or not.
        _ => text.to_owned(),
    };
    if *style == 4 { escape(key) } else { format!("{}={}", escape(key), escape(value)) }
}

#[test]
fn every_status_meets_every_boolean() {
    let statuses =
        ["SUCCESS", "SUCCESSFUL", "FAILED", "REJECTED", "TIMEOUT", "success", "SUCCESS ", "PENDING", "", "%FF"];
    let booleans = ["true", "TRUE", "1", "false", "False", "0", "", "2", "yes", "null", "true+", "%EF%BC%91", "%FF"];
    let mut accepted = 0;
    for status in statuses {
        for boolean in booleans {
            let body = format!("purchaseToken=a&paymentSuccessful={boolean}&status={status}");
            accepted += usize::from(compare::callback(body.as_bytes()).is_ok());
        }
    }
    // Two words allow three ways to say yes, three words four ways to say no, and four unknown words all seven.
    assert_eq!(accepted, 2 * 3 + 3 * 4 + 4 * 7);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn documented_callbacks_are_read(pairs in documented().prop_shuffle()) {
        let status = pairs.iter().find(|(key, ..)| key == "status").expect("a status").1.clone();
        let claim = compare::callback(&body(&pairs, "&"));
        prop_assert_eq!(claim.is_ok(), !status.contains('\u{fffd}'), "{:?}", claim);
    }

    #[test]
    fn near_callbacks_are_read_as_the_oracle_does(body in damaged(near_valid())) {
        let _ = compare::callback(&body);
    }

    #[test]
    fn random_bytes_are_read_as_the_oracle_does(body in vec(any::<u8>(), 0..200)) {
        let _ = compare::callback(&body);
    }
}
