//! Lines of CSV. Each has a limited length and is a record of its own, so a bad line cannot swallow the next ones.

use std::io::{self, BufRead, Cursor, Read, SeekFrom};

use csv::{Position, ReaderBuilder, StringRecord};

/// In bytes: more than any row that this program writes.
const MAX_LINE: u64 = 16 * 1024;

pub(crate) struct CsvLines<R> {
    reader: R,
    /// The line with its line break. Without one, it is the last line or too long.
    pub(crate) line: Vec<u8>,
    /// Counted from 1.
    pub(crate) number: u32,
    /// Reads a line at a time: to build a parser for each line would take much longer than to parse it.
    parser: csv::Reader<Cursor<String>>,
}

impl<R: BufRead> CsvLines<R> {
    pub(crate) fn new(reader: R) -> CsvLines<R> {
        let parser = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(Cursor::default());
        CsvLines { reader, line: Vec::new(), number: 0, parser }
    }

    /// Goes to the next line, and returns whether there is one.
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number = self.number.saturating_add(1);
        Ok(self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)? > 0)
    }

    /// Whether only the start of the line was read.
    pub(crate) fn is_too_long(&self) -> bool {
        self.line.len() as u64 == MAX_LINE && !self.line.ends_with(b"\n")
    }

    pub(crate) fn record(&mut self) -> Result<StringRecord, String> {
        if self.is_too_long() {
            return Err("is too long".to_owned());
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| "is not UTF-8")?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.contains(char::is_control) {
            return Err("contains a control character".to_owned());
        }
        *self.parser.get_mut() = Cursor::new(format!("{text}\n"));
        let start = self.parser.seek_raw(SeekFrom::Start(0), Position::new());
        start.map_err(|error| error.to_string())?;
        match self.parser.records().next() {
            None => Err("is blank".to_owned()),
            // The line break became part of a field.
            Some(Ok(record)) if record.iter().any(|field| field.ends_with('\n')) => {
                Err("has an unclosed quote".to_owned())
            }
            Some(record) => record.map_err(|error| error.to_string()),
        }
    }
}

/// The fields of a record that must have this many.
pub(crate) fn columns<const N: usize>(record: &StringRecord) -> Result<[&str; N], String> {
    let fields: Vec<&str> = record.iter().collect();
    fields.try_into().map_err(|fields: Vec<&str>| format!("has {} columns, not {N}", fields.len()))
}
