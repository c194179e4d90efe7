//! The night job: checks many payments on several threads, and writes one row per token.

mod arguments;
mod check;
mod csv_lines;
mod exit;
mod held_rows;
mod job;
mod known_tokens;
mod output_file;
mod report;
mod row;
mod shard;
mod stop_signal;
mod work_list;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use ekolopay::{Gateway, GatewayBuilder};

use crate::arguments::Arguments;
use crate::exit::{Exit, JobError};
use crate::known_tokens::KnownTokens;
use crate::output_file::OutputFile;

fn main() -> ExitCode {
    let exit = run(&Arguments::parse()).unwrap_or_else(|error| {
        report::say(format_args!("error: {}", error.message));
        error.exit
    });
    ExitCode::from(exit as u8)
}

fn run(arguments: &Arguments) -> Result<Exit, JobError> {
    let gateway = gateway(arguments)?;
    output_file::require_file(&arguments.output)?;
    let input = work_list::open(&arguments.input, &arguments.output)?;
    let mut tokens = KnownTokens::default();
    let mut output = OutputFile::open(&arguments.output, &mut tokens)?;
    let folder = arguments.output.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let work = work_list::read(input, arguments.shard, tokens, folder)?;
    output.begin()?;

    let (todo, before) = (work.len, output.rows());
    let bar = report::progress_bar(todo);
    let ended = job::run(&gateway, arguments, work, &mut output, &bar);
    bar.finish_and_clear();
    let synced = output.sync();
    let ended = ended?;
    synced?;
    let written = output.rows() - before;
    Ok(report::summary(&ended, &output, todo - written))
}

fn gateway(arguments: &Arguments) -> Result<Gateway, JobError> {
    let builder = GatewayBuilder::from_env().map_err(JobError::usage)?;
    let mut builder =
        builder.timeout(arguments.timeout).user_agent(concat!("ekolopay-reconcile/", env!("CARGO_PKG_VERSION")));
    if let Some(origin) = &arguments.origin {
        builder = builder.origin(origin);
    }
    builder.build().map_err(JobError::usage)
}
