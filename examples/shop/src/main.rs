//! A small web shop that sells by mobile money.
//!
//! `cargo run -p ekolopay-shop` starts a demonstration with a local gateway and a temporary database. With `--live` the
//! shop uses the gateway named by the environment and a database file.

mod assets;
mod breaker;
mod checker;
mod cookie;
mod database;
mod merchant;
mod merchant_page;
mod notices;
mod order_page;
mod ordering;
mod orders;
mod pages;
mod phone;
mod pictures;
mod problem;
mod schedule;
mod web;

use std::env;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use clap::{Parser, Subcommand};
use ekolopay::{Credentials, Gateway, GatewayBuilder};
use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};
use ekolopay_serve::Server;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

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

    /// Whom customers ask for help, shown on every page
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,

    /// Accept telephone numbers of other countries than Congo
    #[arg(long)]
    any_country: bool,
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
    let arguments = Arguments::parse();
    // ureq_proto logs the gateway's replies at finer levels.
    let log = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(log).filter_module("ureq_proto", log::LevelFilter::Info).init();
    let result = match &arguments.command {
        Some(Command::Backup { from, to }) => backup(from, to),
        None => run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{}", with_sources(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The copy is as private as the database, and a failure leaves none behind.
fn backup(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let create = private().create_new(true).open(to);
    create.map_err(|error| format!("{}: {error}", to.display()))?;
    Database::backup(from, to).map_err(|error| {
        let _ = fs::remove_file(to);
        format!("cannot copy {} to {}: {error}", from.display(), to.display()).into()
    })
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    // Before anything else, so that a stop is never missed. Process 1 of a container has no other way to be stopped.
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let cannot_listen = |error| format!("cannot listen on {}: {error}", arguments.listen);
    let listener = TcpListener::bind(arguments.listen).map_err(cannot_listen)?;
    let origin = format!("http://{}", listener.local_addr()?);
    // Both live as long as the shop.
    let (mut sandbox, mut directory) = (None, None);
    let gateway = if arguments.live.is_some() {
        GatewayBuilder::from_env()?
    } else {
        let local = Sandbox::builder()
            .callback_url(format!("{origin}/callback"))
            .redirect_url(format!("{origin}/payment-status"))
            .start()?;
        let credentials = Credentials::new(DEMO_API_CLIENT, DEMO_SECRET_KEY)?;
        let gateway = Gateway::builder(credentials).origin(&local.origin());
        sandbox = Some(local);
        gateway
    };
    let password = password(arguments)?;
    let gateway = gateway.timeout(GATEWAY_TIMEOUT).user_agent("ekolopay-shop").build()?;
    let database = match &arguments.live {
        Some(database) => database.clone(),
        None => directory.insert(tempfile::tempdir()?).path().join("shop.db"),
    };
    let is_new = fs::metadata(&database).map_or(0, |file| file.len()) == 0;
    let file = fs::canonicalize(&database).or_else(|_| fs::read_link(&database)).unwrap_or_else(|_| database.clone());
    let log = PathBuf::from(format!("{}-wal", file.display()));
    if is_new && log.exists() {
        let wal = log.display();
        return Err(
            format!("{} is gone, and {wal} may hold its last orders: put the same file back, or restore a backup as the README says, without {wal}", database.display()).into()
        );
    }
    if is_new && arguments.live.is_some() {
        log::warn!("{} is a new, empty database", database.display());
    }
    let create = private().create(true).open(&database);
    create.map_err(|error| format!("{}: {error}", database.display()))?;
    let orders = Arc::new(Orders { database: Database::open(&database)? });
    orders.resume()?;
    let notices = Arc::new(Notices::default());
    let checker = Checker::start(gateway.clone(), Arc::clone(&orders), Arc::clone(&notices))?;
    let settings = Settings {
        demo: arguments.live.is_none(),
        contact: arguments.contact.clone(),
        any_country: arguments.any_country,
    };
    let merchant = Merchant::new(password);
    let shop = Shop {
        orders,
        checker: Arc::clone(&checker),
        notices: Arc::clone(&notices),
        merchant,
        settings,
        waiting: AtomicUsize::new(0),
    };
    let server = Server::start(listener, move |request| shop.answer(&request))?;
    // Customers do not wait for it.
    thread::Builder::new().spawn(move || check_credentials(&gateway, &notices))?;
    // The shop runs on when nobody reads its output.
    let _ = announce(&origin, sandbox.as_ref());
    signals.forever().next();
    log::info!("stopping");
    // What is under way is finished. The database is one file again when its last connection is closed.
    drop(server);
    checker.stop();
    Ok(())
}

fn password(arguments: &Arguments) -> Result<String, String> {
    if arguments.live.is_none() {
        return Ok(DEMO_PASSWORD.to_owned());
    }
    let password = env::var(PASSWORD).map_err(|_| format!("{PASSWORD} is not set"))?;
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(format!("{PASSWORD} must have at least {SHORTEST_PASSWORD} characters"));
    }
    Ok(password)
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

/// The database holds names and telephone numbers. SQLite gives its other files the same permissions.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
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
