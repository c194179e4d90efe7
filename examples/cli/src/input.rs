//! Reads files and the standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::printer;
use ekolopay_cli::error::CliError;

/// `-` is the standard input. Reads at most one byte more than is allowed, to notice a longer input.
pub(crate) fn read(file: &Path, what: &'static str, max: u64) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            let end = if cfg!(windows) { "Ctrl-Z and Enter" } else { "Ctrl-D" };
            printer::tell(&format!("Type or paste the {what}, then press Enter and {end}."));
        }
        stdin.lock().take(max + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(max + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| CliError::read(file, source))?;
    if bytes.len() as u64 > max {
        return Err(CliError::input(what, &format!("must be at most {} KiB long", max / 1024)));
    }
    utf8(bytes).ok_or(CliError::input(what, "begins as UTF-16, but is not"))
}

/// PowerShell and Windows editors write UTF-16, or mark UTF-8 at its beginning.
fn utf8(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let unit = match bytes[..] {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Some(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes)),
    };
    let pairs = bytes[2..].chunks(2).map(|pair| pair.try_into().ok().map(unit));
    String::from_utf16(&pairs.collect::<Option<Vec<u16>>>()?).ok().map(String::into_bytes)
}
