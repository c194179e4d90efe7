//! The check of one token.

use std::error::Error as _;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};

use crate::arguments::Patience;
use crate::row::Outcome;
use crate::stop::Stop;

/// In characters.
const LONGEST_DETAIL: usize = 300;

pub(crate) enum Finding {
    Known(Outcome, String),
    /// The gateway is out of service, in its own words.
    Unavailable(String),
}

/// Nothing when the job stops meanwhile. A check is a read, so one that failed is tried again.
pub(crate) fn check(gateway: &Gateway, token: &PurchaseToken, patience: Patience, stop: &Stop) -> Option<Finding> {
    let mut pause = patience.pause;
    let mut attempt = 1;
    loop {
        let (outcome, detail) = match gateway.check_payment(token) {
            Ok(Verification::Paid(_)) => (Outcome::Paid, String::new()),
            Ok(Verification::NotPaid) => (Outcome::NotPaid, String::new()),
            Err(error) if error.is_unavailable() => return Some(Finding::Unavailable(detail(&error))),
            Err(error @ Error::Refused { .. }) => (Outcome::Refused, detail(&error)),
            Err(error) if attempt == patience.attempts => (Outcome::Error, detail(&error)),
            Err(_) => {
                if stop.wait(pause) {
                    return None;
                }
                attempt += 1;
                pause = Patience::longer(pause);
                continue;
            }
        };
        return Some(Finding::Known(outcome, detail));
    }
}

/// The error and what caused it, in one line.
fn detail(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    let mut line = String::new();
    for character in text.chars().take(LONGEST_DETAIL) {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
