//! The tokens of the list and of the output, each with its order.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use ekolopay::purchase::PurchaseToken;
use hashbrown::HashTable;

use crate::row::InputRow;

/// The line on which a token was first read.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In the list, to be asked about.
    Input(u32),
    /// In the list, in the part of another job.
    OtherShard(u32),
    Output(u32),
    /// In the output, with an outcome that is asked again.
    Again(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Input(line) | Place::OtherShard(line) => write!(f, "line {line}"),
            Place::Output(line) | Place::Again(line) => write!(f, "line {line} of the output"),
        }
    }
}

/// A token costs little more than its text and that of its order.
#[derive(Default)]
pub(crate) struct KnownTokens {
    texts: Texts,
    places: Vec<Place>,
    /// The numbers of the tokens, found by their hashes.
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl KnownTokens {
    /// Returns the number of a token that is to be asked about. The error is the line on which it is for another order:
    /// one payment would settle both.
    pub(crate) fn add(&mut self, row: &InputRow, place: Place) -> Result<Option<u32>, Place> {
        let Some(number) = self.find(&row.token) else {
            let number = self.texts.push(&row.token, &row.order);
            self.places.push(place);
            let hash = |token: &str| self.hasher.hash_one(token);
            self.numbers.insert_unique(hash(row.token.as_str()), number, |other| hash(self.texts.get(*other).0));
            return Ok(Some(number));
        };
        let known = &mut self.places[number as usize];
        match (*known, place) {
            (earlier, _) if self.texts.get(number).1 != row.order => Err(earlier),
            (Place::Again(_), Place::Input(_)) => {
                *known = place;
                Ok(Some(number))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn find(&self, token: &PurchaseToken) -> Option<u32> {
        let is_same = |number: &u32| self.texts.get(*number).0 == token.as_str();
        self.numbers.find(self.hasher.hash_one(token.as_str()), is_same).copied()
    }

    pub(crate) fn is_asked(&self, token: &PurchaseToken) -> bool {
        self.find(token).is_some_and(|number| matches!(self.places[number as usize], Place::Input(_)))
    }

    pub(crate) fn row(&self, number: u32) -> Result<InputRow, String> {
        let (token, order) = self.texts.get(number);
        InputRow::new(order, token)
    }
}

/// Tokens and orders in one string.
#[derive(Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, token: &PurchaseToken, order: &str) -> u32 {
        self.all.extend([token.as_str(), " ", order]);
        self.ends.push(self.all.len());
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    /// A token contains no space.
    fn get(&self, number: u32) -> (&str, &str) {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.all[start..self.ends[number]].split_once(' ').unwrap_or_default()
    }
}
