//! Rows that wait for proof that the gateway works.
//!
//! A row is final, so a network that is down or a wrong secret key must not fill the output with failures. An `error` row
//! is written once another token got an answer. A `refused` row is written once the credentials are known to be right:
//! some token was found paid or not paid, in this run, or in an earlier one and again now.

use std::mem;

use ekolopay_cli::exit::Exit;

use crate::error::JobError;
use crate::row::{OutputRow, Verdict};

pub(crate) struct HeldRows {
    rows: Vec<OutputRow>,
    /// 0 is never.
    give_up_after: usize,
    /// Whether the gateway answered since the start.
    answered: bool,
    /// Whether the gateway accepted the credentials.
    pub(crate) accepted: bool,
}

impl HeldRows {
    pub(crate) fn new(give_up_after: u16) -> HeldRows {
        HeldRows { rows: Vec::new(), give_up_after: give_up_after.into(), answered: false, accepted: false }
    }

    /// The rows that may be written now. The error means to give up.
    pub(crate) fn add(&mut self, row: OutputRow) -> Result<Vec<OutputRow>, JobError> {
        self.accepted |= row.verdict.is_known();
        self.answered |= row.verdict != Verdict::Error;
        let proof = row.verdict.is_known() || (row.verdict == Verdict::Refused && self.accepted);
        self.rows.push(row);
        if proof || self.give_up_after == 0 {
            Ok(mem::take(&mut self.rows))
        } else if self.rows.len() < self.give_up_after {
            Ok(Vec::new())
        } else {
            Err(self.give_up())
        }
    }

    /// The same after the last token: what still waits is written if anything was answered, and not just refused.
    pub(crate) fn finish(mut self) -> Result<Vec<OutputRow>, JobError> {
        let refused = self.rows.iter().any(|row| row.verdict == Verdict::Refused);
        let proof = if refused { self.accepted } else { self.answered };
        if proof || self.rows.is_empty() || self.give_up_after == 0 { Ok(self.rows) } else { Err(self.give_up()) }
    }

    /// The message is the detail of the last row.
    fn give_up(&mut self) -> JobError {
        let only_refused = self.rows.iter().all(|row| row.verdict == Verdict::Refused);
        let exit = if only_refused { Exit::Refused } else { Exit::NoAnswer };
        let message = mem::take(&mut self.rows).pop().map(|row| row.detail).unwrap_or_default();
        JobError { exit, message }
    }
}
