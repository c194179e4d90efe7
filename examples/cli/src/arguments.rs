//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use ekolopay::{Error, Gateway, GatewayBuilder};

#[derive(Parser)]
#[command(name = "ekolopay", version, about = "EkoloPay Collect, the mobile-money gateway, from the command line")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) gateway: GatewayOptions,

    /// Write one JSON object per line, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
pub(crate) struct GatewayOptions {
    /// The gateway, in place of EKOLOPAY_ORIGIN or the real one
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) origin: Option<String>,

    /// How long one HTTP exchange may last; a call is two
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

impl GatewayOptions {
    pub(crate) fn gateway(&self) -> Result<Gateway, Error> {
        self.gateway_with_timeout(self.timeout)
    }

    pub(crate) fn gateway_with_timeout(&self, timeout: Duration) -> Result<Gateway, Error> {
        let user_agent = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));
        let mut builder = GatewayBuilder::from_env()?.timeout(timeout).user_agent(user_agent);
        if let Some(origin) = &self.origin {
            builder = builder.origin(origin);
        }
        builder.build()
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check whether the gateway is in service
    Availability,

    /// Create the token of an order, and print the page on which it is paid
    Purchase(PurchaseArguments),

    /// Ask the gateway whether orders are paid
    Check {
        /// The tokens of the orders; put those that begin with `-` after `--`
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,

        /// Check again until all are paid or this time is over, such as 90s or 5m
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

fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "must be a number with its unit, such as 90s, 5m or 1h")
}
