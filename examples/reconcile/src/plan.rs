//! The input, read whole and examined before anything is sent: one bad line, and nothing is.
//!
//! What is left to do goes to a temporary file without a name, so that memory does not grow with the orders, and so
//! that what was examined is what is checked, whether the input was a file or a pipe.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use same_file::Handle;

use crate::exit::Failure;
use crate::lines::Lines;
use crate::output::HEADER;
use crate::row::{self, Order, Outcome};
use crate::seen::{Before, Place, Seen};
use crate::shard::Shard;

/// How many bad lines are named; the others are counted.
const MOST_NAMED: usize = 20;

pub(crate) struct Input(Lines<Box<dyn BufRead>>);

impl Input {
    pub(crate) fn open(path: &Path, output: &Path) -> Result<Input, Failure> {
        if path == Path::new("-") {
            return Ok(Input(Lines::new(Box::new(io::stdin().lock()))));
        }
        let at = |error: io::Error| Failure::usage(format_args!("{}: {error}", path.display()));
        let file = File::open(path).map_err(at)?;
        if file.metadata().map_err(at)?.is_dir() {
            return Err(at(io::ErrorKind::IsADirectory.into()));
        }
        let own = Handle::from_file(file.try_clone().map_err(at)?).map_err(at)?;
        if Handle::from_path(output).is_ok_and(|output| output == own) {
            return Err(Failure::usage("the output is the input: take another --output"));
        }
        Ok(Input(Lines::new(Box::new(BufReader::new(file)))))
    }
}

/// The orders that are left to do.
pub(crate) struct WorkList {
    lines: Lines<BufReader<File>>,
    orders: u64,
}

impl WorkList {
    pub(crate) fn orders(&self) -> u64 {
        self.orders
    }
}

impl Iterator for WorkList {
    type Item = io::Result<Order>;

    fn next(&mut self) -> Option<io::Result<Order>> {
        match self.lines.advance() {
            Ok(true) => {
                let order = self.lines.fields().map_err(str::to_owned).and_then(|fields| two_columns(&fields));
                Some(order.map_err(io::Error::other))
            }
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// The orders of this shard whose tokens were not seen before, each token once.
pub(crate) fn read(
    Input(mut input): Input,
    shard: Option<Shard>,
    mut seen: Seen,
    folder: &Path,
) -> Result<WorkList, Failure> {
    let in_folder = |error| Failure::local(format_args!("a temporary file in {}: {error}", folder.display()));
    let mut file = BufWriter::new(tempfile::tempfile_in(folder).map_err(in_folder)?);
    let mut bad = Bad::default();
    let mut orders = 0;
    let mut parse: Option<Parse> = None;
    while input.advance().map_err(|error| Failure::local(format_args!("the input: {error}")))? {
        if parse.is_some() && input.line().trim_ascii().is_empty() {
            continue;
        }
        let fields = input.fields().map_err(str::to_owned);
        let order = fields.and_then(|fields| match parse {
            Some(parse) => parse(&fields),
            None => header(&fields).map(|found| {
                parse = Some(found);
                None
            }),
        });
        match order {
            Ok(None) => {}
            Ok(Some(order)) if shard.is_some_and(|shard| !shard.holds(&order.token)) => {}
            Ok(Some(order)) => match seen.note(&order, Place::input(input.number())) {
                Before::Nothing => {
                    let line = row::line(&[&order.order, order.token.as_str()]).map_err(io::Error::from);
                    line.and_then(|line| file.write_all(&line)).map_err(in_folder)?;
                    orders += 1;
                }
                Before::SameOrder => {}
                Before::OtherOrder(place) => {
                    bad.add(input.number(), &format!("its token stands {place} for another order"));
                }
            },
            Err(why) => bad.add(input.number(), &why),
        }
        // Without a header, or within an endless line, nothing that follows has a meaning.
        if parse.is_none() || input.is_too_long() {
            break;
        }
    }
    if parse.is_none() && bad.count == 0 {
        bad.add(1, "the input is empty: the header order,token is missing");
    }
    bad.none()?;
    let mut file = file.into_inner().map_err(|error| in_folder(error.into_error()))?;
    file.rewind().map_err(in_folder)?;
    Ok(WorkList { lines: Lines::new(BufReader::new(file)), orders })
}

/// The order of a line's fields, if it has one for us.
type Parse = fn(&[String]) -> Result<Option<Order>, String>;

fn header(fields: &[String]) -> Result<Parse, String> {
    if fields == ["order", "token"] {
        Ok(|fields| two_columns(fields).map(Some))
    } else if fields == HEADER {
        Ok(four_columns)
    } else {
        Err("the header must be order,token, with a comma".to_owned())
    }
}

fn two_columns(fields: &[String]) -> Result<Order, String> {
    match fields {
        [order, token] => Order::new(order, token),
        _ => Err(format!("has {} columns, not 2", fields.len())),
    }
}

/// Of an output, the rows about which nothing is known.
fn four_columns(fields: &[String]) -> Result<Option<Order>, String> {
    match fields {
        [order, token, outcome, _] => {
            let outcome = Outcome::named(outcome).ok_or("has no outcome that this program writes")?;
            let order = Order::new(order, token)?;
            Ok((outcome == Outcome::Error).then_some(order))
        }
        _ => Err(format!("has {} columns, not 4", fields.len())),
    }
}

/// What is wrong with the input.
#[derive(Default)]
struct Bad {
    named: Vec<String>,
    count: usize,
}

impl Bad {
    fn add(&mut self, line: i64, why: &str) {
        self.count += 1;
        if self.count <= MOST_NAMED {
            self.named.push(format!("  line {line}: {why}"));
        }
    }

    fn none(mut self) -> Result<(), Failure> {
        let more = self.count - self.named.len();
        if more > 0 {
            self.named.push(format!("  and {more} more"));
        }
        match self.count {
            0 => Ok(()),
            count => {
                let named = self.named.join("\n");
                Err(Failure::usage(format_args!("bad lines in the input: {count}; nothing was sent\n{named}")))
            }
        }
    }
}
