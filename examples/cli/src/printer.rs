//! Results go to the standard output, and everything else to the standard error. Neither panics when the reader is gone.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Error, Result};
use ekolopay::Error as SdkError;
use serde_json::Value;
use textwrap::{Options, WordSplitter};

use crate::exit::{self, Exit};

#[derive(Clone, Copy)]
pub(crate) struct Printer {
    pub(crate) json: bool,
}

impl Printer {
    /// A result: JSON for machines, or words for people.
    pub(crate) fn result(self, json: &Value, words: &str) -> Result<()> {
        if self.json { write(&ascii(json)) } else { self.words(words) }
    }

    /// Words of a result whose JSON comes later.
    pub(crate) fn words(self, words: &str) -> Result<()> {
        if self.json { Ok(()) } else { write(&for_people(words, io::stdout().is_terminal())) }
    }

    /// An error as a result. `known` is added to its JSON, `about` to its words.
    pub(crate) fn error(self, mut known: Value, about: &str, error: &Error) -> Result<Exit> {
        tell(&format!("error: {about}{error}"));
        for cause in error.chain().skip(1) {
            tell(&format!("  because: {cause}"));
        }
        if let Some(tip) = exit::advice(error.as_ref()) {
            tell(&format!("\n  tip: {tip}"));
        }
        if self.json {
            known["error"] = Exit::of(error).name().into();
            known["reason"] = error.to_string().into();
            known["because"] = error.chain().skip(1).map(ToString::to_string).collect();
            known["mayHaveActed"] = error.downcast_ref().is_some_and(SdkError::may_have_acted).into();
            write(&ascii(&known))?;
        }
        Ok(Exit::of(error))
    }
}

pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{}", for_people(line, io::stderr().is_terminal()));
}

/// Flushed, to know here whether it was written.
fn write(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).context("cannot write the output")
}

/// A terminal would break lines within words. A reply of the gateway, which is indented, stays as it is.
fn for_people(text: &str, is_terminal: bool) -> String {
    let options = Options::with_termwidth().break_words(false).word_splitter(WordSplitter::NoHyphenation);
    let options = options.subsequent_indent("    ");
    let is_whole = |line: &str| !is_terminal || line.starts_with("    ");
    let line = |line| if is_whole(line) { line.to_owned() } else { textwrap::fill(line, &options) };
    printable(text).split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Text that cannot control a terminal: characters that are not printable are escaped, line breaks and quotes stay.
pub(crate) fn printable(text: &str) -> String {
    let one = |c: char| match c {
        '\n' | '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    text.chars().map(one).collect()
}

/// JSON in ASCII: it cannot control a terminal.
fn ascii(json: &Value) -> String {
    let escaped = |unit: u16| match u8::try_from(unit) {
        Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.to_string().encode_utf16().map(escaped).collect()
}
