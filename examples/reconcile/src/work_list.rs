//! The input. It is read whole and checked before anything is sent: after one bad line, nothing is.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::Path;

use csv::StringRecord;
use ekolopay_cli::error::CliError;
use encoding_rs::UTF_8;
use same_file::Handle;

use crate::arguments::Arguments;
use crate::csv_lines::{BOM, CsvLines, Dialect, SEPARATORS};
use crate::error::JobError;
use crate::known_tokens::{KnownTokens, Number, Place};
use crate::report::Listed;
use crate::row::{InputRow, OutputRow, Verdict};
use crate::row_file::HEADER;
use crate::token_shapes::TokenShapes;

type Input = CsvLines<'static>;

pub(crate) fn open(path: &Path, output: &Path) -> Result<Input, JobError> {
    let at = |error: io::Error| CliError::read(path, error);
    if path == Path::new("-") {
        return Ok(CsvLines::new(io::stdin().lock()).map_err(at)?);
    }
    let file = File::open(path).map_err(at)?;
    let handle = Handle::from_file(file.try_clone().map_err(at)?).map_err(at)?;
    if Handle::from_path(output).is_ok_and(|output| output == handle) {
        return Err(JobError::input("the output is the input: choose another --output"));
    }
    Ok(CsvLines::new(file).map_err(at)?)
}

/// The tokens to check.
pub(crate) struct WorkList {
    pub(crate) tokens: KnownTokens,
    /// Their numbers.
    pub(crate) todo: VecDeque<Number>,
    /// How many tokens the whole list has.
    pub(crate) listed: u64,
    /// How many of them are in this shard.
    pub(crate) in_shard: u64,
    /// How the list is written.
    pub(crate) dialect: Dialect,
}

impl WorkList {
    pub(crate) fn next(&mut self) -> Option<InputRow> {
        self.todo.pop_front().and_then(|number| self.tokens.row(number))
    }

    /// The turn of this row comes again after all others.
    pub(crate) fn later(&mut self, row: &InputRow) {
        self.todo.extend(self.tokens.find(&row.token));
    }
}

/// The tokens of this shard that are not known yet, each once.
pub(crate) fn read(mut input: Input, arguments: &Arguments, mut tokens: KnownTokens) -> Result<WorkList, JobError> {
    let (mut bad, mut shapes) = (Listed::default(), TokenShapes::default());
    let (mut columns, mut separator) = (None, None);
    let (mut todo, mut listed, mut in_shard) = (VecDeque::new(), 0, 0);
    while input.advance().map_err(|error| CliError::read(&arguments.input, error))? {
        let number = input.number;
        let row = match &columns {
            Some(_) if input.is_blank() => continue,
            Some(columns) => input.record().and_then(|record| Columns::row(columns, &record)),
            None if number == 1 && separator_line(&input.line).is_some() => {
                separator = separator_line(&input.line);
                continue;
            }
            None => input.header(separator).and_then(|header| Columns::find(header, arguments)).map(|found| {
                columns = Some(found);
                None
            }),
        };
        let ends = input.line.ends_with(b"\n");
        match row {
            Ok(Some(row)) => {
                listed += 1;
                shapes.add(row.token.as_str(), number, ends);
                let is_here = arguments.shard.is_none_or(|shard| shard.holds(&row.order));
                in_shard += u64::from(is_here);
                let place = if is_here { Place::Input(number) } else { Place::OtherShard(number) };
                match tokens.add(&row, place) {
                    Ok(found) => todo.extend(found.filter(|_| is_here)),
                    Err(place) => bad.add(format_args!("line {number}: its token is for another order on {place}")),
                }
            }
            Ok(None) => {}
            Err(why) if ends || input.is_too_long() => bad.add(format_args!("line {number}: {why}")),
            Err(why) => {
                bad.add(format_args!("line {number}: {why}; the line has no end: is the file cut short?"));
            }
        }
        // Without a header, or within an endless line, nothing that follows has a meaning.
        if columns.is_none() || input.is_too_long() {
            break;
        }
    }
    if columns.is_none() && bad.count == 0 {
        bad.add("line 1: the input is empty: the header order,token is missing");
    }
    if !arguments.tokens_differ {
        shapes.outliers().iter().for_each(|(line, why)| bad.add(format_args!("line {line}: {why}")));
    }
    if bad.count > 0 {
        return Err(JobError::input(format_args!("bad lines in the input: {}; nothing was sent{bad}", bad.count)));
    }
    // Without the mark, spreadsheets would take the UTF-8 of the output for Latin-1.
    let dialect = Dialect { has_bom: input.dialect.has_bom || input.encoding != UTF_8, ..input.dialect };
    Ok(WorkList { tokens, todo, listed, in_shard, dialect })
}

/// The separator that a line such as `sep=;` gives to Excel.
fn separator_line(line: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']).trim_matches('"').to_ascii_lowercase();
    let separator = text.strip_prefix("sep=")?.bytes().next()?;
    SEPARATORS.contains(&separator).then_some(separator)
}

/// Where the fields of a row stand.
struct Columns {
    header: StringRecord,
    order: usize,
    token: usize,
    /// Whether it is an output of this program, whose `error` rows are checked again.
    is_output: bool,
}

impl Columns {
    fn find(header: StringRecord, arguments: &Arguments) -> Result<Columns, String> {
        let find = |option, name: &str| {
            let mut found = (0..header.len()).filter(|column| same_name(&header[*column], name));
            match (found.next(), found.next()) {
                (Some(column), None) => Ok(column),
                (Some(_), Some(_)) => Err(format!("the header names the column {name:?} twice")),
                (None, _) => {
                    let names = header.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
                    let names = names.chars().take(200).collect::<String>();
                    Err(format!(
                        "the header must name the column {name:?}, separated by , or ; or a tab. It names \
                        {names}. If it is one of these, use {option}"
                    ))
                }
            }
        };
        let order = find("--column-order", &arguments.column_order)?;
        let token = find("--column-token", &arguments.column_token)?;
        if order == token {
            return Err("the orders and the tokens must be different columns".to_owned());
        }
        let is_output = header == HEADER[..];
        Ok(Columns { header, order, token, is_output })
    }

    /// The row to check, if there is one on this line.
    fn row(&self, record: &StringRecord) -> Result<Option<InputRow>, String> {
        let (columns, expected) = (record.len(), self.header.len());
        if columns != expected {
            return Err(format!("has {columns} columns, not {expected}"));
        }
        if [self.order, self.token].iter().all(|column| same_name(&record[*column], &self.header[*column])) {
            return Err("repeats the header: it seems that two lists were joined. Remove this line".to_owned());
        }
        if self.is_output {
            let row = OutputRow::parse(record)?;
            return Ok((row.verdict == Verdict::Error).then_some(row.input));
        }
        InputRow::new(&record[self.order], &record[self.token]).map(Some)
    }
}

/// Without regard to case.
fn same_name(text: &str, name: &str) -> bool {
    text.trim_start_matches(BOM).trim().to_lowercase() == name.trim_start_matches(BOM).trim().to_lowercase()
}
