//! Rows that wait until the gateway is seen to be at work.
//!
//! A row is final, so none may be written because the network is down or the secret key is wrong: that would be
//! found wrong in the morning, for every token. A failure is written once another token got an answer; a refusal,
//! once some token was found paid or not paid, now or again, which shows that the credentials are right.

use crate::row::{Outcome, Row};

pub(crate) enum Next {
    /// These rows may be written now; there may be none.
    Write(Vec<Row>),
    /// The rows that waited are left to the next start; the last one's detail.
    GiveUp(String),
}

pub(crate) struct Held {
    rows: Vec<Row>,
    /// None is never.
    give_up_after: Option<usize>,
    /// Whether an answer came since the start.
    answered: bool,
    /// Whether the gateway took the credentials: it said of some token whether it is paid.
    accepted: bool,
}

impl Held {
    pub(crate) fn new(give_up_after: u16) -> Held {
        let give_up_after = (give_up_after > 0).then_some(usize::from(give_up_after));
        Held { rows: Vec::new(), give_up_after, answered: false, accepted: false }
    }

    /// The credentials were seen to be right otherwise.
    pub(crate) fn accept(&mut self) {
        self.accepted = true;
    }

    pub(crate) fn take(&mut self, row: Row) -> Next {
        let found = row.outcome.is_known();
        self.accepted |= found;
        self.answered |= row.outcome != Outcome::Error;
        let proof = found || (row.outcome == Outcome::Refused && self.accepted);
        self.rows.push(row);
        match self.give_up_after {
            Some(most) if !proof && self.rows.len() >= most => self.give_up(),
            Some(_) if !proof => Next::Write(Vec::new()),
            _ => Next::Write(std::mem::take(&mut self.rows)),
        }
    }

    /// Every token was checked: what still waits is written, unless nothing at all was answered, or all was refused.
    pub(crate) fn finish(mut self) -> Next {
        let refused = self.rows.iter().any(|row| row.outcome == Outcome::Refused);
        let proof = if refused { self.accepted } else { self.answered };
        if proof || self.rows.is_empty() || self.give_up_after.is_none() {
            Next::Write(self.rows)
        } else {
            self.give_up()
        }
    }

    fn give_up(&mut self) -> Next {
        let last = std::mem::take(&mut self.rows).pop();
        Next::GiveUp(last.map(|row| row.detail).unwrap_or_default())
    }
}
