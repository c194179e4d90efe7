//! A file of rows, each written whole and only once.
//!
//! A row is one `write` at the end of a locked file. So a kill leaves whole rows and at most one incomplete line at
//! the end, which the next run moves to another file. The rows are synced to the disk with the first row after a second,
//! and at the end. A power cut can lose the rows since then, and their tokens are checked again.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use csv::{IntoInnerError, Terminator, WriterBuilder};
use encoding_rs::UTF_8;
use fs4::{FileExt, TryLockError};

use crate::csv_lines::{BOM, CsvLines, Dialect, SEPARATORS};
use crate::error::JobError;
use crate::report::say;
use crate::row::OutputRow;

pub(crate) const HEADER: [&str; 4] = ["order", "token", "outcome", "detail"];

const SYNC_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct RowFile {
    pub(crate) path: PathBuf,
    /// Locked by the system as long as it is open: a kill unlocks it. `None` until the first write creates it.
    file: Option<File>,
    /// As found in the file, if it has a header.
    pub(crate) dialect: Option<Dialect>,
    /// The number of lines.
    pub(crate) lines: u32,
    /// Where the whole lines end.
    end: u64,
    /// What an editor dropped at the end of the last line.
    missing_end: &'static str,
    synced: Instant,
}

pub(crate) fn refusal(path: &Path, why: &str) -> JobError {
    JobError::input(format_args!("cannot use {} as the output: {why}", path.display()))
}

pub(crate) fn local(path: &Path, why: impl std::fmt::Display) -> JobError {
    JobError::local(format_args!("{}: {why}", path.display()))
}

fn not_opened(path: &Path, error: io::Error) -> JobError {
    use ErrorKind as E;
    let is_mistake =
        matches!(error.kind(), E::NotFound | E::PermissionDenied | E::NotADirectory | E::ReadOnlyFilesystem);
    if is_mistake { refusal(path, &error.to_string()) } else { local(path, error) }
}

/// The path with this at its end.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl RowFile {
    /// Opens and locks the file if it exists. It stays unchanged.
    pub(crate) fn open(path: PathBuf) -> Result<RowFile, JobError> {
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => Some(lock(&path, file)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(not_opened(&path, error)),
        };
        let synced = Instant::now();
        Ok(RowFile { path, file, dialect: None, lines: 0, end: 0, missing_end: "", synced })
    }

    /// Goes through the rows, with the number and the bytes of the line of each. A line that is neither the header nor a
    /// row of this program, or which `each` does not want, is an error.
    pub(crate) fn read(
        &mut self,
        mut each: impl FnMut(u32, &[u8], OutputRow) -> Result<(), String>,
    ) -> Result<(), JobError> {
        let Some(mut file) = self.file.as_ref() else { return Ok(()) };
        let io_error = |error| local(&self.path, error);
        file.rewind().map_err(io_error)?;
        let mut lines = CsvLines::new(file).map_err(io_error)?;
        (self.lines, self.end) = (0, 0);
        while lines.advance().map_err(io_error)? {
            let (number, is_ended) = (lines.number, lines.line.ends_with(b"\n"));
            let parsed = if number == 1 {
                let not_header = || format!("not the header {}", HEADER.join(","));
                lines.header(None).and_then(|record| if record == HEADER[..] { Ok(None) } else { Err(not_header()) })
            } else {
                lines.record().and_then(|record| OutputRow::parse(&record)).map(Some)
            };
            let parsed = parsed.and_then(|row| {
                if lines.encoding == UTF_8 {
                    Ok(row)
                } else {
                    Err("is not UTF-8: save the file as \"CSV UTF-8\"".into())
                }
            });
            let may_be_cut = !is_ended && !lines.is_too_long() && (number > 1 || starts_header(&lines.line));
            match parsed {
                Err(_) if may_be_cut => break,
                // It is written again, with its end.
                Ok(None) if !is_ended => break,
                Ok(None) if lines.dialect.has_bom => self.end = BOM.len() as u64,
                Ok(None) => {}
                parsed => parsed
                    .and_then(|row| row.map_or(Ok(()), |row| each(number, &lines.line, row)))
                    .map_err(|why| refusal(&self.path, &format!("line {number}: {why}")))?,
            }
            self.end += lines.line.len() as u64;
            self.missing_end = match lines.dialect.line_end {
                _ if is_ended => "",
                _ if lines.line.ends_with(b"\r") => "\n",
                end => end,
            };
            self.dialect = Some(lines.dialect);
            self.lines = number;
        }
        Ok(())
    }

    /// Makes the file ready for rows: creates it, or moves an incomplete last line away.
    pub(crate) fn begin(&mut self, dialect: Dialect) -> Result<(), JobError> {
        if self.file.is_none() {
            let created = OpenOptions::new().read(true).write(true).create_new(true).open(&self.path);
            self.file = Some(lock(&self.path, created.map_err(|error| not_opened(&self.path, error))?)?);
        }
        let io_error = |error| local(&self.path, error);
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut cut = Vec::new();
        file.seek(SeekFrom::Start(self.end)).and_then(|_| file.read_to_end(&mut cut)).map_err(io_error)?;
        if !cut.is_empty() {
            let beside = beside(&self.path, ".cut");
            let kept = OpenOptions::new().append(true).create(true).open(&beside);
            let kept =
                kept.and_then(|mut kept| kept.write_all(&[&cut[..], b"\n"].concat()).and_then(|()| kept.sync_all()));
            kept.map_err(|error| local(&beside, error))?;
            // Not opened for appending: Windows would refuse this.
            file.set_len(self.end).and_then(|()| file.seek(SeekFrom::End(0))).map_err(io_error)?;
            let (path, beside) = (self.path.display(), beside.display());
            say(format_args!("{path}: moved an incomplete last line of {} bytes to {beside}", cut.len()));
        }
        file.write_all(self.missing_end.as_bytes()).map_err(io_error)?;
        if self.dialect.is_some() {
            return Ok(());
        }
        self.dialect = Some(dialect);
        self.append(HEADER)
    }

    /// One `write`, of a whole line. Must come after [`begin`](RowFile::begin).
    pub(crate) fn append(&mut self, fields: [&str; 4]) -> Result<(), JobError> {
        let (Some(file), Some(dialect)) = (&mut self.file, self.dialect) else {
            return Err(local(&self.path, "is not open"));
        };
        let line = line(dialect, self.lines == 0, fields);
        line.and_then(|line| file.write_all(&line)).map_err(|error| local(&self.path, error))?;
        self.lines = self.lines.saturating_add(1);
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    pub(crate) fn sync(&mut self) -> Result<(), JobError> {
        self.synced = Instant::now();
        self.file.as_ref().map_or(Ok(()), File::sync_data).map_err(|error| local(&self.path, error))
    }
}

/// A line as this dialect writes it.
pub(crate) fn line(dialect: Dialect, is_first: bool, fields: [&str; 4]) -> io::Result<Vec<u8>> {
    let line = if is_first && dialect.has_bom { BOM.as_bytes().to_vec() } else { Vec::new() };
    let terminator = if dialect.line_end == "\n" { Terminator::Any(b'\n') } else { Terminator::CRLF };
    let mut writer = WriterBuilder::new().delimiter(dialect.separator).terminator(terminator).from_writer(line);
    writer.write_record(fields)?;
    writer.into_inner().map_err(IntoInnerError::into_error)
}

fn lock(path: &Path, file: File) -> Result<File, JobError> {
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(JobError::local(format_args!("{} is in use by another job", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(local(path, error)),
    }
}

/// Whether a first line can be a header that was cut.
fn starts_header(line: &[u8]) -> bool {
    let header = |separator: &u8| HEADER.join(char::from(*separator).encode_utf8(&mut [0; 4]));
    BOM.as_bytes().starts_with(line)
        || SEPARATORS.iter().any(|separator| header(separator).as_bytes().starts_with(line.trim_ascii_end()))
}
