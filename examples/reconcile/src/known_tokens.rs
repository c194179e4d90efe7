//! The tokens of the list and of the output, each with its order.

use std::fmt;

use ekolopay::purchase::PurchaseToken;
use string_interner::backend::StringBackend;
use string_interner::{DefaultSymbol, StringInterner, Symbol};

use crate::row::InputRow;

/// The line on which a token was first read.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In the list, to be asked about.
    Input(u32),
    /// In the list, in the part of another job.
    OtherShard(u32),
    Output(u32),
    /// In the output, with an outcome that is asked again if the list has the token.
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
    tokens: Texts,
    orders: Texts,
    /// The order and the place of each token.
    rows: Vec<(Number, Place)>,
}

type Texts = StringInterner<StringBackend>;
pub(crate) type Number = DefaultSymbol;

impl KnownTokens {
    /// Returns the number of a token that is to be asked about. The error is the line on which it is for another order:
    /// one payment would settle both.
    pub(crate) fn add(&mut self, row: &InputRow, place: Place) -> Result<Option<Number>, Place> {
        let (token, order) = (self.tokens.get_or_intern(&row.token), self.orders.get_or_intern(&row.order));
        match (self.rows.get_mut(token.to_usize()), place) {
            (None, _) => self.rows.push((order, place)),
            (Some((other, earlier)), _) if *other != order => return Err(*earlier),
            (Some((_, earlier @ Place::Again(_))), Place::Input(_)) => *earlier = place,
            _ => return Ok(None),
        }
        Ok(Some(token))
    }

    pub(crate) fn find(&self, token: &PurchaseToken) -> Option<Number> {
        self.tokens.get(token)
    }

    pub(crate) fn place(&self, token: &PurchaseToken) -> Option<Place> {
        self.find(token).map(|number| self.rows[number.to_usize()].1)
    }

    pub(crate) fn row(&self, number: Number) -> Option<InputRow> {
        let (order, _) = self.rows.get(number.to_usize())?;
        InputRow::new(self.orders.resolve(*order)?, self.tokens.resolve(number)?).ok()
    }
}
