//! `EkoloPay` Collect from the command line: for people, for scripts, and as a model of a program built on the SDK.

mod arguments;
mod availability;
mod callback;
mod check;
mod client;
mod completions;
mod exit;
mod failure;
mod help;
mod output;
mod patience;
mod purchase;
mod usage;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::exit::Code;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let code = match usage::arguments() {
        Ok(arguments) => run(&arguments),
        Err(code) => code,
    };
    ExitCode::from(code.number())
}

fn run(arguments: &Arguments) -> Code {
    let out = Output::new(arguments.json);
    match perform(arguments, &out) {
        Ok(code) => code,
        Err(failure) => out.last_words(&failure),
    }
}

fn perform(arguments: &Arguments, out: &Output) -> Result<Code, Failure> {
    let settings = &arguments.settings;
    match &arguments.command {
        Command::Availability => availability::run(settings, out),
        Command::Purchase(order) => purchase::run(settings, order, out),
        Command::Check { tokens, wait } => check::run(settings, tokens, *wait, out),
        Command::Callback { file, verify } => callback::run(settings, file, *verify, out),
        Command::Completions { shell } => completions::run(*shell),
    }
}
