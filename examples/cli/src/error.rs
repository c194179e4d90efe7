//! The errors of a command, for people (`Display` and its sources) and for machines (JSON).

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::iter;
use std::path::Path;
use std::sync::Arc;

use ekolopay::{Error, InvalidInput};
#[cfg(unix)]
use rustix::io::Errno;
use rustls::CertificateError;
use serde_json::{Value, json};

use crate::exit::Exit;

const CREDENTIALS: &str = "Set EKOLOPAY_API_CLIENT and EKOLOPAY_SECRET_KEY: both are in your merchant account \
                           (« Le compte Marchand »). The local gateway prints its own when it starts.";
const EXPIRED: &str = "The gateway's certificate has expired, or is not valid yet. Is this machine's clock right?";
const WRONG_NAME: &str = "The certificate is for another name than the gateway's. Is the origin spelled right?";
const UNKNOWN_ISSUER: &str = "The certificate was issued by an authority that is not trusted. If your company inspects \
                              traffic, pass its root certificates with --root-certificates.";

/// Too many open files, in this process or on this machine; no memory for sockets.
#[cfg(unix)]
const TOO_MANY: [i32; 3] = [Errno::MFILE.raw_os_error(), Errno::NFILE.raw_os_error(), Errno::NOBUFS.raw_os_error()];
#[cfg(not(unix))]
const TOO_MANY: [i32; 2] = [10024, 10055];

#[derive(Debug, thiserror::Error)]
pub enum CliError {
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

    #[error("cannot read {path}")]
    Read { path: String, source: io::Error },

    #[error("cannot listen on port {port}")]
    Listen { port: u16, source: io::Error },

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
    pub fn input(field: &'static str, reason: &str) -> CliError {
        CliError::Input { field, reason: reason.to_owned() }
    }

    pub fn read(path: &Path, source: io::Error) -> CliError {
        CliError::Read { path: path.display().to_string(), source }
    }

    pub fn exit(&self) -> Exit {
        self.kind().0
    }

    pub fn may_have_acted(&self) -> bool {
        matches!(self, CliError::Sdk(error) if error.may_have_acted())
    }

    /// The exit code, and the name in JSON.
    fn kind(&self) -> (Exit, &'static str) {
        match self {
            CliError::Input { .. } => (Exit::BadInput, "bad_input"),
            CliError::Read { source, .. } if is_mistake(source) => (Exit::BadInput, "bad_input"),
            CliError::Read { .. } | CliError::Listen { .. } | CliError::Write(_) => (Exit::Local, "local"),
            CliError::Sdk(Error::Transport(error)) if all_causes(error).any(is_local) => (Exit::Local, "local"),
            CliError::Skipped { .. } | CliError::Sdk(Error::Unavailable { .. }) => (Exit::Unavailable, "unavailable"),
            CliError::Sdk(Error::Refused { .. }) => (Exit::Refused, "refused"),
            CliError::Sdk(Error::UnexpectedReply { .. }) => (Exit::NoAnswer, "unexpected_reply"),
            CliError::Sdk(error) if error.may_have_acted() => (Exit::NoAnswer, "outcome_unknown"),
            CliError::NotAsked | CliError::Sdk(_) => (Exit::NoAnswer, "not_sent"),
        }
    }

    /// The causes, the nearest first.
    pub fn because(&self) -> Vec<String> {
        iter::successors(self.source(), |&error| error.source()).map(ToString::to_string).collect()
    }

    /// What a person can do about it.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            CliError::Input { reason, .. } if reason == "is not set" => Some(CREDENTIALS),
            _ => all_causes(self).find_map(|error| certificate_advice(error.downcast_ref()?)),
        }
    }

    /// For people, after the error: its causes, and what to do.
    pub fn more(&self) -> Vec<String> {
        let causes = self.because().into_iter().map(|cause| format!("  because: {cause}"));
        causes.chain(self.advice().map(str::to_owned)).collect()
    }

    pub fn to_json(&self) -> Value {
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
        json["mayHaveActed"] = self.may_have_acted().into();
        json
    }
}

/// Whether another path would help, rather than another moment.
fn is_mistake(error: &io::Error) -> bool {
    use ErrorKind as E;
    matches!(error.kind(), E::NotFound | E::PermissionDenied | E::IsADirectory | E::NotADirectory)
}

/// Whether this machine has run out of something: memory, disk, threads, open files.
fn is_local(cause: &(dyn StdError + 'static)) -> bool {
    let Some(error) = cause.downcast_ref::<io::Error>() else { return false };
    match (error.kind(), error.raw_os_error()) {
        // No thread for a look-up. A socket that would block has a code.
        (ErrorKind::WouldBlock, None) | (ErrorKind::OutOfMemory | ErrorKind::StorageFull, _) => true,
        (_, code) => code.is_some_and(|code| TOO_MANY.contains(&code)),
    }
}

/// The error and its causes, also those that `io::Error` holds and does not name as its source.
fn all_causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| {
        let Some(error) = error.downcast_ref::<io::Error>() else { return error.source() };
        let held = error.get_ref()?;
        let shared = held.downcast_ref::<Arc<io::Error>>();
        Some(if let Some(shared) = shared { &**shared } else { held })
    })
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

/// Text that cannot control a terminal: characters that are not printable are escaped, quotes and backslashes stay.
pub fn printable(text: &str) -> String {
    text.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'").replace("\\\\", "\\")
}
