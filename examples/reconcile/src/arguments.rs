//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, value_parser};

use crate::row::Verdict;
use crate::shard::Shard;

/// The SDK keeps this many connections; more threads would reconnect all the time.
const MAX_THREADS: i64 = 64;

pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(60);

const AFTER_HELP: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the merchant's API client
  EKOLOPAY_SECRET_KEY  the merchant's secret key, never an argument
  EKOLOPAY_ORIGIN      the gateway, unless --origin is given [default: https://ekolopay.com]

Exit codes:
  0  every token is in the output, paid or not_paid
  1  every token is in the output, some are refused or error, or an order is paid twice
  2  bad usage, environment, input or output; nothing was sent
  3  the gateway is unavailable; run it again later
  4  gave up: no usable answer from the gateway; run it again later
  5  trouble on this machine: a file, the disk, memory, threads or connections; run it again later
  6  nothing to do: the list has no tokens, or the output already answers all of them
  130 or 143  stopped by Ctrl-C or SIGTERM; the same command goes on

You can stop it at any time, even with kill -9. Run the same command again to continue.";

#[derive(Clone, Parser)]
#[command(
    name = "ekolopay-reconcile",
    version,
    about = "Checks many EkoloPay payments, and writes one row per token: order,token,outcome,detail",
    after_help = AFTER_HELP
)]
pub(crate) struct Arguments {
    /// CSV with the columns `order` and `token`, or an output whose `error` rows to check; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: PathBuf,

    /// The file that rows are added to; tokens that are already in it are not checked again
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Ask anew about the tokens of the list whose rows have these outcomes: not_paid, refused, error
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

    /// Check only part I of N of the tokens, counted from 0
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    /// How long to wait for a gateway that is unavailable or gives no answer; with 0, stop at once
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(crate) wait_for_gateway: Duration,

    /// How many times a check is tried before its row is `error`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u8).range(1..=10))]
    pub(crate) attempts: u8,

    /// The first pause after a failed check; it doubles for each further try
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = pause)]
    pub(crate) pause: Duration,

    /// Stop after this many tokens in a row without a usable answer; with 0, never
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) give_up_after: u16,

    /// How long one HTTP exchange may last; a check is two
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The gateway, in place of EKOLOPAY_ORIGIN or the real one
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if pause <= MAX_PAUSE { Ok(pause) } else { Err("at most 1 minute".to_owned()) }
}

/// What is paid stays paid.
fn outcome(text: &str) -> Result<Verdict, &'static str> {
    let found = Verdict::ALL.into_iter().find(|verdict| verdict.word() == text && *verdict != Verdict::Paid);
    found.ok_or("must be not_paid, refused or error")
}
