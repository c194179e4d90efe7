//! The tokens read so far, and the order of each. Hashes take the place of the texts, so an entry has 32 bytes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::row::{InputRow, Verdict};

/// The line on which a token was first read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Input(u32),
    Output(u32),
    /// In the output, with an outcome that is asked again.
    Again(Verdict, u32),
    /// In the file of the rows that were asked again. They take the place of those in the output.
    Renewed(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(line) => write!(f, "line {line}"),
            Place::Output(line) | Place::Again(_, line) => write!(f, "line {line} of the output"),
            Place::Renewed(line) => write!(f, "line {line} of the rows asked again"),
        }
    }
}

/// What was known of a token that is added.
pub(crate) enum Before {
    Nothing,
    Again(Verdict),
    Known(Place),
}

#[derive(Default)]
pub(crate) struct KnownTokens(HashMap<u128, (u64, Place)>);

impl KnownTokens {
    /// The error is the line on which the token is for another order: one payment would settle both.
    pub(crate) fn add(&mut self, row: &InputRow, place: Place) -> Result<Before, Place> {
        let order = xxh3_64(row.order.as_bytes());
        let mut entry = match self.0.entry(xxh3_128(row.token.as_str().as_bytes())) {
            Entry::Vacant(entry) => {
                entry.insert((order, place));
                return Ok(Before::Nothing);
            }
            Entry::Occupied(entry) => entry,
        };
        match (*entry.get(), place) {
            ((known, earlier), _) if known != order => Err(earlier),
            ((_, Place::Again(verdict, _)), Place::Input(_)) => {
                entry.insert((order, place));
                Ok(Before::Again(verdict))
            }
            ((_, earlier), _) => Ok(Before::Known(earlier)),
        }
    }
}
