use std::fmt;
use std::time::Duration;

use super::{Gateway, USER_AGENT};
use crate::credentials::Credentials;
use crate::error::{Error, InvalidInput};
use crate::origin::Origin;
use crate::transport::Transport;
use crate::transport::http::{Http, Roots};

pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Settings of a [`Gateway`], from [`Gateway::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use ekolopay::{Credentials, Gateway};
///
/// let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?)
///     .origin("http://127.0.0.1:8099")
///     .timeout(Duration::from_secs(10))
///     .user_agent("shop/7")
///     .build()?;
/// # Ok::<(), ekolopay::Error>(())
/// ```
#[must_use = "a gateway is made by build()"]
pub struct GatewayBuilder {
    credentials: Credentials,
    origin: Option<String>,
    timeout: Duration,
    root_certificates: Option<Vec<u8>>,
    user_agent: Option<String>,
    transport: Option<Box<dyn Transport>>,
}

impl GatewayBuilder {
    pub(super) fn new(credentials: Credentials) -> GatewayBuilder {
        GatewayBuilder {
            credentials,
            origin: None,
            timeout: DEFAULT_TIMEOUT,
            root_certificates: None,
            user_agent: None,
            transport: None,
        }
    }

    /// Where the gateway is: scheme, host, optional port and one final slash, nothing else.
    ///
    /// `http` is for loopback hosts only (`localhost`, 127.0.0.0/8, `::1`), and no proxy stands before those.
    /// Default: `https://ekolopay.com`.
    pub fn origin(self, origin: &str) -> GatewayBuilder {
        GatewayBuilder {
            origin: Some(origin.to_owned()),
            ..self
        }
    }

    /// How long one HTTP exchange may last as a whole, name look-up and last byte included. A call is two
    /// exchanges, the check and the call proper, so it lasts at most twice this.
    ///
    /// More than zero and at most an hour. Default: 30 s.
    pub fn timeout(self, timeout: Duration) -> GatewayBuilder {
        GatewayBuilder { timeout, ..self }
    }

    /// Certificates, in PEM, to trust in place of the built-in roots: those of a company's inspecting proxy or
    /// of a test gateway.
    ///
    /// Default: with the feature `rustls` its bundled roots, with `native-tls` those of the system.
    pub fn root_certificates(self, pem: &[u8]) -> GatewayBuilder {
        GatewayBuilder {
            root_certificates: Some(pem.to_vec()),
            ..self
        }
    }

    /// What to put before the crate's own user agent: `shop/7` makes `shop/7 ekolopay/0.1.0`. Printable ASCII.
    ///
    /// Default: the crate's own alone.
    pub fn user_agent(self, user_agent: &str) -> GatewayBuilder {
        GatewayBuilder {
            user_agent: Some(user_agent.to_owned()),
            ..self
        }
    }

    /// What carries the requests in place of the SDK's own HTTP. The timeout, the certificates and the user agent
    /// then have no effect, and are not looked at.
    ///
    /// Default: HTTP/1.1 by ureq.
    pub fn transport(self, transport: impl Transport + 'static) -> GatewayBuilder {
        GatewayBuilder {
            transport: Some(Box::new(transport)),
            ..self
        }
    }

    /// The gateway. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with the field:
    ///
    /// - `origin`, when it is anything but an origin, or `http` to another machine;
    /// - `timeout`, when it is zero or more than an hour;
    /// - `root_certificates`, when they are not PEM, hold none or hold a key, or without a TLS feature;
    /// - `user_agent`, when it is blank or holds anything but printable ASCII.
    pub fn build(mut self) -> Result<Gateway, Error> {
        let origin = match &self.origin {
            Some(origin) => Origin::parse(origin)?,
            None => Origin::default(),
        };
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None => Box::new(self.http(origin.is_loopback())?),
        };
        Ok(Gateway::assemble(self.credentials, origin, transport))
    }

    fn http(&self, loopback: bool) -> Result<Http, InvalidInput> {
        check_timeout(self.timeout)?;
        let user_agent = match &self.user_agent {
            Some(own) => format!("{} {USER_AGENT}", printable(own)?),
            None => USER_AGENT.to_owned(),
        };
        let roots = match &self.root_certificates {
            Some(pem) => Some(Roots::from_pem(pem)?),
            None => None,
        };
        Ok(Http::new(self.timeout, &user_agent, roots, loopback))
    }
}

fn check_timeout(timeout: Duration) -> Result<(), InvalidInput> {
    if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
        return Err(InvalidInput::new(
            "timeout",
            "must be more than zero and at most an hour",
        ));
    }
    Ok(())
}

/// A line break in a header would be another header.
fn printable(user_agent: &str) -> Result<&str, InvalidInput> {
    let invalid = |reason| InvalidInput::new("user_agent", reason);
    if user_agent.trim().is_empty() {
        return Err(invalid("must not be blank"));
    }
    if !user_agent.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(invalid("must be printable ASCII characters only"));
    }
    Ok(user_agent)
}

impl fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder")
            .field("credentials", &self.credentials)
            .field("origin", &self.origin)
            .field("timeout", &self.timeout)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}
