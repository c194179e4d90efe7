//! The night job: checks many payments on several threads, and writes one row per token.

mod arguments;
mod check;
mod csv_lines;
mod exit;
mod held_rows;
mod job;
mod known_tokens;
mod output_file;
mod pace;
mod report;
mod row;
mod row_file;
mod shard;
mod signals;
mod token_shapes;
mod work_list;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ekolopay::{Gateway, GatewayBuilder};

use crate::arguments::Arguments;
use crate::exit::{Ended, Exit, JobError};
use crate::known_tokens::KnownTokens;
use crate::output_file::OutputFile;
use crate::report::{Night, say};

fn main() -> ExitCode {
    let exit = run(Arguments::parse()).unwrap_or_else(|error| {
        say(format_args!("error: {}", error.message));
        error.exit
    });
    ExitCode::from(exit as u8)
}

fn run(arguments: Arguments) -> Result<Exit, JobError> {
    let started = Instant::now();
    signals::listen()?;
    let gateway = gateway(&arguments)?;
    output_file::require_file(&arguments.output)?;
    let input = work_list::open(&arguments.input, &arguments.output)?;
    let mut tokens = KnownTokens::default();
    let mut output = OutputFile::open(&arguments.output, &arguments.again, &mut tokens)?;
    let work = work_list::read(input, &arguments, &mut tokens, &arguments.output)?;
    let list = arguments.input.display().to_string();
    if work.listed == 0 {
        say(format_args!("Nothing to do: {list} has no tokens to check."));
        return Ok(Exit::NothingToDo);
    }
    if work.len == 0 && work.in_shard > 0 && output.is_final() {
        let path = output.path().display();
        say(format_args!("Nothing to do: {path} already has a row for every token of {list}."));
        say("To ask again about those that are not paid, add --again not_paid.");
        return Ok(Exit::NothingToDo);
    }

    signals::leave_to_writer();
    if arguments.again.is_empty() {
        drop(tokens);
    } else {
        output = output.without_asked(tokens)?;
    }
    output.file.begin(work.dialect)?;
    let (todo, before) = (work.len, output.said.rows());
    let bar = report::progress_bar(before, before + todo);
    let ended = job::run(gateway, arguments, work, &mut output, &bar);
    bar.finish_and_clear();
    let synced = output.file.sync();
    let ended = ended?;
    synced?;
    let asked = output.said.rows() - before;
    let ended = match ended {
        Ended::Done if asked < todo => Ended::Local("a thread ended early".to_owned()),
        ended => ended,
    };
    if matches!(ended, Ended::Done) {
        output.finish()?;
    }
    Ok(report::summary(&ended, &output, &Night { asked, before, todo, elapsed: started.elapsed() }))
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
