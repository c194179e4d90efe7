//! A small web shop that sells by mobile money.
//!
//! `cargo run -p ekolopay-shop` starts a demonstration with a local gateway and a database in memory. With `--live` the
//! shop uses the gateway named by the environment and a database file.

mod checker;
mod orders;
mod pages;
mod web;

use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};
use ekolopay_serve::Server;

use crate::checker::{Checker, with_sources};
use crate::orders::Orders;
use crate::web::Shop;

/// How long the gateway may take for one exchange; a customer waits for two when ordering.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(15);

const PASSWORD: &str = "SHOP_PASSWORD";
const DEMO_PASSWORD: &str = "demo";

#[derive(Parser)]
#[command(
    name = "ekolopay-shop",
    version,
    about = "A small web shop that sells by mobile money",
    after_help = "Without --live, a local gateway is started too and no money moves.\n\n\
                  Environment, with --live:\n  \
                  EKOLOPAY_API_CLIENT   the merchant's API client\n  \
                  EKOLOPAY_SECRET_KEY   the merchant's secret key\n  \
                  EKOLOPAY_ORIGIN       another gateway than the real one\n  \
                  SHOP_PASSWORD         the password of /marchand, the page of all orders"
)]
struct Arguments {
    /// The address to listen on; put a web server with https in front of it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Sell for real, at the gateway named by the environment, with this SQLite database
    #[arg(long, value_name = "DATABASE")]
    live: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // ureq_proto logs the gateway's replies at finer levels.
    let log = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(log).filter_module("ureq_proto", log::LevelFilter::Info).init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{}", with_sources(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let cannot_listen = |error| format!("cannot listen on {}: {error}", arguments.listen);
    let listener = TcpListener::bind(arguments.listen).map_err(cannot_listen)?;
    let origin = format!("http://{}", listener.local_addr()?);
    // Lives as long as the shop.
    let mut sandbox = None;
    let (gateway, password) = if arguments.live.is_some() {
        (GatewayBuilder::from_env()?, env::var(PASSWORD).map_err(|_| format!("{PASSWORD} is not set"))?)
    } else {
        let local = Sandbox::builder()
            .callback_url(format!("{origin}/callback"))
            .redirect_url(format!("{origin}/payment-status"))
            .start()?;
        let credentials = Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?;
        let gateway = Gateway::builder(credentials).origin(&local.origin());
        sandbox = Some(local);
        (gateway, DEMO_PASSWORD.to_owned())
    };
    if password.is_empty() {
        return Err(format!("{PASSWORD} is empty").into());
    }
    let gateway = gateway.timeout(GATEWAY_TIMEOUT).user_agent("ekolopay-shop").build()?;
    if let Some(database) = &arguments.live {
        make_private(database).map_err(|error| format!("{}: {error}", database.display()))?;
    }
    let orders = Arc::new(Orders::open(arguments.live.as_deref())?);
    let checker = Checker::start(gateway.clone(), Arc::clone(&orders));
    let shop = Shop { gateway, orders, checker, password, demo: arguments.live.is_none() };
    let server = Server::start(listener, move |request| shop.answer(&request))?;
    // The shop runs on when nobody reads its output.
    let _ = announce(&origin, sandbox.as_ref());
    server.wait();
    Ok(())
}

/// The database holds names and telephone numbers. SQLite gives its other files the same permissions.
fn make_private(database: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop)
}

fn announce(origin: &str, sandbox: Option<&Sandbox>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Shop: {origin}")?;
    if let Some(sandbox) = sandbox {
        writeln!(out, "All orders: {origin}/marchand (password: {DEMO_PASSWORD})")?;
        writeln!(out, "Local gateway: {}/sandbox", sandbox.origin())?;
    } else {
        writeln!(out, "All orders: {origin}/marchand")?;
    }
    out.flush()
}
