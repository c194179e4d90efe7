//! Which tokens were met, and for which order: 32 bytes a token, however long its row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::row::Order;

/// Where a token was met first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Input(u64),
    Output(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(line) => write!(f, "on line {line}"),
            Place::Output(line) => write!(f, "on line {line} of the output"),
        }
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
