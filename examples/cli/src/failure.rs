//! What a command can fail with, for people (`Display` and its sources) and for machines (JSON).

use std::error::Error as _;
use std::io;
use std::iter;
use std::path::PathBuf;

use ekolopay::{Delivery, Error, InvalidInput};
use serde_json::{Value, json};

use crate::exit::Code;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The field and the rule that is broken, never the value.
    #[error("{field} {reason}")]
    Input { field: &'static str, reason: String },

    #[error(transparent)]
    Gateway(Error),

    /// The gateway said so to another token just before.
    #[error("not asked, since the gateway is unavailable: {message:?}")]
    Skipped { message: String },

    #[error("not asked: the time of --wait was over")]
    OutOfTime,

    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("cannot write the output")]
    Write(#[source] io::Error),
}

impl From<InvalidInput> for Failure {
    fn from(invalid: InvalidInput) -> Failure {
        Failure::input(invalid.field(), invalid.reason())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Invalid(invalid) => invalid.into(),
            error => Failure::Gateway(error),
        }
    }
}

impl Failure {
    pub(crate) fn input(field: &'static str, reason: &str) -> Failure {
        Failure::Input { field, reason: reason.to_owned() }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Failure::Input { .. } => Code::BadInput,
            Failure::Read { .. } | Failure::Write(_) => Code::Local,
            Failure::OutOfTime => Code::NotSent,
            Failure::Skipped { .. } | Failure::Gateway(Error::Unavailable { .. }) => Code::Unavailable,
            Failure::Gateway(Error::Refused { .. }) => Code::Refused,
            Failure::Gateway(error) => match error.delivery() {
                Delivery::NotSent => Code::NotSent,
                Delivery::Unknown => Code::Unknown,
                Delivery::Answered => Code::UnexpectedReply,
            },
        }
    }

    /// Whether asking again can bring another answer.
    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self.code(), Code::Refused | Code::BadInput | Code::Local)
    }

    /// The sources, the nearest first.
    pub(crate) fn because(&self) -> Vec<String> {
        iter::successors(self.source(), |error| (*error).source()).map(ToString::to_string).collect()
    }

    pub(crate) fn to_json(&self) -> Value {
        let delivery = match self {
            Failure::Gateway(error) => error.delivery(),
            _ => Delivery::NotSent,
        };
        let delivery = match delivery {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
            Delivery::Answered => "answered",
        };
        let mut json = json!({ "error": self.code().name(), "delivery": delivery });
        match self {
            Failure::Input { field, reason } => {
                json["field"] = json!(field);
                json["reason"] = json!(reason);
            }
            Failure::Skipped { message } | Failure::Gateway(Error::Unavailable { message, .. }) => {
                json["message"] = json!(message);
            }
            Failure::Gateway(Error::Refused { code, message, .. }) => {
                json["code"] = json!(code);
                json["message"] = json!(message);
            }
            Failure::Gateway(Error::UnexpectedReply { status, reason, excerpt, .. }) => {
                json["httpStatus"] = json!(status);
                json["reason"] = json!(reason);
                json["excerpt"] = json!(excerpt);
            }
            Failure::Gateway(_) | Failure::OutOfTime | Failure::Read { .. } | Failure::Write(_) => {
                json["reason"] = json!(self.to_string());
                json["because"] = json!(self.because());
            }
        }
        json
    }
}
