//! The cookies that hold the references of the customer's orders, because the gateway sends all customers back to the same
//! page. Each order has one, so that two tabs do not overwrite each other's.

use ekolopay_serve::Request;
use ekolopay_serve::http::HeaderValue;
use ekolopay_serve::http::header::COOKIE;

use crate::web::header;

const PREFIX: &[u8] = b"commande-";
/// How many orders are looked at: the newest, which browsers send last.
const MOST: usize = 20;

/// The references that a request brings. Cookies of other names may hold any bytes.
pub(crate) fn references(request: &Request) -> Vec<String> {
    let fields =
        request.headers().get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    let own = fields.filter_map(|field| field.trim_ascii().strip_prefix(PREFIX)?.split(|byte| *byte == b'=').nth(1));
    let mut all: Vec<String> = own.filter_map(|reference| String::from_utf8(reference.to_vec()).ok()).collect();
    all.drain(..all.len().saturating_sub(MOST));
    all
}

/// For a week.
pub(crate) fn cookie(reference: &str, secure: bool) -> HeaderValue {
    let (name, secure) = (reference.get(..8).unwrap_or(reference), if secure { "; Secure" } else { "" });
    header(&format!("commande-{name}={reference}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800{secure}"))
}
