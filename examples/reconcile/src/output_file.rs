//! The output: one row per token, each written whole and only once.
//!
//! A row is one `write` to a file opened for appending. So a kill leaves whole rows and at most one incomplete line at
//! the end, which the next run removes. The rows are synced to the disk with the first row after a second, and at the
//! end. A power cut can lose the rows since then, and their tokens are checked again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ekolopay::purchase::PurchaseToken;
use fs4::{FileExt, TryLockError};

use crate::csv_lines::CsvLines;
use crate::exit::JobError;
use crate::known_tokens::{KnownTokens, Place};
use crate::report::say;
use crate::row::{OutputRow, Verdict};

pub(crate) const HEADER: [&str; 4] = ["order", "token", "outcome", "detail"];

const SYNC_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct OutputFile {
    /// Locked by the system as long as it is open: a kill unlocks it.
    file: File,
    pub(crate) path: PathBuf,
    counts: [u64; Verdict::ALL.len()],
    /// A token that an earlier run found paid or not paid.
    pub(crate) known: Option<PurchaseToken>,
    is_new: bool,
    synced: Instant,
}

/// To be called before the file is opened: opening a pipe would block.
pub(crate) fn require_file(path: &Path) -> Result<(), JobError> {
    // For `-`, people would expect the standard output.
    let is_other = path == Path::new("-") || path.metadata().is_ok_and(|data| !data.is_file());
    if is_other { Err(refusal(path, "it is not a file")) } else { Ok(()) }
}

fn refusal(path: &Path, why: &str) -> JobError {
    JobError::usage(format_args!("cannot use {} as the output: {why}", path.display()))
}

fn local(path: &Path, why: impl std::fmt::Display) -> JobError {
    JobError::local(format_args!("{}: {why}", path.display()))
}

impl OutputFile {
    /// Opens or creates the file, adds its tokens to the known ones, and removes an incomplete last line.
    pub(crate) fn open(path: &Path, tokens: &mut KnownTokens) -> Result<OutputFile, JobError> {
        let io_error = |error| local(path, error);
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => refusal(path, &error.to_string()),
            _ => io_error(error),
        })?;
        FileExt::try_lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => JobError::local(format_args!("{} is in use by another job", path.display())),
            TryLockError::Error(error) => io_error(error),
        })?;
        let (path, counts, synced) = (path.to_owned(), Default::default(), Instant::now());
        let mut output = OutputFile { file, path, counts, known: None, is_new: false, synced };
        let whole = output.read(tokens)?;
        let incomplete = output.file.metadata().map_err(io_error)?.len() - whole;
        if incomplete > 0 {
            output.file.set_len(whole).map_err(io_error)?;
            say(format_args!("{}: removed an incomplete last line of {incomplete} bytes", output.path.display()));
        }
        output.is_new = whole == 0;
        Ok(output)
    }

    /// Returns where the whole lines end. Each of them must be the header or a row of this program.
    fn read(&mut self, tokens: &mut KnownTokens) -> Result<u64, JobError> {
        let header = HEADER.join(",");
        let io_error = |error| local(&self.path, error);
        (&self.file).rewind().map_err(io_error)?;
        let mut lines = CsvLines::new(BufReader::new(&self.file));
        let mut whole = 0;
        while lines.advance().map_err(io_error)? {
            let number = lines.number;
            let may_be_ours = number > 1 || header.as_bytes().starts_with(&lines.line);
            if !lines.line.ends_with(b"\n") && !lines.is_too_long() && may_be_ours {
                break;
            }
            let not_ours = |why: String| refusal(&self.path, &format!("line {number}: {why}"));
            let record = lines.record().map_err(not_ours)?;
            if number > 1 {
                let (row, verdict) = OutputRow::parse(&record).map_err(not_ours)?;
                if !matches!(tokens.add(&row, Place::Output(number)), Ok(true)) {
                    return Err(not_ours("its token is on an earlier line, too".to_owned()));
                }
                self.counts[verdict as usize] += 1;
                if verdict.is_known() {
                    self.known = Some(row.token);
                }
            } else if record != HEADER[..] {
                return Err(not_ours(format!("not the header {header}")));
            }
            whole += lines.line.len() as u64;
        }
        Ok(whole)
    }

    /// Writes the header to a new file.
    pub(crate) fn begin(&mut self) -> Result<(), JobError> {
        if self.is_new { self.append(HEADER) } else { Ok(()) }
    }

    pub(crate) fn write(&mut self, row: &OutputRow) -> Result<(), JobError> {
        self.append(row.fields())?;
        self.counts[row.verdict as usize] += 1;
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// One `write`, of a whole line.
    fn append(&mut self, fields: [&str; 4]) -> Result<(), JobError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let line = writer.write_record(fields).map_err(io::Error::from);
        let line = line.and_then(|()| writer.into_inner().map_err(csv::IntoInnerError::into_error));
        line.and_then(|line| self.file.write_all(&line)).map_err(|error| local(&self.path, error))
    }

    pub(crate) fn sync(&mut self) -> Result<(), JobError> {
        self.synced = Instant::now();
        self.file.sync_data().map_err(|error| local(&self.path, error))
    }

    /// How many rows have this verdict, with those of earlier runs.
    pub(crate) fn count(&self, verdict: Verdict) -> u64 {
        self.counts[verdict as usize]
    }

    pub(crate) fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }
}
