//! The list. It is read whole and checked before anything is sent: after one bad line, nothing is.

use std::borrow::Cow;
use std::fs::File;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::io::{self, Cursor, Read};
use std::mem;
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use csv::{ByteRecord, ReaderBuilder};
use ekolopay::purchase::PurchaseToken;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use hashbrown::HashTable;

use crate::input;

/// A record of its own behind the list. If it is not found, a quote was still open.
const END: &[u8] = b"\n\0\n";

/// A token costs little more than its text and that of its order.
#[derive(Default)]
pub(super) struct List {
    /// The orders and the tokens, one behind the other.
    text: String,
    rows: Vec<Row>,
    /// The rows by their tokens.
    index: HashTable<u32>,
    hasher: RandomState,
    pub(super) separator: u8,
    /// Whether a program that writes a byte order mark, or no UTF-8, wrote it. It needs the mark to read the output.
    pub(super) needs_mark: bool,
}

struct Row {
    start: usize,
    line: u32,
    order: u16,
    token: u16,
}

impl List {
    /// `names` are those of the two columns: the orders and the tokens.
    pub(super) fn read(path: &Path, names: [&str; 2]) -> Result<List> {
        let names = names.map(plain);
        let mut reader: Box<dyn Read> = match path.to_str() {
            Some("-") => Box::new(input::stdin("list")),
            _ => Box::new(File::open(path)?),
        };
        let mut start = Vec::new();
        reader.by_ref().take(64 * 1024).read_to_end(&mut start)?;
        let (encoding, mark) = Encoding::for_bom(&start).unwrap_or((UTF_8, 0));
        if encoding == UTF_8 {
            start.drain(..mark);
        } else {
            reader.read_to_end(&mut start)?;
            start = encoding.decode(&start).0.into_owned().into_bytes();
        }
        // How the files of Excel begin: a ZIP archive, or the older format.
        let is_workbook = start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0");
        ensure!(!is_workbook, "the list is a workbook: save it as \"CSV UTF-8\", and use that file");
        let line_end = start.iter().position(|byte| *byte == b'\n');
        let is_odd = start.contains(&0) || line_end.is_none() && start.contains(&b'\r');
        ensure!(!is_odd, "the list is UTF-16 without its mark, or of an old Mac: save it as \"CSV UTF-8\"");
        let is_crlf = start[..line_end.unwrap_or(0)].ends_with(b"\r");
        let first = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).find(|line| !line.is_empty());
        let first = first.unwrap_or_default();
        // A line such as `sep=;` is for Excel.
        let sep = first.strip_prefix(b"\"").unwrap_or(first).to_ascii_lowercase();
        let said = sep.strip_prefix(b"sep=").and_then(|rest| rest.first()).copied();
        let often = |separator: &u8| first.split(|byte| byte == separator).count();
        let separator = said.or([b'\t', b';', b','].into_iter().max_by_key(often)).unwrap_or(b',');
        let mut list = List { separator, needs_mark: mark > 0, ..List::default() };

        let mut csv = ReaderBuilder::new();
        let csv = csv.has_headers(false).flexible(true).delimiter(separator);
        let mut csv = csv.from_reader(Cursor::new(start).chain(reader).chain(END));
        let (mut record, mut columns, mut bad) = (ByteRecord::new(), None, Vec::new());
        let mut is_said = said.is_some();
        while csv.read_byte_record(&mut record).map_err(io::Error::from)? {
            if record == [b"\0"][..] {
                break;
            }
            // The parser counts the line breaks that it has read.
            let within = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
            let is_open = record.iter().next_back().is_some_and(|cell| cell.ends_with(b"\0\n"));
            let line = csv.position().line().saturating_sub(within + u64::from(!is_crlf && !is_open));
            if is_open {
                bad.push(format!("line {line}: a quote is not closed: was the file cut?"));
            } else if mem::take(&mut is_said) || record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            } else if let Some(columns) = columns {
                if let Err(why) = list.add(&record, columns, &names, u32::try_from(line)?) {
                    bad.push(format!("line {line}: {why}"));
                }
            } else {
                columns = Some(places(&record, &names).map_err(|why| anyhow!("line {line} {why}"))?);
            }
        }
        ensure!(bad.is_empty(), "bad lines in the list: {}; nothing was sent{}", bad.len(), listed(&bad));
        ensure!(columns.is_some(), "the list is empty: its first line must name the columns");
        Ok(list)
    }

    fn add(&mut self, record: &ByteRecord, places: [usize; 2], names: &[String; 2], line: u32) -> Result<()> {
        let [order, token] = places.map(|place| record.get(place).unwrap_or_default());
        self.needs_mark |= std::str::from_utf8(order).is_err();
        let [order, token] = [order, token].map(decoded);
        let is_name = |cell: &str, at: usize| cell.trim().len() == names[at].len() && plain(cell) == names[at];
        ensure!(!(is_name(&order, 0) && is_name(&token, 1)), "repeats the header: were two lists joined?");
        let [order, token] = [&order, &token].map(|cell| unquoted(cell));
        for text in [order, token] {
            damage(text).map_or(Ok(()), |why| Err(anyhow!("{text:?} {why}")))?;
        }
        ensure!(!order.is_empty(), "the order is missing: delete the line if it is a total");
        ensure!(order.len() <= 1024, "the order is longer than 1,024 bytes");
        ensure!(!order.contains(char::is_control), "the order holds a line break or another control character");
        ensure!(!token.is_empty(), "the token is missing: delete the line if it is a total or has no token yet");
        let start: String = token.chars().take(40).collect();
        let invalid = |reason| anyhow!("the token {start:?} {reason}: is it the right column?");
        PurchaseToken::new(token).map_err(|error| invalid(error.reason()))?;

        let hash = self.hasher.hash_one(token);
        if let Some(&known) = self.index.find(hash, |row| self.token(*row) == token) {
            let line = self.rows[known as usize].line;
            ensure!(self.order(known) == order, "its token is also on line {line}, for another order");
            return Ok(());
        }
        let row = self.len();
        let (order_len, token_len) = (u16::try_from(order.len())?, u16::try_from(token.len())?);
        self.rows.push(Row { start: self.text.len(), line, order: order_len, token: token_len });
        self.text.push_str(order);
        self.text.push_str(token);
        let mut index = mem::take(&mut self.index);
        index.insert_unique(hash, row, |row| self.hasher.hash_one(self.token(*row)));
        self.index = index;
        Ok(())
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn find(&self, token: &str) -> Option<u32> {
        self.index.find(self.hasher.hash_one(token), |row| self.token(*row) == token).copied()
    }

    pub(super) fn token(&self, row: u32) -> &str {
        let row = &self.rows[row as usize];
        &self.text[row.start + usize::from(row.order)..][..row.token.into()]
    }

    pub(super) fn order(&self, row: u32) -> &str {
        let row = &self.rows[row as usize];
        &self.text[row.start..][..row.order.into()]
    }

    /// For a person: the line and the order.
    pub(super) fn name(&self, row: u32) -> String {
        format!("line {}: {}", self.rows[row as usize].line, self.order(row))
    }

    /// The part of the order, the same for all its tokens.
    pub(super) fn part(&self, row: u32, of: u32) -> u32 {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(self.order(row));
        u32::try_from(hash % u64::from(of)).unwrap_or_default()
    }
}

fn places(header: &ByteRecord, names: &[String; 2]) -> Result<[usize; 2]> {
    let header: Vec<Cow<'_, str>> = header.iter().map(decoded).collect();
    let place = |name: &String| header.iter().position(|cell| plain(cell) == *name);
    let [Some(order), Some(token)] = names.each_ref().map(place) else {
        let (cells, [order, token]) = (format!("{header:?}"), names);
        let shown: String = cells.trim_matches(['[', ']']).chars().take(300).collect();
        bail!(
            "must name the columns {order} and {token}, and names {shown}: delete the lines above the column names, \
             or name your columns with --column-order and --column-token"
        );
    };
    let is_twice = |name: &&String| header.iter().filter(|cell| plain(cell) == **name).count() > 1;
    names.iter().find(is_twice).map_or(Ok(()), |name| Err(anyhow!("names the column {name} twice")))?;
    ensure!(order != token, "the orders and the tokens must be different columns");
    Ok([order, token])
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

/// What is not UTF-8 is the Latin-1 of Windows.
fn decoded(cell: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(cell).map_or_else(|_| WINDOWS_1252.decode_without_bom_handling(cell).0, Cow::Borrowed)
}

/// A cell without what keeps spreadsheets from reading it as a number: `="token"` or `'token`.
pub(super) fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    let formula = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    formula.or(cell.strip_prefix('\'')).unwrap_or(cell).trim()
}

/// What a spreadsheet made of a text, and what would help.
fn damage(text: &str) -> Option<&'static str> {
    let is_number = text.contains("E+") && text.replace(',', ".").parse::<f64>().is_ok();
    // `#REF!`, `#NAME?`, `#N/A`; and `####`, a column that is too narrow.
    let is_error = text.starts_with('#') && (text.ends_with(['!', '?']) || matches!(text, "#N/A"))
        || text.starts_with("##") && text.bytes().all(|byte| byte == b'#');
    let rounded = "is a number that a spreadsheet rounded: import the column as text, from the original list";
    let failed = "is an error of a spreadsheet: correct it there, and save the list again";
    is_number.then_some(rounded).or(is_error.then_some(failed))
}

/// The first of many lines, and how many there are.
pub(super) fn listed(lines: &[String]) -> String {
    let first = lines.iter().take(20).map(|line| format!("\n  {line}")).collect::<String>();
    let more = lines.len().saturating_sub(20);
    if more > 0 { format!("{first}\n  and {more} more") } else { first }
}
