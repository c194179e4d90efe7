//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use ekolopay::{Credentials, Error, Gateway, GatewayBuilder};

use crate::error::CliError;
use crate::help;

#[derive(Parser)]
#[command(name = "ekolopay", version, about = "EkoloPay Collect, the mobile-money gateway, from the command line")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten, next_help_heading = "Options of every command")]
    pub(crate) gateway: GatewayOptions,
}

#[derive(Args)]
pub(crate) struct GatewayOptions {
    /// Write one JSON object per line, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The gateway, in place of EKOLOPAY_ORIGIN or the real one
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) origin: Option<String>,

    /// How long one HTTP exchange may last; a call is two
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// Trust the certificates in this PEM file instead of the built-in ones
    ///
    /// For a company whose proxy inspects traffic.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) root_certificates: Option<PathBuf>,
}

impl GatewayOptions {
    pub(crate) fn gateway(&self) -> Result<Gateway, CliError> {
        self.gateway_with_timeout(self.timeout)
    }

    pub(crate) fn gateway_with_timeout(&self, timeout: Duration) -> Result<Gateway, CliError> {
        self.build(GatewayBuilder::from_env()?, timeout)
    }

    /// For a call that sends no secret: variables that are not set are not needed.
    pub(crate) fn gateway_without_secret(&self) -> Result<Gateway, CliError> {
        let [client, key] = ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"].map(env::var_os);
        if client.is_some() && key.is_some() {
            return self.gateway();
        }
        let client = client.map_or("ekolopay-cli".into(), |client| client.to_string_lossy().into_owned());
        let mut builder = Gateway::builder(Credentials::new(client, "this-key-is-never-sent")?);
        if let Some(origin) = env::var_os("EKOLOPAY_ORIGIN").filter(|origin| !origin.is_empty()) {
            builder = builder.origin(&origin.to_string_lossy());
        }
        self.build(builder, self.timeout).map_err(|error| match error {
            CliError::Input { field: "origin", reason } if self.origin.is_none() => {
                CliError::Input { field: "EKOLOPAY_ORIGIN", reason }
            }
            error => error,
        })
    }

    fn build(&self, builder: GatewayBuilder, timeout: Duration) -> Result<Gateway, CliError> {
        let user_agent = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));
        let mut builder = builder.timeout(timeout).user_agent(user_agent);
        if let Some(origin) = &self.origin {
            builder = builder.origin(origin);
        }
        if let Some(path) = &self.root_certificates {
            let pem = fs::read(path).map_err(|source| CliError::read(path, source))?;
            builder = builder.root_certificates(&pem);
        }
        builder.build().map_err(Error::into)
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check whether the gateway is in service; this needs no credentials
    #[command(after_long_help = help::AVAILABILITY)]
    Availability,

    /// Create the token of an order, and print the page on which it is paid
    #[command(after_long_help = help::PURCHASE)]
    Purchase(PurchaseArguments),

    /// Ask the gateway whether orders are paid
    #[command(after_long_help = help::CHECK)]
    Check {
        /// The tokens of the orders; `-` reads them from the standard input
        ///
        /// Put tokens that begin with `-` after `--`.
        #[arg(value_name = "TOKEN", required = true)]
        tokens: Vec<String>,

        /// Check again until all are paid or this time is over, such as 90s or 5m
        ///
        /// Only a refusal that repeats for 10 s ends it earlier for its token. Ctrl-C prints the latest answers.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        wait: Option<Duration>,
    },

    /// Read the body of a callback, which is a claim and not a proof
    #[command(after_long_help = help::CALLBACK)]
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
    #[command(after_long_help = help::LISTEN)]
    Listen {
        /// The port of 127.0.0.1 to listen on; 0 is a free one
        #[arg(long, default_value_t = 0)]
        port: u16,

        /// Pass each callback on to this address, and answer with the status that it answers
        #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
        forward_to: Option<String>,
    },

    /// Settle a payment of the local gateway, which then sends its callback
    #[command(after_long_help = help::TRIGGER)]
    Trigger {
        /// How the payment ends
        outcome: Outcome,

        /// The token of the order
        token: String,
    },

    /// Write the completion script of a shell
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The names are those of the local gateway's payment page.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Outcome {
    Paid,
    Failed,
    Rejected,
    Timeout,
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
