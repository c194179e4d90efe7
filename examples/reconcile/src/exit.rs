//! How a start can end, and its exit code.

use std::fmt::{self, Display};
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every token is paid or not paid.
    Known = 0,
    /// Every token has its row, and someone must look at some of them.
    Look = 1,
    /// What was asked cannot be done as asked; nothing was sent.
    Usage = 2,
    /// The gateway says that it is out of service.
    Unavailable = 3,
    /// The gateway gives no usable answer.
    NoAnswer = 4,
    /// A file of this machine: in use, full, broken.
    Local = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a start ended before its time.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    text: String,
}

impl Failure {
    pub(crate) fn usage(text: impl Display) -> Failure {
        Failure { exit: Exit::Usage, text: text.to_string() }
    }

    pub(crate) fn local(text: impl Display) -> Failure {
        Failure { exit: Exit::Local, text: text.to_string() }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
