//! The SDK's own HTTP: ureq's agent, and what it is told.

use std::env;
use std::error::Error;
use std::io::Read;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ureq::{Agent, SendBody};

use super::{LONGEST_REPLY, Reply, Request, Transport, TransportError, proxy::proxy_for};
#[cfg(feature = "ureq-unversioned")]
use super::{names::Names, one_write};
use crate::invalid::InvalidInput;
use crate::origin::Origin;

pub(crate) use tls::{Roots, parse_roots};

/// Without it https is refused here: ureq would use whatever other crates have compiled into it, and may panic.
const TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// An idle connection is dropped before the gateway closes it: Apache's default is 5 s.
const LONGEST_IDLE: Duration = Duration::from_secs(3);

/// Both of ureq's limits on idle connections must be raised, or many threads keep reconnecting.
const MOST_IDLE: usize = 64;

/// Without a look below TLS, a reply that nobody asked for could be taken for the next one: ureq's stable API has none.
const LOOKS_BELOW_TLS: bool = cfg!(feature = "ureq-unversioned");

/// The documented replies fit, so that reading one allocates once.
const TYPICAL_REPLY: usize = 512;

/// Connecting gets this much of the timeout, TLS included, so that the next address is tried while the customer waits.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

pub(crate) struct Http {
    agent: Agent,
    #[cfg(feature = "ureq-unversioned")]
    names: Names,
    /// Host and port, without user and password.
    pub(crate) proxy: Option<String>,
    /// The process that sends; 0 before the first exchange.
    process: AtomicU32,
}

impl Http {
    /// A gateway on loopback may be plain http, and no proxy is used.
    pub(crate) fn new(
        origin: &Origin,
        timeout: Duration,
        user_agent: &str,
        roots: Option<Roots>,
    ) -> Result<Http, InvalidInput> {
        let proxy = if origin.is_loopback() { None } else { proxy_for(origin.host(), env::var_os)? };
        let address = proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .https_only(!origin.is_loopback())
            .proxy(proxy)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(LONGEST_CONNECT))
            .max_idle_age(LONGEST_IDLE)
            .max_idle_connections(if origin.is_https() && !LOOKS_BELOW_TLS { 0 } else { MOST_IDLE })
            .max_idle_connections_per_host(MOST_IDLE)
            .user_agent(user_agent)
            .accept("application/json");
        let config = tls::configure(config, roots).build();
        #[cfg(feature = "ureq-unversioned")]
        let (names, connector) = (Names::new(), one_write::connector(&config));
        Ok(Http {
            #[cfg(feature = "ureq-unversioned")]
            agent: Agent::with_parts(config, connector, names.clone()),
            #[cfg(feature = "ureq-unversioned")]
            names,
            #[cfg(not(feature = "ureq-unversioned"))]
            agent: config.new_agent(),
            proxy: address,
            process: AtomicU32::new(0),
        })
    }

    /// Whether another process has used this: each would read the other's replies.
    fn is_used_elsewhere(&self) -> bool {
        let here = process::id();
        let used = self.process.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
        used.is_err_and(|other| other != here)
    }

    fn post(&self, url: &str, request: &Request) -> Result<Reply, TransportError> {
        // ureq reads the body only once it is connected: if all of it is left, none was sent.
        let mut rest = request.body();
        self.exchange(url, request, &mut rest).map_err(|error| {
            #[cfg(feature = "ureq-unversioned")]
            self.names.forget();
            let timed_out = matches!(error, ureq::Error::Timeout(_));
            let source: Box<dyn Error + Send + Sync> = match error {
                ureq::Error::Io(error) => error.into(),
                error => error.into(),
            };
            let all_is_left = rest.len() == request.body().len();
            let failure = if all_is_left { TransportError::not_sent(source) } else { TransportError::lost(source) };
            if timed_out { failure.into_timeout() } else { failure }
        })
    }

    fn exchange(&self, url: &str, request: &Request, body: &mut &[u8]) -> Result<Reply, ureq::Error> {
        if !TLS && url.starts_with("https:") {
            return Err(ureq::Error::Tls("https needs the feature `rustls` or `native-tls`"));
        }
        let mut post = self
            .agent
            .post(url)
            .header("Content-Type", request.content_type())
            // Without it the body would be chunked, and chunks appear in ureq's TRACE log.
            .header("Content-Length", request.body().len());
        if url != request.url() {
            post = post.header("Host", request.url().split('/').nth(2).unwrap_or_default());
        }
        let mut response = post.send(SendBody::from_reader(body))?;
        // One byte more, so that a longer body is noticed.
        let mut reader = response.body_mut().as_reader().take(LONGEST_REPLY as u64 + 1);
        let mut bytes = Vec::with_capacity(TYPICAL_REPLY);
        reader.read_to_end(&mut bytes)?;
        Ok(Reply::new(response.status().as_u16(), bytes))
    }
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Reply, TransportError> {
        if self.is_used_elsewhere() {
            return Err(TransportError::not_sent("another process used this gateway: build one after the fork"));
        }
        // `localhost` is this machine, whatever a look-up says.
        let Some(rest) = after_localhost(request.url()) else { return self.post(request.url(), request) };
        self.post(&format!("http://127.0.0.1{rest}"), request).or_else(|error| {
            // A timeout leaves no time for another address.
            if error.may_have_arrived() || error.is_timeout() {
                return Err(error);
            }
            let again = self.post(&format!("http://[::1]{rest}"), request);
            again.map_err(|again| if again.may_have_arrived() { again } else { error })
        })
    }
}

fn after_localhost(url: &str) -> Option<&str> {
    const LOCALHOST: &str = "http://localhost";
    let (start, rest) = url.split_at_checked(LOCALHOST.len())?;
    start.eq_ignore_ascii_case(LOCALHOST).then_some(rest)
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use ureq::config::ConfigBuilder;
    use ureq::tls::{PemItem, TlsConfig, TlsProvider, parse_pem};
    use ureq::typestate::AgentScope;

    use crate::invalid::{InvalidInput, require};

    pub(crate) use ureq::tls::RootCerts as Roots;

    pub(crate) fn parse_roots(pem: &[u8]) -> Result<Roots, InvalidInput> {
        const FIELD: &str = "root_certificates";
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let pem = pem.strip_prefix(BYTE_ORDER_MARK).unwrap_or(pem);
        // Also an encrypted key, which the parser skips.
        let holds_key = String::from_utf8_lossy(pem).contains("PRIVATE KEY-----");
        require(!holds_key, FIELD, "must not hold a private key")?;
        let items = parse_pem(pem).collect::<Result<Vec<_>, _>>();
        let items = items.map_err(|_| InvalidInput::new(FIELD, "must be valid PEM"))?;
        let certificate = |item| if let PemItem::Certificate(certificate) = item { Some(certificate) } else { None };
        let certificates: Vec<_> = items.into_iter().filter_map(certificate).collect();
        require(!certificates.is_empty(), FIELD, "must hold at least one PEM certificate")?;
        Ok(certificates.into())
    }

    /// If both features are on, rustls. ureq panics if its provider is not compiled in.
    pub(super) fn configure(config: ConfigBuilder<AgentScope>, roots: Option<Roots>) -> ConfigBuilder<AgentScope> {
        let provider = if cfg!(feature = "rustls") { TlsProvider::Rustls } else { TlsProvider::NativeTls };
        let bundled = cfg!(all(feature = "rustls", not(feature = "platform-verifier")));
        let built_in = if bundled { Roots::WebPki } else { Roots::PlatformVerifier };
        let roots = roots.unwrap_or(built_in);
        config.tls_config(TlsConfig::builder().provider(provider).root_certs(roots).build())
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod tls {
    use crate::invalid::InvalidInput;

    pub(crate) type Roots = std::convert::Infallible;

    pub(crate) fn parse_roots(_: &[u8]) -> Result<Roots, InvalidInput> {
        Err(InvalidInput::new("root_certificates", "needs the feature `rustls` or `native-tls`"))
    }

    pub(super) fn configure<C>(config: C, _: Option<Roots>) -> C {
        config
    }
}

#[cfg(all(test, feature = "ureq-unversioned"))]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::transport::{Bytes, Endpoint};

    /// The gateway may have moved.
    #[test]
    fn a_failed_exchange_makes_the_name_be_looked_up_again() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let names = Names::by(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(vec![closed])
        });
        let origin = Origin::parse("http://127.0.0.1").unwrap();
        let mut http = Http::new(&origin, Duration::from_secs(10), "test", None).unwrap();
        let config = http.agent.config().clone();
        let connector = one_write::connector(&config);
        (http.agent, http.names) = (Agent::with_parts(config, connector, names.clone()), names);
        let body = Bytes(b"purchaseToken=".to_vec());
        let request = Request { endpoint: Endpoint::Availability, url: "http://gateway.test/".into(), body };
        for exchanges in 1..=2 {
            assert!(!http.send(&request).unwrap_err().may_have_arrived());
            assert_eq!(asked.load(Ordering::SeqCst), exchanges);
        }
    }
}
