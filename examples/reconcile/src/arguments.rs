//! The command line. The comments on the fields are the text of the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, value_parser};

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
  1  every token is in the output, some are refused or error
  2  bad usage, environment, input or output; nothing was sent
  3  the gateway is unavailable; run it again later
  4  gave up: no usable answer from the gateway; run it again later
  5  the output is in use, or a file could not be read or written; run it again later

You can stop it at any time, even with kill -9. Run the same command again to continue.";

#[derive(Parser)]
#[command(
    name = "ekolopay-reconcile",
    version,
    about = "Checks many EkoloPay payments, and writes one row per token: order,token,outcome,detail",
    after_help = AFTER_HELP
)]
pub(crate) struct Arguments {
    /// CSV with the header `order,token`, or an output whose `error` rows to check again; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub(crate) input: PathBuf,

    /// The file that rows are added to; tokens that are already in it are not checked again
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// How many checks run at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = value_parser!(u8).range(1..=MAX_THREADS))]
    pub(crate) threads: u8,

    /// Check only part I of N of the tokens, counted from 0
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    /// How many times a check is tried before its row is `error`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u8).range(1..=10))]
    pub(crate) attempts: u8,

    /// The pause before the second try of a check; it doubles for each further try
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
