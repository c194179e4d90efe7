//! How often properties are tried, and what befalls bytes on their way.

use std::env;
use std::hash::{BuildHasher, RandomState};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};

/// 2,000 cases of each property unless `PROPTEST_CASES` says otherwise, from a seed that is printed and can be given.
pub(crate) fn config() -> Config {
    let given = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = given("PROPTEST_RNG_SEED").unwrap_or_else(|| RandomState::new().hash_one("a seed"));
    println!("again with the same cases: PROPTEST_RNG_SEED={seed}");
    let cases = given("PROPTEST_CASES").map_or(2_000, |cases| u32::try_from(cases).expect("a number of cases"));
    Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

/// Bytes with a few of them cut, overwritten or put in; mostly none.
pub(crate) fn scarred(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (bytes, prop_oneof![3 => Just(vec![]), 2 => vec(scar(), 1..4)]).prop_map(|(mut bytes, scars)| {
        for (at, length, piece) in scars {
            let start = at.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

/// Where, how many bytes go, and what comes in their place.
fn scar() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let pieces: [&[u8]; 29] = [
        b"",
        b"\0",
        b" ",
        b"\n",
        b"\x0c",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xc2\xa0",
        b"&",
        b"=",
        b";",
        b"+",
        b"%",
        b"%4",
        b"%zz",
        b"%FF",
        b"\"",
        b"\\",
        b"\\u0000",
        b"{",
        b"}",
        b"[",
        b",",
        b"0",
        // The secret, as given and in other forms.
        b"054e9a59-ab57-4e9a-940d-97e6b940d875",
        b"%30%354e9a59%2dab57-4e9a%2D940d-97e6b940d875",
        b"\\u0030\\u00354e9a59\\u002Dab57-4e9a-940d-97e6b940d875",
    ];
    let piece = prop_oneof![select(pieces.to_vec()).prop_map(<[u8]>::to_vec), any::<u8>().prop_map(|byte| vec![byte])];
    (any::<Index>(), prop_oneof![Just(0), Just(1), 0..40_usize], piece)
}
