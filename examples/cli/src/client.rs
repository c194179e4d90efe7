//! The gateway, from the environment and the options.

use std::env::{self, VarError};
use std::time::Duration;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error, Gateway};

use crate::arguments::Settings;
use crate::failure::Failure;

const ORIGIN: &str = "EKOLOPAY_ORIGIN";

/// A call that is given less fails for no other reason.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Client {
    credentials: Credentials,
    origin: Option<String>,
    timeout: Duration,
    gateway: Gateway,
}

impl Client {
    pub(crate) fn new(settings: &Settings) -> Result<Client, Failure> {
        let credentials = Credentials::from_env()?;
        let variable = match &settings.origin {
            Some(_) => None,
            None => origin_variable()?,
        };
        let origin = settings.origin.as_ref().or(variable.as_ref());
        let gateway = build(&credentials, origin, settings.timeout).map_err(|error| match error {
            Error::Invalid(invalid) if invalid.field() == "origin" && variable.is_some() => {
                Failure::input(ORIGIN, invalid.reason())
            }
            error => error.into(),
        })?;
        Ok(Client { credentials, origin: origin.cloned(), timeout: settings.timeout, gateway })
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Whether the order of a token is paid, asked so that it takes little more than the time that is left.
    pub(crate) fn check(&self, token: &PurchaseToken, left: Option<Duration>) -> Result<Verification, Failure> {
        // A call is two exchanges.
        let verification = match left.map(|left| (left / 2).max(SHORTEST_TIMEOUT)) {
            Some(timeout) if timeout < self.timeout => {
                build(&self.credentials, self.origin.as_ref(), timeout)?.check_payment(token)?
            }
            _ => self.gateway.check_payment(token)?,
        };
        Ok(verification)
    }
}

fn build(credentials: &Credentials, origin: Option<&String>, timeout: Duration) -> Result<Gateway, Error> {
    let agent = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));
    let mut builder = Gateway::builder(credentials.clone()).timeout(timeout).user_agent(agent);
    if let Some(origin) = origin {
        builder = builder.origin(origin);
    }
    builder.build()
}

/// Set to nothing counts as not set.
fn origin_variable() -> Result<Option<String>, Failure> {
    match env::var(ORIGIN) {
        Ok(origin) => Ok(Some(origin).filter(|origin| !origin.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Failure::input(ORIGIN, "is not Unicode")),
    }
}
