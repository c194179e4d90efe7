//! A fixed part of the orders.

use std::str::FromStr;

use xxhash_rust::xxh3::xxh3_64;

/// The orders whose XXH3 (64 bits, seed 0) modulo `of` is `index`: the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    pub(crate) fn holds(self, order: &str) -> bool {
        xxh3_64(order.as_bytes()) % u64::from(self.of) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, Self::Err> {
        // `parse` alone would take a sign.
        let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        match text.split_once('/').map(|(index, of)| (number(index), number(of))) {
            Some((Some(index), Some(of))) if index < of => Ok(Shard { index, of }),
            Some((Some(_), Some(_))) => Err("I must be less than N: the parts count from 0"),
            _ => Err("must be I/N, such as 0/4"),
        }
    }
}
