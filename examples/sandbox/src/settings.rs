//! The settings of a sandbox.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::trouble::Trouble;
use crate::{DEMO_API_CLIENT, DEMO_SECRET_KEY};

pub(crate) type Log = dyn Fn(&str) + Send + Sync;

pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) api_client: String,
    pub(crate) secret_key: String,
    pub(crate) callback_url: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) redirect_by_post: bool,
    pub(crate) latency: Duration,
    pub(crate) php_booleans: bool,
    pub(crate) same_token: bool,
    pub(crate) late_known: u32,
    pub(crate) rate_limit: Option<u32>,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) log: Option<Box<Log>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            api_client: DEMO_API_CLIENT.to_owned(),
            secret_key: DEMO_SECRET_KEY.to_owned(),
            callback_url: None,
            redirect_url: None,
            redirect_by_post: false,
            latency: Duration::ZERO,
            php_booleans: false,
            same_token: false,
            late_known: 0,
            rate_limit: None,
            trouble: None,
            log: None,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> io::Result<()> {
        let refusal = if self.api_client.trim().is_empty() {
            "the api_client is blank"
        } else if self.secret_key.trim().is_empty() {
            "the secret_key is blank"
        } else if !self.callback_url.as_deref().is_none_or(deliverable) {
            "the callback URL cannot be delivered to: it must be http://HOST[:PORT][/PATH], \
             HOST being a name or an IPv4 address"
        } else if !self.redirect_url.as_deref().is_none_or(web_address) {
            "the redirect URL must be a http:// or https:// URL, percent-encoded"
        } else if self.rate_limit == Some(0) {
            "the rate limit must be at least 1 call per second"
        } else if !self.trouble.is_none_or(Trouble::is_possible) {
            "the shares of trouble must be from 0 to 1, and at most 1 in total"
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, refusal))
    }
}

/// Only URLs that `minreq` handles correctly: it replaces an invalid port by 80, misreads the brackets of an IPv6 address,
/// and does not encode the path.
fn deliverable(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, port) = rest[..end].split_once(':').unwrap_or((&rest[..end], "80"));
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty()
        && host.bytes().all(named)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A URL that is safe in a `Location` header and as a link.
fn web_address(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        let host = url.strip_prefix(scheme).unwrap_or_default();
        !host.is_empty() && !host.starts_with('/')
    }) && url.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("api_client", &self.api_client)
            .field("secret_key", &format_args!("***"))
            .field("callback_url", &self.callback_url)
            .field("redirect_url", &self.redirect_url)
            .field("redirect_by_post", &self.redirect_by_post)
            .field("latency", &self.latency)
            .field("php_booleans", &self.php_booleans)
            .field("same_token", &self.same_token)
            .field("late_known", &self.late_known)
            .field("rate_limit", &self.rate_limit)
            .field("trouble", &self.trouble)
            .field("log", &self.log.is_some())
            .finish()
    }
}
