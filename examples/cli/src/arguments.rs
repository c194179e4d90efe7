//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use ekolopay::purchase::{PhoneNumber, PurchaseToken};

use crate::exit::TABLE;
use crate::gateway::{GatewayOptions, duration};
use crate::reconcile::ReconcileArguments;

const ENVIRONMENT: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the merchant's API client
  EKOLOPAY_SECRET_KEY  the secret key, never an argument
  EKOLOPAY_ORIGIN      the gateway, in place of the live one";

fn end_of_help() -> String {
    let codes: String = TABLE.iter().map(|(code, meaning)| format!("\n  {code:<3}  {meaning}")).collect();
    let worst = "Of several tokens the worst decides: 5, 2, 1, 4, 3, 10, 0.\nOnly 10 means \"not paid\".";
    format!("{ENVIRONMENT}\n\nExit codes:{codes}\n{worst}")
}

#[derive(Parser)]
#[command(
    name = "ekolopay",
    version,
    about = "EkoloPay Collect, the mobile-money gateway, from the command line",
    after_long_help = end_of_help()
)]
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
    /// Show how the gateway answers, step by step; creates nothing
    Doctor(DoctorArguments),

    /// Check whether the gateway is in service, without credentials
    Availability,

    /// Create the token of an order, and print its payment page
    #[command(
        override_usage = "ekolopay purchase [OPTIONS] --amount <AMOUNT>\n           --label <LABEL> --phone <PHONE>"
    )]
    Purchase(PurchaseArguments),

    /// Ask the gateway whether orders are paid
    Check {
        /// The tokens of the orders; `-` reads them from the standard input
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,

        /// Check again until all are paid or this time is over
        ///
        /// A refusal that repeats for 10 s ends the wait for that token.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        wait: Option<Duration>,
    },

    /// Ask about a whole list of orders, and write the answers
    ///
    /// One row for each token that the gateway judged: `paid`, `not_paid` or `refused`, with the UTC time of the answer.
    /// Stop it at any time, even with kill -9: the same command goes on, tonight. Each night has an output of its own.
    #[command(override_usage = "ekolopay reconcile [OPTIONS] <ORDERS.CSV>\n           --output <ANSWERS.CSV>")]
    Reconcile(ReconcileArguments),

    /// Read the body of a callback, which is a claim and no proof
    Callback {
        /// The file that holds the body; `-` is the standard input
        #[arg(default_value = "-")]
        file: PathBuf,

        /// Ask the gateway too; the exit code is then that of `check`
        #[arg(long)]
        verify: bool,
    },

    /// Receive callbacks on this machine, and verify each
    Listen {
        /// The port of 127.0.0.1 to listen on; 0 is a free one
        #[arg(long, default_value_t = 0)]
        port: u16,

        /// Pass each callback on to this address, and answer as it does
        #[arg(long, value_name = "URL")]
        forward_to: Option<String>,
    },

    /// Settle a payment of the local gateway, which sends a callback
    Trigger {
        /// How the payment ends
        #[arg(value_parser = ["paid", "failed", "rejected", "timeout"])]
        outcome: String,

        /// The token of the order
        token: PurchaseToken,
    },
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Also ask about this token, which the gateway knows
    #[arg(long)]
    pub(crate) token: Option<PurchaseToken>,

    /// Also send a made-up key: two different replies show that yours is known
    ///
    /// Nobody knows whether wrong keys lock an account.
    #[arg(long)]
    pub(crate) try_wrong_key: bool,

    /// Write all of it to this new file; read it before you send it
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PurchaseArguments {
    /// The amount, in whole currency units
    #[arg(long, allow_negative_numbers = true)]
    #[arg(value_parser = |text: &str| text.parse::<u64>().map_err(|_| "must be a whole number, digits only"))]
    pub(crate) amount: u64,

    /// What is sold: the first line on the payment page
    #[arg(long)]
    pub(crate) label: String,

    /// The customer's number, such as "06 630 49 25"
    #[arg(long)]
    pub(crate) phone: PhoneNumber,

    /// A description of what is sold
    #[arg(long)]
    pub(crate) details: Option<String>,

    /// The customer's name
    #[arg(long)]
    pub(crate) name: Option<String>,
}
