//! The merchant's page: who may see it, what it lists, and what was delivered.

use std::thread;
use std::time::Duration;

use ekolopay_serve::http::StatusCode;
use ekolopay_serve::{Peer, Request};
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Basic};
use rusqlite::{Result, ToSql, params};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::database::wall_clock;
use crate::limit::Limit;
use crate::orders::{Order, Orders, order};
use crate::pages::{AllOrders, Message};
use crate::phone;
use crate::web::{Answer, LONGEST_LOGGED, Shop, page, see_other};

const ORDERS_PER_PAGE: usize = 50;
/// How many orders one page searches for a part of a name or number.
const SEARCHED: i64 = 5_000;
/// Before a wrong password is answered.
const DELAY: Duration = Duration::from_secs(1);
/// Wrong passwords that wait for their answer at the same time; more are refused at once.
static GUESSES: Limit = Limit::new(4);

pub(crate) struct Merchant {
    /// With any user name.
    pub(crate) password: String,
    /// Is part of every form of the page, so that a page of another site cannot send one.
    pub(crate) form_key: String,
}

/// The query of the page.
#[derive(Serialize, Deserialize, Default, Clone)]
pub(crate) struct Query {
    /// What is searched for: the order's number, a telephone number, a name or a token.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) filtre: String,
    /// Only orders before this one.
    avant: Option<i64>,
}

pub(crate) struct Filter {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// Its orders, by an index.
    ids: &'static str,
}

const fn filter(name: &'static str, label: &'static str, ids: &'static str) -> Filter {
    Filter { name, label, ids }
}

pub(crate) const FILTERS: [Filter; 6] = [
    filter("toutes", "Toutes", "SELECT id FROM orders WHERE TRUE"),
    filter("livrer", "À livrer", "SELECT order_id AS id FROM shipments WHERE delivered_at IS NULL"),
    filter("attente", "En attente", "SELECT id FROM orders WHERE due_at IS NOT NULL AND closed_at IS NULL"),
    filter("livrees", "Livrées", "SELECT order_id AS id FROM shipments WHERE delivered_at IS NOT NULL"),
    filter("probleme", "Avec un problème", "SELECT id FROM orders WHERE problem IS NOT NULL AND closed_at IS NULL"),
    filter("closes", "Closes", "SELECT id FROM orders WHERE closed_at IS NOT NULL"),
];

/// A page of orders, the newest first.
pub(crate) struct Found {
    pub(crate) orders: Vec<Order>,
    /// The orders that were searched for a part of a name or number.
    pub(crate) searched: Option<(i64, i64)>,
    /// The next page has orders before this one.
    next: Option<i64>,
}

pub(crate) struct Counts {
    pub(crate) open: u64,
    pub(crate) waiting: u64,
    pub(crate) delivered: u64,
}

#[derive(Deserialize)]
struct Form {
    key: String,
    order: i64,
    change: Change,
    #[serde(default)]
    back: String,
}

/// What the merchant changes, and how it is undone.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Change {
    Livrer,
    Reprendre,
    Clore,
    Rouvrir,
}

impl Shop {
    pub(crate) fn list_orders(&self, request: &Request) -> Answer {
        self.authorize(request)?;
        let back = request.uri().query().unwrap_or_default();
        let Ok(query) = serde_html_form::from_str::<Query>(back) else {
            return Ok(see_other("/marchand"));
        };
        let found = &self.orders.find(&query)?;
        let older = found.next.map(|next| serde_html_form::to_string(Query { avant: Some(next), ..query.clone() }));
        let listing = AllOrders {
            shop: &self.settings,
            counts: self.orders.counts()?,
            found,
            older: older.and_then(|query| Some(format!("/marchand?{}", query.ok()?))),
            query: &query,
            notices: self.notices.current(),
            database_lost: self.orders.database.is_lost(),
            form_key: &self.merchant.form_key,
            back,
        };
        Ok(page(StatusCode::OK, &listing))
    }

    pub(crate) fn change_order(&self, request: &Request) -> Answer {
        self.authorize(request)?;
        let form = serde_html_form::from_bytes::<Form>(request.body());
        let form = form.ok().filter(|form| form.key == self.merchant.form_key).ok_or(Message::StaleForm)?;
        self.orders.change(form.order, form.change)?;
        let back: String = form.back.chars().filter(char::is_ascii_graphic).collect();
        Ok(see_other(&format!("/marchand?{back}")))
    }

    /// A wrong password is logged, and answered late.
    fn authorize(&self, request: &Request) -> std::result::Result<(), Message> {
        let given = request.headers().typed_get::<Authorization<Basic>>();
        let password = given.as_ref().map_or("", Authorization::password);
        if bool::from(password.as_bytes().ct_eq(self.merchant.password.as_bytes())) {
            return Ok(());
        }
        if given.is_some() {
            let _place = GUESSES.take().ok_or(Message::TooManyGuesses)?;
            let peer = request.extensions().get::<Peer>().map_or("?".to_owned(), |peer| peer.0.to_string());
            let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
            let forwarded: String = forwarded.unwrap_or("no proxy").chars().take(LONGEST_LOGGED).collect();
            log::warn!("a wrong password for /marchand from {peer}, for {forwarded}");
            thread::sleep(DELAY);
        }
        Err(Message::Password)
    }
}

impl Orders {
    /// A page of orders. Filters, telephone numbers, order numbers and tokens have an index; a part of a name or number is
    /// searched for in some orders at a time. So a page costs the same however many orders there are.
    fn find(&self, query: &Query) -> Result<Found> {
        let (text, before) = (query.q.trim(), query.avant.unwrap_or(i64::MAX).max(1));
        if text.is_empty() {
            let filter = FILTERS.iter().find(|filter| filter.name == query.filtre).unwrap_or(&FILTERS[0]);
            return self.page_of(&format!("{} AND id < ?1", filter.ids), params![before]);
        }
        if let Some(phone) = phone::clean(text, true) {
            let found = self.page_of("SELECT id FROM orders WHERE phone = ?2 AND id < ?1", params![before, phone])?;
            if !found.orders.is_empty() {
                return Ok(found);
            }
        }
        let lower = text.to_lowercase();
        // As people write it: 12, N° 12 or #12.
        let number = lower.trim_start_matches(['n', '°', 'º', 'o', '#', ' ', '\u{a0}']);
        let exact = "SELECT id FROM orders WHERE ?1 AND (id = ?2 OR token = ?3)";
        let mut found = self.page_of(exact, params![query.avant.is_none(), number, text])?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let part = if digits.len() < 4 || text.contains(char::is_alphabetic) { "" } else { &digits };
        if !found.orders.is_empty() && part.is_empty() {
            return Ok(found);
        }
        let newest = "SELECT COALESCE(MAX(id), 0) FROM orders";
        let newest: i64 = self.database.read(|connection| connection.query_row(newest, [], |row| row.get(0)))?;
        let to = newest.min(before - 1);
        let from = (to - SEARCHED + 1).max(1);
        let scan = "SELECT id FROM orders WHERE id BETWEEN ?1 AND ?2
                    AND (instr(lower(name), lower(?3)) OR (?4 <> '' AND instr(phone, ?4)))";
        let mut scanned = self.page_of(scan, params![from, to, text, part])?;
        let from = scanned.next.unwrap_or(from);
        scanned.orders.retain(|order| found.orders.iter().all(|exact| exact.id != order.id));
        found.orders.append(&mut scanned.orders);
        Ok(Found { searched: Some((from, to)), next: (from > 1).then_some(from), ..found })
    }

    /// The newest orders of those that this statement selects.
    fn page_of(&self, ids: &str, parameters: &[&dyn ToSql]) -> Result<Found> {
        let ids = format!("{ids} ORDER BY id DESC LIMIT {ORDERS_PER_PAGE}");
        let sql = format!("SELECT * FROM shown WHERE id IN (SELECT id FROM ({ids})) ORDER BY id DESC");
        let orders: Vec<Order> = self
            .database
            .read(|connection| connection.prepare_cached(&sql)?.query_map(parameters, order)?.collect::<Result<_>>())?;
        let next = orders.last().filter(|_| orders.len() == ORDERS_PER_PAGE).map(|last| last.id);
        Ok(Found { orders, searched: None, next })
    }

    fn counts(&self) -> Result<Counts> {
        self.database.read(|connection| {
            connection.query_row("SELECT open, waiting, delivered FROM counters", [], |row| {
                Ok(Counts { open: row.get(0)?, waiting: row.get(1)?, delivered: row.get(2)? })
            })
        })
    }

    /// An order that is closed or opened again is due at once, and then as every other: money wins.
    fn change(&self, order: i64, change: Change) -> Result<()> {
        let sql = match change {
            Change::Livrer | Change::Reprendre => {
                "UPDATE shipments SET delivered_at = IIF(?2, COALESCE(delivered_at, ?3), NULL) WHERE order_id = ?1"
            }
            Change::Clore | Change::Rouvrir => {
                "UPDATE orders SET closed_at = IIF(?2, COALESCE(closed_at, ?3), NULL), due_at = MIN(due_at, 0)
                 WHERE id = ?1 AND id NOT IN (SELECT order_id FROM shipments WHERE order_id = ?1)"
            }
        };
        let sets = matches!(change, Change::Livrer | Change::Clore);
        self.database.write(|connection| connection.execute(sql, params![order, sets, wall_clock()]).map(drop))
    }
}
