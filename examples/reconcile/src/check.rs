//! The check of one token.

use std::error::Error as StdError;
use std::sync::Arc;
use std::{io, iter};

use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};

use crate::arguments::{Arguments, MAX_PAUSE};
use crate::exit::Ended;
use crate::pace::Pace;
use crate::row::{InputRow, OutputRow, Verdict};

/// In characters.
const MAX_DETAIL: usize = 300;

/// Too many open files, in this process or on this machine; no memory for sockets.
#[cfg(unix)]
const EXHAUSTED: [i32; 3] = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS];
#[cfg(not(unix))]
const EXHAUSTED: [i32; 2] = [10024, 10055];

/// What a thread sends to the one that writes.
pub(crate) enum Checked {
    Row(OutputRow),
    /// It got no answer: its turn comes again after the other tokens.
    Later(InputRow),
    /// The job ends, and leaves the token to the next run.
    Ended(Ended),
}

/// `None` when the job stops meanwhile. A check only reads, so a failed one is tried again.
pub(crate) fn check(gateway: &Gateway, input: InputRow, arguments: &Arguments, pace: &Pace) -> Option<Checked> {
    let (mut pause, mut errors, mut silences) = (arguments.pause, 0, 0);
    loop {
        let started = pace.start()?;
        let (verdict, error) = match gateway.check_payment(&input.token) {
            Ok(Verification::Paid(_)) => (Verdict::Paid, None),
            Ok(Verification::NotPaid) => (Verdict::NotPaid, None),
            Err(error @ Error::Refused { .. }) => (Verdict::Refused, Some(error)),
            Err(error) => (Verdict::Error, Some(error)),
        };
        let detail = error.as_ref().map(detail).unwrap_or_default();
        if let Some(ended) = error.as_ref().and_then(|error| no_answer(error, &detail)) {
            silences += 1;
            // Without waiting, a connection that is cut is still tried again.
            let stops_at_once = arguments.wait_for_gateway.is_zero();
            if !(stops_at_once && matches!(ended, Ended::NoAnswer(_)) && silences < arguments.attempts) {
                if matches!(ended, Ended::Local(_)) || !pace.slow_down(started, &detail) {
                    return Some(Checked::Ended(ended));
                }
                if silences == arguments.attempts {
                    return Some(Checked::Later(input));
                }
                continue;
            }
        } else {
            errors += 1;
            pace.answered(started);
            if verdict != Verdict::Error || errors == arguments.attempts {
                return Some(Checked::Row(OutputRow { input, verdict, detail }));
            }
        }
        if !pace.wait(pause) {
            return None;
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// How the job ends if this goes on; `None` for an answer about the token.
fn no_answer(error: &Error, detail: &str) -> Option<Ended> {
    let ended = match error {
        Error::Unavailable { .. }
        | Error::UnexpectedReply { status: 429 | 502..=504, .. }
        | Error::Refused { status: 429 | 502..=504, .. } => Ended::Unavailable,
        Error::Transport(_) if chain(error).any(is_local) => Ended::Local,
        Error::Transport(_) => Ended::NoAnswer,
        _ => return None,
    };
    Some(ended(detail.to_owned()))
}

fn is_local(cause: &(dyn StdError + 'static)) -> bool {
    // ureq does not name its source.
    let error = match cause.downcast_ref() {
        Some(ureq::Error::Io(error)) => Some(error),
        _ => cause.downcast_ref::<io::Error>(),
    };
    let Some(error) = error else { return false };
    // The SDK shares the failure of a look-up between its callers.
    let shared = error.get_ref().and_then(|inner| inner.downcast_ref::<Arc<io::Error>>());
    let error = shared.map_or(error, |shared| shared);
    // No thread for a look-up. A socket that would block has a code.
    let no_thread = error.kind() == io::ErrorKind::WouldBlock && error.raw_os_error().is_none();
    let exhausted = matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::StorageFull);
    no_thread || exhausted || error.raw_os_error().is_some_and(|code| EXHAUSTED.contains(&code))
}

fn chain(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    iter::successors(Some(first), |&error| error.source())
}

/// The error and its causes, on one line.
fn detail(error: &Error) -> String {
    let text = chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
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
