//! The output: what it says so far, and the rows that are added.
//!
//! When rows are asked again, the others are copied to a file beside the output, and the new rows are added there. When it is
//! complete, it replaces the output. So a kill loses neither.

use std::collections::HashSet;
use std::fs;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::Path;

use ekolopay::purchase::PurchaseToken;
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::JobError;
use crate::known_tokens::{KnownTokens, Place};
use crate::report::Listed;
use crate::row::{OutputRow, Verdict};
use crate::row_file::{HEADER, RowFile, beside, line, local, refusal};

pub(crate) struct OutputFile {
    pub(crate) file: RowFile,
    /// The output that `file` replaces when all rows that are asked again are there.
    old: Option<RowFile>,
    pub(crate) said: Said,
    /// A token that an earlier run found paid or not paid.
    pub(crate) known: Option<PurchaseToken>,
}

/// What the rows say.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) counts: [u64; Verdict::ALL.len()],
    /// The rows that are refused or error.
    pub(crate) unknown: Listed,
    /// Orders with more than one paid token.
    pub(crate) paid_twice: Listed,
    /// Hashes of the orders that are paid, and paid twice.
    paid: [HashSet<u64>; 2],
}

impl Said {
    fn add(&mut self, row: &OutputRow, line: u32) {
        self.counts[row.verdict as usize] += 1;
        let (order, [once, twice]) = (&row.input.order, &mut self.paid);
        let hash = xxh3_64(order.as_bytes());
        if row.verdict == Verdict::Paid && !once.insert(hash) && twice.insert(hash) {
            self.paid_twice.add(order);
        } else if !row.verdict.is_known() {
            self.unknown.add(format_args!("line {line}: {} {order}: {}", row.verdict.word(), row.detail));
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn needs_person(&self) -> bool {
        self.unknown.count + self.paid_twice.count > 0
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
    pub(crate) fn open(path: &Path, again: &[Verdict], tokens: &mut KnownTokens) -> Result<OutputFile, JobError> {
        let (mut old, renewed) = (RowFile::open(path.to_owned())?, beside(path, ".again"));
        if !renewed.exists() {
            return OutputFile::read(old, again, tokens);
        }
        if again.is_empty() {
            let why = format!("{} has rows of an unfinished --again: run that command again first", renewed.display());
            return Err(refusal(path, &why));
        }
        let output = OutputFile::read(RowFile::open(renewed)?, &[], tokens)?;
        // The rows that it lacks: this list need not have all their tokens.
        old.read(|number, _, row| match tokens.add(&row.input, Place::Again(number)) {
            Ok(_) => Ok(()),
            Err(_) => Err("its token is for another order in the unfinished file".to_owned()),
        })?;
        Ok(OutputFile { old: Some(old), ..output })
    }

    fn read(mut file: RowFile, again: &[Verdict], tokens: &mut KnownTokens) -> Result<OutputFile, JobError> {
        let (mut said, mut known) = (Said::default(), None);
        file.read(|number, _, row| {
            let is_again = again.contains(&row.verdict);
            let place = if is_again { Place::Again(number) } else { Place::Output(number) };
            if !matches!(tokens.add(&row.input, place), Ok(Some(_))) {
                return Err("its token is on an earlier line, too".to_owned());
            }
            said.add(&row, number);
            if row.verdict.is_known() {
                known = Some(row.input.token);
            }
            Ok(())
        })?;
        Ok(OutputFile { file, old: None, said, known })
    }

    /// The same without the rows that can be asked again, in a file beside the old one.
    pub(crate) fn without_asked(mut self, tokens: &KnownTokens) -> Result<OutputFile, JobError> {
        let (Some(dialect), None) = (self.file.dialect, &self.old) else { return Ok(self) };
        let path = beside(&self.file.path, ".again");
        let io_error = |error| local(&path, error);
        self.file.begin(dialect)?;
        let mut copy = BufWriter::new(NamedTempFile::new_in(path.with_file_name(".")).map_err(io_error)?);
        let mut written = copy.write_all(&line(dialect, true, HEADER).map_err(io_error)?);
        self.file.read(|_, line, row| {
            if written.is_ok() && matches!(tokens.place(&row.input.token), Some(Place::Output(_))) {
                written = copy.write_all(line);
            }
            Ok(())
        })?;
        let copy = written.and_then(|()| copy.into_inner().map_err(IntoInnerError::into_error)).map_err(io_error)?;
        let permissions = fs::metadata(&self.file.path);
        let permissions = permissions.and_then(|data| copy.as_file().set_permissions(data.permissions()));
        permissions.and_then(|()| copy.as_file().sync_all()).map_err(io_error)?;
        copy.persist(&path).map_err(|error| io_error(error.error))?;
        let output = OutputFile::read(RowFile::open(path)?, &[], &mut KnownTokens::default())?;
        Ok(OutputFile { old: Some(self.file), ..output })
    }

    /// Adds the rows of the old output that could be asked again, and that the list does not have.
    pub(crate) fn keep_unasked(&mut self, tokens: &KnownTokens) -> Result<(), JobError> {
        let Some(mut old) = self.old.take() else { return Ok(()) };
        let mut kept = Ok(());
        old.read(|_, _, row| {
            if kept.is_ok() && matches!(tokens.place(&row.input.token), Some(Place::Again(_))) {
                kept = self.write(&row);
            }
            Ok(())
        })?;
        self.old = Some(old);
        kept
    }

    /// Puts a file with all new rows in the place of the old one.
    pub(crate) fn finish(&self) -> Result<(), JobError> {
        let Some(old) = &self.old else { return Ok(()) };
        // A link stays a link. The old output may be gone.
        let path = old.path.canonicalize().unwrap_or_else(|_| old.path.clone());
        fs::rename(&self.file.path, path).map_err(|error| local(&old.path, error))
    }

    pub(crate) fn write(&mut self, row: &OutputRow) -> Result<(), JobError> {
        self.file.append(row.fields())?;
        self.said.add(row, self.file.lines);
        Ok(())
    }

    /// Whether there is nothing to say or to [`finish`](OutputFile::finish).
    pub(crate) fn is_final(&self) -> bool {
        !self.said.needs_person() && self.old.is_none()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.old.as_ref().unwrap_or(&self.file).path
    }
}
