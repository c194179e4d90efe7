//! The default transport: ureq's agent, its proxy, and one agent per process.

use std::io::Read;
use std::process;
use std::sync::OnceLock;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::{Agent, Proxy, ProxyProtocol, SendBody};

use super::{LONGEST_REPLY, Reply, Request, Transport, TransportError};
use crate::delivery::Delivery;
use crate::env;
use crate::error::InvalidInput;

#[cfg(feature = "name-cache")]
use super::names;
use names::Names;

pub(crate) use tls::{Roots, parse_roots};

/// Without it https is refused here: ureq would use whatever other crates have compiled into it, and may panic.
const TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// An idle connection is dropped before the gateway closes it: Apache's default is 5 s.
const LONGEST_IDLE: Duration = Duration::from_secs(3);

/// Both of ureq's limits on idle connections must be raised, or many threads keep reconnecting.
const MOST_IDLE: usize = 64;

/// The documented replies fit, so that reading one allocates once.
const TYPICAL_REPLY: usize = 512;

/// Connecting gets this much of the timeout, TLS included, so that the next address is tried while the customer waits.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

pub(crate) struct Http {
    config: Config,
    first: Process,
}

/// What belongs to one process. Parent and child must not share connections: each would read the other's replies.
struct Process {
    id: u32,
    agent: Agent,
    names: Names,
    /// A child process that was forked after this one used the gateway.
    child: OnceLock<Box<Process>>,
}

impl Http {
    /// `loopback`: the gateway is on this machine, may be plain http, and no proxy is used.
    pub(crate) fn new(
        origin: &str,
        loopback: bool,
        timeout: Duration,
        user_agent: &str,
        roots: Option<Roots>,
    ) -> Result<Http, InvalidInput> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .https_only(!loopback)
            .proxy(if loopback { None } else { proxy(origin)? })
            .timeout_global(Some(timeout))
            .timeout_connect(Some(LONGEST_CONNECT))
            .max_idle_age(LONGEST_IDLE)
            .max_idle_connections(MOST_IDLE)
            .max_idle_connections_per_host(MOST_IDLE)
            .user_agent(user_agent)
            .accept("application/json");
        let config = tls::configure(config, roots).build();
        let first = Process::new(config.clone());
        Ok(Http { config, first })
    }

    /// This process's agent. It is a chain and not a lock, which another thread of the parent may hold while it forks.
    fn process(&self) -> &Process {
        let id = process::id();
        let mut last = &self.first;
        loop {
            match last.child.get() {
                Some(child) => last = child,
                None if last.id == id => return last,
                None => drop(last.child.set(Box::new(Process::new(self.config.clone())))),
            }
        }
    }
}

impl Process {
    fn new(config: Config) -> Process {
        let (agent, names) = Names::agent(config);
        Process { id: process::id(), agent, names, child: OnceLock::new() }
    }

    fn exchange(&self, request: &Request, body: &mut &[u8]) -> Result<Reply, ureq::Error> {
        if !TLS && request.url().starts_with("https:") {
            return Err(ureq::Error::Tls("https needs the feature `rustls` or `native-tls`"));
        }
        let mut response = self
            .agent
            .post(request.url())
            .header("Content-Type", request.content_type())
            // Without it the body would be chunked, and chunks appear in ureq's TRACE log.
            .header("Content-Length", request.body().len())
            .send(SendBody::from_reader(body))?;
        // One byte more, so that a longer body is noticed.
        let mut reader = response.body_mut().as_reader().take(LONGEST_REPLY as u64 + 1);
        let mut bytes = Vec::with_capacity(TYPICAL_REPLY);
        reader.read_to_end(&mut bytes)?;
        Ok(Reply::new(response.status().as_u16(), bytes))
    }
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Reply, TransportError> {
        let process = self.process();
        // ureq reads the body only once it is connected and the head is sent: if all of it is left, none was sent.
        let mut rest = request.body();
        process.exchange(request, &mut rest).map_err(|error| {
            process.names.forget();
            let all_is_left = rest.len() == request.body().len();
            let delivery = if all_is_left { Delivery::NotSent } else { Delivery::Unknown };
            let error_is_timeout = matches!(error, ureq::Error::Timeout(_));
            let failure = match error {
                ureq::Error::Io(error) => TransportError::new(delivery, error),
                error => TransportError::new(delivery, error),
            };
            if error_is_timeout { failure.timed_out() } else { failure }
        })
    }
}

/// The proxy for this origin. ureq itself would read `HTTP_PROXY`, which a request header sets in a CGI program, and
/// would bypass a proxy that it cannot use.
fn proxy(origin: &str) -> Result<Option<Proxy>, InvalidInput> {
    const RULE: &str = "must be the address of an http or https proxy, such as http://proxy.example:3128";
    let Some((variable, address)) = env::first_of(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])? else {
        return Ok(None);
    };
    if let Some((_, names)) = env::first_of(["no_proxy", "NO_PROXY"])? {
        let exceptions = Proxy::builder(ProxyProtocol::Http);
        let exceptions = names.split(',').fold(exceptions, |proxy, name| proxy.no_proxy(name.trim())).build();
        if exceptions.ok().zip(origin.parse().ok()).is_some_and(|(proxy, uri): (_, Uri)| proxy.is_no_proxy(&uri)) {
            return Ok(None);
        }
    }
    let proxy = Proxy::new(&address).ok().filter(is_usable);
    proxy.map(Some).ok_or(InvalidInput::new(variable, RULE))
}

/// ureq itself accepts an empty host, and takes a port that is not a number for the default one.
fn is_usable(proxy: &Proxy) -> bool {
    let Some(authority) = proxy.uri().authority() else { return false };
    let port = authority.as_str().rsplit('@').next().and_then(|text| text.strip_prefix(authority.host()));
    matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)
        && !authority.host().is_empty()
        && (port == Some("") || authority.port_u16().is_some_and(|port| port > 0))
}

/// ureq's own look-ups, by its stable API.
#[cfg(not(feature = "name-cache"))]
mod names {
    use ureq::Agent;
    use ureq::config::Config;

    pub(super) struct Names;

    impl Names {
        pub(super) fn agent(config: Config) -> (Agent, Names) {
            (config.new_agent(), Names)
        }

        #[expect(clippy::unused_self, reason = "nothing is kept")]
        pub(super) fn forget(&self) {}
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use ureq::config::ConfigBuilder;
    use ureq::tls::{PemItem, TlsConfig, TlsProvider, parse_pem};
    use ureq::typestate::AgentScope;

    pub(crate) use ureq::tls::RootCerts as Roots;

    pub(crate) fn parse_roots(pem: &[u8]) -> Option<Roots> {
        let certificate = |item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        };
        let certificates: Vec<_> = parse_pem(pem).map(certificate).collect::<Option<_>>()?;
        (!certificates.is_empty()).then(|| certificates.into())
    }

    /// If both features are on, rustls. ureq panics if its provider is not compiled in.
    pub(super) fn configure(config: ConfigBuilder<AgentScope>, roots: Option<Roots>) -> ConfigBuilder<AgentScope> {
        let (provider, built_in) = if cfg!(feature = "rustls") {
            (TlsProvider::Rustls, Roots::WebPki)
        } else {
            (TlsProvider::NativeTls, Roots::PlatformVerifier)
        };
        let roots = roots.unwrap_or(built_in);
        config.tls_config(TlsConfig::builder().provider(provider).root_certs(roots).build())
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod tls {
    pub(crate) type Roots = std::convert::Infallible;

    pub(crate) fn parse_roots(_: &[u8]) -> Option<Roots> {
        None
    }

    pub(super) fn configure<C>(config: C, _: Option<Roots>) -> C {
        config
    }
}
