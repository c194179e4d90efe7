//! A customer's orders. The gateway sends all customers back to the same page, so cookies hold the references. Each order
//! has one, so that two tabs do not overwrite each other's.

use ekolopay_serve::Request;
use ekolopay_serve::http::HeaderValue;
use ekolopay_serve::http::header::COOKIE;
use rusqlite::Result;

use crate::orders::{Order, Orders};
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

impl Orders {
    /// The customer's orders: what is paid first, then the newest.
    fn of_customer(&self, request: &Request) -> Result<Vec<Order>> {
        let orders = references(request).into_iter().map(|reference| self.by_reference(&reference));
        let mut orders: Vec<Order> = orders.filter_map(Result::transpose).collect::<Result<_>>()?;
        orders.sort_by_key(|order| (!order.is_paid(), -order.id));
        Ok(orders)
    }

    /// Another order than this one, of the same customer, article and number: paid, or perhaps being paid in another tab.
    pub(crate) fn twin(&self, request: &Request, slug: &str, phone: &str, except: i64) -> Result<Option<Order>> {
        let mut twins = self.of_customer(request)?;
        twins.retain(|other| other.id != except && (&*other.product.slug, &*other.phone) == (slug, phone));
        twins.retain(|twin| twin.token.is_some() && twin.delivered.is_none());
        Ok(twins.into_iter().min_by_key(|twin| (!twin.is_paid(), twin.is_over())))
    }

    /// The orders that a returning customer waits for. One that has failed is left out if it was tried again: it is shown
    /// if it is paid after all.
    pub(crate) fn awaited(&self, request: &Request) -> Result<Vec<Order>> {
        let mut orders = self.of_customer(request)?;
        orders.retain(|order| order.token.is_some() && order.delivered.is_none());
        let all = orders.clone();
        let follows = |other: &Order, order: &Order| {
            other.id > order.id
                && (&other.product.slug, &other.phone) == (&order.product.slug, &order.phone)
                && !other.is_over()
        };
        orders.retain(|order| !order.is_over() || !all.iter().any(|other| follows(other, order)));
        Ok(orders)
    }
}
