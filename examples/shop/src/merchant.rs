//! The merchant's page: who may see it, what it lists, and what was delivered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ekolopay_serve::http::StatusCode;
use ekolopay_serve::http::header::{HeaderValue, WWW_AUTHENTICATE};
use ekolopay_serve::{Peer, Request, Response};
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Basic};
use rusqlite::{Result, params};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::database::wall_clock;
use crate::merchant_page::{self, Listing};
use crate::orders::{Order, Orders, order, select};
use crate::pages;
use crate::phone;
use crate::web::{Answer, Shop, see_other};

const ORDERS_PER_PAGE: u32 = 50;
/// Before a wrong password is answered.
const DELAY: Duration = Duration::from_secs(1);
/// Wrong passwords that wait for their answer at the same time; more are refused at once.
const GUESSES: usize = 4;
/// Of a header that anyone can send, in characters.
const LONGEST_LOGGED: usize = 64;

pub(crate) struct Merchant {
    /// With any user name.
    password: String,
    /// Is part of every form of the page, so that a page of another site cannot send one.
    form_key: String,
    guesses: AtomicUsize,
}

impl Merchant {
    pub(crate) fn new(password: String) -> Merchant {
        Merchant { password, form_key: Uuid::new_v4().simple().to_string(), guesses: AtomicUsize::new(0) }
    }
}

/// The query of the page.
#[derive(Deserialize, Default)]
pub(crate) struct Query {
    /// What is searched for: the order's number, a telephone number, a name or a token.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) filtre: Filter,
    /// Only orders before this one.
    avant: Option<i64>,
}

#[derive(Deserialize, Default, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Filter {
    #[default]
    Toutes,
    /// Paid, not delivered yet.
    Livrer,
    /// The payment is being checked.
    Attente,
    Livrees,
    /// The last call to the gateway failed.
    Probleme,
}

/// The order's number, its token, its telephone number, and of the newest thousand a part of the number or name.
const SEARCH: &str = "
    SELECT id FROM orders WHERE id < ?1 AND id = ?3
    UNION SELECT id FROM orders WHERE id < ?1 AND token = ?3
    UNION SELECT id FROM (SELECT id FROM orders WHERE phone = ?4 AND id < ?1 ORDER BY id DESC LIMIT ?2)
    UNION SELECT id FROM (SELECT id, name, phone FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT 1000)
          WHERE name LIKE '%' || ?3 || '%' OR (?5 <> '' AND phone LIKE '%' || ?5 || '%')";

impl Filter {
    fn condition(self) -> &'static str {
        match self {
            Filter::Toutes => "TRUE",
            Filter::Livrer => "shipped_at IS NOT NULL AND delivered_at IS NULL",
            Filter::Attente => "due_at IS NOT NULL",
            Filter::Livrees => "delivered_at IS NOT NULL",
            Filter::Probleme => "problem IS NOT NULL",
        }
    }

    /// A page of ids, by an index.
    fn newest(self) -> &'static str {
        match self {
            Filter::Toutes => "SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            Filter::Livrer => {
                "SELECT order_id FROM shipments WHERE delivered_at IS NULL AND order_id < ?1 ORDER BY order_id DESC LIMIT ?2"
            }
            Filter::Attente => "SELECT id FROM orders WHERE due_at IS NOT NULL AND id < ?1 ORDER BY id DESC LIMIT ?2",
            Filter::Livrees => {
                "SELECT order_id FROM shipments WHERE delivered_at IS NOT NULL AND order_id < ?1 ORDER BY order_id DESC LIMIT ?2"
            }
            Filter::Probleme => "SELECT id FROM orders WHERE problem IS NOT NULL AND id < ?1 ORDER BY id DESC LIMIT ?2",
        }
    }
}

pub(crate) struct Counts {
    pub(crate) open: u64,
    pub(crate) waiting: u64,
    pub(crate) delivered: u64,
}

#[derive(Deserialize)]
struct Delivery {
    key: String,
    order: i64,
    /// Sent to take a delivery back.
    undo: Option<String>,
    #[serde(default)]
    back: String,
}

impl Shop {
    pub(crate) fn list_orders(&self, request: &Request) -> Answer {
        if let Some(refused) = self.refuse(request) {
            return Ok(refused);
        }
        let query = request.uri().query().unwrap_or_default();
        let Ok(parsed) = serde_html_form::from_str::<Query>(query) else {
            return Ok(see_other("/marchand"));
        };
        let orders = self.orders.list(&parsed)?;
        let listing = Listing {
            counts: &self.orders.counts()?,
            more: orders.len() == ORDERS_PER_PAGE as usize,
            orders: &orders,
            query: &parsed,
            notices: &self.notices.current(),
            database_lost: self.orders.database.is_lost(),
            form_key: &self.merchant.form_key,
            back: query,
        };
        Ok(self.page(StatusCode::OK, merchant_page::orders(&listing)))
    }

    pub(crate) fn deliver(&self, request: &Request) -> Answer {
        if let Some(refused) = self.refuse(request) {
            return Ok(refused);
        }
        let form = serde_html_form::from_bytes::<Delivery>(request.body());
        let Some(form) = form.ok().filter(|form| form.key == self.merchant.form_key) else {
            let page = pages::message("Formulaire périmé", pages::STALE_FORM);
            return Ok(self.page(StatusCode::FORBIDDEN, page));
        };
        self.orders.set_delivered(form.order, form.undo.is_none())?;
        let back: String = form.back.chars().filter(char::is_ascii_graphic).collect();
        Ok(see_other(&format!("/marchand?{back}")))
    }

    /// A wrong password is logged, and answered late.
    fn refuse(&self, request: &Request) -> Option<Response> {
        let given = request.headers().typed_get::<Authorization<Basic>>();
        let password = given.as_ref().map_or("", Authorization::password);
        if bool::from(password.as_bytes().ct_eq(self.merchant.password.as_bytes())) {
            return None;
        }
        if given.is_some() {
            let peer = request.extensions().get::<Peer>().map_or("?".to_owned(), |peer| peer.0.to_string());
            let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
            let waiting = self.merchant.guesses.fetch_add(1, Ordering::SeqCst);
            if waiting < GUESSES {
                let forwarded: String = forwarded.unwrap_or("no proxy").chars().take(LONGEST_LOGGED).collect();
                log::warn!("a wrong password for /marchand from {peer}, for {forwarded}");
                thread::sleep(DELAY);
            }
            self.merchant.guesses.fetch_sub(1, Ordering::SeqCst);
            if waiting >= GUESSES {
                return Some(
                    self.page(StatusCode::TOO_MANY_REQUESTS, pages::message("Marchand", pages::TOO_MANY_GUESSES)),
                );
            }
        }
        let mut answer = self.page(StatusCode::UNAUTHORIZED, pages::message("Marchand", pages::PASSWORD));
        let scheme = HeaderValue::from_static(r#"Basic realm="marchand", charset="UTF-8""#);
        answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        Some(answer)
    }
}

impl Orders {
    /// A page of orders, the newest first. Each filter and each kind of search has an index and a limit, so a page costs the
    /// same however many orders there are.
    fn list(&self, query: &Query) -> Result<Vec<Order>> {
        let text = query.q.trim();
        let number = text.trim_start_matches("n°").trim();
        let phone = phone::clean(text, true).unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let part = if digits.len() < 4 || number.starts_with(char::is_alphabetic) { "" } else { &digits };
        let ids = if text.is_empty() { query.filtre.newest() } else { SEARCH };
        let sql = select(&format!("WHERE id IN ({ids}) AND {} ORDER BY id DESC LIMIT ?2", query.filtre.condition()));
        self.database.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let before = query.avant.unwrap_or(i64::MAX);
            let parameters = params![before, ORDERS_PER_PAGE, number, phone, part];
            let used = statement.parameter_count();
            statement.query_map(&parameters[..used], order)?.collect()
        })
    }

    fn counts(&self) -> Result<Counts> {
        self.database.read(|connection| {
            connection.query_row("SELECT open, waiting, delivered FROM counters", [], |row| {
                Ok(Counts { open: row.get(0)?, waiting: row.get(1)?, delivered: row.get(2)? })
            })
        })
    }

    fn set_delivered(&self, order: i64, delivered: bool) -> Result<()> {
        self.database.write(|connection| {
            let sql =
                "UPDATE shipments SET delivered_at = IIF(?2, COALESCE(delivered_at, ?3), NULL) WHERE order_id = ?1";
            connection.execute(sql, params![order, delivered, wall_clock()]).map(drop)
        })
    }
}
