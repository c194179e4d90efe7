//! The text at the end of every help page, and the completion scripts.

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};

use crate::arguments::Arguments;
use crate::error::CliError;
use crate::exit::Exit;
use crate::printer;

const ENVIRONMENT: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the merchant's API client
  EKOLOPAY_SECRET_KEY  the merchant's secret key, never an argument
  EKOLOPAY_ORIGIN      the gateway, unless --origin is given [default: https://ekolopay.com]";

const WORST: &str = "With several tokens, the worst code is used: 2 before all others, else the highest.
Only 3 means \"not paid\": never close an order because of an error.";

/// The parser. Each help page lists the variables and the exit codes.
pub(crate) fn command() -> Command {
    let line = |exit: Exit| {
        let (number, _, meaning) = exit.row();
        format!("\n  {number}  {meaning}")
    };
    let codes = Exit::ALL.map(line).concat();
    let end = format!("{ENVIRONMENT}\n\nExit codes:{codes}\n{WORST}");
    Arguments::command().after_help(end.clone()).mut_subcommands(|command| command.after_help(end.clone()))
}

pub(crate) fn completions(shell: Shell) -> Result<Exit, CliError> {
    // In memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut command(), "ekolopay", &mut script);
    printer::write(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
