//! What keeps the pages of other sites away: their scripts and forms can reach a server of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::builder::SandboxBuilder;
use crate::html;
use crate::server::Request;

/// Whether the request names this machine, or a name that was allowed, as its host. If not, it may come from a page whose
/// site has changed the address of its own name to 127.0.0.1 ("DNS rebinding"), and that page could read the answer.
pub(crate) fn is_local(request: &Request, settings: &SandboxBuilder) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| is_own(host, settings))
}

fn is_own(host: &str, settings: &SandboxBuilder) -> bool {
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = port.map_or(host, |(name, _)| name);
    let address = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().map(IpAddr::from),
        None => name.parse::<Ipv4Addr>().map(IpAddr::from),
    };
    let named = |known: &String| name.eq_ignore_ascii_case(known);
    name.eq_ignore_ascii_case("localhost")
        || settings.allowed_hosts.iter().any(named)
        || address.is_ok_and(|address| address.is_loopback() || address == settings.listen.ip())
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

/// 421 for another host, 403 for another site.
pub(crate) fn refuse(status: StatusCode, json: bool) -> Response {
    let (title, text) = if status == StatusCode::FORBIDDEN {
        ("Demande refusée", "Cette demande vient d’un autre site.")
    } else {
        let text = "La passerelle locale ne répond qu’à localhost, à 127.0.0.1, à [::1], à l’adresse donnée par \
                    --listen et aux noms donnés par --allow-host.";
        ("Adresse refusée", text)
    };
    if json { html::json(status, &json!({ "error": text })) } else { html::message(status, title, text) }
}
