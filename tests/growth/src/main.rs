//! `cargo run --release -p ekolopay-growth` measures, prints the table and judges it: exit code 1 if a rule is broken.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use ekolopay_growth::{Programs, Result, draw, figures, insert, judge, measure, table};

const SIZES: [u32; 7] = [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

/// As the README says.
const ROUNDS: u8 = 5;

#[derive(Parser)]
#[command(about = "How the time and the memory of the night job grow, from 100 to 100,000 checks")]
struct Arguments {
    /// How often each size is measured; the figures are medians
    #[arg(long, value_name = "N", default_value_t = ROUNDS, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,

    /// Write the table into the job's README, and the plot beside it
    #[arg(long)]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Whether all rules hold.
fn run(arguments: &Arguments) -> Result<bool> {
    if arguments.write && cfg!(debug_assertions) {
        return Err("what is not optimized is not written down: cargo run --release".into());
    }
    if arguments.write && arguments.rounds != ROUNDS {
        return Err(format!("what is written down are the medians of {ROUNDS} rounds").into());
    }
    let programs = Programs::build()?;
    let figures = figures(&measure(&programs, &SIZES, arguments.rounds, say)?);
    let verdicts = judge(&figures);
    let lines = verdicts.iter().map(|verdict| {
        let mark = if verdict.holds { "" } else { " **The rule is broken.**" };
        format!("\n- {}.{mark}", verdict.text)
    });
    let text = format!("{}\n{}\n", table(&figures), lines.collect::<String>());
    if arguments.write {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/reconcile");
        let readme = folder.join("README.md");
        fs::write(&readme, insert(&fs::read_to_string(&readme)?, &text)?)?;
        fs::write(folder.join("growth.svg"), draw(&figures)?)?;
    }
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(verdicts.iter().all(|verdict| verdict.holds))
}

/// Unlike `eprintln!`, never panics when nobody reads.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
