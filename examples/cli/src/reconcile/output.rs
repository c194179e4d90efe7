//! The output of a night: one row for each token that the gateway judged, each written whole and only once.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use csv::{IntoInnerError, ReaderBuilder, WriterBuilder};
use humantime::{format_rfc3339_seconds, parse_rfc3339};

use super::list::{List, unquoted};
use crate::exit::{Coded, Exit};
use crate::printer::tell;

const HEADER: [&str; 5] = ["order", "token", "outcome", "answered_at", "message"];
const MARK: &[u8] = "\u{feff}".as_bytes();
/// In bytes, more than any row.
const MAX_ROW: u64 = 16 * 1024;

/// What the gateway says about a token. Nothing else becomes a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Paid,
    NotPaid,
    Refused,
}

impl Answer {
    pub(super) const ALL: [Answer; 3] = [Answer::Paid, Answer::NotPaid, Answer::Refused];

    pub(super) fn word(self) -> &'static str {
        ["paid", "not_paid", "refused"][self as usize]
    }
}

pub(super) struct Output {
    /// Locked by the system as long as it is open: a kill unlocks it.
    file: File,
    pub(super) path: PathBuf,
    separator: u8,
    /// The time of the oldest answer that it held at the start.
    pub(super) since: Option<SystemTime>,
    /// After a row that may be cut, none is written.
    is_broken: bool,
}

impl Output {
    /// Opens or creates it, takes its answers, and drops a last row that was cut.
    pub(super) fn open(path: &Path, list: &List, answers: &mut [Option<Answer>]) -> Result<Output> {
        // Opening a pipe would block; and for `-`, people would expect the standard output.
        let is_other = path == Path::new("-") || path.metadata().is_ok_and(|data| !data.is_file());
        ensure!(!is_other, "the output {} is not a file", path.display());
        let has_folder = Path::new(".").join(path).parent().is_some_and(Path::is_dir);
        ensure!(has_folder, "the folder of the output {} does not exist: create it first", path.display());
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        // Some file systems know no locks.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            bail!(Coded(Exit::Local, format!("{} is in use by another run", path.display())));
        }
        let (copy, separator) = (file.try_clone()?, list.separator);
        let mut output = Output { file: copy, path: path.to_owned(), separator, since: None, is_broken: false };

        let length = file.metadata()?.len();
        let end = whole_rows(&mut file, length)?;
        let mut start = Vec::new();
        file.rewind()?;
        (&file).take(MAX_ROW).read_to_end(&mut start)?;
        let start = start.strip_prefix(MARK).unwrap_or(&start);
        let is_ours = |header: &[u8]| if end > 0 { start.starts_with(header) } else { header.starts_with(start) };
        let header = |separator: &&&str| is_ours(HEADER.join(separator).as_bytes()) || MARK.starts_with(start);
        let Some(separator) = [",", ";", "\t"].iter().find(header) else {
            bail!("{} is another file: its first line is not {}", path.display(), HEADER.join(","));
        };
        if end > 0 {
            output.separator = separator.as_bytes()[0];
            file.rewind()?;
            output.read(file.take(end), list, answers)?;
        }
        if end < length {
            output.file.set_len(end)?;
            tell(&format!("{}: dropped a last row that was cut; its token is asked again", path.display()));
        }
        output.file.seek(SeekFrom::Start(end))?;
        if end == 0 {
            let mark = if list.needs_mark { MARK } else { b"" };
            output.file.write_all(&[mark, &output.line(HEADER)?].concat())?;
        }
        Ok(output)
    }

    fn read(&mut self, file: impl Read, list: &List, answers: &mut [Option<Answer>]) -> Result<()> {
        let name = self.path.display();
        let mut csv = ReaderBuilder::new().delimiter(self.separator).flexible(true).from_reader(file);
        // No cell holds a line break.
        for (line, row) in (2..).zip(csv.records()) {
            let row = row.unwrap_or_default();
            let answer = Answer::ALL.into_iter().find(|answer| row.get(2) == Some(answer.word()));
            let at = row.get(3).and_then(|at| parse_rfc3339(at).ok());
            let odd = |why: &str| format!("line {line} of {name} {why}: name another --output");
            let (Some(answer), Some(at), 5) = (answer, at, row.len()) else {
                bail!(odd("is not a row of this command"));
            };
            let now = SystemTime::now();
            if !is_of_tonight(at, now) {
                let (stem, day) = (self.path.file_stem().unwrap_or_default(), format_rfc3339_seconds(now).to_string());
                // Without the date of that night.
                let stem = stem.to_string_lossy().split("-20").next().unwrap_or_default().to_owned();
                let tonight = self.path.with_file_name(format!("{stem}-{}.csv", &day[..10]));
                bail!("{name} is of another night ({}): use another --output, {}", &row[3], tonight.display());
            }
            let token = unquoted(&row[1]);
            let Some(known) = list.find(token) else { continue };
            let (order, now) = (&row[0], list.order(known));
            let other = || format!("has the token {token} with the order {order:?}, and the list with {now:?}");
            ensure!(order == no_formula(now), odd(&other()));
            let is_new = answers[known as usize].replace(answer).is_none();
            ensure!(is_new, odd(&format!("is a second row about the token {token}")));
            self.since = Some(self.since.map_or(at, |since| since.min(at)));
        }
        Ok(())
    }

    /// One `write` of a whole line.
    pub(super) fn write(&mut self, list: &List, row: u32, answer: Answer, at: SystemTime, why: &str) -> Result<()> {
        let [order, token, why] = [list.order(row), list.token(row), why].map(no_formula);
        let line = self.line([&order, &token, answer.word(), &format_rfc3339_seconds(at).to_string(), &why])?;
        let written = if self.is_broken { Err(ErrorKind::Other.into()) } else { self.file.write_all(&line) };
        self.is_broken = written.is_err();
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn line(&self, cells: [&str; 5]) -> io::Result<Vec<u8>> {
        let mut csv = WriterBuilder::new().delimiter(self.separator).buffer_capacity(256).from_writer(Vec::new());
        csv.write_record(cells)?;
        csv.into_inner().map_err(IntoInnerError::into_error)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Where the last whole row ends.
fn whole_rows(file: &mut File, length: u64) -> io::Result<u64> {
    let start = length.saturating_sub(MAX_ROW);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(MAX_ROW).read_to_end(&mut tail)?;
    match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => Ok(start + end as u64 + 1),
        None if start == 0 => Ok(0),
        None => Err(ErrorKind::InvalidData.into()),
    }
}

fn is_of_tonight(at: SystemTime, now: SystemTime) -> bool {
    // The clock may have gone back since.
    now.duration_since(at).unwrap_or_else(|ahead| ahead.duration()) < Duration::from_secs(20 * 60 * 60)
}

/// No spreadsheet runs the cell as a formula, also none that splits the line at another separator.
fn no_formula(cell: &str) -> String {
    let mut is_start = true;
    let mut safe = String::new();
    for c in cell.chars() {
        if is_start && matches!(c, '=' | '+' | '-' | '@') {
            safe.push('\'');
        }
        is_start = matches!(c, ',' | ';' | '\t');
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that is full for a moment: a whole row behind a cut one would be glued to it.
    #[test]
    fn after_a_row_that_was_not_written_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let (orders, path) = (folder.path().join("orders.csv"), folder.path().join("out.csv"));
        std::fs::write(&orders, "order,token\nA1,t1\n").unwrap();
        let list = List::read(&orders, ["order", "token"]).unwrap();
        let mut output = Output::open(&path, &list, &mut [None]).unwrap();
        let good = std::mem::replace(&mut output.file, File::open(&path).unwrap());
        let write = |output: &mut Output| output.write(&list, 0, Answer::Paid, SystemTime::now(), "");
        assert!(write(&mut output).is_err());
        output.file = good;
        assert!(write(&mut output).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), HEADER.join(",") + "\n");
    }
}
