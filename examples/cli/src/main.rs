//! EkoloPay Collect from the command line: for people, for scripts, and for a hundred thousand orders at night.

mod arguments;
mod callback;
mod check;
mod doctor;
mod exit;
mod gateway;
mod input;
mod listen;
mod printer;
mod purchase;
mod reconcile;
mod stop;
mod trigger;

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use serde_json::json;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::printer::{Printer, tell};

fn main() -> ExitCode {
    stop::handle_signals();
    if env::args_os().any(|argument| is_secret(&argument.to_string_lossy())) {
        tell("error: an argument is the secret key: it is only read from the variable EKOLOPAY_SECRET_KEY");
        return ExitCode::from(Exit::BadInput.code());
    }
    let arguments = Arguments::parse();
    let printer = Printer { json: arguments.json };
    let exit = run(&arguments, printer).or_else(|error| printer.error(json!({}), "", &error)).unwrap_or(Exit::Local);
    ExitCode::from(exit.code())
}

fn run(arguments: &Arguments, printer: Printer) -> Result<Exit> {
    let options = &arguments.gateway;
    match &arguments.command {
        Command::Doctor(doctor) => doctor::run(options, doctor, printer),
        Command::Availability => {
            options.gateway_without_secret()?.check_availability()?;
            printer.result(&json!({ "available": true }), "the gateway is in service")?;
            Ok(Exit::Done)
        }
        Command::Purchase(purchase) => purchase::run(options, purchase, printer),
        Command::Check { tokens, wait } => check::run(options, tokens, *wait, printer),
        Command::Reconcile(reconcile) => reconcile::run(options, reconcile, printer),
        Command::Callback { file, verify } => callback::run(options, file, *verify, printer),
        Command::Listen { port, forward_to } => listen::run(options, *port, forward_to.as_deref(), printer),
        Command::Trigger { outcome, token } => trigger::run(options, outcome, token, printer),
    }
}

/// Also as `--anything=` and the secret. It would be sent and shown, as a token.
fn is_secret(text: &str) -> bool {
    let secret = env::var("EKOLOPAY_SECRET_KEY").unwrap_or_default();
    !secret.is_empty() && (text == secret || text.ends_with(&format!("={secret}")))
}
