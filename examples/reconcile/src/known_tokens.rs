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
    /// In the output, with an outcome that is asked again.
    Again(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(line) => write!(f, "line {line}"),
            Place::Output(line) | Place::Again(line) => write!(f, "line {line} of the output"),
        }
    }
}

#[derive(Default)]
pub(crate) struct KnownTokens(HashMap<u128, (u64, Place)>);

impl KnownTokens {
    /// Returns whether the token is to be asked. The error is the line on which it is for another order: one payment
    /// would settle both.
    pub(crate) fn add(&mut self, row: &InputRow, place: Place) -> Result<bool, Place> {
        let order = xxh3_64(row.order.as_bytes());
        match self.0.entry(hash(row)) {
            Entry::Vacant(entry) => {
                entry.insert((order, place));
                Ok(true)
            }
            Entry::Occupied(mut entry) => match (*entry.get(), place) {
                ((known, earlier), _) if known != order => Err(earlier),
                ((_, Place::Again(_)), Place::Input(_)) => {
                    entry.insert((order, place));
                    Ok(true)
                }
                _ => Ok(false),
            },
        }
    }

    /// Whether the list has this token, and its row was not there or is asked again.
    pub(crate) fn is_asked(&self, row: &InputRow) -> bool {
        matches!(self.0.get(&hash(row)), Some((_, Place::Input(_))))
    }
}

fn hash(row: &InputRow) -> u128 {
    xxh3_128(row.token.as_str().as_bytes())
}
