//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use ekolopay_cli::gateway::{GatewayOptions, duration};

/// The examples of a command.
macro_rules! examples {
    ($($line:literal),+) => {
        concat!("EXAMPLES:", $("\n  ekolopay ", $line,)+ "\n\nEnvironment and exit codes: ekolopay --help")
    };
}

#[derive(Parser)]
#[command(name = "ekolopay", version, about = "EkoloPay Collect, the mobile-money gateway, from the command line")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Write one JSON object per line, for machines
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub(crate) json: bool,

    #[command(flatten, next_help_heading = "Options of every command")]
    pub(crate) gateway: GatewayOptions,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check whether the gateway is in service; this needs no credentials
    #[command(after_long_help = examples!("availability", "availability --origin http://127.0.0.1:8099"))]
    Availability,

    /// Create the token of an order, and print the page on which it is paid
    #[command(after_long_help = examples!("purchase --amount 150000 --label \"Iphone S\" --phone 066304925"))]
    Purchase(PurchaseArguments),

    /// Ask the gateway whether orders are paid
    #[command(after_long_help = examples!("check cf72b35c0334e3487ae91ab1792d8929", "check --wait 5m --json - < tokens.txt"))]
    Check {
        /// The tokens of the orders; `-` reads them from the standard input
        ///
        /// Put tokens that begin with `-` after `--`.
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,

        /// Check again until all are paid or this time is over, such as 90s or 5m
        ///
        /// A refusal that repeats for 10 s ends the wait for that token. Ctrl-C prints the latest answers.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        wait: Option<Duration>,
    },

    /// Read the body of a callback, which is a claim and not a proof
    #[command(after_long_help = examples!("callback body.txt", "callback --verify < body.txt"))]
    Callback {
        /// The file that holds the body; `-` is the standard input
        #[arg(default_value = "-", value_hint = ValueHint::FilePath)]
        file: PathBuf,

        /// Ask the gateway about the token; the exit code is then that of `check`
        #[arg(long)]
        verify: bool,
    },

    /// Receive callbacks on this machine, and verify each with the gateway
    ///
    /// Anything that is not a callback is answered with HTTP 400, and neither verified nor passed on.
    #[command(after_long_help = examples!("listen --port 8090 --forward-to http://127.0.0.1:8080/callback"))]
    Listen {
        /// The port of 127.0.0.1 to listen on; 0 is a free one
        #[arg(long, default_value_t = 0)]
        port: u16,

        /// Pass each callback on to this address, and answer with the status that it answers
        #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
        forward_to: Option<String>,
    },

    /// Settle a payment of the local gateway, which then sends its callback
    #[command(after_long_help = examples!("trigger paid cf72b35c0334e3487ae91ab1792d8929"))]
    Trigger {
        /// How the payment ends, in the words of its page
        #[arg(value_parser = ["paid", "failed", "rejected", "timeout"])]
        outcome: String,

        /// The token of the order
        token: String,
    },

    /// Write the completion script of a shell
    #[command(after_long_help = examples!("completions fish > ~/.config/fish/completions/ekolopay.fish"))]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args)]
pub(crate) struct PurchaseArguments {
    /// The amount, in whole currency units
    // A negative number must get our message, and not be taken for an option.
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) amount: String,

    /// What is sold: the first line on the payment page
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
