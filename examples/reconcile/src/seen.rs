//! Which tokens were met, and for which order: about 110 bytes a token at most, however long its row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::row::Order;

/// Where a token was met first: a line of the input, or one of the output, which is kept as a negative number
/// because there is one of these for each token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(i64);

impl Place {
    pub(crate) fn input(line: i64) -> Place {
        Place(line)
    }

    pub(crate) fn output(line: i64) -> Place {
        Place(-line)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0.unsigned_abs();
        if self.0 > 0 { write!(f, "on line {line}") } else { write!(f, "on line {line} of the output") }
    }
}

/// What was known of a token.
pub(crate) enum Before {
    Nothing,
    SameOrder,
    /// One payment would settle two orders.
    OtherOrder(Place),
}

#[derive(Default)]
pub(crate) struct Seen(HashMap<u128, (u64, Place)>);

impl Seen {
    pub(crate) fn note(&mut self, order: &Order, place: Place) -> Before {
        let own = xxh3_64(order.order.as_bytes());
        match self.0.entry(xxh3_128(order.token.as_str().as_bytes())) {
            Entry::Vacant(entry) => {
                entry.insert((own, place));
                Before::Nothing
            }
            Entry::Occupied(entry) if entry.get().0 == own => Before::SameOrder,
            Entry::Occupied(entry) => Before::OtherOrder(entry.get().1),
        }
    }
}
