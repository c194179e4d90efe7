//! What every help page ends with.

use clap::{Command, CommandFactory};

use crate::arguments::Arguments;
use crate::exit::Code;

const ENVIRONMENT: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the API client of the merchant's account
  EKOLOPAY_SECRET_KEY  its secret key, which is never taken as an argument
  EKOLOPAY_ORIGIN      the gateway, unless --origin is given [default: https://ekolopay.com]";

const WORST: &str = "Of several tokens the worst decides: 2 before all others, else the highest.
No code but 3 means \"not paid\": never close an order because of an error.";

/// The parser, with the variables and the exit codes in the help of the program and of each command.
pub(crate) fn command() -> Command {
    let line = |code: Code| {
        let (number, _, meaning) = code.row();
        format!("\n  {number}  {meaning}")
    };
    let codes: String = Code::ALL.map(line).concat();
    let end = format!("{ENVIRONMENT}\n\nExit codes:{codes}\n{WORST}");
    Arguments::command().after_help(end.clone()).mut_subcommands(|command| command.after_help(end.clone()))
}
