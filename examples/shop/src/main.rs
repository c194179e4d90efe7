//! A small web shop that sells by mobile money.
//!
//! `cargo run -p ekolopay-shop` starts a demonstration with a local gateway and a temporary database. With `--live` the
//! shop uses the gateway named by the environment and a database file.

mod assets;
mod breaker;
mod checker;
mod customer;
mod database;
mod limit;
mod merchant;
mod notices;
mod ordering;
mod orders;
mod pages;
mod phone;
mod problem;
mod schedule;
mod web;

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::{Parser, Subcommand};
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};
use ekolopay_serve::Server;
use signal_hook::consts::{SIGINT, SIGTERM};
use uuid::Uuid;

use crate::checker::Checker;
use crate::database::Database;
use crate::merchant::Merchant;
use crate::notices::Notices;
use crate::orders::Orders;
use crate::problem::{Problem, with_sources};
use crate::web::{Settings, Shop};

/// How long the gateway may take for one exchange; a customer waits for two when ordering.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(15);

const PASSWORD: &str = "SHOP_PASSWORD";
const SHORTEST_PASSWORD: usize = 12;
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
                  SHOP_PASSWORD         the password of /marchand, the page of all orders; at least 12 characters"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The address to listen on; put a web server with https in front of it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Sell for real, at the gateway named by the environment, with this SQLite database
    #[arg(long, value_name = "DATABASE")]
    live: Option<PathBuf>,

    /// Trust the certificates in this PEM file instead of the built-in ones: for a proxy that inspects traffic
    #[arg(long, value_name = "FILE", requires = "live")]
    root_certificates: Option<PathBuf>,

    #[command(flatten)]
    settings: Settings,
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

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    arguments.settings.demo = arguments.live.is_none();
    // ureq_proto logs the gateway's replies at finer levels.
    let log = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(log).filter_module("ureq_proto", log::LevelFilter::Info).init();
    let result = match &arguments.command {
        Some(Command::Backup { from, to }) => database::backup(from, to).map_err(Into::into),
        None => run(arguments),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    log::error!("{}", with_sources(&*error));
    ExitCode::FAILURE
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    // Before anything else, so that a stop is never missed. Process 1 of a container has no other way to be stopped.
    let stopped = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&stopped))?;
    signal_hook::flag::register(SIGINT, Arc::clone(&stopped))?;
    let listen = arguments.listen;
    let listener = TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    // They live as long as the shop.
    let mut demonstration = None;
    let (gateway, database, password, note) = if let Some(database) = arguments.live {
        let mut gateway = GatewayBuilder::from_env()?;
        if let Some(path) = &arguments.root_certificates {
            let pem = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            gateway = gateway.root_certificates(&pem);
        }
        (gateway, database, password()?, String::new())
    } else {
        let sandbox = Sandbox::builder().callback_url(format!("{origin}/callback"));
        let sandbox = sandbox.redirect_url(format!("{origin}/payment-status")).start()?;
        let gateway = Gateway::builder(Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?).origin(&sandbox.origin());
        let note = format!(" (password: {DEMO_PASSWORD})\nLocal gateway: {}/sandbox", sandbox.origin());
        let (_, directory) = demonstration.insert((sandbox, tempfile::tempdir()?));
        (gateway, directory.path().join("shop.db"), DEMO_PASSWORD.to_owned(), note)
    };
    let gateway = gateway.timeout(GATEWAY_TIMEOUT).user_agent("ekolopay-shop").build()?;
    let opened = Database::open(&database).map_err(|error| format!("{}: {error}", database.display()));
    let orders = Arc::new(Orders { database: opened? });
    orders.resume()?;
    let notices = Arc::new(Notices::default());
    let checker = Checker::start(gateway.clone(), Arc::clone(&orders), Arc::clone(&notices))?;
    let shop = Shop {
        orders,
        checker: Arc::clone(&checker),
        notices: Arc::clone(&notices),
        merchant: Merchant { password, form_key: Uuid::new_v4().simple().to_string() },
        settings: arguments.settings,
    };
    let server = Server::start(listener, move |request| shop.answer(&request))?;
    // Customers do not wait for it.
    thread::Builder::new().spawn(move || check_credentials(&gateway, &notices))?;
    // The shop runs on when nobody reads its output.
    let _ = writeln!(io::stdout(), "Shop: {origin}\nAll orders: {origin}/marchand{note}");
    while !stopped.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(50));
    }
    log::info!("stopping");
    // What is under way is finished. The database is one file again when its last connection is closed.
    drop(server);
    checker.stop();
    Ok(())
}

fn password() -> Result<String, String> {
    let password = env::var(PASSWORD).map_err(|_| format!("{PASSWORD} is not set"))?;
    let is_long = password.chars().count() >= SHORTEST_PASSWORD;
    is_long.then_some(password).ok_or(format!("{PASSWORD} must have at least {SHORTEST_PASSWORD} characters"))
}

/// A wrong key is better known now than at the first order. The token is made up: its refusal means that the key is right.
fn check_credentials(gateway: &Gateway, notices: &Notices) {
    let Ok(token) = "ekolopay-shop-start".parse() else { return };
    if let Err(error) = gateway.check_payment(&token) {
        let problem = Problem::of(&error);
        if problem.is_about_the_key() {
            log::error!("the gateway refuses these credentials: {}", with_sources(&error));
            notices.gateway(&problem);
        }
    }
}
