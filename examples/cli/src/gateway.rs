//! The gateway, as the command line and the environment name it.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use clap::{Args, ValueHint};
use ekolopay::{Credentials, Gateway, GatewayBuilder};

use crate::error::CliError;

/// For the end of a help page.
pub const ENVIRONMENT: &str = "\
Environment:
  EKOLOPAY_API_CLIENT  the merchant's API client
  EKOLOPAY_SECRET_KEY  the merchant's secret key, never an argument
  EKOLOPAY_ORIGIN      the gateway, unless --origin is given [default: https://ekolopay.com]";

#[derive(Args, Clone)]
pub struct GatewayOptions {
    /// The gateway, in place of EKOLOPAY_ORIGIN or the real one
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub origin: Option<String>,

    /// How long one HTTP exchange may last; a call is two
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,

    /// Trust the certificates in this PEM file instead of the built-in ones
    ///
    /// For a company whose proxy inspects traffic.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub root_certificates: Option<PathBuf>,
}

impl GatewayOptions {
    pub fn gateway(&self, user_agent: &str) -> Result<Gateway, CliError> {
        self.build(GatewayBuilder::from_env()?, user_agent)
    }

    /// For a call that sends no secret: variables that are not set are not needed.
    pub fn gateway_without_secret(&self, user_agent: &str) -> Result<Gateway, CliError> {
        let [client, key] = ["EKOLOPAY_API_CLIENT", "EKOLOPAY_SECRET_KEY"].map(env::var_os);
        if client.is_some() && key.is_some() {
            return self.gateway(user_agent);
        }
        let client = client.map_or("ekolopay-cli".into(), |client| client.to_string_lossy().into_owned());
        let mut builder = Gateway::builder(Credentials::new(client, "this-key-is-never-sent")?);
        if let Some(origin) = env::var_os("EKOLOPAY_ORIGIN").filter(|origin| !origin.is_empty()) {
            builder = builder.origin(&origin.to_string_lossy());
        }
        self.build(builder, user_agent).map_err(|error| match error {
            CliError::Input { field: "origin", reason } if self.origin.is_none() => {
                CliError::Input { field: "EKOLOPAY_ORIGIN", reason }
            }
            error => error,
        })
    }

    fn build(&self, builder: GatewayBuilder, user_agent: &str) -> Result<Gateway, CliError> {
        let mut builder = builder.timeout(self.timeout).user_agent(user_agent);
        if let Some(origin) = &self.origin {
            builder = builder.origin(origin);
        }
        if let Some(path) = &self.root_certificates {
            let pem = fs::read(path).map_err(|source| CliError::read(path, source))?;
            builder = builder.root_certificates(&pem);
        }
        Ok(builder.build()?)
    }
}

pub fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "must be a number with its unit, such as 90s, 5m or 1h")
}
