//! The night job: checks many payments on several threads and writes what became of each, one row a token.

mod arguments;
mod check;
mod connect;
mod exit;
mod held;
mod job;
mod lines;
mod output;
mod plan;
mod progress;
mod report;
mod row;
mod seen;
mod shard;
mod stop;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::seen::Seen;

fn main() -> ExitCode {
    let exit = run(&Arguments::parse()).unwrap_or_else(|failure| {
        report::say(&format!("error: {failure}"));
        failure.exit()
    });
    exit.into()
}

fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let gateway = connect::gateway(arguments)?;
    output::must_be_a_file(&arguments.output)?;
    let input = plan::Input::open(&arguments.input, &arguments.output)?;
    let mut seen = Seen::default();
    let mut output = Output::open(&arguments.output, &mut seen)?;
    let folder = match arguments.output.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let work = plan::read(input, arguments.shard, seen, folder)?;
    output.begin()?;

    let (todo, before) = (work.orders(), output.counts().total());
    let progress = Progress::new(todo);
    let ended = job::run(&gateway, work, &mut output, arguments.patience(), &progress);
    progress.finish();
    let synced = output.sync();
    let ended = ended?;
    synced?;
    let written = output.counts().total() - before;
    Ok(report::summary(&ended, &output, todo - written))
}
