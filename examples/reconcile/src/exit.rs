//! How the program ends. What each exit code means is in the help.

use std::fmt::Display;

#[derive(Clone, Copy)]
pub(crate) enum Exit {
    AllKnown = 0,
    SomeUnknown = 1,
    Usage = 2,
    Unavailable = 3,
    NoAnswer = 4,
    Local = 5,
    NothingToDo = 6,
    /// 128 and the number of the signal, as in a shell.
    Interrupted = 130,
    Terminated = 143,
}

/// How the job ended; the text is the gateway's, or the last error.
pub(crate) enum Ended {
    Done,
    Unavailable(String),
    NoAnswer(String),
    /// This machine, not the gateway, is in trouble.
    Local(String),
    Signal(Exit),
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
