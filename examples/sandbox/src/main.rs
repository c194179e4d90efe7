//! Runs a local gateway until interrupted.

use std::borrow::Cow;
use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser;
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox, SandboxBuilder, Trouble};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

#[derive(Parser)]
#[command(
    name = "ekolopay-sandbox",
    version,
    about = "A local EkoloPay Collect gateway, for development and tests: no money moves",
    after_help = "The `secret_key` to accept is in the variable SANDBOX_SECRET_KEY. Without it, it is the documentation's demo key."
)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
struct Arguments {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8099", value_parser = address)]
    listen: SocketAddr,
    /// Another name by which clients may reach it, such as that of its container
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// The `api_client` to accept
    #[arg(long, value_name = "ID", default_value = DEMO_API_CLIENT)]
    api_client: String,
    /// Where callbacks are sent (http:// only)
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,
    /// Where customers are sent after the payment
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// Send them there by a button (POST) instead of a redirect (GET)
    #[arg(long, requires = "redirect_url")]
    redirect_by_post: bool,
    /// When a payment ends whose telephone number decides that
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pay_after: Duration,
    /// Refuse calls with {"code":0,"reason":…,"message":…} under HTTP 500, also when out of service
    #[arg(long)]
    plain_errors: bool,
    /// How long each API call waits before it is answered
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    latency: Duration,
    /// Send `paymentSuccessful` as 1 or 0 instead of true or false
    #[arg(long)]
    php_booleans: bool,
    /// Answer a repeated identical order with the token given before, also when that order is paid
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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    for signal in [SIGINT, SIGTERM] {
        // As without it, but also as process 1 of a container, where they do nothing by themselves.
        let _ = register_conditional_shutdown(signal, 128 + signal, Arc::new(AtomicBool::new(true)));
    }
    let secret_key = env::var_os("SANDBOX_SECRET_KEY").unwrap_or_else(|| DEMO_SECRET_KEY.into());
    let secret_key = secret_key.to_string_lossy();
    match start(&arguments, &secret_key) {
        Ok(sandbox) => {
            // It runs on when nobody reads its output.
            let _ = announce(&sandbox, &arguments, &secret_key);
            sandbox.wait();
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&match error.kind() {
                io::ErrorKind::InvalidInput => format!("error: {error}"),
                _ => format!("error: cannot listen on {}: {error} (port 0 picks a free one)", arguments.listen),
            });
            ExitCode::FAILURE
        }
    }
}

/// `localhost` without a look-up.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.strip_prefix("localhost:");
    let address = port.map_or_else(|| text.parse(), |port| format!("127.0.0.1:{port}").parse());
    address.map_err(|_| "an address and a port are needed, such as 127.0.0.1:8099")
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn start(arguments: &Arguments, secret_key: &str) -> io::Result<Sandbox> {
    let mut builder = Sandbox::builder()
        .listen(arguments.listen)
        .api_client(&arguments.api_client)
        .secret_key(secret_key)
        .pay_after(arguments.pay_after)
        .plain_errors(arguments.plain_errors)
        .latency(arguments.latency)
        .php_booleans(arguments.php_booleans)
        .redirect_by_post(arguments.redirect_by_post)
        .same_token(arguments.same_token)
        .late_known(arguments.late_known)
        .trouble(Trouble::share(f64::from(arguments.trouble) / 100.0, arguments.seed))
        .log(complain);
    builder = arguments.allow_host.iter().fold(builder, SandboxBuilder::allow_host);
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

fn announce(sandbox: &Sandbox, arguments: &Arguments, secret_key: &str) -> io::Result<()> {
    if !sandbox.address().ip().is_loopback() {
        complain("warning: not a loopback address, other machines may reach this local gateway");
    }
    let (origin, client) = (sandbox.origin(), quoted(&arguments.api_client));
    let key = match secret_key {
        DEMO_SECRET_KEY => format!("export EKOLOPAY_SECRET_KEY={DEMO_SECRET_KEY}"),
        _ => "# EKOLOPAY_SECRET_KEY: the one in SANDBOX_SECRET_KEY".to_owned(),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "Gateway: {origin}\nPayments and callbacks: {origin}/sandbox\n")?;
    writeln!(
        out,
        "export EKOLOPAY_ORIGIN={origin}\nexport EKOLOPAY_API_CLIENT={client}\n{key}\n\nCtrl-C pour arrêter"
    )?;
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
