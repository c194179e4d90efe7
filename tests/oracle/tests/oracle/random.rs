//! How often a property is tried, and what may happen to bytes on their way.

use std::env;
use std::hash::{BuildHasher, RandomState};

use ekolopay_test_kit::SECRET_KEY;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, Select, select};
use proptest::test_runner::{Config, RngSeed};

/// The secret as given, percent-encoded and JSON-escaped.
pub(crate) const ECHOED_SECRETS: [&str; 3] = [
    SECRET_KEY,
    "%305%34e9a59%2dab57-4e9a%2D940d-97e6b940d875",
    r"\u0030\u00354e9a59\u002Dab57-4e9a-940d-97e6b940d875",
];

/// 2,000 cases of each property unless `PROPTEST_CASES` says otherwise. The seed is printed, and can be set.
pub(crate) fn config() -> Config {
    let given = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = given("PROPTEST_RNG_SEED").unwrap_or_else(|| RandomState::new().hash_one("a seed"));
    println!("again with the same cases: PROPTEST_RNG_SEED={seed}");
    let cases = given("PROPTEST_CASES").map_or(2_000, |cases| u32::try_from(cases).expect("a number of cases"));
    Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

/// One of the texts between the bars.
pub(crate) fn one_of(texts: &'static str) -> Select<&'static str> {
    select(texts.split('|').collect::<Vec<_>>())
}

/// Bytes, some of them cut, overwritten or inserted; mostly none.
pub(crate) fn damaged(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let texts = "|\0| |\n|\x0c|\u{feff}|\u{a0}|&|=|;|+|%|%4|%zz|%FF|\"|\\|\\u0000|{|}|[|,|0";
    let piece = prop_oneof![
        24 => one_of(texts).prop_map(|text| text.as_bytes().to_vec()),
        3 => select(vec![&b"\xff"[..], b"\xc3", b"\xed\xa0\x80"]).prop_map(<[u8]>::to_vec),
        3 => select(&ECHOED_SECRETS[..]).prop_map(|secret| secret.as_bytes().to_vec()),
        30 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    let removed = prop_oneof![Just(0), Just(1), 0..40_usize];
    let damages = prop_oneof![3 => Just(vec![]), 2 => vec((any::<Index>(), removed, piece), 1..4)];
    (bytes, damages).prop_map(|(mut bytes, damages)| {
        for (at, removed, piece) in damages {
            let start = at.index(bytes.len() + 1);
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        bytes
    })
}
