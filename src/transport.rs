//! The seam between the SDK and the network: plain data in, plain data out.
//!
//! The SDK brings its own HTTP. [`GatewayBuilder::wrap`](crate::GatewayBuilder::wrap) puts a log, a metric or a recorder
//! round it; [`GatewayBuilder::transport`](crate::GatewayBuilder::transport) replaces it, with a company's own HTTP stack
//! or in a test. A closure is enough:
//!
//! ```
//! use ekolopay::transport::{Endpoint, Reply, Request, TransportError};
//! use ekolopay::{Credentials, Gateway};
//!
//! let transport = |request: &Request| match request.endpoint() {
//!     Endpoint::Availability => Ok(Reply::new(200, "{}")),
//!     _ => Err(TransportError::not_sent("the cable is out")),
//! };
//! let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?)
//!     .transport(transport)
//!     .build()?;
//!
//! gateway.check_availability()?;
//! let error = gateway.check_payment(&"940d4e9a".parse()?).unwrap_err();
//! assert!(!error.may_have_acted());
//! # Ok::<(), ekolopay::Error>(())
//! ```

use std::error::Error;
use std::fmt;
use std::sync::Arc;

pub(crate) mod http;
#[cfg(feature = "ureq-unversioned")]
mod names;
#[cfg(feature = "ureq-unversioned")]
mod one_write;
mod proxy;

/// The longest body that can be a reply of the gateway, in bytes.
pub(crate) const LONGEST_REPLY: usize = 64 * 1024;

/// One HTTP exchange: posts the request and returns the reply, whatever it is.
///
/// An implementation must not follow redirects, repeat a request or turn a status into an error. It must limit how long
/// it waits and how much it reads; a body over 64 KiB is never taken for a success or a refusal. It must not log
/// [`Request::body`], which holds the secret key.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    ///
    /// If there is no complete reply: [`TransportError::not_sent`] only if it is certain that no byte of the body was
    /// sent, [`TransportError::lost`] otherwise.
    fn send(&self, request: &Request) -> Result<Reply, TransportError>;
}

impl fmt::Debug for dyn Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl<F> Transport for F
where
    F: Fn(&Request) -> Result<Reply, TransportError> + Send + Sync,
{
    fn send(&self, request: &Request) -> Result<Reply, TransportError> {
        self(request)
    }
}

/// A request to post. `Debug` does not show the body.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) endpoint: Endpoint,
    pub(crate) url: Arc<str>,
    pub(crate) body: Bytes,
}

impl Request {
    /// The call that this request belongs to.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The full URL, with `api_client` in its query.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of the `Content-Type` header.
    pub fn content_type(&self) -> &'static str {
        "application/x-www-form-urlencoded"
    }

    /// The form. In the two calls it holds the secret key; in the availability check it does not.
    pub fn body(&self) -> &[u8] {
        &self.body.0
    }
}

/// The calls that the SDK makes. `Display` is a word for a log: `availability`, `purchase-token`, `check-payment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The check that runs before every call: a `check-payment` with an empty token and no secret.
    Availability,
    /// `POST /purchase-token`.
    PurchaseToken,
    /// `POST /check-payment`.
    CheckPayment,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Endpoint::Availability => "availability",
            Endpoint::PurchaseToken => "purchase-token",
            Endpoint::CheckPayment => "check-payment",
        })
    }
}

/// A reply. `Debug` shows only the length of the body.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    body: Bytes,
}

impl Reply {
    /// A reply with this HTTP status and body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, body: Bytes(body.into()) }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, as received.
    pub fn body(&self) -> &[u8] {
        &self.body.0
    }
}

/// Bytes of which `Debug` shows only the number.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// An exchange without a complete reply. Its [`source`](Error::source) says what failed. With the SDK's own HTTP it is
/// an [`io::Error`](std::io::Error) where the operating system or rustls reported the failure; any other source is for
/// reading only.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.summary())]
pub struct TransportError {
    may_have_arrived: bool,
    timed_out: bool,
    /// The availability check failed, before the call.
    in_check: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl TransportError {
    /// It is certain that no byte of the request's body was sent.
    pub fn not_sent(source: impl Into<Box<dyn Error + Send + Sync>>) -> TransportError {
        TransportError { may_have_arrived: false, timed_out: false, in_check: false, source: source.into() }
    }

    /// The request may have arrived, and its outcome is not known.
    pub fn lost(source: impl Into<Box<dyn Error + Send + Sync>>) -> TransportError {
        TransportError { may_have_arrived: true, ..TransportError::not_sent(source) }
    }

    /// Marks the failure as a timeout.
    pub fn into_timeout(self) -> TransportError {
        TransportError { timed_out: true, ..self }
    }

    /// Whether the call may have reached the gateway. After a failed availability check it has not: the call never left.
    pub fn may_have_arrived(&self) -> bool {
        self.may_have_arrived
    }

    /// Whether the exchange timed out.
    pub fn is_timeout(&self) -> bool {
        self.timed_out
    }

    /// However far the check came, the call never left.
    pub(crate) fn in_check(self) -> TransportError {
        TransportError { may_have_arrived: false, in_check: true, ..self }
    }

    fn summary(&self) -> &'static str {
        match (self.in_check, self.may_have_arrived, self.timed_out) {
            (true, _, false) => "the availability check failed, the call was not sent",
            (true, _, true) => "the availability check was not answered in time, the call was not sent",
            (false, false, false) => "the request was not sent",
            (false, false, true) => "the request was not sent in time",
            (false, true, false) => "the request may have been sent: its outcome is unknown",
            (false, true, true) => {
                "the request may have been sent and was not answered in time: its outcome is unknown"
            }
        }
    }
}
