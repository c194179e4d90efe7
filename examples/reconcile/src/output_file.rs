//! The output: what it says so far, and the rows that are added.
//!
//! Rows that are asked again go to a file beside the output, and take the place of the old ones when all are there. So a
//! kill loses neither.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use ekolopay::purchase::PurchaseToken;
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::csv_lines::Dialect;
use crate::exit::JobError;
use crate::known_tokens::{Before, KnownTokens, Place};
use crate::row::{OutputRow, Verdict};
use crate::row_file::{HEADER, RowFile, beside, line, local, refusal};

/// How many rows or lines are listed; the others are counted.
pub(crate) const MAX_LISTED: usize = 20;

pub(crate) struct OutputFile {
    file: RowFile,
    /// Gets the rows, if some are asked again.
    again: Option<RowFile>,
    pub(crate) said: Said,
    /// A token that an earlier run found paid or not paid.
    pub(crate) known: Option<PurchaseToken>,
}

/// What the rows say.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) counts: [u64; Verdict::ALL.len()],
    /// The first rows that are refused or error.
    pub(crate) unknown: Vec<String>,
    /// Orders with more than one paid token.
    pub(crate) paid_twice: Vec<String>,
    /// Hashes of the paid orders.
    paid: HashSet<u64>,
}

impl Said {
    fn add(&mut self, row: &OutputRow, line: u32) {
        self.counts[row.verdict as usize] += 1;
        let order = &row.input.order;
        if row.verdict == Verdict::Paid {
            if !self.paid.insert(xxh3_64(order.as_bytes())) && !self.paid_twice.contains(order) {
                self.paid_twice.push(order.clone());
            }
        } else if !row.verdict.is_known() && self.unknown.len() < MAX_LISTED {
            self.unknown.push(format!("line {line}: {} {order}: {}", row.verdict.word(), row.detail));
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many rows are refused or error.
    pub(crate) fn unknown(&self) -> u64 {
        self.counts[Verdict::Refused as usize] + self.counts[Verdict::Error as usize]
    }

    pub(crate) fn needs_person(&self) -> bool {
        self.unknown() > 0 || !self.paid_twice.is_empty()
    }
}

/// To be called before the file is opened: opening a pipe would block.
pub(crate) fn require_file(path: &Path) -> Result<(), JobError> {
    // For `-`, people would expect the standard output.
    let is_other = path == Path::new("-") || path.metadata().is_ok_and(|data| !data.is_file());
    if is_other { Err(refusal(path, "it is not a file")) } else { Ok(()) }
}

impl OutputFile {
    /// Reads what is there, and adds its tokens to the known ones. Nothing is changed.
    pub(crate) fn open(path: &Path, outcomes: &[Verdict], tokens: &mut KnownTokens) -> Result<OutputFile, JobError> {
        let mut file = RowFile::open(path.to_owned())?;
        let renewed = beside(path, ".again");
        if outcomes.is_empty() && renewed.exists() {
            let why = format!("{} has rows of an unfinished --again: run that command again first", renewed.display());
            return Err(refusal(path, &why));
        }
        let mut again = if outcomes.is_empty() || !file.exists() { None } else { Some(RowFile::open(renewed)?) };
        let (mut said, mut known) = (Said::default(), None);
        let mut read = |file: &mut RowFile, is_renewed: bool| {
            file.read(|number, _, row| {
                let place = match row.verdict {
                    _ if is_renewed => Place::Renewed(number),
                    verdict if outcomes.contains(&verdict) => Place::Again(verdict, number),
                    _ => Place::Output(number),
                };
                match tokens.add(&row.input, place) {
                    Ok(Before::Nothing) => said.add(&row, number),
                    Ok(Before::Known(Place::Renewed(_))) if !is_renewed => {}
                    _ => return Err("its token is on an earlier line, too".to_owned()),
                }
                if row.verdict.is_known() {
                    known = Some(row.input.token);
                }
                Ok(())
            })
        };
        if let Some(again) = &mut again {
            read(again, true)?;
        }
        read(&mut file, false)?;
        Ok(OutputFile { file, again, said, known })
    }

    /// Makes the file ready for rows. A new one gets this dialect.
    pub(crate) fn begin(&mut self, dialect: Dialect) -> Result<(), JobError> {
        self.file.begin(dialect)?;
        let dialect = self.file.dialect.unwrap_or(dialect);
        self.again.as_mut().map_or(Ok(()), |again| again.begin(dialect))
    }

    pub(crate) fn write(&mut self, row: &OutputRow) -> Result<(), JobError> {
        let file = self.again.as_mut().unwrap_or(&mut self.file);
        file.append(row.fields())?;
        self.said.add(row, file.lines);
        Ok(())
    }

    pub(crate) fn sync(&mut self) -> Result<(), JobError> {
        self.again.as_mut().unwrap_or(&mut self.file).sync()
    }

    /// A row that is asked again does not count any more.
    pub(crate) fn forget(&mut self, counts: [u64; Verdict::ALL.len()]) {
        self.said.counts.iter_mut().zip(counts).for_each(|(count, again)| *count -= again);
    }

    /// Whether there is nothing to say or to [`replace`](OutputFile::replace).
    pub(crate) fn is_final(&self) -> bool {
        !self.said.needs_person() && !self.again.as_ref().is_some_and(RowFile::exists)
    }

    /// Puts the rows that were asked again in the place of the old ones, all at once.
    pub(crate) fn replace(mut self) -> Result<OutputFile, JobError> {
        let (Some(mut again), Some(dialect)) = (self.again.take(), self.file.dialect) else { return Ok(self) };
        let path = self.file.path.clone();
        let io_error = |error| local(&path, error);
        // A link stays a link.
        let target = path.canonicalize().map_err(io_error)?;
        let folder = folder(&target);
        let mut renewed = HashSet::new();
        again.read(|_, _, row| {
            renewed.insert(xxh3_128(row.input.token.as_str().as_bytes()));
            Ok(())
        })?;
        let mut whole = BufWriter::new(NamedTempFile::new_in(&folder).map_err(io_error)?);
        let mut written = whole.write_all(&line(dialect, true, HEADER).map_err(io_error)?);
        let mut copy = |file: &mut RowFile, leave_out: &HashSet<u128>| {
            file.read(|_, line, row| {
                if written.is_ok() && !leave_out.contains(&xxh3_128(row.input.token.as_str().as_bytes())) {
                    written = whole.write_all(line);
                }
                Ok(())
            })
        };
        copy(&mut self.file, &renewed)?;
        copy(&mut again, &HashSet::new())?;
        let whole = written.and_then(|()| whole.into_inner().map_err(IntoInnerError::into_error)).map_err(io_error)?;
        let permissions = fs::metadata(&path).and_then(|data| whole.as_file().set_permissions(data.permissions()));
        permissions.and_then(|()| whole.as_file().sync_all()).map_err(io_error)?;
        whole.persist(&target).map_err(|error| io_error(error.error))?;
        // The new name reaches the disk before the other file goes. Not every system can do this.
        let _ = File::open(&folder).and_then(|folder| folder.sync_all());
        fs::remove_file(&again.path).map_err(io_error)?;
        drop((self, again));
        OutputFile::open(&path, &[], &mut KnownTokens::default())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> PathBuf {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")).to_owned()
}
