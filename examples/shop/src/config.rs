//! What the person who starts the shop decides: options, and variables of the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use ekolopay::GatewayBuilder;

/// How long the gateway may take for one exchange; a customer waits for two when ordering.
pub(crate) const GATEWAY_TIMEOUT: Duration = Duration::from_secs(15);

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
                  EKOLOPAY_ORIGIN       another gateway than the real one\n  \
                  SHOP_PASSWORD         the password of /marchand, at least 12 characters",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The address to listen on; put a web server with https in front of it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// Sell for real, at the gateway named by the environment, with this SQLite database
    #[arg(long, value_name = "DATABASE", required = cfg!(not(feature = "demo")))]
    pub(crate) live: Option<PathBuf>,

    /// Trust the certificates in this PEM file instead of the built-in ones: for a proxy that inspects traffic
    #[arg(long, value_name = "FILE", requires = "live")]
    root_certificates: Option<PathBuf>,

    /// Who customers can ask for help, shown on every page
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
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
    pub(crate) fn gateway(&self) -> Result<GatewayBuilder> {
        let gateway = GatewayBuilder::from_env()?;
        let Some(path) = &self.root_certificates else { return Ok(gateway) };
        let pem = fs::read(path).with_context(|| path.display().to_string())?;
        Ok(gateway.root_certificates(&pem))
    }
}

pub(crate) fn password() -> Result<String> {
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
