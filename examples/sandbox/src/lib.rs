//! A local `EkoloPay` Collect gateway: it answers the documented calls, shows a
//! payment page on which the outcome is chosen, and posts the documented
//! callback. No money moves, nothing leaves the machine but that callback.
//!
//! ```
//! use ekolopay_sandbox::Sandbox;
//!
//! let sandbox = Sandbox::start()?;
//! assert!(sandbox.origin().starts_with("http://127.0.0.1:"));
//! assert!(sandbox.payments().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The sandbox follows the gateway's public documentation and shares no code
//! with the `ekolopay` SDK, so that each can check the other.

mod api;
mod callback;
mod connection;
mod dashboard;
mod gateway;
mod html;
mod http;
mod journal;
mod page;
mod payments;
mod server;
mod settings;
mod trouble;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::gateway::Gateway;
use crate::server::Server;
use crate::settings::Settings;

pub use crate::payments::{Delivery, Outcome, Payment, State};
pub use crate::trouble::Trouble;

/// The API client of the documentation's examples.
pub const DEMO_API_CLIENT: &str = "demo";

/// The secret key of the documentation's examples.
pub const DEMO_SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

/// A running gateway, stopped when dropped.
pub struct Sandbox {
    gateway: Arc<Gateway>,
    server: Server,
}

impl Sandbox {
    /// Starts a sandbox with the defaults of [`Sandbox::builder`].
    ///
    /// # Errors
    ///
    /// When no port can be listened on.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Prepares a sandbox: a free port of 127.0.0.1, the documentation's
    /// credentials, no callback, no redirect, no latency, no trouble, no log.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder { listen: (Ipv4Addr::LOCALHOST, 0).into(), settings: Settings::default() }
    }

    /// What takes the place of `https://ekolopay.com`: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", server::reachable(self.server.address()))
    }

    /// The address listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Takes the gateway out of service, or puts it back: out of service, every
    /// call gets the documented `UNAVAILABLE_SERVICE` answer.
    pub fn set_in_service(&self, in_service: bool) {
        self.gateway.set_in_service(in_service);
    }

    /// A snapshot of the payments, the oldest first.
    #[must_use]
    pub fn payments(&self) -> Vec<Payment> {
        self.gateway.payments.all()
    }

    /// Adds a payment as the call `purchase-token` does, without HTTP, and
    /// returns its token.
    ///
    /// ```
    /// # use ekolopay_sandbox::{Outcome, Sandbox};
    /// # let sandbox = Sandbox::start()?;
    /// let token = sandbox.add_payment("Achat d'un Iphone S", 150_000);
    /// assert_eq!(sandbox.settle(&token, Outcome::Paid), Some(true));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add_payment(&self, label: &str, amount: u64) -> String {
        let payment = Payment::new(label.to_owned(), amount, "066304925".to_owned());
        let token = payment.token.clone();
        self.gateway.payments.add(payment);
        token
    }

    /// Settles a payment as the payment page does, callback included: whether
    /// it was pending until now, or nothing for an unknown token.
    pub fn settle(&self, token: &str, outcome: Outcome) -> Option<bool> {
        self.gateway.settle(token, outcome)
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        self.server.wait();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("address", &self.address())
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

/// The settings of a [`Sandbox`] to start.
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    listen: SocketAddr,
    settings: Settings,
}

impl SandboxBuilder {
    /// The address to listen on; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The `api_client` to accept.
    pub fn api_client(mut self, api_client: impl Into<String>) -> Self {
        self.settings.api_client = api_client.into();
        self
    }

    /// The `secret_key` to accept.
    pub fn secret_key(mut self, secret_key: impl Into<String>) -> Self {
        self.settings.secret_key = secret_key.into();
        self
    }

    /// Where the outcome of a payment is posted: an `http://` URL, since the
    /// sandbox speaks no TLS.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.settings.callback_url = Some(url.into());
        self
    }

    /// Where the customer's browser is sent after the payment.
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.settings.redirect_url = Some(url.into());
        self
    }

    /// How long each API call waits for its answer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// Makes the callback say `paymentSuccessful` as PHP prints a boolean
    /// number, `1` or `0`, in place of `true` or `false`.
    pub fn php_booleans(mut self, php_booleans: bool) -> Self {
        self.settings.php_booleans = php_booleans;
        self
    }

    /// Lets some API calls go wrong at random.
    pub fn trouble(mut self, trouble: Trouble) -> Self {
        self.settings.trouble = Some(trouble);
        self
    }

    /// Is given one line for each request answered; never a secret.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.log = Some(Box::new(log));
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for credentials that are blank, for a URL that cannot be
    /// used or for impossible shares of trouble; otherwise what listening on the address failed with.
    pub fn start(self) -> io::Result<Sandbox> {
        self.settings.check()?;
        let gateway = Arc::new(Gateway::new(self.settings));
        let server = Server::start(self.listen, Arc::clone(&gateway))?;
        Ok(Sandbox { gateway, server })
    }
}
