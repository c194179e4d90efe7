//! The tokens read so far, and the order of each. Hashes take the place of the texts, so an entry has 32 bytes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::row::InputRow;

/// The line on which a token was first read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Input(u32),
    Output(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(line) => write!(f, "line {line}"),
            Place::Output(line) => write!(f, "line {line} of the output"),
        }
    }
}

#[derive(Default)]
pub(crate) struct KnownTokens(HashMap<u128, (u64, Place)>);

impl KnownTokens {
    /// Returns whether the token is new. The error is the line on which it is for another order: one payment would
    /// settle both.
    pub(crate) fn add(&mut self, row: &InputRow, place: Place) -> Result<bool, Place> {
        let order = xxh3_64(row.order.as_bytes());
        match self.0.entry(xxh3_128(row.token.as_str().as_bytes())) {
            Entry::Vacant(entry) => {
                entry.insert((order, place));
                Ok(true)
            }
            Entry::Occupied(entry) => match *entry.get() {
                (known, _) if known == order => Ok(false),
                (_, place) => Err(place),
            },
        }
    }
}
