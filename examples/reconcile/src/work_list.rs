//! The input. It is read whole and checked before anything is sent: after one bad line, nothing is.
//!
//! The rows to check go to a temporary file without a name. So memory does not grow with the texts, and the rows that
//! were read are the ones that are checked, even if the input was a pipe or changes meanwhile.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::Path;

use csv::StringRecord;
use ekolopay::purchase::PurchaseToken;
use same_file::Handle;

use crate::csv_lines::{CsvLines, columns};
use crate::exit::JobError;
use crate::known_tokens::{KnownTokens, Place};
use crate::output_file::HEADER;
use crate::row::{InputRow, OutputRow, Verdict};
use crate::shard::Shard;

/// How many bad lines are listed; the others are counted.
const MAX_LISTED: usize = 20;

type Input = CsvLines<Box<dyn BufRead>>;

pub(crate) fn open(path: &Path, output: &Path) -> Result<Input, JobError> {
    if path == Path::new("-") {
        return Ok(CsvLines::new(Box::new(io::stdin().lock())));
    }
    let at = |error: io::Error| JobError::usage(format_args!("{}: {error}", path.display()));
    let file = File::open(path).map_err(at)?;
    if file.metadata().map_err(at)?.is_dir() {
        return Err(at(io::ErrorKind::IsADirectory.into()));
    }
    let handle = Handle::from_file(file.try_clone().map_err(at)?).map_err(at)?;
    if Handle::from_path(output).is_ok_and(|output| output == handle) {
        return Err(JobError::usage("the output is the input: choose another --output"));
    }
    Ok(CsvLines::new(Box::new(BufReader::new(file))))
}

/// The rows to check.
pub(crate) struct WorkList {
    pub(crate) rows: Box<dyn Iterator<Item = io::Result<InputRow>> + Send>,
    pub(crate) len: u64,
}

/// The rows of this shard whose tokens are not known yet, each token once.
pub(crate) fn read(
    mut input: Input,
    shard: Option<Shard>,
    mut tokens: KnownTokens,
    folder: &Path,
) -> Result<WorkList, JobError> {
    let in_folder =
        |error: io::Error| JobError::local(format_args!("a temporary file in {}: {error}", folder.display()));
    let mut writer = csv::Writer::from_writer(tempfile::tempfile_in(folder).map_err(in_folder)?);
    let mut bad = BadLines::default();
    let (mut kind, mut len) = (None, 0);
    while input.advance().map_err(|error| JobError::local(format_args!("the input: {error}")))? {
        let number = input.number;
        let row = match kind {
            Some(_) if input.line.trim_ascii().is_empty() => continue,
            Some(kind) => input.record().and_then(|record| row(&record, kind)),
            None => input.record().and_then(|record| ListKind::new(&record)).map(|found| {
                kind = Some(found);
                None
            }),
        };
        match row {
            Ok(Some(row)) if shard.is_none_or(|shard| shard.holds(&row.token)) => {
                match tokens.add(&row, Place::Input(number)) {
                    Ok(true) => {
                        let written = writer.write_record([&row.order, row.token.as_str()]);
                        written.map_err(|error| in_folder(error.into()))?;
                        len += 1;
                    }
                    Ok(false) => {}
                    Err(place) => bad.add(number, &format!("its token is for another order on {place}")),
                }
            }
            Ok(_) => {}
            Err(why) => bad.add(number, &why),
        }
        // Without a header, or within an endless line, nothing that follows has a meaning.
        if kind.is_none() || input.is_too_long() {
            break;
        }
    }
    if kind.is_none() && bad.count == 0 {
        bad.add(1, "the input is empty: the header order,token is missing");
    }
    bad.into_result()?;
    let mut file = writer.into_inner().map_err(|error| in_folder(error.into_error()))?;
    file.rewind().map_err(in_folder)?;
    let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(file).into_deserialize();
    let rows = rows.map(|row: csv::Result<(String, PurchaseToken)>| {
        let (order, token) = row?;
        Ok(InputRow { order, token })
    });
    Ok(WorkList { rows: Box::new(rows), len })
}

#[derive(Clone, Copy)]
enum ListKind {
    Orders,
    /// An output of this program, whose `error` rows are checked again.
    Output,
}

impl ListKind {
    fn new(header: &StringRecord) -> Result<ListKind, String> {
        if header == ["order", "token"][..] {
            Ok(ListKind::Orders)
        } else if header == HEADER[..] {
            Ok(ListKind::Output)
        } else {
            Err("the header must be order,token, with a comma".to_owned())
        }
    }
}

/// The row to check, if there is one on this line.
fn row(record: &StringRecord, kind: ListKind) -> Result<Option<InputRow>, String> {
    match kind {
        ListKind::Orders => columns(record).and_then(|[order, token]| InputRow::new(order, token)).map(Some),
        ListKind::Output => OutputRow::parse(record).map(|(row, verdict)| (verdict == Verdict::Error).then_some(row)),
    }
}

#[derive(Default)]
struct BadLines {
    listed: String,
    count: usize,
}

impl BadLines {
    fn add(&mut self, line: u32, why: &str) {
        self.count += 1;
        if self.count <= MAX_LISTED {
            self.listed.extend(["\n  line ", &line.to_string(), ": ", why]);
        }
    }

    fn into_result(self) -> Result<(), JobError> {
        let BadLines { listed, count } = self;
        let more = match count.saturating_sub(MAX_LISTED) {
            _ if count == 0 => return Ok(()),
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        Err(JobError::usage(format_args!("bad lines in the input: {count}; nothing was sent{listed}{more}")))
    }
}
