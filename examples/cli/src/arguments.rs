//! What can be written on the command line. The comments on fields are the help's text.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

#[derive(Parser)]
#[command(name = "ekolopay", version, about = "EkoloPay Collect, the mobile-money gateway, from the command line")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: Settings,

    /// Write one JSON object a line, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
pub(crate) struct Settings {
    /// The gateway, in place of the one in EKOLOPAY_ORIGIN or the real one
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) origin: Option<String>,

    /// How long one HTTP exchange may last; a call is two
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask whether the gateway is in service
    Availability,

    /// Create the token of an order, and say where it is paid
    Purchase(Order),

    /// Ask the gateway whether orders are paid
    Check {
        /// The tokens of the orders; after `--` also those that begin with `-`
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,

        /// Ask again until all are paid or this time is over, such as 90s or 5m
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        wait: Option<Duration>,
    },

    /// Read the body of a callback, which is a claim and not a proof
    Callback {
        /// The file that holds the body; `-` is the standard input
        #[arg(default_value = "-", value_hint = ValueHint::FilePath)]
        file: PathBuf,

        /// Ask the gateway about the token; the exit code is then that of `check`
        #[arg(long)]
        verify: bool,
    },

    /// Write the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args)]
pub(crate) struct Order {
    /// The amount, in whole currency units
    // A negative number is to be told what is wrong with it, not taken for an option.
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) amount: String,

    /// What is sold, the first line on the payment page
    #[arg(long)]
    pub(crate) label: String,

    /// The customer's telephone number, such as 066304925
    #[arg(long)]
    pub(crate) phone: String,

    /// A description of what is sold
    #[arg(long)]
    pub(crate) details: Option<String>,

    /// The customer's name
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// The customer's UUID in the shop
    #[arg(long)]
    pub(crate) uuid: Option<String>,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "must be a number with its unit, such as 90s, 5m or 1h")
}
