//! The output: one row a token, each written whole, and never twice.
//!
//! A row is one `write` to a file opened for appending, so a kill leaves whole rows and at most one torn line at the
//! end, which the next start cuts off. Rows reach the disk itself with the first row after a second, and at the end: a
//! power cut may lose the last of them, and their tokens are then checked again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ekolopay::purchase::PurchaseToken;
use fs4::{FileExt, TryLockError};

use crate::exit::Failure;
use crate::lines::Lines;
use crate::report;
use crate::row::{Counts, Order, Outcome, Row};
use crate::seen::{Before, Place, Seen};

pub(crate) const HEADER: [&str; 4] = ["order", "token", "outcome", "detail"];

const SYNC_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Output {
    /// Locked for as long as it is open, by the system: a kill unlocks it.
    file: File,
    path: PathBuf,
    counts: Counts,
    known: Option<PurchaseToken>,
    is_new: bool,
    synced: Instant,
}

/// Refuses what is there and no file. To be asked first: a pipe would block when it is opened.
pub(crate) fn must_be_a_file(path: &Path) -> Result<(), Failure> {
    // For `-`, people would expect the standard output.
    let other = path == Path::new("-") || path.metadata().is_ok_and(|data| !data.is_file());
    if other { Err(refusal(path, "it is not a file")) } else { Ok(()) }
}

fn refusal(path: &Path, why: &str) -> Failure {
    Failure::usage(format_args!("{} is not written to: {why}", path.display()))
}

impl Output {
    /// Opens the output, or makes it; cuts off a torn line, and notes the tokens that stand there.
    pub(crate) fn open(path: &Path, seen: &mut Seen) -> Result<Output, Failure> {
        let at = |error| Failure::local(format_args!("{}: {error}", path.display()));
        let file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(|error| match error.kind() {
                ErrorKind::NotFound | ErrorKind::PermissionDenied => refusal(path, &error.to_string()),
                _ => at(error),
            })?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::local(format_args!("{} is in use by another job", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(at(error)),
        }
        let (mut counts, mut known) = (Counts::default(), None);
        let whole = read(&file, seen, &mut counts, &mut known).map_err(|broken| match broken {
            Broken::Io(error) => at(error),
            Broken::NotOurs(why) => refusal(path, &why),
        })?;
        let torn = file.metadata().map_err(at)?.len() - whole;
        if torn > 0 {
            file.set_len(whole).map_err(at)?;
            report::say(&format!("{}: cut off the last line, {torn} bytes of a row that was torn", path.display()));
        }
        Ok(Output { file, path: path.to_owned(), counts, known, is_new: whole == 0, synced: Instant::now() })
    }

    /// Writes the header, if there is none.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        if self.is_new { self.append(crate::row::line(&HEADER)) } else { Ok(()) }
    }

    pub(crate) fn write(&mut self, row: &Row) -> Result<(), Failure> {
        self.append(row.line())?;
        self.counts.add(row.outcome);
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        self.synced = Instant::now();
        self.file.sync_data().map_err(|error| self.failure(error))
    }

    /// All rows of the file, those of earlier starts included.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// A token that an earlier start found paid or not paid.
    pub(crate) fn known(&self) -> Option<&PurchaseToken> {
        self.known.as_ref()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn append(&mut self, line: csv::Result<Vec<u8>>) -> Result<(), Failure> {
        let written = line.map_err(io::Error::from).and_then(|line| self.file.write_all(&line));
        written.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::local(format_args!("{}: {error}", self.path.display()))
    }
}

enum Broken {
    Io(io::Error),
    NotOurs(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Io(error)
    }
}

/// Where the whole lines end. All of them must be ours.
fn read(
    mut file: &File,
    seen: &mut Seen,
    counts: &mut Counts,
    known: &mut Option<PurchaseToken>,
) -> Result<u64, Broken> {
    file.rewind()?;
    let mut lines = Lines::new(BufReader::new(file));
    let mut whole = 0;
    let header = HEADER.join(",");
    while lines.advance()? {
        let (line, number) = (lines.line(), lines.number());
        let length = line.len() as u64;
        let ours_so_far = number > 1 || header.as_bytes().starts_with(line);
        if !line.ends_with(b"\n") && !lines.is_too_long() && ours_so_far {
            break;
        }
        let not_ours = |why: &str| Broken::NotOurs(format!("line {number}: {why}"));
        let fields = lines.fields().map_err(not_ours)?;
        if number > 1 {
            let (order, outcome) = parse(&fields).map_err(|why| not_ours(&why))?;
            match seen.note(&order, Place::output(number)) {
                Before::Nothing => {
                    counts.add(outcome);
                    if outcome.is_known() {
                        *known = Some(order.token);
                    }
                }
                _ => return Err(not_ours("its token stands there twice")),
            }
        } else if fields != HEADER {
            return Err(not_ours(&format!("not the header {header}")));
        }
        whole += length;
    }
    Ok(whole)
}

fn parse(fields: &[String]) -> Result<(Order, Outcome), String> {
    let [order, token, outcome, _] = fields else {
        return Err(format!("has {} columns, not 4", fields.len()));
    };
    let outcome = Outcome::named(outcome).ok_or("has no outcome that this program writes")?;
    Ok((Order::new(order, token)?, outcome))
}
