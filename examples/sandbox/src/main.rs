//! Runs a sandbox until interrupted.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, Settlement, Trouble};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum RedirectMethod {
    Get,
    Post,
}

#[derive(Parser)]
#[command(
    name = "ekolopay-sandbox",
    version,
    about = "A local EkoloPay Collect gateway, for development and tests: no money moves"
)]
struct Arguments {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8099")]
    listen: SocketAddr,

    /// The `api_client` to accept
    #[arg(long, value_name = "ID", default_value = DEMO_API_CLIENT)]
    api_client: String,

    /// The `secret_key` to accept
    #[arg(long, value_name = "KEY", default_value = DEMO_SECRET_KEY)]
    secret_key: String,

    /// Where callbacks are sent (http:// only)
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,

    /// Where customers are sent after the payment
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,

    /// How they are sent there: by a redirect (get), or by a form that submits itself (post)
    #[arg(long, value_name = "METHOD", value_enum, default_value = "get", requires = "redirect_url")]
    redirect_method: RedirectMethod,

    /// How long each API call waits before it is answered
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency_ms: u64,

    /// Send `paymentSuccessful` as 1 or 0 instead of true or false
    #[arg(long)]
    php_booleans: bool,

    /// Answer a repeated identical order with the token given before
    #[arg(long)]
    same_token: bool,

    /// Answer the first N checks of a new token with "purchaseToken inconnu."
    #[arg(long, value_name = "N", default_value_t = 0)]
    late_known: u32,

    /// Accept N API calls per second, and answer the others with HTTP 429
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate_limit: Option<u32>,

    /// How many of 100 API calls go wrong: an error page, a cut, a delay, or the start of an outage of up to 0.2 s
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    trouble: u8,

    /// The seed of --trouble: the same seed gives the same troubles
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Start with payments, some of them paid, and write their `order,token` lines to this new file
    #[arg(long, value_name = "FILE", conflicts_with = "callback_url")]
    orders: Option<PathBuf>,

    /// How many payments --orders creates
    #[arg(long, value_name = "N", default_value_t = 1000)]
    payments: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    for signal in [SIGINT, SIGTERM] {
        // As without it, but also as process 1 of a container, where they do nothing by themselves.
        let _ = register_conditional_shutdown(signal, 128 + signal, Arc::new(AtomicBool::new(true)));
    }
    match run(&arguments) {
        Ok(sandbox) => {
            // The sandbox runs on when nobody reads its output.
            let _ = announce(&sandbox, &arguments);
            sandbox.wait();
            ExitCode::SUCCESS
        }
        Err(text) => {
            complain(&format!("error: {text}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<Sandbox, String> {
    let listen = arguments.listen;
    let sandbox = start(arguments).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("{listen} is in use: stop the program that listens there, or choose another --listen")
        }
        io::ErrorKind::InvalidInput => error.to_string(),
        _ => format!("cannot listen on {listen}: {error}"),
    })?;
    if let Some(path) = &arguments.orders {
        create_payments(&sandbox, arguments, path)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(sandbox)
}

fn start(arguments: &Arguments) -> io::Result<Sandbox> {
    let mut builder = Sandbox::builder()
        .listen(arguments.listen)
        .api_client(&arguments.api_client)
        .secret_key(&arguments.secret_key)
        .latency(Duration::from_millis(arguments.latency_ms))
        .php_booleans(arguments.php_booleans)
        .redirect_by_post(arguments.redirect_method == RedirectMethod::Post)
        .same_token(arguments.same_token)
        .late_known(arguments.late_known)
        .trouble(Trouble::share(f64::from(arguments.trouble) / 100.0, arguments.seed))
        .log(complain);
    if let Some(url) = &arguments.callback_url {
        builder = builder.callback_url(url);
    }
    if let Some(url) = &arguments.redirect_url {
        builder = builder.redirect_url(url);
    }
    if let Some(calls) = arguments.rate_limit {
        builder = builder.rate_limit(calls);
    }
    builder.start()
}

/// Half of the payments are paid, a quarter failed, and a quarter are pending.
fn create_payments(sandbox: &Sandbox, arguments: &Arguments, path: &Path) -> io::Result<()> {
    // Only a new file: this must not overwrite somebody's list of orders.
    let mut file = BufWriter::new(File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::new(error.kind(), "it already exists: choose another name"),
        _ => error,
    })?);
    writeln!(file, "order,token")?;
    for number in 1..=arguments.payments {
        let order = format!("order-{number}");
        let token = sandbox.add_payment(&order, 150_000);
        match number % 4 {
            0 | 1 => sandbox.settle(&token, Settlement::Paid),
            2 => sandbox.settle(&token, Settlement::Failed),
            _ => None,
        };
        writeln!(file, "{order},{token}")?;
    }
    file.flush()
}

fn announce(sandbox: &Sandbox, arguments: &Arguments) -> io::Result<()> {
    if !sandbox.address().ip().is_loopback() {
        complain("warning: not a loopback address, other machines may reach this sandbox");
    }
    let origin = sandbox.origin();
    let mut out = io::stdout().lock();
    writeln!(out, "Gateway: {origin}")?;
    writeln!(out, "Payments and callbacks: {origin}/sandbox")?;
    writeln!(out)?;
    writeln!(out, "export EKOLOPAY_ORIGIN={}", quoted(&origin))?;
    writeln!(out, "export EKOLOPAY_API_CLIENT={}", quoted(&arguments.api_client))?;
    if arguments.secret_key == DEMO_SECRET_KEY {
        writeln!(out, "export EKOLOPAY_SECRET_KEY={DEMO_SECRET_KEY}")?;
    } else {
        writeln!(out, "# EKOLOPAY_SECRET_KEY: the one given as --secret-key")?;
    }
    out.flush()
}

/// Quoted for a shell, unless it is a plain word.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if value.bytes().all(plain) { value.into() } else { format!("'{}'", value.replace('\'', r"'\''")).into() }
}

/// Unlike `eprintln!`, it does not panic when stderr is closed.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
