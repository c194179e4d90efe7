//! The cookie that holds the references of the customer's last orders, because the gateway sends all customers back to
//! the same page.

use ekolopay_serve::Request;
use ekolopay_serve::http::HeaderValue;
use ekolopay_serve::http::header::COOKIE;

use crate::web::header;

const NAME: &[u8] = b"commande=";
/// How many orders are remembered.
const MOST: usize = 5;

/// The newest first.
#[derive(Default)]
pub(crate) struct References(Vec<String>);

impl References {
    /// Cookies of other names may hold any bytes.
    pub(crate) fn of(request: &Request) -> References {
        let fields =
            request.headers().get_all(COOKIE).iter().flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
        let own = fields.map(<[u8]>::trim_ascii).find_map(|field| field.strip_prefix(NAME)).unwrap_or_default();
        let references = own.split(|byte| *byte == b'.').take(MOST);
        References(references.filter_map(|reference| String::from_utf8(reference.to_vec()).ok()).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The cookie with one more order.
    pub(crate) fn with(&self, reference: &str, secure: bool) -> HeaderValue {
        let others = self.iter().filter(|other| *other != reference && is_reference(other)).take(MOST - 1);
        let references: Vec<&str> = std::iter::once(reference).chain(others).collect();
        let secure = if secure { "; Secure" } else { "" };
        let list = references.join(".");
        header(&format!("commande={list}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800{secure}"))
    }
}

fn is_reference(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
