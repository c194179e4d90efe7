//! The errors of a command, for people (`Display` and its sources) and for machines (JSON).

use std::error::Error as _;
use std::io;
use std::iter;
use std::path::PathBuf;

use ekolopay::{Delivery, Error, InvalidInput};
use serde_json::{Value, json};

use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The field and the rule that it breaks, never the value.
    #[error("{field} {reason}")]
    Input { field: &'static str, reason: String },

    #[error(transparent)]
    Sdk(Error),

    /// The gateway said so when it was asked about another token.
    #[error("not asked, since the gateway is unavailable: {message:?}")]
    Skipped { message: String },

    #[error("not asked: the time of --wait was over")]
    OutOfTime,

    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("cannot write the output")]
    Write(#[source] io::Error),
}

impl From<InvalidInput> for CliError {
    fn from(invalid: InvalidInput) -> CliError {
        CliError::input(invalid.field(), invalid.reason())
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> CliError {
        match error {
            Error::Invalid(invalid) => invalid.into(),
            error => CliError::Sdk(error),
        }
    }
}

impl CliError {
    pub(crate) fn input(field: &'static str, reason: &str) -> CliError {
        CliError::Input { field, reason: reason.to_owned() }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Input { .. } => Exit::BadInput,
            CliError::Read { .. } | CliError::Write(_) => Exit::Local,
            CliError::OutOfTime => Exit::NotSent,
            CliError::Skipped { .. } | CliError::Sdk(Error::Unavailable { .. }) => Exit::Unavailable,
            CliError::Sdk(Error::Refused { .. }) => Exit::Refused,
            CliError::Sdk(error) => match error.delivery() {
                Delivery::NotSent => Exit::NotSent,
                Delivery::Unknown => Exit::Unknown,
                Delivery::Answered => Exit::UnexpectedReply,
            },
        }
    }

    /// Whether another check can end differently.
    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self.exit(), Exit::Refused | Exit::BadInput | Exit::Local)
    }

    /// The causes, the nearest first.
    pub(crate) fn because(&self) -> Vec<String> {
        iter::successors(self.source(), |error| (*error).source()).map(ToString::to_string).collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json = match self {
            CliError::Input { field, reason } => json!({ "field": field, "reason": reason }),
            CliError::Skipped { message } | CliError::Sdk(Error::Unavailable { message, .. }) => {
                json!({ "message": message })
            }
            CliError::Sdk(Error::Refused { code, message, .. }) => json!({ "code": code, "message": message }),
            CliError::Sdk(Error::UnexpectedReply { status, reason, excerpt, .. }) => {
                json!({ "httpStatus": status, "reason": reason, "excerpt": excerpt })
            }
            CliError::Sdk(_) | CliError::OutOfTime | CliError::Read { .. } | CliError::Write(_) => {
                json!({ "reason": self.to_string(), "because": self.because() })
            }
        };
        let (_, name, _) = self.exit().row();
        json["error"] = json!(name);
        json["delivery"] = json!(match self {
            CliError::Sdk(error) => match error.delivery() {
                Delivery::NotSent => "not_sent",
                Delivery::Unknown => "unknown",
                Delivery::Answered => "answered",
            },
            _ => "not_sent",
        });
        json
    }
}
