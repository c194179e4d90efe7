//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, value_parser};
use ekolopay_cli::exit;
use ekolopay_cli::gateway::{ENVIRONMENT, GatewayOptions, duration};
use xxhash_rust::xxh3::xxh3_64;

use crate::row::Verdict;

/// The SDK keeps this many connections; more threads would reconnect all the time.
const MAX_THREADS: i64 = 64;

pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(60);

const SAFE: &str = "You can stop it at any time, even with kill -9. Run the same command again to continue.";

#[derive(Clone, Parser)]
#[command(
    name = "ekolopay-reconcile",
    version,
    about = "Checks many EkoloPay payments, and writes one row per token: order,token,outcome,detail",
    after_help = format!("{ENVIRONMENT}\n\n{}\n\n{SAFE}", exit::help(|row| row.2))
)]
pub(crate) struct Arguments {
    /// CSV with the columns `order` and `token`, or an output whose `error` rows are checked; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: PathBuf,

    /// The file that rows are added to; tokens that are already in it are not checked again
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Ask again about the tokens of the list whose rows have these outcomes: not_paid, refused, error
    #[arg(long, value_name = "OUTCOMES", value_delimiter = ',', value_parser = outcome)]
    pub(crate) again: Vec<Verdict>,

    /// The name of the column with the orders
    #[arg(long, value_name = "NAME", default_value = "order")]
    pub(crate) column_order: String,

    /// The name of the column with the tokens
    #[arg(long, value_name = "NAME", default_value = "token")]
    pub(crate) column_token: String,

    /// Accept a token whose length or alphabet differs from all others
    #[arg(long)]
    pub(crate) tokens_differ: bool,

    /// How many checks run at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u8).range(1..=MAX_THREADS))]
    pub(crate) threads: u8,

    /// Check only part I of N of the orders, counted from 0
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    /// How long to wait for a gateway that is unavailable or gives no answer; with 0, stop at once
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) wait_for_gateway: Duration,

    /// How many times a check is tried before its row is `error`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u8).range(1..=10))]
    pub(crate) attempts: u8,

    /// The first pause after a failed check; it doubles for each further try
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = pause)]
    pub(crate) pause: Duration,

    /// Stop after this many tokens in a row without a usable answer; with 0, never
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) give_up_after: u16,

    #[command(flatten)]
    pub(crate) gateway: GatewayOptions,
}

fn pause(text: &str) -> Result<Duration, &'static str> {
    duration(text).and_then(|pause| if pause <= MAX_PAUSE { Ok(pause) } else { Err("at most 1 minute") })
}

/// What is paid stays paid.
fn outcome(text: &str) -> Result<Verdict, &'static str> {
    Verdict::named(text).filter(|verdict| *verdict != Verdict::Paid).ok_or("must be not_paid, refused or error")
}

/// The orders whose XXH3 (64 bits, seed 0) modulo `of` is `index`: the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    pub(crate) fn holds(self, order: &str) -> bool {
        xxh3_64(order.as_bytes()) % u64::from(self.of) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, Self::Err> {
        // `parse` alone would take a sign.
        let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        match text.split_once('/').map(|(index, of)| (number(index), number(of))) {
            Some((Some(index), Some(of))) if index < of => Ok(Shard { index, of }),
            Some((Some(_), Some(_))) => Err("I must be less than N: the parts count from 0"),
            _ => Err("must be I/N, such as 0/4"),
        }
    }
}
