//! What keeps the pages of other sites away: their scripts and forms can reach a server of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ekolopay_serve::Request;
use ekolopay_serve::http::{HeaderName, HeaderValue, header};

/// Whether the request names this machine as its host. If not, it may come from a page whose site has changed the address
/// of its own name to 127.0.0.1 ("DNS rebinding"), and that page could read the answer.
pub(crate) fn is_local(request: &Request, listen: IpAddr) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| is_own(host, listen))
}

fn is_own(host: &str, listen: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let v6 = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let address = match v6 {
        Some(v6) => v6.parse::<Ipv6Addr>().map(IpAddr::from),
        None => name.parse::<Ipv4Addr>().map(IpAddr::from),
    };
    match address {
        Ok(address) => address.is_loopback() || address == listen,
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether the form was sent from a page of another site.
pub(crate) fn is_foreign(request: &Request) -> bool {
    let value = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    let own = [b"http://", value(header::HOST).unwrap_or_default()].concat();
    value(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&own)) || is_cross_site(request)
}

/// Whether a browser says so. Unlike `Origin`, shops do not send this header.
pub(crate) fn is_cross_site(request: &Request) -> bool {
    request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}
