//! A fixed part of the tokens.

use std::str::FromStr;

use ekolopay::purchase::PurchaseToken;
use xxhash_rust::xxh3::xxh3_64;

/// The tokens whose XXH3 (64 bits, seed 0) leaves `index` when divided by `of`: the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    pub(crate) fn holds(self, token: &PurchaseToken) -> bool {
        xxh3_64(token.as_str().as_bytes()) % u64::from(self.of) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, Self::Err> {
        let shape = "must be I/N, such as 0/4";
        let (index, of) = text.split_once('/').ok_or(shape)?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let (index, of) = (number(index).ok_or(shape)?, number(of).ok_or(shape)?);
        if index < of { Ok(Shard { index, of }) } else { Err("I must be less than N: the parts count from 0") }
    }
}
