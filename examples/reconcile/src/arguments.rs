//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::shard::Shard;

/// The SDK keeps that many connections; more threads would reconnect all the time.
const MOST_THREADS: i64 = 64;

const LONGEST_PAUSE: Duration = Duration::from_secs(60);

const EXIT_CODES: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the merchant's API client
  EKOLOPAY_SECRET_KEY  the merchant's secret key, never an argument
  EKOLOPAY_ORIGIN      the gateway, unless --origin is given; default https://ekolopay.com

Exit codes:
  0  every token is in the output, paid or not_paid
  1  every token is in the output, some are refused or error
  2  bad usage, environment, input or output; nothing was sent
  3  the gateway is unavailable; the next start goes on
  4  gave up: no usable answer from the gateway; the next start goes on
  5  the output is in use, or reading or writing a file failed; the next start goes on

Stop it as you like, kill -9 included, and start it again with the same command: it goes on.";

#[derive(Parser)]
#[command(
    name = "ekolopay-reconcile",
    version,
    about = "Checks many EkoloPay payments, and writes one row a token: order,token,outcome,detail",
    after_help = EXIT_CODES
)]
pub(crate) struct Arguments {
    /// The orders: CSV with the header `order,token`, or `-` for stdin; of an output of this program, the `error` rows
    #[arg(value_name = "FILE")]
    pub(crate) input: PathBuf,

    /// Where the rows are added; a token that stands there is not checked again
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// How many checks at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=MOST_THREADS))]
    pub(crate) threads: u8,

    /// Only the I-th of N parts of the tokens, counted from 0
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    /// How often a check is tried before its row is `error`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    attempts: u8,

    /// How long to wait before the second try, and twice as long before each further one
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = pause)]
    pause: Duration,

    /// Stop when that many tokens in a row got no usable answer; 0 is never
    #[arg(long, value_name = "N", default_value_t = 10)]
    give_up_after: u16,

    /// How long one exchange with the gateway may last; a check is two
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The gateway, in place of EKOLOPAY_ORIGIN or the real one
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,
}

/// How hard the job tries.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) threads: u8,
    pub(crate) attempts: u8,
    pub(crate) pause: Duration,
    pub(crate) give_up_after: u16,
}

impl Patience {
    /// The pause after this one.
    pub(crate) fn longer(pause: Duration) -> Duration {
        (pause * 2).min(LONGEST_PAUSE)
    }
}

impl Arguments {
    pub(crate) fn patience(&self) -> Patience {
        let Arguments { threads, attempts, pause, give_up_after, .. } = *self;
        Patience { threads, attempts, pause, give_up_after }
    }
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if pause <= LONGEST_PAUSE { Ok(pause) } else { Err("at most 1 minute".to_owned()) }
}
