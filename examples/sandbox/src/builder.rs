//! The settings of a local gateway.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;

use crate::app::App;
use crate::server::Server;
use crate::trouble::Trouble;
use crate::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Sandbox};

/// Makes the builder and its setters: each setting stands with its default and what its setter takes.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $value:ident: $given:ty => $new:expr;)*) => {
        /// The settings of a [`Sandbox`] to start.
        #[must_use]
        pub struct SandboxBuilder {
            pub(crate) allowed_hosts: Vec<String>,
            $(pub(crate) $name: $type,)*
        }

        impl Default for SandboxBuilder {
            fn default() -> Self {
                Self { allowed_hosts: Vec::new(), $($name: $default,)* }
            }
        }

        impl SandboxBuilder {
            $($(#[$doc])*
            pub fn $name(mut self, $value: $given) -> Self {
                self.$name = $new;
                self
            })*
        }
    };
}

settings! {
    /// The address to listen on. Port 0 stands for a free port. Clients must name this address or a loopback one as the host.
    listen: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into(), address: SocketAddr => address;
    /// The `api_client` to accept, which is also the merchant's name on the payment page.
    api_client: String = DEMO_API_CLIENT.to_owned(), api_client: impl Into<String> => api_client.into();
    /// The `secret_key` to accept.
    secret_key: String = DEMO_SECRET_KEY.to_owned(), secret_key: impl Into<String> => secret_key.into();
    /// Where callbacks are sent: an `http://` URL, as the local gateway does not support TLS.
    callback_url: Option<String> = None, url: impl Into<String> => Some(url.into());
    /// Where the customer's browser is sent after the payment.
    redirect_url: Option<String> = None, url: impl Into<String> => Some(url.into());
    /// Sends the browser there by a button (`POST`) instead of a redirect (`GET`).
    redirect_by_post: bool = false, by_post: bool => by_post;
    /// How long after its order a payment ends whose telephone number decides that. The default is a second.
    pay_after: Duration = Duration::from_secs(1), time: Duration => time;
    /// Refuses calls with `{"code":0,"reason":…,"message":…}` under HTTP 500, as the company's newer API does, in place of a
    /// `clearMessage` under 200.
    plain_errors: bool = false, plain_errors: bool => plain_errors;
    /// How long each API call waits before it is answered.
    latency: Duration = Duration::ZERO, latency: Duration => latency;
    /// Sends `paymentSuccessful` as `1` or `0`, as PHP prints it, instead of `true` or `false`.
    php_booleans: bool = false, php_booleans: bool => php_booleans;
    /// Answers a repeated identical order with the token given before, even if that payment is settled.
    same_token: bool = false, same_token: bool => same_token;
    /// Answers this many checks of each new token with `purchaseToken inconnu.`
    late_known: u32 = 0, checks: u32 => checks;
    /// Accepts at most this many API calls per second. The others get HTTP 429 with `Retry-After: 1`, and have no effect.
    rate_limit: Option<u32> = None, calls: u32 => Some(calls);
    /// Makes some API calls go wrong at random.
    trouble: Trouble = Trouble::default(), trouble: Trouble => trouble;
    /// Receives one line per request and per callback. No line holds the secret key.
    log: Box<dyn Fn(&str) + Send + Sync> = Box::new(|_| {}), log: impl Fn(&str) + Send + Sync + 'static => Box::new(log);
}

impl SandboxBuilder {
    /// Another name by which clients may reach it, as in `http://sandbox:8099` between containers.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Starts the local gateway.
    ///
    /// The error is `InvalidInput` for a setting that cannot work: a blank credential, a URL that cannot be called, a rate
    /// limit of 0. Otherwise it is the error of listening on the address.
    pub fn start(self) -> io::Result<Sandbox> {
        if let Some(refusal) = self.refusal() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, refusal));
        }
        let (listen, latency) = (self.listen, self.latency);
        let app = Arc::new(App::new(self));
        let answering = Arc::clone(&app);
        let server = Server::start(listen, latency, move |request| answering.serve(&request))?;
        Ok(Sandbox { app, server })
    }

    fn refusal(&self) -> Option<&'static str> {
        let rules = [
            (!self.api_client.trim().is_empty(), "the api_client is blank"),
            (!self.secret_key.trim().is_empty(), "the secret_key is blank"),
            (
                self.callback_url.as_deref().is_none_or(deliverable),
                "the callback URL must be http://HOST[:PORT][/PATH], HOST being a name or an IPv4 address",
            ),
            (
                self.redirect_url.as_deref().is_none_or(web_address),
                "the redirect URL must be a http:// or https:// URL, percent-encoded",
            ),
            (self.rate_limit != Some(0), "the rate limit must be at least 1 call per second"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map(|(_, refusal)| refusal)
    }
}

/// Only URLs that `minreq` handles: it replaces an invalid port by 80, and misreads the brackets of an IPv6 address.
fn deliverable(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next());
    host.is_some_and(|host| {
        let port = host.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        port && !host.contains('@') && web_address(url)
    })
}

/// A URL that is safe in a `Location` header and as a link.
fn web_address(url: &str) -> bool {
    let known = |uri: Uri| matches!(uri.scheme_str(), Some("http" | "https"));
    url.is_ascii() && url.parse().is_ok_and(known)
}
