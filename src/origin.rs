//! Where the gateway is, and the addresses below it. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::invalid::InvalidInput;
use crate::token::PurchaseToken;

/// The longest name that DNS allows.
const LONGEST_HOST: usize = 253;

/// A scheme, a host and an optional port, without a slash at the end.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    text: String,
    host: String,
}

impl Origin {
    pub(crate) fn parse(text: &str) -> Result<Origin, InvalidInput> {
        let invalid = |reason| InvalidInput::new("origin", reason);
        let (scheme, rest) = text
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
            .ok_or(invalid("must begin with https:// or http://"))?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(authority).ok_or(invalid(
            "must be a scheme and a host, with an optional port and an optional final slash, nothing else",
        ))?;
        if host.len() > LONGEST_HOST {
            return Err(invalid("must have a host of at most 253 characters"));
        }
        if scheme == "http" && !is_loopback(host) {
            return Err(invalid("must be https: http is for loopback hosts only"));
        }
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        Ok(Origin { text: format!("{scheme}://{host}{port}"), host: host.to_owned() })
    }

    /// `localhost`, 127.0.0.0/8 or `::1`: nothing sent there leaves this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// The host, an IPv6 address in its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn api_url(&self, path: &str, api_client: &str) -> String {
        let client: String = form_urlencoded::byte_serialize(api_client.as_bytes()).collect();
        format!("{}/api/v1/gateway/{path}?api_client={client}", self.text)
    }

    /// The token is one segment of the path: all but RFC 3986's unreserved characters are percent-encoded.
    pub(crate) fn payment_url(&self, token: &PurchaseToken) -> String {
        let token: String = form_urlencoded::byte_serialize(token.as_str().as_bytes()).collect();
        // Forms and paths differ in these two.
        let token = token.replace('*', "%2A").replace("%7E", "~");
        format!("{}/purchase-product/{token}", self.text)
    }
}

/// The host, an IPv6 address in its brackets, and the port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rfind(']') {
        Some(end) => authority.split_at(end + 1),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0)?)
        }
        None if port.is_empty() => None,
        _ => return None,
    };
    is_host(host).then_some((host, port))
}

fn is_host(host: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    ipv6(host).is_some() || host.split('.').all(is_label)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || ipv6(host).is_some_and(|ip| ip.is_loopback())
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}
