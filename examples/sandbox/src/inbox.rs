//! Receives callbacks.

use std::io;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use axum::response::IntoResponse as _;

use crate::server::Server;

/// A web address on a free port of this machine that receives callbacks, until it is dropped. It answers each with 200.
///
/// ```
/// # use ekolopay_sandbox::{Inbox, Sandbox, Settlement};
/// let inbox = Inbox::start()?;
/// let sandbox = Sandbox::builder().callback_url(inbox.url()).start()?;
/// let token = sandbox.add_payment("Iphone S", 150_000);
/// sandbox.settle(&token, Settlement::Paid);
/// assert!(inbox.recv_timeout(std::time::Duration::from_secs(5))?.starts_with(b"purchaseToken="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Inbox {
    server: Server,
    bodies: Receiver<Vec<u8>>,
}

impl Inbox {
    /// Starts to listen.
    pub fn start() -> io::Result<Self> {
        let (sender, bodies) = channel();
        let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Duration::ZERO, move |request| {
            let _ = sender.send(request.into_body().into());
            ().into_response()
        })?;
        Ok(Self { server, bodies })
    }

    /// Where to send callbacks: `http://127.0.0.1:PORT/callback`.
    pub fn url(&self) -> String {
        format!("http://{}/callback", self.server.address)
    }

    /// The body of the next request. The error says that none came in time.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Vec<u8>, RecvTimeoutError> {
        self.bodies.recv_timeout(timeout)
    }
}
