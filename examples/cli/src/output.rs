//! The two ways out: results on the standard output, all else on the standard error. Neither panics when nobody reads.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write as _};

use serde_json::{Value, json};

use crate::exit::Code;
use crate::failure::Failure;

pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        Output { json }
    }

    /// A result: its JSON for machines, its words for people.
    pub(crate) fn result(&self, json: &Value, words: &str) -> Result<(), Failure> {
        write(&if self.json { ascii(json) } else { words.to_owned() })
    }

    /// The beginning of a result that is one JSON object and several lines of words.
    pub(crate) fn words(&self, words: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write(words) }
    }

    /// A failure as a result. `known` is what JSON tells beside it, `about` what people are told before it.
    pub(crate) fn failure(&self, mut known: Value, about: &str, failure: &Failure) -> Result<Code, Failure> {
        tell(&format!("error: {about}{failure}"));
        for source in failure.because() {
            tell(&format!("  because: {source}"));
        }
        if self.json {
            if let (Some(known), Value::Object(failure)) = (known.as_object_mut(), failure.to_json()) {
                known.extend(failure);
            }
            write(&ascii(&known))?;
        }
        Ok(failure.code())
    }

    /// The failure that ends the program. A reader that has gone is told nothing.
    pub(crate) fn last_words(&self, failure: &Failure) -> Code {
        match failure {
            Failure::Write(error) if error.kind() == ErrorKind::BrokenPipe => Code::Local,
            Failure::Write(_) => Output::new(false).failure(json!({}), "", failure).unwrap_or(Code::Local),
            _ => match self.failure(json!({}), "", failure) {
                Ok(code) => code,
                Err(failure) => self.last_words(&failure),
            },
        }
    }
}

/// A line for people, beside the results.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// A line for a person who is watching.
pub(crate) fn tell_watcher(line: &str) {
    if io::stderr().is_terminal() {
        tell(line);
    }
}

/// Flushed, so that it is known here whether it was written.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::Write)
}

/// JSON in ASCII throughout: what it holds cannot steer a terminal either.
fn ascii(json: &Value) -> String {
    let mut text = String::new();
    for character in json.to_string().chars() {
        if matches!(character, ' '..='~') {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Text in which nothing steers a terminal: quotes and backslashes stay, what is not printable is escaped.
fn printable(text: &str) -> String {
    let mut printable = String::new();
    for character in text.chars() {
        if matches!(character, '"' | '\'' | '\\') {
            printable.push(character);
        } else {
            printable.extend(character.escape_debug());
        }
    }
    printable
}
