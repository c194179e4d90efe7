//! The exit codes, in one list that the help prints and the README shows, and what each error means.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::iter;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Error, Result};
use ekolopay::Error as SdkError;
use rustls::{CertificateError, Error as TlsError};

/// How the program ended, the best first. Of several tokens the worst decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    NotPaid,
    Unavailable,
    NoAnswer,
    /// The gateway refused, or a person must look at something.
    Look,
    BadInput,
    Local,
}

/// 2 is that of the argument parser. "Not paid" has a number of its own: a shell or a container that fails must not look
/// like it.
pub(crate) const TABLE: [(u8, &str); 9] = [
    (0, "done; check: paid; reconcile: all answered"),
    (1, "the gateway refused, or a person must look"),
    (2, "bad input: argument, variable, file or line"),
    (3, "the gateway is unavailable"),
    (4, "no usable answer from the gateway"),
    (5, "this machine: disk, memory, threads, port"),
    (10, "not paid, or not yet"),
    (130, "stopped by Ctrl-C"),
    (143, "stopped by SIGTERM"),
];

/// An error that says its exit code itself.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
pub(crate) struct Coded(pub(crate) Exit, pub(crate) String);

impl Exit {
    /// In the order of the variants, as the names in JSON.
    pub(crate) fn code(self) -> u8 {
        [0, 10, 3, 4, 1, 2, 5][self as usize]
    }

    pub(crate) fn name(self) -> &'static str {
        ["", "", "unavailable", "no_answer", "refused", "bad_input", "local"][self as usize]
    }

    pub(crate) fn of_payment(paid: bool) -> (Exit, &'static str) {
        if paid { (Exit::Done, "paid") } else { (Exit::NotPaid, "not paid, or not yet") }
    }

    pub(crate) fn of(error: &Error) -> Exit {
        use ErrorKind as E;
        // Another path would help, rather than another moment.
        let mistakes = [E::NotFound, E::PermissionDenied, E::IsADirectory, E::NotADirectory, E::ReadOnlyFilesystem];
        match (error.downcast_ref(), error.downcast_ref(), error.downcast_ref::<io::Error>()) {
            (Some(Coded(exit, _)), ..) => *exit,
            (_, Some(SdkError::Unavailable { .. }), _) => Exit::Unavailable,
            (_, Some(SdkError::Refused { .. }), _) => Exit::Look,
            (_, Some(SdkError::Transport(_)), _) if is_local(error.as_ref()) => Exit::Local,
            (_, Some(SdkError::UnexpectedReply { .. } | SdkError::Transport(_)), _) => Exit::NoAnswer,
            (.., Some(error)) if !mistakes.contains(&error.kind()) => Exit::Local,
            _ => Exit::BadInput,
        }
    }
}

pub(crate) fn named<T>(what: &str, path: &Path, result: Result<T>) -> Result<T> {
    let name = |error: Error| error.context(format!("{what} {}", path.display()));
    result.map_err(|error| if error.is::<io::Error>() { name(error) } else { error })
}

/// Whether this machine has run out of something: memory, disk, threads, open files.
pub(crate) fn is_local(error: &(dyn StdError + 'static)) -> bool {
    // Too many open files, in this process or on this machine; no memory for sockets.
    const TOO_MANY: &[i32] = if cfg!(windows) { &[10024, 10055] } else { &[23, 24, 105] };
    let mut errors = all_causes(error).filter_map(|error| error.downcast_ref::<io::Error>());
    errors.any(|error| match (error.kind(), error.raw_os_error()) {
        // No thread for a look-up. A socket that would block has a code.
        (ErrorKind::WouldBlock, None) | (ErrorKind::OutOfMemory | ErrorKind::StorageFull, _) => true,
        (_, code) => code.is_some_and(|code| TOO_MANY.contains(&code)),
    })
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

pub(crate) fn advice(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    use CertificateError as E;
    let certificate = |error: &TlsError| match error {
        TlsError::InvalidCertificate(error) => Some(error.clone()),
        _ => None,
    };
    match all_causes(error).find_map(|error| error.downcast_ref().and_then(certificate))? {
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
            Some("the certificate has expired, or is not valid yet. Is this machine's clock right?")
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            Some("the certificate is for another name. Is the origin spelled right?")
        }
        E::UnknownIssuer => Some(
            "the certificate is from an authority that is not trusted. If your company inspects traffic, pass its \
             root certificates with --root-certificates",
        ),
        _ => None,
    }
}
