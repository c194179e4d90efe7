//! EkoloPay Collect from the command line: for people, for scripts, and as a model of a program built on the SDK.

mod arguments;
mod callback;
mod check;
mod help;
mod input;
mod listen;
mod printer;
mod purchase;
mod trigger;

use std::process::ExitCode;

use ekolopay_cli::error::CliError;
use ekolopay_cli::exit::Exit;
use ekolopay_cli::{stop, usage};
use serde_json::json;

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;

const USER_AGENT: &str = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));

fn main() -> ExitCode {
    let _ = stop::handle_signals();
    let exit = match usage::arguments::<Arguments>(help::command()) {
        Ok(arguments) => {
            let printer = Printer { json: arguments.json };
            run(&arguments, printer).unwrap_or_else(|error| printer.last_error(&error))
        }
        Err(exit) => exit,
    };
    ExitCode::from(exit.code())
}

fn run(arguments: &Arguments, printer: Printer) -> Result<Exit, CliError> {
    #[cfg(unix)]
    printer::try_output(matches!(arguments.command, Command::Purchase(_))).map_err(CliError::Write)?;
    let options = &arguments.gateway;
    match &arguments.command {
        Command::Availability => {
            options.gateway_without_secret(USER_AGENT)?.check_availability()?;
            printer.result(&json!({ "available": true }), "the gateway is in service")?;
            Ok(Exit::Done)
        }
        Command::Purchase(purchase) => purchase::run(options, purchase, printer),
        Command::Check { tokens, wait } => check::run(options, tokens, *wait, printer),
        Command::Callback { file, verify } => callback::run(options, file, *verify, printer),
        Command::Listen { port, forward_to } => listen::run(options, *port, forward_to.as_deref(), printer),
        Command::Trigger { outcome, token } => trigger::run(options, outcome, token, printer),
        Command::Completions { shell } => help::completions(*shell),
    }
}
