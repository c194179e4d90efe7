//! `ekolopay reconcile`

mod list;
mod night;
mod output;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{io, mem, thread};

use anyhow::{Context, Result};
use clap::{Args, value_parser};
use humantime::{format_duration, format_rfc3339_seconds};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;

use crate::exit::{Exit, named};
use crate::gateway::{GatewayOptions, duration};
use crate::printer::{Printer, tell};
use crate::stop::{lock, say_at_the_end};
use list::{List, listed};
use night::{Book, Night, Unanswered};
use output::{Answer, Output};

#[derive(Args)]
pub(crate) struct ReconcileArguments {
    /// The list, in CSV; `-` is the standard input
    #[arg(value_name = "ORDERS.CSV")]
    orders: PathBuf,

    /// The file of tonight's answers; the same command goes on with it
    #[arg(long, short, value_name = "ANSWERS.CSV")]
    output: PathBuf,

    /// The name of the column of the orders
    #[arg(long, value_name = "NAME", default_value = "order")]
    column_order: String,

    /// The name of the column of the tokens
    #[arg(long, value_name = "NAME", default_value = "token")]
    column_token: String,

    /// How many checks run at the same time, 1 to 64
    // The SDK keeps this many connections.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u8).range(1..=64))]
    threads: u8,

    /// Give up after this time without any answer
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    wait: Duration,

    /// Write refusals although no token was paid or not paid
    #[arg(long)]
    accept_refusals: bool,

    /// Ask about part I of N only, counted from 0
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(u32, u32)>,
}

fn shard(text: &str) -> Result<(u32, u32), &'static str> {
    match text.split_once('/').map(|(part, of)| (part.parse(), of.parse())) {
        Some((Ok(part), Ok(of))) if part < of => Ok((part, of)),
        _ => Err("must be I/N with I less than N, such as 0/4"),
    }
}

pub(crate) fn run(options: &GatewayOptions, arguments: &ReconcileArguments, printer: Printer) -> Result<Exit> {
    let (wait, threads, is_key_known) = (arguments.wait, arguments.threads.into(), arguments.accept_refusals);
    let (started, gateway) = (Instant::now(), options.gateway()?);
    let list = List::read(&arguments.orders, [&arguments.column_order, &arguments.column_token]);
    let list = named("cannot read", &arguments.orders, list)?;
    let mut answers = vec![None; list.len() as usize];
    let output = Output::open(&arguments.output, &list, &mut answers);
    let output = named("cannot use the output", &arguments.output, output)?;
    let is_mine = |row: &u32| arguments.shard.is_none_or(|(part, of)| list.part(*row, of) == part);
    let mine: Vec<u32> = (0..list.len()).filter(is_mine).collect();
    let todo: Vec<u32> = mine.iter().copied().filter(|row| answers[*row as usize].is_none()).collect();

    let bar = progress(mine.len() - todo.len(), mine.len());
    let since = output.since.map(|at| format!(", since {} UTC", &format_rfc3339_seconds(at).to_string()[11..16]));
    let book = Book { output, answers, held: Vec::new(), is_key_known, last_answer: Instant::now(), end: None };
    let (book, ended) = (Mutex::new(book), Condvar::new());
    let night = Arc::new(Night { gateway, list, threads, wait, bar, book, ended });
    let stopped = Arc::clone(&night);
    say_at_the_end(move || {
        let book = lock(&stopped.book);
        let _ = book.output.sync();
        let position = position(&stopped.bar);
        stopped.bar.finish_and_clear();
        tell(&format!("Stopped: {position}. The same command goes on."));
        // Locked to the end: no row is written after these words.
        mem::forget(book);
    });
    if night.bar.is_hidden() {
        tell_every(Duration::from_secs(60), night.bar.clone(), tell)?;
    }
    let unanswered = night.run(&todo);
    let (position, before) = (position(&night.bar), HumanCount((mine.len() - todo.len()) as u64));
    night.bar.finish_and_clear();
    let exit = summary(&night, &mine, &unanswered, printer)?;
    let time = format_duration(Duration::from_secs(started.elapsed().as_secs()));
    tell(&format!("{position} in {time}, {before} of them before{}.", since.unwrap_or_default()));
    Ok(exit)
}

/// One line, on a terminal. What does not fit is cut.
fn progress(before: usize, all: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{human_pos} of {human_len}, {eta} left{wide_msg}");
    let bar = ProgressBar::new(all as u64);
    bar.set_style(style.expect("a template"));
    bar.set_position(before as u64);
    // The rate is that of this run.
    bar.reset_eta();
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Without a terminal. It ends with the program.
fn tell_every(pause: Duration, bar: ProgressBar, tell: impl Fn(&str) + Send + 'static) -> io::Result<()> {
    let lines = move || {
        loop {
            thread::sleep(pause);
            tell(&format!("{}{}", position(&bar), bar.message()));
        }
    };
    thread::Builder::new().spawn(lines).map(drop)
}

fn position(bar: &ProgressBar) -> String {
    format!("{} of {} answered", HumanCount(bar.position()), HumanCount(bar.length().unwrap_or_default()))
}

/// Says what the output holds, and what a person must look at.
fn summary(night: &Night, mine: &[u32], unanswered: &[Unanswered], printer: Printer) -> Result<Exit> {
    // From here on, a signal changes nothing.
    let book = lock(&night.book);
    let (list, path) = (&night.list, book.output.path.display().to_string());
    let synced = book.output.sync().with_context(|| format!("cannot write {path}"));
    let (answers, end) = (&book.answers, book.end.as_ref().or(synced.as_ref().err()));
    let has = |answer| mine.iter().copied().filter(move |row| answers[*row as usize] == answer);
    let (mut once, mut twice) = (HashSet::new(), Vec::new());
    for row in has(Some(Answer::Paid)).filter(|row| !once.insert(list.order(*row))) {
        twice.push(list.name(row));
    }
    let count = |answer| has(answer).count();
    let [paid, not_paid, refused] = Answer::ALL.map(|answer| count(Some(answer)));
    let (held, left) = (book.held.len(), count(None));
    let counts = [("paid", paid), ("not_paid", not_paid), ("refused", refused), ("not_judged", held), ("left", left)];
    if printer.json {
        let counts: HashMap<_, _> = counts.into_iter().collect();
        let stopped = end.map(|error| format!("{error:#}"));
        printer.result(&json!({ "counts": counts, "paidTwice": twice.len(), "stopped": stopped }), "")?;
    }
    for (word, count) in counts.into_iter().filter(|(word, count)| *count > 0 || *word != "not_judged") {
        tell(&format!("{word:<10}{:>9}", HumanCount(count as u64).to_string()));
    }

    let mut look = Vec::new();
    if !twice.is_empty() {
        look.push(format!("Paid twice: look whether to refund one.{}", listed(&twice)));
    }
    if refused > 0 {
        look.push(format!(
            "Nothing is known about the payments that are refused: {path} says why. To ask again, name another \
             --output."
        ));
    }
    if let Some((.., why)) = book.held.first() {
        look.push(format!(
            "The gateway refused every token that it was asked about, so nothing was written about them. It says:\n  {why}\n\
             Look at the key, the API client and the origin. If they are right, the gateway does not know these \
             tokens: --accept-refusals writes that."
        ));
    }
    if !unanswered.is_empty() {
        let line = |(row, why): &Unanswered| format!("{}: {why}", list.name(*row));
        let lines = listed(&unanswered.iter().map(line).collect::<Vec<_>>());
        look.push(format!("No usable answer, which does not mean \"not paid\". The same command asks again.{lines}"));
    }
    for words in &look {
        tell(words);
    }
    match end {
        Some(error) if Exit::of(error) != Exit::Look => {
            let (left, all) = (HumanCount(left as u64), HumanCount(mine.len() as u64));
            tell(&format!("Stopped: {error:#}.\n{left} of {all} are left. The same command goes on."));
            Ok(Exit::of(error))
        }
        _ if !look.is_empty() => Ok(Exit::Look),
        _ => {
            tell(&format!("Done: all {} tokens of the list are in {path}.", HumanCount(mine.len() as u64)));
            Ok(Exit::Done)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_lines_say_how_far_it_is_and_why_it_waits() {
        let (bar, (line, said)) = (progress(1, 3), std::sync::mpsc::channel());
        bar.set_message(", waiting: HTTP 503");
        tell_every(Duration::from_millis(1), bar, move |text| drop(line.send(text.to_owned()))).unwrap();
        assert_eq!(said.recv().unwrap(), "1 of 3 answered, waiting: HTTP 503");
    }
}
