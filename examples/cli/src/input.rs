//! Reads files and the standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read, StdinLock};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use encoding_rs::Encoding;

use crate::printer::tell;

/// `-` is the standard input. Reads at most one byte more than is allowed, to notice a longer input.
///
/// PowerShell and Windows editors write UTF-16, or mark UTF-8 at its beginning: with such a mark it is decoded.
pub(crate) fn read(file: &Path, what: &'static str, max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        stdin(what).take(max + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(max + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", file.display()))?;
    ensure!(bytes.len() as u64 <= max, "{what} must be at most {} KiB long", max / 1024);
    let decoded = Encoding::for_bom(&bytes).map(|(encoding, _)| encoding.decode(&bytes).0.into_owned().into_bytes());
    Ok(decoded.unwrap_or(bytes))
}

pub(crate) fn stdin(what: &str) -> StdinLock<'static> {
    if io::stdin().is_terminal() {
        let end = if cfg!(windows) { "Ctrl-Z and Enter" } else { "Ctrl-D" };
        tell(&format!("Type or paste the {what}, then press Enter and {end}."));
    }
    io::stdin().lock()
}
