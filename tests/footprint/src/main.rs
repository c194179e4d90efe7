//! Prints what each client costs to build and ship.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use ekolopay_footprint::{BASE, Outcome, PROGRAMS, Program, exceeded, measure, table};
use fs4::FileExt;

const SDK: &str = "ekolopay";

/// Builds small programs side by side, and prints what each costs: the crates it is built from, the time of a clean
/// release build, and the size of its stripped binary. The program written by hand on ureq is always among them: the
/// others are held against it.
#[derive(Parser)]
struct Arguments {
    /// The programs to measure [default: all]
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,

    /// How often each is built, one after another; the ratio of times is the median
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,

    /// Fail unless `ekolopay` keeps to its limits: 3 crates and 60 KB more than by hand, and, from three rounds on, 1.2
    /// times the build
    #[arg(long)]
    check: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(PROGRAMS.map(|(name, _)| name))
}

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let is_wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    if arguments.check && !is_wanted(SDK) {
        return Err(format!("--check is about `{SDK}`, which --only leaves out").into());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/footprint");
    let _lock = alone(&folder)?;
    let wanted = PROGRAMS.into_iter().filter(|(name, _)| is_wanted(name) || *name == BASE);
    let programs = wanted.map(|program| Program::lay_out(program, &folder)).collect::<Outcome<Vec<_>>>()?;

    let figures = measure(&programs, arguments.rounds.into(), |step| eprintln!("{step}"))?;
    let of = |name| programs.iter().position(|program| program.name == name).map(|index| &figures[index]);
    let base = of(BASE).ok_or("the base is always measured")?;
    print(&table(&figures, base))?;

    let Some(own) = of(SDK).filter(|_| arguments.check) else { return Ok(ExitCode::SUCCESS) };
    let exceeded = exceeded(own, base, arguments.rounds.into());
    for limit in &exceeded {
        eprintln!("{SDK}: {limit}");
    }
    Ok(if exceeded.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two at once would remove each other's builds. The lock goes with the file.
fn alone(folder: &Path) -> Outcome<File> {
    fs::create_dir_all(folder)?;
    let file = File::create(folder.join("lock"))?;
    FileExt::try_lock(&file).map_err(|error| format!("is another one running? {}: {error}", folder.display()))?;
    Ok(file)
}

/// Whoever reads may be gone, as `head` is.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
