//! The gateway, as the command line and the environment name it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{env, fs};

use anyhow::{Error, Result, anyhow};
use clap::Args;
use ekolopay::purchase::PurchaseToken;
use ekolopay::transport::TransportError;
use ekolopay::{Credentials, Gateway, GatewayBuilder};

use crate::exit::named;

const USER_AGENT: &str = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));

pub(crate) const ACCOUNT: &str = "both EKOLOPAY_API_CLIENT and EKOLOPAY_SECRET_KEY are in your merchant account \
                                  (« Le compte Marchand »), and the local gateway prints its own";

#[derive(Args)]
pub(crate) struct GatewayOptions {
    /// The gateway, in place of `EKOLOPAY_ORIGIN` or the live gateway
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) origin: Option<String>,

    /// How long one HTTP exchange may last; a call is two
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// Trust the certificates in this PEM file, not the built-in ones
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) root_certificates: Option<PathBuf>,
}

impl GatewayOptions {
    pub(crate) fn gateway(&self) -> Result<Gateway> {
        let credentials = Credentials::from_env().map_err(|invalid| anyhow!("{invalid}\n\n  tip: {ACCOUNT}"))?;
        self.build(Gateway::builder(credentials))
    }

    /// For a call that sends no secret: variables that are not set are not needed.
    pub(crate) fn gateway_without_secret(&self) -> Result<Gateway> {
        let client = env::var("EKOLOPAY_API_CLIENT").unwrap_or("ekolopay-cli".to_owned());
        self.build(Gateway::builder(Credentials::new(client, "this-key-is-never-sent")?))
    }

    pub(crate) fn build(&self, mut builder: GatewayBuilder) -> Result<Gateway> {
        let variable = env::var_os("EKOLOPAY_ORIGIN").filter(|origin| !origin.is_empty());
        let variable = variable.map(|origin| origin.to_string_lossy().into_owned());
        let field = if self.origin.is_some() { "origin" } else { "EKOLOPAY_ORIGIN" };
        if let Some(origin) = self.origin.as_ref().or(variable.as_ref()) {
            builder = builder.origin(origin);
        }
        if let Some(pem) = self.roots()? {
            builder = builder.root_certificates(&pem);
        }
        let address = Arc::new(OnceLock::<String>::new());
        let known = Arc::clone(&address);
        let builder = builder.wrap(move |request, next| {
            next.send(request).map_err(|error| match known.get() {
                Some(address) if is_refused(&error) => {
                    TransportError::not_sent(format!("{address} refused the connection"))
                }
                _ => error,
            })
        });
        let gateway = builder.timeout(self.timeout).user_agent(USER_AGENT).build();
        let gateway = gateway.map_err(|invalid| match invalid.field() {
            "origin" => anyhow!("{field} {}", invalid.reason()),
            _ => invalid.into(),
        })?;
        let _ = address.set(address_of(&gateway));
        Ok(gateway)
    }

    pub(crate) fn roots(&self) -> Result<Option<Vec<u8>>> {
        let read = |path: &PathBuf| named("cannot read", path, fs::read(path).map_err(Error::from));
        self.root_certificates.as_ref().map(read).transpose()
    }
}

/// Host and port of what the gateway connects to: its proxy, or its origin.
pub(crate) fn address_of(gateway: &Gateway) -> String {
    let origin = origin_of(gateway);
    let (scheme, host) = origin.split_once("://").unwrap_or(("https", &origin));
    let port = if scheme == "https" { ":443" } else { ":80" };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    gateway.proxy().map_or_else(|| format!("{host}{}", if has_port { "" } else { port }), str::to_owned)
}

pub(crate) fn origin_of(gateway: &Gateway) -> String {
    let token = PurchaseToken::new("x").expect("a token");
    gateway.payment_url(&token).trim_end_matches("/purchase-product/x").to_owned()
}

fn is_refused(error: &TransportError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    !error.may_have_arrived() && source.is_some_and(|source| source.kind() == ErrorKind::ConnectionRefused)
}

pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "must be a number with its unit, such as 90s, 5m or 1h")
}
