//! The pages, in French, for telephones first. Their HTML is in `templates`.

use std::borrow::Borrow;

use askama::Template;
use axum::http::StatusCode;

use crate::customers::OrderForm;
use crate::database::is_temporary;
use crate::listing::{Alerts, Counter, Found, Query};
use crate::orders::{Order, OrderState, Product};
use crate::problem::Kind;

/// What stands on every page.
pub(crate) struct Settings {
    pub(crate) contact: Option<String>,
    pub(crate) demo: bool,
}

#[derive(Template)]
#[template(path = "catalogue.html")]
pub(crate) struct Catalogue<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) products: &'a [Product],
}

#[derive(Template)]
#[template(path = "product.html")]
pub(crate) struct ProductForm<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) product: &'a Product,
    pub(crate) form: &'a OrderForm,
    pub(crate) problem: Option<&'a str>,
    pub(crate) twin: Option<&'a Order>,
}

#[derive(Template)]
#[template(path = "order.html")]
pub(crate) struct OneOrder<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) order: &'a Order,
    /// The article as it is sold now.
    pub(crate) product: Option<&'a Product>,
    pub(crate) twin: Option<&'a Order>,
    pub(crate) others: &'a [Order],
    pub(crate) mark: String,
}

#[derive(Template)]
#[template(path = "orders.html")]
pub(crate) struct SeveralOrders<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) orders: &'a [Order],
    pub(crate) mark: String,
}

#[derive(Template)]
#[template(path = "merchant.html")]
pub(crate) struct AllOrders<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) counters: &'a [Counter],
    pub(crate) found: &'a Found,
    pub(crate) older: Option<String>,
    pub(crate) query: &'a Query,
    pub(crate) alerts: &'a Alerts,
    pub(crate) form_key: &'a str,
    /// The page's own query, to come back to.
    pub(crate) back: &'a str,
}

#[derive(Template)]
#[template(path = "merchant-order.html")]
pub(crate) struct MerchantOrder<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) order: &'a Order,
    pub(crate) others: &'a [Order],
    pub(crate) form_key: &'a str,
}

/// A word for the state of each order. The script reloads the page when they change.
pub(crate) fn mark(orders: impl IntoIterator<Item: Borrow<Order>>) -> String {
    orders.into_iter().map(|order| order.borrow().state.into()).collect::<Vec<&str>>().join(" ")
}

#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct OneMessage<'a> {
    pub(crate) shop: &'a Settings,
    pub(crate) message: &'a Message,
}

/// Why a request has another page than the one it asked for.
#[derive(Debug)]
pub(crate) enum Message {
    NotFound,
    /// The article is gone.
    NotSold,
    Database(rusqlite::Error),
    /// An order was not stored: it has no token, and nobody can have paid for it.
    NotOrdered(rusqlite::Error),
    Unreadable,
    NoOrders,
    Password,
    TooManyGuesses,
    StaleForm,
    ForeignForm,
}

impl Message {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Message::NoOrders => StatusCode::OK,
            Message::Unreadable => StatusCode::BAD_REQUEST,
            Message::Password => StatusCode::UNAUTHORIZED,
            Message::StaleForm | Message::ForeignForm => StatusCode::FORBIDDEN,
            Message::NotFound | Message::NotSold => StatusCode::NOT_FOUND,
            Message::TooManyGuesses => StatusCode::TOO_MANY_REQUESTS,
            Message::Database(error) | Message::NotOrdered(error) if is_temporary(error) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Message::Database(_) | Message::NotOrdered(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<rusqlite::Error> for Message {
    fn from(error: rusqlite::Error) -> Message {
        Message::Database(error)
    }
}
