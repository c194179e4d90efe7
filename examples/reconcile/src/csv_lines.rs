//! Lines of CSV. Each has a limited length and is a record of its own, so a bad line cannot swallow the next ones.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Cursor, Read, SeekFrom};

use csv::{Position, ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// In bytes: more than any row that this program writes.
const MAX_LINE: u64 = 16 * 1024;

/// How the files of Excel begin: a ZIP archive, or the older format.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// The byte order mark.
pub(crate) const BOM: &str = "\u{feff}";

/// The last one is the usual one.
pub(crate) const SEPARATORS: [u8; 3] = [b'\t', b';', b','];

/// What programs write differently.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) separator: u8,
    pub(crate) line_end: &'static str,
    pub(crate) has_bom: bool,
}

pub(crate) struct CsvLines<'r> {
    reader: Box<dyn BufRead + 'r>,
    /// The line with its line break. Without one, it is the last line or too long.
    pub(crate) line: Vec<u8>,
    /// Counted from 1.
    pub(crate) number: u32,
    /// That of the header.
    pub(crate) dialect: Dialect,
    /// Of all lines so far. Latin-1 stands for the one of Windows, which extends it.
    pub(crate) encoding: &'static Encoding,
    /// Whether a line needed UTF-8.
    is_utf8: bool,
    /// Reads a line at a time: to build a parser for each line would take much longer than to parse it.
    parser: csv::Reader<Cursor<String>>,
}

impl<'r> CsvLines<'r> {
    pub(crate) fn new(mut reader: impl Read + 'r) -> io::Result<CsvLines<'r>> {
        let mut start = Vec::new();
        reader.by_ref().take(BOM.len() as u64).read_to_end(&mut start)?;
        let (encoding, mark) = Encoding::for_bom(&start).unwrap_or((UTF_8, 0));
        let reader = Cursor::new(start.split_off(mark)).chain(reader);
        let reader: Box<dyn BufRead> = if encoding == UTF_8 {
            Box::new(BufReader::new(reader))
        } else {
            Box::new(BufReader::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(reader)))
        };
        let dialect = Dialect { separator: b',', line_end: "\n", has_bom: mark > 0 };
        let (line, parser) = (Vec::new(), parser(b','));
        Ok(CsvLines { reader, line, number: 0, dialect, encoding, is_utf8: false, parser })
    }

    /// Goes to the next line, and returns whether there is one.
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number = self.number.saturating_add(1);
        Ok(self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)? > 0)
    }

    /// Spreadsheets write empty rows as separators.
    pub(crate) fn is_blank(&self) -> bool {
        self.line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == self.dialect.separator)
    }

    /// Whether only the start of the line was read.
    pub(crate) fn is_too_long(&self) -> bool {
        self.line.len() as u64 == MAX_LINE && !self.line.ends_with(b"\n")
    }

    /// The line as a header, which shows how the file is written. Without a separator, the most frequent one is taken.
    pub(crate) fn header(&mut self, separator: Option<u8>) -> Result<StringRecord, String> {
        let is_crlf = self.line.strip_suffix(b"\n").unwrap_or(&self.line).ends_with(b"\r");
        self.dialect.line_end = if is_crlf { "\r\n" } else { "\n" };
        let often = |separator: &u8| self.line.split(|byte| byte == separator).count();
        let separator = separator.or(SEPARATORS.into_iter().max_by_key(often)).unwrap_or(b',');
        self.dialect.separator = separator;
        self.parser = parser(separator);
        self.record()
    }

    pub(crate) fn record(&mut self) -> Result<StringRecord, String> {
        if self.line.trim_ascii_end().contains(&b'\r') {
            return Err("has the line ends of an old Mac: save the file as \"CSV UTF-8\"".to_owned());
        }
        if self.is_too_long() {
            return Err("is too long".to_owned());
        }
        if WORKBOOKS.iter().any(|start| self.line.starts_with(start)) {
            return Err("is a workbook: save it as \"CSV UTF-8\", and use that file".to_owned());
        }
        let text = self.text()?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.contains('\0') {
            return Err("looks like UTF-16 without its mark: save the file as \"CSV UTF-8\"".to_owned());
        }
        let is_separator = |c| c == '\t' && self.dialect.separator == b'\t';
        if text.contains(|c: char| c.is_control() && !is_separator(c)) {
            return Err("contains a control character".to_owned());
        }
        *self.parser.get_mut() = Cursor::new(format!("{text}\n"));
        let start = self.parser.seek_raw(SeekFrom::Start(0), Position::new());
        start.map_err(|error| error.to_string())?;
        match self.parser.records().next() {
            None => Err("is blank".to_owned()),
            // The line break became part of a field.
            Some(Ok(record)) if record.iter().any(|field| field.ends_with('\n')) => {
                Err("has an unclosed quote, or a line break in a cell: remove it".to_owned())
            }
            Some(record) => record.map_err(|error| error.to_string()),
        }
    }

    /// The line in UTF-8. A list is Latin-1 if one of its lines cannot be UTF-8, and none needs it.
    fn text(&mut self) -> Result<String, String> {
        let text = match std::str::from_utf8(&self.line) {
            Ok(text) => {
                self.is_utf8 |= self.encoding == UTF_8 && !text.is_ascii();
                // A mark of UTF-16 says what the text was.
                if self.encoding == WINDOWS_1252 && !text.is_ascii() {
                    return Err("is UTF-8, but an earlier line is not: save the whole file as \"CSV UTF-8\"".to_owned());
                }
                Cow::Borrowed(text)
            }
            Err(_) if self.is_utf8 || self.dialect.has_bom => {
                return Err("is not UTF-8, but the rest is: save the whole file as \"CSV UTF-8\"".to_owned());
            }
            Err(_) => {
                self.encoding = WINDOWS_1252;
                WINDOWS_1252.decode_without_bom_handling(&self.line).0
            }
        };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err("contains a character that an earlier program could not read, shown as \u{fffd}".to_owned());
        }
        Ok(text.into_owned())
    }
}

fn parser(separator: u8) -> csv::Reader<Cursor<String>> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(Cursor::default())
}
