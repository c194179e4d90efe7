use std::fmt;
use std::time::Duration;

use super::Gateway;
use crate::credentials::Credentials;
use crate::invalid::{InvalidInput, require, variable};
use crate::origin::Origin;
use crate::transport::http::{Http, Roots, parse_roots};
use crate::transport::{Reply, Request, Transport, TransportError};

const USER_AGENT: &str = concat!("ekolopay/", env!("CARGO_PKG_VERSION"));

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Settings of a [`Gateway`], from [`Gateway::builder`]; [`wrap`](GatewayBuilder::wrap) has an example.
#[derive(Debug)]
#[must_use = "call build() to get a gateway"]
pub struct GatewayBuilder {
    credentials: Credentials,
    origin: Result<Origin, InvalidInput>,
    timeout: Duration,
    /// Parsed by the setter, so that a program without certificates is linked without the PEM parser.
    root_certificates: Result<Option<Roots>, InvalidInput>,
    user_agent: Option<String>,
    transport: Option<Box<dyn Transport>>,
    wraps: Vec<Wrap>,
}

type WrapFn = dyn Fn(&Request, &dyn Transport) -> Result<Reply, TransportError> + Send + Sync;

struct Wrap(Box<WrapFn>);

impl fmt::Debug for Wrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wrap")
    }
}

impl GatewayBuilder {
    pub(super) fn new(credentials: Credentials) -> GatewayBuilder {
        GatewayBuilder {
            credentials,
            origin: Origin::parse("https://ekolopay.com"),
            timeout: DEFAULT_TIMEOUT,
            root_certificates: Ok(None),
            user_agent: None,
            transport: None,
            wraps: Vec::new(),
        }
    }

    /// Reads what [`Gateway::from_env`] reads, so that other settings can be added: `EKOLOPAY_API_CLIENT`,
    /// `EKOLOPAY_SECRET_KEY`, and `EKOLOPAY_ORIGIN` if it is set and not empty.
    ///
    /// # Errors
    ///
    /// Those of [`Credentials::from_env`], and `EKOLOPAY_ORIGIN` if it is not Unicode. If it is not an origin,
    /// [`build`](GatewayBuilder::build) fails, unless [`origin`](GatewayBuilder::origin) replaces it.
    pub fn from_env() -> Result<GatewayBuilder, InvalidInput> {
        const ORIGIN: &str = "EKOLOPAY_ORIGIN";
        let mut builder = GatewayBuilder::new(Credentials::from_env()?);
        if let Some(origin) = variable(ORIGIN)?.filter(|origin| !origin.is_empty()) {
            builder.origin = Origin::parse(&origin).map_err(|invalid| invalid.renamed(ORIGIN));
        }
        Ok(builder)
    }

    /// Where the gateway is: scheme and host, optionally a port and one final slash, and nothing else.
    ///
    /// `http` is for loopback hosts only (`localhost`, 127.0.0.0/8, `::1`), which never go through a proxy. With
    /// `http`, `localhost` is this machine, whatever a look-up would say: 127.0.0.1, then `::1` if that fails at once.
    /// Default: `https://ekolopay.com`.
    pub fn origin(mut self, origin: &str) -> GatewayBuilder {
        self.origin = Origin::parse(origin);
        self
    }

    /// The time limit for one HTTP exchange, from the name look-up to the last byte. A call is two exchanges, the check
    /// and the call itself, so it takes at most twice this. Connecting gets at most 10 s of it. Exceptions are a
    /// [proxy](crate#proxies) that answers byte by byte, and a server that takes an order of megabytes slowly.
    ///
    /// More than zero and at most an hour. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> GatewayBuilder {
        self.timeout = timeout;
        self
    }

    /// Root certificates, in PEM, to trust instead of the built-in ones, such as those of a company's inspecting proxy
    /// or of a test gateway. A byte order mark in front is skipped.
    ///
    /// They are authorities: one that the server shows as its *own* certificate is not accepted (`CaUsedAsEndEntity`).
    /// Let it sign a certificate for the server's name.
    ///
    /// Default: the roots bundled with the feature `rustls`, or those of the system with `platform-verifier` or
    /// `native-tls`.
    ///
    /// ```no_run
    /// # let credentials = ekolopay::Credentials::new("demo", "a-secret-key")?;
    /// let pem = std::fs::read("company-roots.pem")?;
    /// let gateway = ekolopay::Gateway::builder(credentials).root_certificates(&pem).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn root_certificates(mut self, pem: &[u8]) -> GatewayBuilder {
        self.root_certificates = parse_roots(pem).map(Some);
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
    /// checked. Default: HTTP/1.1 by ureq.
    pub fn transport(mut self, transport: impl Transport + 'static) -> GatewayBuilder {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Puts a closure round each exchange of the SDK's own HTTP, or of the given
    /// [transport](GatewayBuilder::transport): for a log, a metric or a recorder. It gets the request and what comes
    /// next, which it calls once. The order of the setters does not matter; the last closure is the outermost.
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use ekolopay::transport::Reply;
    /// use ekolopay::{Credentials, Gateway};
    ///
    /// let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key")?)
    ///     .origin("http://127.0.0.1:8099")
    ///     .wrap(|request, next| {
    ///         let start = Instant::now();
    ///         let reply = next.send(request);
    ///         let status = reply.as_ref().map_or(0, Reply::status); // 0: no whole reply
    ///         eprintln!("{} status={status} ms={}", request.endpoint(), start.elapsed().as_millis());
    ///         reply
    ///     })
    ///     .build()?;
    /// # Ok::<(), ekolopay::InvalidInput>(())
    /// ```
    pub fn wrap(
        mut self,
        wrap: impl Fn(&Request, &dyn Transport) -> Result<Reply, TransportError> + Send + Sync + 'static,
    ) -> GatewayBuilder {
        self.wraps.push(Wrap(Box::new(wrap)));
        self
    }

    /// Builds the gateway. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// With the field:
    ///
    /// - `origin`, or `EKOLOPAY_ORIGIN`: not an origin, a host longer than 253 characters, or `http` to another
    ///   machine;
    /// - `timeout`: zero, or more than an hour;
    /// - `root_certificates`: not PEM, without a certificate, with a key, or in a build without a TLS feature;
    /// - `user_agent`: blank, or with anything but printable ASCII;
    /// - the variable of a [proxy](crate#proxies) that can't be used.
    pub fn build(mut self) -> Result<Gateway, InvalidInput> {
        let origin = self.origin.clone()?;
        let (transport, proxy): (Box<dyn Transport>, _) = if let Some(transport) = self.transport.take() {
            (transport, None)
        } else {
            let mut http = self.http(&origin)?;
            let proxy = http.proxy.take();
            (Box::new(http), proxy)
        };
        let transport = self
            .wraps
            .into_iter()
            .fold(transport, |inner, Wrap(wrap)| Box::new(move |request: &Request| wrap(request, &*inner)));
        Ok(Gateway::assemble(self.credentials, origin, transport, proxy))
    }

    fn http(&self, origin: &Origin) -> Result<Http, InvalidInput> {
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
        Http::new(origin, self.timeout, &user_agent, roots)
    }
}
