//! The merchant's pages: who may see them, what needs attention, the orders, and what was delivered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequestParts, Path, RawQuery};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Basic;
use ekolopay::purchase::PhoneNumber;
use rusqlite::{Params, Result, ToSql, params};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::checks::{Kind, Problem};
use crate::database::{Database, fold, wall_clock};
use crate::orders::{Order, OrderState};
use crate::pages::{Answer, Message, Shop, Visitor, page, read};

/// Before a wrong password is answered.
const DELAY: Duration = Duration::from_secs(1);
/// Wrong passwords that wait for their answer at the same time; more are refused at once.
static GUESSES: Semaphore = Semaphore::const_new(4);
/// Of what anyone can send, in characters.
const LONGEST_LOGGED: usize = 64;

const ORDERS_PER_PAGE: usize = 50;
/// How many orders one page searches for a text.
const SEARCHED: i64 = 5_000;
/// Counting a million rows takes too long for a page.
const MOST_COUNTED: u32 = 1_000;
/// How many orders or tokens a notice names.
const NAMED: usize = 20;
/// After this time a paid order that is not delivered is named, in milliseconds.
const LATE: i64 = 2 * 24 * 60 * 60 * 1_000;

/// The filters: in the address, on the page, and their orders, by an index. The rowid is the order's number.
const FILTERS: [(&str, &str, &str); 6] = [
    ("livrer", "À livrer", "payments WHERE delivered_at IS NULL AND refunded_at IS NULL"),
    ("attente", "En attente", "orders WHERE due IS NOT NULL AND failure IS NULL AND archived_at IS NULL"),
    ("echecs", "Échouées", "orders WHERE due IS NOT NULL AND failure IS NOT NULL AND archived_at IS NULL"),
    ("verifier", "À vérifier", "orders WHERE problem IS NOT NULL AND archived_at IS NULL"),
    ("livrees", "Livrées", "payments WHERE delivered_at IS NOT NULL"),
    ("archivees", "Archivées", "orders WHERE archived_at IS NOT NULL"),
];

/// What the merchant changes, of the order ?1 at the time ?2, and how it is undone. An order that is archived or opened again
/// is due at once, and then as every other: money wins.
const CHANGES: [(&str, &str); 7] = [
    (
        "livrer",
        "UPDATE payments SET delivered_at = IFNULL(delivered_at, ?2) WHERE order_id = ?1 AND refunded_at IS NULL",
    ),
    ("remettre", "UPDATE payments SET delivered_at = NULL WHERE order_id = ?1 AND ?2"),
    (
        "rembourser",
        "UPDATE payments SET refunded_at = IFNULL(refunded_at, ?2) WHERE order_id = ?1 AND delivered_at IS NULL",
    ),
    ("annuler", "UPDATE payments SET refunded_at = NULL WHERE order_id = ?1 AND ?2"),
    (
        "archiver",
        "UPDATE orders SET archived_at = IFNULL(archived_at, ?2), due = MIN(due, 0)
         WHERE id = ?1 AND id NOT IN (SELECT order_id FROM payments WHERE order_id = ?1)",
    ),
    ("rouvrir", "UPDATE orders SET archived_at = NULL, due = MIN(due, 0) WHERE id = ?1 AND ?2"),
    // A paid token without an order was dealt with: here, ?1 is the token.
    ("noter", "DELETE FROM strays WHERE token = ?1 AND due IS NULL AND ?2"),
];

/// The merchant, who has given the password. A wrong one is logged, and answered late.
pub(crate) struct Allowed;

impl FromRequestParts<Arc<Shop>> for Allowed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> std::result::Result<Allowed, Response> {
        let given = TypedHeader::<Authorization<Basic>>::from_request_parts(parts, &()).await.ok();
        let password = given.as_ref().map_or("", |given| given.password());
        if bool::from(password.as_bytes().ct_eq(shop.password.as_bytes())) {
            return Ok(Allowed);
        }
        if given.is_some() {
            let Ok(_place) = GUESSES.try_acquire() else { return Err(shop.message(&Message::TooManyGuesses)) };
            let peer =
                parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or("?".to_owned(), |peer| peer.0.to_string());
            let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
            let forwarded: String = forwarded.unwrap_or("no proxy").chars().take(LONGEST_LOGGED).collect();
            tracing::warn!("a wrong password for /marchand from {peer}, for {forwarded}");
            tokio::time::sleep(DELAY).await;
        }
        Err(shop.message(&Message::Password))
    }
}

/// The query of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Query {
    /// What is searched for: the order's number, a telephone number, a name, an article or a token.
    q: String,
    filtre: String,
    /// Only orders before this one.
    avant: Option<i64>,
}

#[derive(Template)]
#[template(path = "merchant.html")]
struct AllOrders<'a> {
    shop: &'a Shop,
    gateway: Option<Problem>,
    database_fails: bool,
    /// Orders of one wish that are paid more than once.
    twice: Vec<Vec<i64>>,
    /// Paid, and the database refuses to store it.
    not_stored: Vec<i64>,
    /// Paid two days ago, and not delivered.
    late: Vec<i64>,
    /// Tokens that are paid and belong to no order.
    strays: Vec<String>,
    /// The filters, with the numbers of their orders.
    counters: Vec<(&'static str, &'static str, String)>,
    query: Query,
    found: Found,
}

pub(crate) fn list(shop: &Shop, (_, RawQuery(query)): (Allowed, RawQuery)) -> Answer {
    let query: Query = read(query.unwrap_or_default().as_bytes())?;
    let ids = |sql: &str, values: &[&dyn ToSql]| -> Result<Vec<i64>> {
        shop.database.rows(&format!("{sql} LIMIT {NAMED}"), values, |row| row.get(0))
    };
    let wishes = "SELECT COALESCE(first, id) FROM payments JOIN orders ON id = order_id
                  WHERE twice = 1 AND refunded_at IS NULL
                  GROUP BY 1 HAVING COUNT(*) > 1 AND COUNT(delivered_at) < COUNT(*)";
    let paid = "SELECT id FROM payments JOIN orders ON id = order_id
                WHERE twice = 1 AND refunded_at IS NULL AND (id = ?1 OR first = ?1) ORDER BY id";
    let not_stored = "SELECT id FROM orders WHERE problem = 'not-stored' ORDER BY id";
    let late = "SELECT order_id FROM payments
                WHERE delivered_at IS NULL AND refunded_at IS NULL AND paid_at < ?1 ORDER BY paid_at";
    let strays = format!("SELECT token FROM strays WHERE due IS NULL ORDER BY seen_at LIMIT {NAMED}");
    let listing = AllOrders {
        shop,
        gateway: shop.payments.problem.lock().clone(),
        database_fails: shop.payments.database_fails.load(SeqCst),
        twice: ids(wishes, &[])?.iter().map(|first| ids(paid, &[first])).collect::<Result<_>>()?,
        not_stored: ids(not_stored, &[])?,
        late: ids(late, &[&(wall_clock() - LATE)])?,
        strays: shop.database.rows(&strays, [], |row| row.get(0))?,
        counters: shop.database.counters()?,
        found: shop.database.find(&query)?,
        query,
    };
    Ok(page(StatusCode::OK, &listing))
}

#[derive(Template)]
#[template(path = "merchant-order.html")]
struct OneOrder<'a> {
    shop: &'a Shop,
    order: Order,
    /// Of the same wish.
    others: Vec<Order>,
}

/// One order with its history.
pub(crate) fn show(shop: &Shop, (_, Path(id)): (Allowed, Path<i64>)) -> Answer {
    let order = shop.database.orders("id = ?1", [id])?.pop().ok_or(Message::NotFound)?;
    let others = shop.database.orders("(id = ?1 OR first = ?1) AND id <> ?2 ORDER BY id", [order.first, id])?;
    Ok(page(StatusCode::OK, &OneOrder { shop, order, others }))
}

#[derive(Deserialize)]
struct Form {
    key: String,
    change: String,
    #[serde(default)]
    order: i64,
    token: Option<String>,
    /// The query of the list to come back to, and the order at which it was pressed. Without them, the order's own page.
    #[serde(default)]
    back: String,
    at: Option<i64>,
}

pub(crate) fn change(shop: &Shop, (_, _, body): (Allowed, Visitor, Bytes)) -> Answer {
    let form: Form = read(&body)?;
    // Another page than the shop's own does not know it.
    (form.key == shop.form_key).then_some(()).ok_or(Message::StaleForm)?;
    let (_, sql) = CHANGES.iter().find(|change| change.0 == form.change).ok_or(Message::Unreadable)?;
    let what: &dyn ToSql = form.token.as_ref().map_or(&form.order, |token| token);
    shop.database.change(sql, params![what, wall_clock()])?;
    let back: String = form.back.chars().filter(char::is_ascii_graphic).filter(|c| *c != '#').collect();
    let address = match form.at {
        Some(at) => format!("/marchand?{back}#n{at}"),
        None if form.token.is_some() => "/marchand".to_owned(),
        None => format!("/marchand/commandes/{}", form.order),
    };
    Ok(Redirect::to(&address).into_response())
}

/// The orders that are open or not delivered, for `ekolopay reconcile`.
pub(crate) fn export(shop: &Shop, _: Allowed) -> Answer {
    let sql = r#"SELECT id || ',"' || replace(token, '"', '""') || '",' || amount || ',' ||
                        strftime('%Y-%m-%d', ordered_at / 1000, 'unixepoch', '+1 hour') || char(10)
                 FROM orders LEFT JOIN payments ON order_id = id
                 WHERE due IS NOT NULL OR (paid_at IS NOT NULL AND delivered_at IS NULL AND refunded_at IS NULL)"#;
    let lines: Vec<String> = shop.database.rows(sql, [], |row| row.get(0))?;
    let file =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"commandes.csv\"")];
    Ok((file, format!("order,token,amount,date\n{}", lines.concat())).into_response())
}

/// A page of orders, the newest first.
struct Found {
    orders: Vec<Order>,
    /// The orders that were searched for a text.
    searched: Option<(i64, i64)>,
    /// The next page has orders before this one.
    next: Option<i64>,
}

impl Found {
    /// Where the page stands after a press at this order: a filter may show it no more, and then its neighbour is there.
    fn place(&self, index: usize, query: &Query) -> i64 {
        let neighbour = self.orders.get(index + 1).or(self.orders.get(index.wrapping_sub(1)));
        neighbour.filter(|_| !query.filtre.is_empty()).map_or(self.orders[index].id, |order| order.id)
    }
}

impl Database {
    /// A page of orders. Filters, telephone numbers, order numbers and tokens have an index; another text is searched for in
    /// some orders at a time. So a page costs the same however many orders there are.
    fn find(&self, query: &Query) -> Result<Found> {
        let (text, before) = (query.q.trim(), query.avant.unwrap_or(i64::MAX));
        if text.is_empty() {
            let filter = FILTERS.iter().find(|filter| filter.0 == query.filtre);
            let orders = filter.map_or("orders WHERE TRUE", |filter| filter.2);
            return self.page_of(&format!("{orders} AND rowid < ?1"), [before]);
        }
        // As people write it: 12, N° 12 or #12, and with spaces.
        let lower = fold(text).replace(' ', "");
        let number = lower.trim_start_matches(['n', '°', 'º', 'o', '#']);
        let phone = PhoneNumber::try_from(text).map_or(String::new(), Into::into);
        for (condition, value) in [("phone = ?2", &*phone), ("(id = ?2 OR token = ?3)", number)] {
            let exact = format!("orders WHERE id < ?1 AND {condition} AND ?3 <> ''");
            let found = self.page_of(&exact, params![before, value, text])?;
            if !found.orders.is_empty() {
                return Ok(found);
            }
        }
        // Numbers may have gaps, so it is not by number that some are taken.
        let sql = "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0), COUNT(*)
                   FROM (SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2)";
        let bounds = self.rows(sql, [before, SEARCHED], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (from, to, count): (i64, i64, i64) = bounds[0];
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let part = if digits.len() < 4 || text.contains(char::is_alphabetic) { "" } else { &digits };
        let scan = "orders WHERE id BETWEEN ?1 AND ?2
                    AND (instr(fold(name || ' ' || label), ?3) OR (?4 <> '' AND instr(phone, ?4)))";
        let scanned = self.page_of(scan, params![from, to, fold(text), part])?;
        let searched = Some((scanned.next.unwrap_or(from), to));
        Ok(Found { searched, next: scanned.next.or((count == SEARCHED).then_some(from)), ..scanned })
    }

    /// The newest orders of those that are selected from these rows.
    fn page_of(&self, rows: &str, values: impl Params) -> Result<Found> {
        let newest = format!("SELECT rowid FROM {rows} ORDER BY rowid DESC LIMIT {ORDERS_PER_PAGE}");
        let orders = self.orders(&format!("id IN ({newest}) ORDER BY id DESC"), values)?;
        let next = orders.last().filter(|_| orders.len() == ORDERS_PER_PAGE).map(|last| last.id);
        Ok(Found { orders, searched: None, next })
    }

    fn counters(&self) -> Result<Vec<(&'static str, &'static str, String)>> {
        let count = |(name, label, orders): (&'static str, &'static str, &str)| {
            // The condition on the number is what makes SQLite take the filter's own index.
            let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {orders} AND rowid < ?1 LIMIT {MOST_COUNTED})");
            let count: u32 = self.rows(&sql, [i64::MAX], |row| row.get(0))?[0];
            let count = if count == MOST_COUNTED { "1\u{202f}000 et plus".to_owned() } else { count.to_string() };
            Ok((name, label, count))
        };
        FILTERS.into_iter().map(count).collect()
    }
}
