//! The transport that is used unless another is given. The only file that names ureq.

use std::io::Read;
use std::time::Duration;

use ureq::{Agent, SendBody};

use super::{LONGEST_REPLY, Reply, Request, Transport, TransportError};
use crate::error::Delivery;

pub(crate) use tls::{Roots, parse_roots};

/// Without it https is refused here: ureq would look at what other crates have compiled into it, and may panic.
const TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// An idle connection is given up before the gateway closes it: Apache's default is 5 s.
const LONGEST_IDLE: Duration = Duration::from_secs(3);

/// Both of ureq's limits on idle connections must be raised: else many threads reconnect all the time.
const MOST_IDLE: usize = 64;

/// The documented replies fit in, so that reading one allocates once.
const TYPICAL_REPLY: usize = 512;

pub(crate) struct Http {
    agent: Agent,
}

impl Http {
    /// `loopback`: the gateway is on this machine; it may be plain http, and no proxy stands between.
    pub(crate) fn new(timeout: Duration, user_agent: &str, roots: Option<Roots>, loopback: bool) -> Http {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .https_only(!loopback)
            .timeout_global(Some(timeout))
            .max_idle_age(LONGEST_IDLE)
            .max_idle_connections(MOST_IDLE)
            .max_idle_connections_per_host(MOST_IDLE)
            .user_agent(user_agent)
            .accept("application/json");
        let config = if loopback { config.proxy(None) } else { config };
        let agent = tls::configure(config, roots).build().new_agent();
        Http { agent }
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
        // One byte more, so that a longer body is seen to be longer.
        let mut reader = response.body_mut().as_reader().take(LONGEST_REPLY as u64 + 1);
        let mut bytes = Vec::with_capacity(TYPICAL_REPLY);
        reader.read_to_end(&mut bytes)?;
        Ok(Reply::new(response.status().as_u16(), bytes))
    }
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Reply, TransportError> {
        // ureq reads of the body only once it is connected and the head is sent: while all is left, nothing was sent.
        let mut rest = request.body();
        self.exchange(request, &mut rest).map_err(|error| {
            let all_is_left = rest.len() == request.body().len();
            let delivery = if all_is_left { Delivery::NotSent } else { Delivery::Unknown };
            let timed_out = matches!(error, ureq::Error::Timeout(_));
            TransportError { delivery, timed_out, source: error.into() }
        })
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

    /// With both features, rustls. ureq panics when the provider it is told is not compiled in.
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
