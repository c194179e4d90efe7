//! What the person who starts the shop decides: options, and variables of the environment.

use std::env;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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
    pub(crate) fn gateway(&self) -> Result<GatewayBuilder, Box<dyn Error>> {
        let mut gateway = GatewayBuilder::from_env()?;
        if let Some(path) = &self.root_certificates {
            let pem = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            gateway = gateway.root_certificates(&pem);
        }
        Ok(gateway)
    }
}

pub(crate) fn password() -> Result<String, String> {
    let password = env::var(PASSWORD).map_err(|_| format!("{PASSWORD} is not set"))?;
    check(&password).map_err(|rule| format!("{PASSWORD} {rule}"))?;
    Ok(password)
}

/// What a file of variables adds by mistake would lock the merchant out.
fn check(password: &str) -> Result<(), String> {
    let quoted = ['"', '\''].iter().any(|quote| password.starts_with(*quote) || password.ends_with(*quote));
    if password.contains(char::is_control) || password != password.trim() {
        Err("must not begin or end with a space, nor hold a line break".to_owned())
    } else if quoted {
        Err("must not begin or end with a quotation mark".to_owned())
    } else if password.chars().count() < SHORTEST_PASSWORD {
        Err(format!("must have at least {SHORTEST_PASSWORD} characters"))
    } else {
        Ok(())
    }
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
            assert!(super::check(password).unwrap_err().contains(rule), "{password:?}");
        }
        assert!(super::check("it's a \"long\" pass:word é").is_ok());
    }
}
