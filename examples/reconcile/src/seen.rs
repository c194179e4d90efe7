//! Which tokens were met, and for which order: about 50 bytes a token, however long its row.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use hashbrown::hash_table::{Entry, HashTable};
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

/// A map whose entries stand in a vector, whose spare room is never touched, and whose index is small. (An `IndexMap`,
/// which keeps each hash as well, takes half as much again.)
#[derive(Default)]
pub(crate) struct Seen {
    notes: Vec<Note>,
    /// Where a token's note stands.
    index: HashTable<u32>,
    hasher: RandomState,
}

struct Note {
    token: u128,
    order: u64,
    place: Place,
}

impl Seen {
    pub(crate) fn note(&mut self, order: &Order, place: Place) -> Before {
        let Seen { notes, index, hasher } = self;
        let (token, order) = (xxh3_128(order.token.as_str().as_bytes()), xxh3_64(order.order.as_bytes()));
        let token_at = |at: &u32| notes[*at as usize].token;
        match index.entry(hasher.hash_one(token), |at| token_at(at) == token, |at| hasher.hash_one(token_at(at))) {
            Entry::Vacant(entry) => {
                entry.insert(u32::try_from(notes.len()).expect("a machine that holds four billion notes"));
                notes.push(Note { token, order, place });
                Before::Nothing
            }
            Entry::Occupied(entry) => match notes[*entry.get() as usize] {
                Note { order: known, .. } if known == order => Before::SameOrder,
                Note { place, .. } => Before::OtherOrder(place),
            },
        }
    }
}
