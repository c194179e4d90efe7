//! A small web shop that sells by mobile money. The README names its files in the order in which an order runs.
//!
//! `cargo run` starts a demonstration with a local gateway and a temporary database. With `--live` the shop uses the gateway
//! named by the environment and a database file.

mod checkout;
mod checks;
mod database;
mod merchant;
mod orders;
mod pages;
mod payments;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use ekolopay::GatewayBuilder;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use crate::database::Database;
use crate::pages::Shop;
use crate::payments::Payments;

/// How long the gateway may take for one exchange; a customer waits for two when ordering.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(15);
const PASSWORD: &str = "SHOP_PASSWORD";
const SHORTEST_PASSWORD: usize = 12;

#[derive(Parser)]
#[command(
    name = "ekolopay-shop",
    version,
    about = "A small web shop that sells by mobile money",
    after_help = "Without --live, a local gateway is started too and no money moves.\n\n\
                  Environment, with --live:\n  \
                  EKOLOPAY_API_CLIENT   the merchant's API client\n  \
                  EKOLOPAY_SECRET_KEY   the merchant's secret key\n  \
                  EKOLOPAY_ORIGIN       another gateway than the live one\n  \
                  SHOP_PASSWORD         the password of /marchand, at least 12 characters",
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The address to listen on; put a web server with https in front of it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Sell for real, at the gateway named by the environment, with this SQLite database
    #[arg(long, value_name = "DATABASE", required = cfg!(not(feature = "demo")))]
    live: Option<PathBuf>,

    /// Trust the certificates in this PEM file instead of the built-in ones: for a proxy that inspects traffic
    #[arg(long, value_name = "FILE", requires = "live")]
    root_certificates: Option<PathBuf>,

    /// Who customers can ask for help, shown on every page
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Copy the database of a running or stopped shop into one new file
    Backup {
        /// The shop's database
        #[arg(value_name = "DATABASE")]
        from: PathBuf,
        /// The copy, which must not exist yet
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
}

impl Arguments {
    fn gateway(&self) -> Result<GatewayBuilder> {
        let gateway = GatewayBuilder::from_env()?;
        let Some(path) = &self.root_certificates else { return Ok(gateway) };
        let pem = fs::read(path).with_context(|| path.display().to_string())?;
        Ok(gateway.root_certificates(&pem))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // ureq_proto logs the gateway's replies at finer levels.
    let filter = filter.add_directive("ureq_proto=info".parse().expect("a directive"));
    // The shop runs on when nobody reads its log.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    log.with_ansi(io::stderr().is_terminal()).init();
    let result = match &arguments.command {
        Some(Command::Backup { from, to }) => database::backup(from, to),
        None => run(arguments),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    tracing::error!("{error:#}");
    ExitCode::FAILURE
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<()> {
    // Before anything else, so that a stop is never missed.
    let stopped = stop_signal()?;
    let listen = arguments.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    // The demonstration lives as long as the shop.
    let (gateway, path, password, note, _demonstration) = match &arguments.live {
        Some(path) => (arguments.gateway()?, path.clone(), password()?, String::new(), None),
        None => demonstration(&origin)?,
    };
    let gateway = gateway.timeout(GATEWAY_TIMEOUT).user_agent("ekolopay-shop").build()?;
    let database = Arc::new(Database::open(&path).with_context(|| path.display().to_string())?);
    let payments = Payments::new(gateway, Arc::clone(&database));
    let checks = thread::Builder::new().spawn({
        let payments = Arc::clone(&payments);
        move || payments.run()
    })?;
    let shop = Shop {
        database,
        payments: Arc::clone(&payments),
        contact: arguments.contact,
        demo: arguments.live.is_none(),
        password,
        form_key: Uuid::new_v4().simple().to_string(),
    };
    // The shop runs on when nobody reads its output.
    let _ = writeln!(io::stdout(), "Shop: {origin}\nAll orders: {origin}/marchand{note}");
    let service = pages::router(shop).into_make_service_with_connect_info::<SocketAddr>();
    // A stop finishes what is under way.
    axum::serve(listener, service).with_graceful_shutdown(stopped).await?;
    tracing::info!("stopped");
    payments.stops.store(true, SeqCst);
    let _ = checks.join();
    Ok(())
}

fn password() -> Result<String> {
    let password = env::var(PASSWORD).ok().with_context(|| format!("{PASSWORD} is not set"))?;
    check(&password)?;
    Ok(password)
}

/// What a file of variables adds by mistake would lock the merchant out.
fn check(password: &str) -> Result<()> {
    let (quotes, length) = (['"', '\''], password.chars().count());
    let is_one_line = password == password.trim() && !password.contains(char::is_control);
    ensure!(is_one_line, "{PASSWORD} must not begin or end with a space, nor hold a line break");
    let is_quoted = password.starts_with(quotes) || password.ends_with(quotes);
    ensure!(!is_quoted, "{PASSWORD} must not begin or end with a quotation mark");
    ensure!(length >= SHORTEST_PASSWORD, "{PASSWORD} must have at least {SHORTEST_PASSWORD} characters");
    Ok(())
}

/// Ends with SIGTERM or Ctrl-C. The first process of a container has no other way to be stopped.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminated = unix::signal(unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupted = unix::signal(unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! { _ = terminated.recv() => {}, _ = interrupted.recv() => {} }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

type Start = (GatewayBuilder, PathBuf, String, String, Option<Box<dyn Send>>);

/// A local gateway, and a database that is deleted at the end.
#[cfg(feature = "demo")]
fn demonstration(origin: &str) -> Result<Start> {
    use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};

    let sandbox = Sandbox::builder().callback_url(format!("{origin}/callback"));
    let sandbox = sandbox.redirect_url(format!("{origin}/payment-status")).start()?;
    let credentials = ekolopay::Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?;
    let gateway = ekolopay::Gateway::builder(credentials).origin(&sandbox.origin());
    let note = format!(" (password: demo)\nLocal gateway: {}/sandbox", sandbox.origin());
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("shop.db");
    Ok((gateway, path, "demo".to_owned(), note, Some(Box::new((sandbox, directory)))))
}

#[cfg(not(feature = "demo"))]
fn demonstration(_origin: &str) -> Result<Start> {
    anyhow::bail!("this shop was built without its demonstration: --live DATABASE")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_that_a_file_has_spoilt_is_refused() {
        for (password, rule) in [
            ("a long password\r", "line break"),
            ("a long\npassword", "line break"),
            (" a long password", "space"),
            ("'a long password'", "quotation mark"),
            ("\"a long password", "quotation mark"),
            ("short", "at least 12"),
        ] {
            assert!(super::check(password).unwrap_err().to_string().contains(rule), "{password:?}");
        }
        assert!(super::check("it's a \"long\" pass:word é").is_ok());
    }
}
