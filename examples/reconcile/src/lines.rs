//! Lines of CSV, each bounded and each a record by itself: a bad one cannot swallow those after it.

use std::io::{self, BufRead, Read};

use csv_core::ReadRecordResult;

/// Longer than any row that this program writes.
const LONGEST: u64 = 16 * 1024;

/// One more than any of our files has, so that more are seen to be more.
const MOST_COLUMNS: usize = 5;

pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: i64,
    parser: csv_core::Reader,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Lines<R> {
        Lines { reader, line: Vec::new(), number: 0, parser: csv_core::Reader::new() }
    }

    /// Goes to the next line; whether there is one.
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number += 1;
        Ok(self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut self.line)? > 0)
    }

    /// The line as it stands, with its line break. Without one it is the last, or too long.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Counted from 1.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// Whether only the beginning of the line was read.
    pub(crate) fn is_too_long(&self) -> bool {
        self.line.len() as u64 == LONGEST && !self.line.ends_with(b"\n")
    }

    /// The line's fields, or what is wrong with it.
    pub(crate) fn fields(&mut self) -> Result<Vec<String>, &'static str> {
        if self.is_too_long() {
            return Err("is too long");
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| "is not UTF-8")?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.contains(char::is_control) {
            return Err("holds a control character");
        }
        let record = format!("{text}\n");
        let (mut bytes, mut ends) = (vec![0; record.len()], [0; MOST_COLUMNS + 1]);
        self.parser.reset();
        let (result, _, _, columns) = self.parser.read_record(record.as_bytes(), &mut bytes, &mut ends);
        match result {
            ReadRecordResult::Record => {}
            ReadRecordResult::InputEmpty => return Err("is blank, or has a quote that is not closed"),
            _ => return Err("has too many columns"),
        }
        let starts = std::iter::once(0).chain(ends);
        let fields = starts.zip(ends).take(columns).map(|(start, end)| bytes[start..end].to_vec());
        fields.map(|field| String::from_utf8(field).map_err(|_| "is not UTF-8")).collect()
    }
}
