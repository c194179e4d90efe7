//! The gateway, from the environment and the options.

use std::time::Duration;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway, GatewayBuilder};

use crate::arguments::Settings;
use crate::failure::Failure;

/// A call that is given less may fail for no other reason.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct Client {
    origin: Option<String>,
    timeout: Duration,
    gateway: Gateway,
}

impl Client {
    pub(crate) fn new(settings: &Settings) -> Result<Client, Failure> {
        let (origin, timeout) = (settings.origin.clone(), settings.timeout);
        let gateway = build(origin.as_deref(), timeout)?;
        Ok(Client { origin, timeout, gateway })
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Whether the order of a token is paid, asked so that it takes little more than the time that is left.
    pub(crate) fn check(&self, token: &PurchaseToken, left: Option<Duration>) -> Result<Verification, Failure> {
        // A call is two exchanges.
        let verification = match left.map(|left| (left / 2).max(SHORTEST_TIMEOUT)) {
            Some(timeout) if timeout < self.timeout => build(self.origin.as_deref(), timeout)?.check_payment(token)?,
            _ => self.gateway.check_payment(token)?,
        };
        Ok(verification)
    }
}

fn build(origin: Option<&str>, timeout: Duration) -> Result<Gateway, Error> {
    let agent = concat!("ekolopay-cli/", env!("CARGO_PKG_VERSION"));
    let mut builder = GatewayBuilder::from_env()?.timeout(timeout).user_agent(agent);
    if let Some(origin) = origin {
        builder = builder.origin(origin);
    }
    builder.build()
}
