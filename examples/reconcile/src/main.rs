//! The night job: checks many payments on several threads, and writes one row per token.

mod arguments;
mod check;
mod csv_lines;
mod error;
mod held_rows;
mod job;
mod known_tokens;
mod output_file;
mod pace;
mod report;
mod row;
mod row_file;
mod token_shapes;
mod work_list;

use std::mem;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::CommandFactory;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::stop::{handle_signals, lock, say_at_the_end};
use ekolopay_cli::usage;
use indicatif::HumanCount;

use crate::arguments::Arguments;
use crate::error::JobError;
use crate::known_tokens::KnownTokens;
use crate::output_file::OutputFile;
use crate::report::say;

fn main() -> ExitCode {
    let exit = usage::arguments::<Arguments>(Arguments::command()).and_then(|arguments| {
        run(arguments).map_err(|error| {
            say(format_args!("error: {}", error.message));
            error.exit
        })
    });
    ExitCode::from(exit.unwrap_or_else(|exit| exit).code())
}

fn run(arguments: Arguments) -> Result<Exit, JobError> {
    let started = Instant::now();
    say_at_the_end(|| say("Stopped: nothing was asked yet; the same command starts again"));
    handle_signals().map_err(|error| JobError::local(format_args!("signals: {error}")))?;
    let gateway = arguments.gateway.gateway(concat!("ekolopay-reconcile/", env!("CARGO_PKG_VERSION")))?;
    output_file::require_file(&arguments.output)?;
    let input = work_list::open(&arguments.input, &arguments.output)?;
    let mut tokens = KnownTokens::default();
    let mut output = OutputFile::open(&arguments.output, &arguments.again, &mut tokens)?;
    let work = work_list::read(input, &arguments, tokens)?;
    if work.listed == 0 {
        say("Nothing to do: the list has no tokens to check.");
        return Ok(Exit::NothingToDo);
    }
    let todo = work.todo.len() as u64;
    if todo == 0 && work.in_shard > 0 && output.is_final() {
        let path = output.path().display();
        say(format_args!("Nothing to do: {path} already has a row for every token of the list."));
        say("To ask again about those that are not paid, add --again not_paid.");
        return Ok(Exit::NothingToDo);
    }
    if !arguments.again.is_empty() {
        output = output.without_asked(&work.tokens)?;
    }
    output.file.begin(work.dialect)?;
    output.keep_unasked(&work.tokens)?;

    let before = output.said.rows();
    let bar = report::progress_bar(before, before + todo);
    let output = Arc::new(Mutex::new(output));
    let (written, shown) = (Arc::clone(&output), bar.clone());
    say_at_the_end(move || {
        let mut output = lock(&written);
        let _ = output.file.sync();
        shown.finish_and_clear();
        let (rows, all) = (HumanCount(output.said.rows()), HumanCount(before + todo));
        say(format_args!("Stopped: {rows} of {all} written; the same command continues"));
        // Locked to the end: no row is written after these words.
        mem::forget(output);
    });
    let ended = job::run(gateway, arguments, work, &output, &bar);
    // From here on, a signal does not end it.
    let mut output = lock(&output);
    bar.finish_and_clear();
    let left = before + todo - output.said.rows();
    let ended = ended.and(output.file.sync()).and_then(|()| match left {
        0 => output.finish(),
        _ => Err(JobError::local("a thread ended early")),
    });
    Ok(report::summary(ended, &output, before, left, started.elapsed()))
}
