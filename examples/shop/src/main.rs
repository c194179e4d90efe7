//! A small web shop that sells by mobile money. The files, in the order in which an order runs through them:
//!
//! 1. `pages.rs`, `checkout.rs`: the addresses, what customers see, and their way to the payment page
//! 2. `orders.rs`, `database.rs`: products and orders, in SQL; the tables are in `migrations`
//! 3. `payments.rs`, `checks.rs`: the token, `pay`, which decides that an order is paid, and which order is checked when
//! 4. `merchant.rs`: what the merchant sees and does
//!
//! `cargo run` starts a demonstration with a local gateway and a temporary database. With `--live` the shop uses the gateway
//! named by the environment and a database file.

mod checkout;
mod checks;
mod config;
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
use std::thread;

use anyhow::{Context, Result};
use axum::ServiceExt;
use axum::extract::Request;
use clap::Parser;
use ekolopay::GatewayBuilder;
use tokio::net::TcpListener;
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use crate::config::{Arguments, Command, GATEWAY_TIMEOUT};
use crate::database::Database;
use crate::pages::Shop;
use crate::payments::Payments;

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
        Some(path) => (arguments.gateway()?, path.clone(), config::password()?, String::new(), None),
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
    // With a slash at the end or without. A stop finishes what is under way.
    let router = NormalizePathLayer::trim_trailing_slash().layer(pages::router(shop));
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(router);
    axum::serve(listener, service).with_graceful_shutdown(stopped).await?;
    tracing::info!("stopped");
    payments.stops.store(true, SeqCst);
    let _ = checks.join();
    Ok(())
}

/// Ends with SIGTERM or Ctrl-C. The first process of a container has no other way to be stopped.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupted = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
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

    const PASSWORD: &str = "demo";
    let sandbox = Sandbox::builder().callback_url(format!("{origin}/callback"));
    let sandbox = sandbox.redirect_url(format!("{origin}/payment-status")).start()?;
    let credentials = ekolopay::Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?;
    let gateway = ekolopay::Gateway::builder(credentials).origin(&sandbox.origin());
    let note = format!(" (password: {PASSWORD})\nLocal gateway: {}/sandbox", sandbox.origin());
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("shop.db");
    Ok((gateway, path, PASSWORD.to_owned(), note, Some(Box::new((sandbox, directory)))))
}

#[cfg(not(feature = "demo"))]
fn demonstration(_origin: &str) -> Result<Start> {
    anyhow::bail!("this shop was built without its demonstration: --live DATABASE")
}
