//! Results go to the standard output, and everything else to the standard error. Neither panics when the reader is gone.

use std::io::{self, ErrorKind, Write};

use serde_json::{Value, json};

use ekolopay_cli::error::{CliError, printable};
use ekolopay_cli::exit::Exit;

#[derive(Clone, Copy)]
pub(crate) struct Printer {
    pub(crate) json: bool,
}

impl Printer {
    /// A result: JSON for machines, or words for people.
    pub(crate) fn result(self, json: &Value, words: &str) -> Result<(), CliError> {
        if self.json { write(&ascii(json)) } else { write(words) }
    }

    /// The first words of a result that is a single JSON object.
    pub(crate) fn words(self, words: &str) -> Result<(), CliError> {
        if self.json { Ok(()) } else { write(words) }
    }

    /// An error as a result. `known` is added to its JSON, `about` to its words.
    pub(crate) fn error(self, mut known: Value, about: &str, error: &CliError) -> Result<Exit, CliError> {
        tell(&format!("error: {about}{error}"));
        error.more().iter().for_each(|line| tell(line));
        if self.json {
            if let (Some(known), Value::Object(error)) = (known.as_object_mut(), error.to_json()) {
                known.extend(error);
            }
            write(&ascii(&known))?;
        }
        Ok(error.exit())
    }

    /// The error that ends the program. If the reader is gone, it ends quietly.
    pub(crate) fn last_error(self, error: &CliError) -> Exit {
        match error {
            CliError::Write(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Local,
            CliError::Write(_) => Printer { json: false }.error(json!({}), "", error).unwrap_or(Exit::Local),
            _ => self.error(json!({}), "", error).unwrap_or_else(|error| self.last_error(&error)),
        }
    }
}

/// A line for people that is not a result.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// Fails when the standard output is full or has no reader, before anything is sent.
///
/// If the result must be kept, as a new token, it also fails when the output is closed.
#[cfg(unix)]
pub(crate) fn try_output(keep: bool) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};

    let out = io::stdout();
    let mut streams = [PollFd::new(&out, PollFlags::OUT)];
    poll(&mut streams, Some(&Timespec::default()))?;
    if streams[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
        return Err(ErrorKind::BrokenPipe.into());
    }
    // Writing nothing is an error on a full device.
    rustix::io::write(&out, b"")?;
    // Rust opens a closed stream as /dev/null for reading and writing, and so do Python and Node to ignore it.
    let is_null = stat("/dev/null").is_ok_and(|null| fstat(&out).is_ok_and(|out| out.st_rdev == null.st_rdev));
    if keep && is_null && fcntl_getfl(&out)?.contains(OFlags::RDWR) {
        return Err(io::Error::other("the standard output is closed, or ignored"));
    }
    Ok(())
}

/// Flushed, to know here whether it was written.
pub(crate) fn write(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(CliError::Write)
}

/// JSON in ASCII: it cannot control a terminal.
fn ascii(json: &Value) -> String {
    let escaped = |unit: u16| match u8::try_from(unit) {
        Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.to_string().encode_utf16().map(escaped).collect()
}
