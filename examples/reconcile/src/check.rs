//! The check of one token.

use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};
use ekolopay_cli::error::{CliError, printable};
use ekolopay_cli::exit::Exit;

use crate::arguments::{Arguments, MAX_PAUSE};
use crate::error::JobError;
use crate::pace::Pace;
use crate::row::{InputRow, OutputRow, Verdict};

/// In characters.
const MAX_DETAIL: usize = 300;

/// What a thread sends to the one that writes.
pub(crate) enum Checked {
    Row(OutputRow),
    /// It got no answer: its turn comes again after the other tokens.
    Later(InputRow),
    /// The job ends, and leaves the token to the next run.
    Ended(JobError),
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
        let error = error.map(CliError::from);
        let detail = error.as_ref().map(detail).unwrap_or_default();
        if let Some(ended) = error.and_then(|error| no_answer(&error, &detail)) {
            silences += 1;
            if ended.exit == Exit::Local || !pace.slow_down(started, &ended.message) {
                return Some(Checked::Ended(ended));
            }
            if silences == arguments.attempts {
                return Some(Checked::Later(input));
            }
            continue;
        }
        pace.answered(started);
        errors += 1;
        if verdict != Verdict::Error || errors == arguments.attempts {
            return Some(Checked::Row(OutputRow { input, verdict, detail }));
        }
        if !pace.wait(pause) {
            return None;
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// How the job ends if this goes on; `None` for an answer about the token.
fn no_answer(error: &CliError, detail: &str) -> Option<JobError> {
    let status = match error {
        CliError::Sdk(Error::UnexpectedReply { status, .. } | Error::Refused { status, .. }) => Some(*status),
        _ => None,
    };
    let exit = match (error.exit(), status) {
        (_, Some(429 | 502..=504)) => Exit::Unavailable,
        (exit @ (Exit::Unavailable | Exit::Local), _) | (exit @ Exit::NoAnswer, None) => exit,
        _ => return None,
    };
    let advice = error.advice().map(|advice| format!(". {advice}")).unwrap_or_default();
    Some(JobError { exit, message: format!("{detail}{advice}") })
}

/// The error and its causes, on one line.
fn detail(error: &CliError) -> String {
    let text = [vec![error.to_string()], error.because()].concat().join(": ");
    printable(&text.chars().take(MAX_DETAIL).collect::<String>())
}
