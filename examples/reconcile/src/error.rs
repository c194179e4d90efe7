//! Why the job could not start, or ended early.

use std::fmt::Display;

use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;

pub(crate) struct JobError {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl JobError {
    pub(crate) fn input(message: impl Display) -> JobError {
        JobError { exit: Exit::BadInput, message: message.to_string() }
    }

    /// This machine, not the gateway, is in trouble.
    pub(crate) fn local(message: impl Display) -> JobError {
        JobError { exit: Exit::Local, message: message.to_string() }
    }
}

impl From<CliError> for JobError {
    fn from(error: CliError) -> JobError {
        JobError { exit: error.exit(), message: [vec![error.to_string()], error.more()].concat().join("\n") }
    }
}
