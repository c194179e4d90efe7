//! The ends of the long help pages, and the completion scripts.

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};

use crate::arguments::Arguments;
use crate::printer;
use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::{self, Exit};
use ekolopay_cli::gateway::ENVIRONMENT;

const EXAMPLES: &str = "\
EXAMPLES:
  ekolopay availability
  ekolopay purchase --amount 150000 --label \"Iphone S\" --phone 066304925
  ekolopay check --wait 5m cf72b35c0334e3487ae91ab1792d8929";

const WORST: &str = "With several tokens, the worst code decides; from the worst to the best: 5, 2, 1, 4, 3, 10, 0.
Only 10 means \"not paid\": never close an order because of an error.";

/// The parser. The variables and the exit codes are only on the first page.
pub(crate) fn command() -> Command {
    let codes = exit::help(|row| row.1);
    Arguments::command().after_long_help(format!("{EXAMPLES}\n\n{ENVIRONMENT}\n\n{codes}\n{WORST}"))
}

pub(crate) fn completions(shell: Shell) -> Result<Exit, CliError> {
    // In memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut command(), "ekolopay", &mut script);
    printer::write(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
