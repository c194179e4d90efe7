//! How the program ends.

use std::fmt::Display;

#[derive(Clone, Copy)]
pub(crate) enum Exit {
    /// Every token is paid or not paid.
    Known = 0,
    /// Every token has a row, and a person must look at some of them.
    Look = 1,
    /// Bad usage, environment, input or output; nothing was sent.
    Usage = 2,
    /// The gateway is unavailable.
    Unavailable = 3,
    /// The gateway gives no usable answer.
    NoAnswer = 4,
    /// The output is in use, or this machine has a problem.
    Local = 5,
}

/// Why the job could not start, or broke off.
pub(crate) struct JobError {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl JobError {
    pub(crate) fn usage(message: impl Display) -> JobError {
        JobError { exit: Exit::Usage, message: message.to_string() }
    }

    pub(crate) fn local(message: impl Display) -> JobError {
        JobError { exit: Exit::Local, message: message.to_string() }
    }
}
