//! The errors of a command, for people (`Display` and its sources) and for machines (JSON).

use std::error::Error as _;
use std::io;
use std::iter;
use std::path::Path;

use ekolopay::{Delivery, Error, InvalidInput};
use rustls::CertificateError;
use serde_json::{Value, json};

use crate::exit::Exit;

const CREDENTIALS: &str = "Set EKOLOPAY_API_CLIENT and EKOLOPAY_SECRET_KEY: both are in your merchant account \
                           (« Le compte Marchand »). The local gateway prints its own when it starts.";
const EXPIRED: &str = "The gateway's certificate has expired, or is not valid yet. Is this machine's clock right?";
const WRONG_NAME: &str = "The certificate is for another name than the gateway's. Is the origin spelled right?";
const UNKNOWN_ISSUER: &str = "The certificate was issued by an authority that is not trusted. If your company inspects \
                              traffic, pass its root certificates with --root-certificates.";

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

    #[error("not asked before the end")]
    NotAsked,

    #[error("cannot {what}")]
    Local { what: String, source: io::Error },

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

    pub(crate) fn read(path: &Path, source: io::Error) -> CliError {
        CliError::Local { what: format!("read {}", path.display()), source }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.kind().0
    }

    pub(crate) fn delivery(&self) -> Delivery {
        if let CliError::Sdk(error) = self { error.delivery() } else { Delivery::NotSent }
    }

    /// The exit code, and the name in JSON.
    fn kind(&self) -> (Exit, &'static str) {
        match self {
            CliError::Input { .. } => (Exit::BadInput, "bad_input"),
            CliError::Local { .. } | CliError::Write(_) => (Exit::Local, "local"),
            CliError::Skipped { .. } | CliError::Sdk(Error::Unavailable { .. }) => (Exit::Unavailable, "unavailable"),
            CliError::Sdk(Error::Refused { .. }) => (Exit::Refused, "refused"),
            CliError::NotAsked | CliError::Sdk(_) => match self.delivery() {
                Delivery::NotSent => (Exit::NoAnswer, "not_sent"),
                Delivery::Unknown => (Exit::NoAnswer, "outcome_unknown"),
                Delivery::Answered => (Exit::NoAnswer, "unexpected_reply"),
            },
        }
    }

    /// The causes, the nearest first.
    pub(crate) fn because(&self) -> Vec<String> {
        iter::successors(self.source(), |error| (*error).source()).map(ToString::to_string).collect()
    }

    /// What a person can do about it.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        if matches!(self, CliError::Input { reason, .. } if reason == "is not set") {
            return Some(CREDENTIALS);
        }
        match iter::successors(self.source(), |error| (*error).source()).find_map(|error| error.downcast_ref())? {
            ureq::Error::Rustls(error) => certificate_advice(error),
            ureq::Error::Io(error) => certificate_advice(error.get_ref()?.downcast_ref()?),
            _ => None,
        }
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
            _ => json!({ "reason": self.to_string(), "because": self.because() }),
        };
        json["error"] = json!(self.kind().1);
        json["delivery"] = json!(match self.delivery() {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
            Delivery::Answered => "answered",
        });
        json
    }
}

fn certificate_advice(error: &rustls::Error) -> Option<&'static str> {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    match error {
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => Some(EXPIRED),
        E::NotValidForName | E::NotValidForNameContext { .. } => Some(WRONG_NAME),
        E::UnknownIssuer => Some(UNKNOWN_ISSUER),
        _ => None,
    }
}
