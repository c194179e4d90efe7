#![doc = include_str!("../README.md")]

mod api;
mod app;
mod callback;
mod dashboard;
mod form;
mod guard;
mod html;
mod journal;
mod limit;
mod page;
mod payments;
mod response;
mod settings;
mod trouble;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use ekolopay_serve::Server;

use crate::app::App;
use crate::settings::Settings;

pub use crate::payments::{Notification, Payment, PaymentState, Settlement};
pub use crate::trouble::Trouble;

/// The API client of the documentation's examples.
pub const DEMO_API_CLIENT: &str = "demo";

/// The secret key of the documentation's examples.
pub const DEMO_SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";

/// A running gateway, stopped when dropped.
pub struct Sandbox {
    app: Arc<App>,
    server: Server,
}

impl Sandbox {
    /// Starts a sandbox with the defaults of [`Sandbox::builder`].
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// The defaults are a free port of 127.0.0.1 and the credentials of the documentation's examples, with no callback,
    /// redirect, latency, limit, trouble or log.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder { settings: Settings::default() }
    }

    /// The origin to use instead of `https://ekolopay.com`: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", reachable(self.address()))
    }

    /// The address on which the sandbox listens.
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Takes the gateway out of service, or puts it back. While it is out of service, every call gets the documented
    /// `UNAVAILABLE_SERVICE` reply.
    pub fn set_in_service(&self, in_service: bool) {
        self.app.set_in_service(in_service);
    }

    /// A snapshot of the payments, the oldest first.
    pub fn payments(&self) -> Vec<Payment> {
        self.app.payments.all()
    }

    /// Adds a payment as the call `purchase-token` does, and returns its token.
    ///
    /// ```
    /// # use ekolopay_sandbox::{Settlement, Sandbox};
    /// # let sandbox = Sandbox::start()?;
    /// let token = sandbox.add_payment("Achat d'un Iphone S", 150_000);
    /// assert_eq!(sandbox.settle(&token, Settlement::Paid), Some(true));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add_payment(&self, label: &str, amount: u64) -> String {
        let payment = Payment::new(label.to_owned(), amount, "066304925".to_owned());
        self.app.add(payment)
    }

    /// Settles a pending payment as the payment page does, and sends its callback. Returns whether the payment was pending,
    /// or `None` for an unknown token.
    pub fn settle(&self, token: &str, settlement: Settlement) -> Option<bool> {
        self.app.settle(token, settlement)
    }

    /// Waits until the process ends.
    pub fn wait(self) {
        self.server.wait();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).field("app", &self.app).finish_non_exhaustive()
    }
}

/// The settings of a [`Sandbox`] to start.
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    settings: Settings,
}

impl SandboxBuilder {
    /// The address to listen on. Port 0 stands for a free port. Clients must name this address or a loopback one as the host.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.listen = address;
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

    /// Where callbacks are sent: an `http://` URL, as the sandbox does not support TLS.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.settings.callback_url = Some(url.into());
        self
    }

    /// Where the customer's browser is sent after the payment.
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.settings.redirect_url = Some(url.into());
        self
    }

    /// Sends the browser to the redirect URL with a form that submits itself (`POST`) instead of a redirect (`GET`).
    pub fn redirect_by_post(mut self, by_post: bool) -> Self {
        self.settings.redirect_by_post = by_post;
        self
    }

    /// How long each API call waits before it is answered.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// Sends `paymentSuccessful` as `1` or `0`, as PHP prints it, instead of `true` or `false`.
    pub fn php_booleans(mut self, php_booleans: bool) -> Self {
        self.settings.php_booleans = php_booleans;
        self
    }

    /// Answers a repeated identical order with the token given before, even if that payment is settled.
    pub fn same_token(mut self, same_token: bool) -> Self {
        self.settings.same_token = same_token;
        self
    }

    /// Answers this many checks of each new token with `purchaseToken inconnu.`
    pub fn late_known(mut self, checks: u32) -> Self {
        self.settings.late_known = checks;
        self
    }

    /// Accepts at most this many API calls per second. The others get HTTP 429 with `Retry-After: 1`, and have no effect.
    pub fn rate_limit(mut self, calls: u32) -> Self {
        self.settings.rate_limit = Some(calls);
        self
    }

    /// Makes some API calls go wrong at random.
    pub fn trouble(mut self, trouble: Trouble) -> Self {
        self.settings.trouble = Some(trouble);
        self
    }

    /// Receives one line per request. The line never holds the secret key.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.log = Some(Box::new(log));
        self
    }

    /// Starts the sandbox.
    ///
    /// The error is `InvalidInput` for a setting that cannot work: a blank credential, a URL that cannot be called, a rate
    /// limit of 0, shares of trouble above 1 in total. Otherwise it is the error of listening on the address.
    pub fn start(self) -> io::Result<Sandbox> {
        self.settings.check()?;
        let listen = self.settings.listen;
        let app = Arc::new(App::new(self.settings));
        let (answering, refusing) = (Arc::clone(&app), Arc::clone(&app));
        let server = Server::start_reporting(
            TcpListener::bind(listen)?,
            move |request| answering.serve(&request),
            move |status| refusing.log("-", "-", status, Duration::ZERO),
        )?;
        Ok(Sandbox { app, server })
    }
}

/// The address to which a client on this machine connects.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
