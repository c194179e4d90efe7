//! What the merchant's pages show and change, in SQL.

use ekolopay::purchase::PhoneNumber;
use rusqlite::{Result, Row, ToSql, params};
use serde::{Deserialize, Serialize};

use crate::database::{Database, fold, wall_clock};
use crate::orders::{Order, order};
use crate::problem::Problem;

const ORDERS_PER_PAGE: usize = 50;
/// How many orders one page searches for a text.
const SEARCHED: i64 = 5_000;
/// Counting a million rows takes too long for a page.
const MOST_COUNTED: u32 = 1_000;
/// How many orders or tokens a notice names.
const NAMED: usize = 20;
/// After this time a paid order that is not delivered is named, in milliseconds.
const LATE: i64 = 2 * 24 * 60 * 60 * 1_000;

/// The filters: in the address, on the page, and their orders, by an index.
const FILTERS: [(&str, &str, &str); 6] = [
    ("livrer", "À livrer", "SELECT order_id AS id FROM payments WHERE delivered_at IS NULL AND refunded_at IS NULL"),
    (
        "attente",
        "En attente",
        "SELECT id FROM orders WHERE due IS NOT NULL AND failure IS NULL AND archived_at IS NULL",
    ),
    (
        "echecs",
        "Échouées",
        "SELECT id FROM orders WHERE due IS NOT NULL AND failure IS NOT NULL AND archived_at IS NULL",
    ),
    ("verifier", "À vérifier", "SELECT id FROM orders WHERE problem IS NOT NULL AND archived_at IS NULL"),
    ("livrees", "Livrées", "SELECT order_id AS id FROM payments WHERE delivered_at IS NOT NULL"),
    ("archivees", "Archivées", "SELECT id FROM orders WHERE archived_at IS NOT NULL"),
];

/// The query of the page.
#[derive(Serialize, Deserialize, Default, Clone)]
pub(crate) struct Query {
    /// What is searched for: the order's number, a telephone number, a name, an article or a token.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) filtre: String,
    /// Only orders before this one.
    pub(crate) avant: Option<i64>,
}

/// A filter with the number of its orders.
pub(crate) struct Counter {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) count: String,
}

/// A page of orders, the newest first.
pub(crate) struct Found {
    pub(crate) orders: Vec<Order>,
    /// The orders that were searched for a text.
    pub(crate) searched: Option<(i64, i64)>,
    /// The next page has orders before this one.
    pub(crate) next: Option<i64>,
}

impl Found {
    /// Where the page stands after a press at this order: a filter may show it no more, and then its neighbour is there.
    pub(crate) fn place(&self, index: usize, query: &Query) -> i64 {
        let neighbour = self.orders.get(index + 1).or(self.orders.get(index.wrapping_sub(1)));
        let leaves = query.q.trim().is_empty() && !query.filtre.is_empty();
        neighbour.filter(|_| leaves).map_or(self.orders[index].id, |order| order.id)
    }
}

/// What needs the merchant now.
pub(crate) struct Alerts {
    pub(crate) gateway: Option<Problem>,
    pub(crate) database_fails: bool,
    /// Orders of one wish that are paid more than once.
    pub(crate) twice: Vec<Vec<i64>>,
    /// Paid, and the database refuses to store it.
    pub(crate) not_stored: Vec<i64>,
    /// Paid two days ago, and not delivered.
    pub(crate) late: Vec<i64>,
    /// Tokens that are paid and belong to no order.
    pub(crate) strays: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Form {
    pub(crate) key: String,
    pub(crate) change: Change,
    #[serde(default)]
    pub(crate) order: i64,
    #[serde(default)]
    token: String,
    /// The query of the list to come back to, and the order at which it was pressed. Without them, the order's own page.
    #[serde(default)]
    pub(crate) back: String,
    pub(crate) at: Option<i64>,
}

/// What the merchant changes, and how it is undone.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Livrer,
    Remettre,
    Rembourser,
    Annuler,
    Archiver,
    Rouvrir,
    /// A paid token without an order was dealt with.
    Noter,
}

impl Database {
    /// A page of orders. Filters, telephone numbers, order numbers and tokens have an index; another text is searched for in
    /// some orders at a time. So a page costs the same however many orders there are.
    pub(crate) fn find(&self, query: &Query) -> Result<Found> {
        let (text, before) = (query.q.trim(), query.avant.unwrap_or(i64::MAX).max(1));
        if text.is_empty() {
            let filter = FILTERS.iter().find(|filter| filter.0 == query.filtre);
            let ids = filter.map_or("SELECT id FROM orders WHERE TRUE", |filter| filter.2);
            return self.page_of(&format!("{ids} AND id < ?1"), params![before]);
        }
        // As people write it: 12, N° 12 or #12, and with spaces.
        let lower = fold(text).replace(' ', "");
        let number = lower.trim_start_matches(['n', '°', 'º', 'o', '#']);
        let phone = PhoneNumber::try_from(text).map_or(String::new(), Into::into);
        for (condition, value) in [("phone = ?2", &*phone), ("(id = ?2 OR token = ?3)", number)] {
            let exact = format!("SELECT id FROM orders WHERE id < ?1 AND {condition} AND ?3 <> ''");
            let found = self.page_of(&exact, params![before, value, text])?;
            if !found.orders.is_empty() {
                return Ok(found);
            }
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let part = if digits.len() < 4 || text.contains(char::is_alphabetic) { "" } else { &digits };
        // Numbers may have gaps, so it is not by number that some are taken.
        let sql = "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0)
                      FROM (SELECT id FROM orders WHERE id < ?1 ORDER BY id DESC LIMIT ?2)";
        let bounds = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (from, to): (i64, i64) =
            self.read(|connection| connection.query_row(sql, params![before, SEARCHED], bounds))?;
        let scan = "SELECT id FROM orders WHERE id BETWEEN ?1 AND ?2
                    AND (instr(fold(name || ' ' || label), ?3) OR (?4 <> '' AND instr(phone, ?4)))";
        let scanned = self.page_of(scan, params![from, to, fold(text), part])?;
        let from = scanned.next.unwrap_or(from);
        let older = "SELECT EXISTS (SELECT 1 FROM orders WHERE id < ?1)";
        let is_more: bool = self.read(|connection| connection.query_row(older, [from], |row| row.get(0)))?;
        Ok(Found { searched: Some((from, to)), next: is_more.then_some(from), ..scanned })
    }

    /// The newest orders of those that this statement selects.
    fn page_of(&self, ids: &str, parameters: &[&dyn ToSql]) -> Result<Found> {
        let ids = format!("{ids} ORDER BY id DESC LIMIT {ORDERS_PER_PAGE}");
        let sql = format!("SELECT * FROM shown WHERE id IN (SELECT id FROM ({ids})) ORDER BY id DESC");
        let orders = self.list(&sql, parameters)?;
        let next = orders.last().filter(|_| orders.len() == ORDERS_PER_PAGE).map(|last| last.id);
        Ok(Found { orders, searched: None, next })
    }

    pub(crate) fn list(&self, sql: &str, parameters: &[&dyn ToSql]) -> Result<Vec<Order>> {
        self.read(|connection| connection.prepare_cached(sql)?.query_map(parameters, order)?.collect())
    }

    pub(crate) fn counters(&self) -> Result<Vec<Counter>> {
        let count = |(name, label, ids): (&'static str, &'static str, &str)| {
            let sql = format!("SELECT COUNT(*) FROM ({ids} AND id < ?1 LIMIT {MOST_COUNTED})");
            let count: u32 =
                self.read(|connection| connection.prepare_cached(&sql)?.query_row([i64::MAX], |row| row.get(0)))?;
            let count = if count == MOST_COUNTED { "1\u{202f}000 et plus".to_owned() } else { count.to_string() };
            Ok(Counter { name, label, count })
        };
        FILTERS.into_iter().map(count).collect()
    }

    pub(crate) fn alerts(&self) -> Result<Alerts> {
        self.read(|connection| {
            let ids = |sql: &str, values: &[&dyn ToSql]| -> Result<Vec<i64>> {
                connection.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.take(NAMED).collect()
            };
            let wishes = "SELECT COALESCE(first, id) FROM payments JOIN orders ON id = order_id
                          WHERE twice = 1 AND refunded_at IS NULL
                          GROUP BY 1 HAVING COUNT(*) > 1 AND COUNT(delivered_at) < COUNT(*)";
            let paid = "SELECT id FROM payments JOIN orders ON id = order_id
                        WHERE twice = 1 AND refunded_at IS NULL AND (id = ?1 OR first = ?1) ORDER BY id";
            let late = "SELECT order_id FROM payments
                        WHERE delivered_at IS NULL AND refunded_at IS NULL AND paid_at < ?1 ORDER BY paid_at";
            let strays = "SELECT token FROM strays WHERE due IS NULL ORDER BY seen_at";
            let mut strays = connection.prepare_cached(strays)?;
            Ok(Alerts {
                gateway: None,
                database_fails: false,
                twice: ids(wishes, &[])?.iter().map(|first| ids(paid, &[first])).collect::<Result<_>>()?,
                not_stored: ids("SELECT id FROM orders WHERE problem = 'not-stored' ORDER BY id", &[])?,
                late: ids(late, &[&(wall_clock() - LATE)])?,
                strays: strays.query_map([], |row| row.get(0))?.take(NAMED).collect::<Result<_>>()?,
            })
        })
    }

    /// An order that is archived or opened again is due at once, and then as every other: money wins.
    pub(crate) fn change(&self, form: &Form) -> Result<()> {
        let sql = match form.change {
            Change::Livrer => {
                "UPDATE payments SET delivered_at = ?2 WHERE order_id = ?1 AND COALESCE(delivered_at, refunded_at) IS NULL"
            }
            Change::Remettre => "UPDATE payments SET delivered_at = NULL WHERE order_id = ?1 AND ?2",
            Change::Rembourser => {
                "UPDATE payments SET refunded_at = ?2 WHERE order_id = ?1 AND COALESCE(delivered_at, refunded_at) IS NULL"
            }
            Change::Annuler => "UPDATE payments SET refunded_at = NULL WHERE order_id = ?1 AND ?2",
            Change::Archiver => {
                "UPDATE orders SET archived_at = ?2, due = MIN(due, 0) WHERE id = ?1 AND archived_at IS NULL
                 AND id NOT IN (SELECT order_id FROM payments WHERE order_id = ?1)"
            }
            Change::Rouvrir => "UPDATE orders SET archived_at = NULL, due = MIN(due, 0) WHERE id = ?1 AND ?2",
            Change::Noter => {
                let sql = "DELETE FROM strays WHERE token = ?1 AND due IS NULL";
                return self.write(|transaction| transaction.execute(sql, [&form.token]).map(drop));
            }
        };
        self.write(|transaction| transaction.execute(sql, params![form.order, wall_clock()]).map(drop))
    }
}
