//! Reads the command line, and reports its mistakes.
//!
//! No message repeats a value: it can be a secret in the wrong place, and the message can end up in a log.

use std::env;
use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error, FromArgMatches};

use crate::exit::Exit;

/// The arguments, or the exit code without them.
pub fn arguments<A: FromArgMatches>(command: Command) -> Result<A, Exit> {
    if env::args_os().any(|argument| is_secret(&argument.to_string_lossy())) {
        let text = "error: an argument is the secret key: it is only read from the variable EKOLOPAY_SECRET_KEY";
        let _ = writeln!(io::stderr(), "{text}");
        return Err(Exit::BadInput);
    }
    command.try_get_matches().and_then(|matches| A::from_arg_matches(&matches)).map_err(|error| {
        let is_usage = error.use_stderr();
        match without_values(error).print() {
            Ok(()) if !is_usage => Exit::Done,
            Err(_) if !is_usage => Exit::Local,
            _ => Exit::BadInput,
        }
    })
}

/// Whether it is the secret, or `--anything=` and the secret. It would be sent and shown, as a token.
pub fn is_secret(text: &str) -> bool {
    let secret = env::var("EKOLOPAY_SECRET_KEY").unwrap_or_default();
    !secret.is_empty() && (text == secret || text.ends_with(&format!("={secret}")))
}

fn without_values(mut error: Error) -> Error {
    let hidden = || ContextValue::String("…".to_owned());
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        // An empty one means that the value is missing.
        if matches!(error.get(kind), Some(ContextValue::String(value)) if !value.is_empty()) {
            error.insert(kind, hidden());
        }
    }
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if error.kind() == ErrorKind::UnknownArgument => argument.clone(),
        _ => return error,
    };
    let is_name = argument.starts_with("--") && argument.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_name {
        error.insert(ContextKind::InvalidArg, hidden());
        // clap's own tip repeats the value.
        if error.remove(ContextKind::Suggested).is_some() {
            suggest(&mut error, "a value that begins with '-' goes after '--'");
        }
    } else if argument.contains("secret") || argument.contains("key") {
        suggest(&mut error, "the secret key is only read from the variable EKOLOPAY_SECRET_KEY");
    }
    error
}

fn suggest(error: &mut Error, tip: &'static str) {
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}
