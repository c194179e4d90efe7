#![doc = include_str!("../README.md")]

mod api;
mod app;
mod builder;
mod callback;
mod control;
mod dashboard;
mod form;
mod guard;
mod html;
mod inbox;
mod outcome;
mod page;
mod payments;
mod server;
mod trouble;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use crate::app::App;
use crate::server::Server;

pub use crate::builder::SandboxBuilder;
pub use crate::inbox::Inbox;
pub use crate::payments::{Call, Notification, Payment, PaymentState, Settlement};
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
    /// Starts a local gateway with the defaults of [`Sandbox::builder`].
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// The defaults are a free port of 127.0.0.1 and the credentials of the documentation's examples, with no callback,
    /// redirect, latency, limit, trouble or log.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// The origin to use instead of `https://ekolopay.com`: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", reachable(self.address()))
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
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
    pub fn add_payment(&self, label: &str, amount: u64) -> String {
        let payment = Payment::new(label.to_owned(), amount, "066304925".to_owned());
        self.app.add(payment)
    }

    /// Settles a pending payment as the payment page does, sends its callback and waits for the answer, for 5 s at most.
    /// Returns whether the payment was pending, or `None` for an unknown token.
    pub fn settle(&self, token: &str, settlement: Settlement) -> Option<bool> {
        self.app.settle(token, settlement)
    }

    /// Waits until the process ends.
    pub fn wait(self) {
        loop {
            thread::park();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// The address to which a client on this machine connects.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(address) if address.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        SocketAddr::V6(address) if address.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        address => address,
    }
}
