//! The check of one token.

use std::error::Error as _;
use std::{io, iter};

use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};

use crate::arguments::{Arguments, MAX_PAUSE};
use crate::row::{InputRow, OutputRow, Verdict};
use crate::stop_signal::StopSignal;

/// In characters.
const MAX_DETAIL: usize = 300;

/// What a thread sends to the one that writes.
pub(crate) enum Checked {
    Row(OutputRow),
    /// The gateway is out of service; its own message.
    Unavailable(String),
    /// The work list cannot be read.
    Broken(io::Error),
}

/// `None` when the job stops meanwhile. A check only reads, so a failed one is tried again.
pub(crate) fn check(gateway: &Gateway, input: InputRow, arguments: &Arguments, stop: &StopSignal) -> Option<Checked> {
    let mut pause = arguments.pause;
    let mut attempt = 1;
    loop {
        let (verdict, detail) = match gateway.check_payment(&input.token) {
            Ok(Verification::Paid(_)) => (Verdict::Paid, String::new()),
            Ok(Verification::NotPaid) => (Verdict::NotPaid, String::new()),
            Err(error) if error.is_unavailable() => return Some(Checked::Unavailable(detail(&error))),
            Err(error @ Error::Refused { .. }) => (Verdict::Refused, detail(&error)),
            Err(error) if attempt == arguments.attempts => (Verdict::Error, detail(&error)),
            Err(_) if stop.wait(pause) => return None,
            Err(_) => {
                attempt += 1;
                pause = (pause * 2).min(MAX_PAUSE);
                continue;
            }
        };
        return Some(Checked::Row(OutputRow { input, verdict, detail }));
    }
}

/// The error and its causes, on one line.
fn detail(error: &Error) -> String {
    let causes = iter::successors(error.source(), |error| (*error).source()).map(|cause| format!(": {cause}"));
    let text = error.to_string() + &causes.collect::<String>();
    let mut line = String::new();
    for character in text.chars().take(MAX_DETAIL) {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
