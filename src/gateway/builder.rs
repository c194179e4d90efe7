use std::time::Duration;

use crate::credentials::Credentials;
use crate::env;
use crate::error::{InvalidInput, require};
use crate::origin::Origin;
use crate::transport::Transport;
use crate::transport::http::{self, Http, Roots};

const USER_AGENT: &str = concat!("ekolopay/", env!("CARGO_PKG_VERSION"));

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Settings of a [`Gateway`](crate::Gateway), from [`Gateway::builder`](crate::Gateway::builder).
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
#[derive(Debug)]
#[must_use = "call build() to get a gateway"]
pub struct GatewayBuilder {
    pub(super) credentials: Credentials,
    pub(super) origin: Result<Origin, InvalidInput>,
    timeout: Duration,
    /// Parsed by the setter, so that a program without certificates is linked without the PEM parser.
    root_certificates: Result<Option<Roots>, InvalidInput>,
    user_agent: Option<String>,
    pub(super) transport: Option<Box<dyn Transport>>,
}

impl GatewayBuilder {
    pub(super) fn new(credentials: Credentials) -> GatewayBuilder {
        GatewayBuilder {
            credentials,
            origin: Ok(Origin::default()),
            timeout: DEFAULT_TIMEOUT,
            root_certificates: Ok(None),
            user_agent: None,
            transport: None,
        }
    }

    /// Reads what [`Gateway::from_env`](crate::Gateway::from_env) reads, so that other settings can be added:
    /// `EKOLOPAY_API_CLIENT`, `EKOLOPAY_SECRET_KEY`, and `EKOLOPAY_ORIGIN` if it is set and not empty.
    ///
    /// # Errors
    ///
    /// Those of [`Credentials::from_env`], and `EKOLOPAY_ORIGIN` if it is not Unicode. If it is not an origin,
    /// [`build`](GatewayBuilder::build) fails, unless [`origin`](GatewayBuilder::origin) replaces it.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// let gateway = ekolopay::GatewayBuilder::from_env()?.timeout(Duration::from_secs(10)).build()?;
    /// # Ok::<(), ekolopay::Error>(())
    /// ```
    pub fn from_env() -> Result<GatewayBuilder, InvalidInput> {
        const ORIGIN: &str = "EKOLOPAY_ORIGIN";
        let mut builder = GatewayBuilder::new(Credentials::from_env()?);
        if let Some(origin) = env::variable(ORIGIN)?.filter(|origin| !origin.is_empty()) {
            builder.origin = Origin::parse(&origin).map_err(|invalid| invalid.renamed(ORIGIN));
        }
        Ok(builder)
    }

    /// Where the gateway is: scheme and host, optionally a port and one final slash, and nothing else.
    ///
    /// `http` is for loopback hosts only (`localhost`, 127.0.0.0/8, `::1`), which never go through a proxy.
    /// Default: `https://ekolopay.com`.
    pub fn origin(mut self, origin: &str) -> GatewayBuilder {
        self.origin = Origin::parse(origin);
        self
    }

    /// The time limit for one HTTP exchange, from the name look-up to the last byte. A call is two exchanges, the check
    /// and the call itself, so it takes at most twice this. Connecting gets at most 10 s of it. A
    /// [proxy](crate#proxies) that answers byte by byte is the exception.
    ///
    /// More than zero and at most an hour. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> GatewayBuilder {
        self.timeout = timeout;
        self
    }

    /// Root certificates, in PEM, to trust instead of the built-in ones, such as those of a company's inspecting proxy
    /// or of a test gateway.
    ///
    /// Default: the roots bundled with the feature `rustls`, or those of the system with `native-tls`.
    ///
    /// ```no_run
    /// # let credentials = ekolopay::Credentials::new("demo", "a-secret-key")?;
    /// let pem = std::fs::read("company-roots.pem")?;
    /// let gateway = ekolopay::Gateway::builder(credentials).root_certificates(&pem).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn root_certificates(mut self, pem: &[u8]) -> GatewayBuilder {
        const RULE: &str = "must be PEM certificates, in a build with a TLS feature";
        self.root_certificates = http::parse_roots(pem).map(Some).ok_or(InvalidInput::new("root_certificates", RULE));
        self
    }

    /// Goes in front of the crate's own user agent: `shop/7` makes `shop/7 ekolopay/0.1.0`. Printable ASCII.
    ///
    /// Default: the crate's own only.
    pub fn user_agent(mut self, user_agent: &str) -> GatewayBuilder {
        self.user_agent = Some(user_agent.to_owned());
        self
    }

    /// Replaces the SDK's own HTTP. The timeout, the certificates and the user agent then have no effect and are not
    /// checked.
    ///
    /// Default: HTTP/1.1 by ureq.
    pub fn transport(mut self, transport: impl Transport + 'static) -> GatewayBuilder {
        self.transport = Some(Box::new(transport));
        self
    }

    /// The SDK's own HTTP with the settings so far, for wrapping it in a log, a metric or a recorder.
    ///
    /// Pass the wrapper to [`transport`](GatewayBuilder::transport). Set the [origin](GatewayBuilder::origin) first: it
    /// decides whether plain http is allowed and whether a proxy is used. The [`transport`](crate::transport) page
    /// shows an example.
    ///
    /// # Errors
    ///
    /// The fields that [`build`](GatewayBuilder::build) refuses.
    pub fn http(&self) -> Result<impl Transport + use<>, InvalidInput> {
        let origin = self.origin.as_ref().map_err(InvalidInput::clone)?;
        let in_range = !self.timeout.is_zero() && self.timeout <= LONGEST_TIMEOUT;
        require(in_range, "timeout", "must be more than zero and at most an hour")?;
        let user_agent = match &self.user_agent {
            Some(own) => {
                // A line break in a header would start another header.
                let printable = own.bytes().all(|byte| matches!(byte, b' '..=b'~'));
                require(printable, "user_agent", "must be printable ASCII characters only")?;
                require(!own.trim().is_empty(), "user_agent", "must not be blank")?;
                format!("{own} {USER_AGENT}")
            }
            None => USER_AGENT.to_owned(),
        };
        let roots = self.root_certificates.clone()?;
        Http::new(origin.as_str(), origin.is_loopback(), self.timeout, &user_agent, roots)
    }
}
