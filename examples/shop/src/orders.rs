//! Products and orders, in SQL. Who pays, and how that is known, is in payments.rs.

use std::error::Error;
use std::str::FromStr;

use ekolopay::purchase::{PhoneNumber, PurchaseToken};
use rusqlite::types::Type;
use rusqlite::{ErrorCode, Params, Result, Row, params};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::checks::{Problem, SHORTEST_WAIT};
use crate::database::{Database, wall_clock};

/// 1 January 2026, in milliseconds since 1970.
const FIRST_DAY: i64 = 1_767_225_600_000;
/// How many of a browser's orders are looked at: the newest.
const MOST: usize = 20;

#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) slug: String,
    pub(crate) label: String,
    pub(crate) details: String,
    pub(crate) amount: u64,
}

impl Product {
    pub(crate) fn price(&self) -> String {
        grouped(self.amount) + "\u{a0}FCFA"
    }
}

/// An order as the view `shown` has it. Times are texts such as `25/11/2026 à 09:06`.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) reference: String,
    pub(crate) browser: String,
    /// The first order of those that a customer made of one wish, after payments that failed.
    pub(crate) first: i64,
    /// As it was when it was ordered.
    pub(crate) product: Product,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) ordered: String,
    pub(crate) not_paid: Option<String>,
    pub(crate) paid: Option<String>,
    pub(crate) delivered: Option<String>,
    pub(crate) refunded: Option<String>,
    pub(crate) archived: Option<String>,
    pub(crate) token: Option<PurchaseToken>,
    pub(crate) state: OrderState,
    pub(crate) problem: Option<Problem>,
    pub(crate) paid_twice: bool,
}

/// As the view `shown` decides; what each means to people is in `templates/states.html`. The shop keeps checking every order
/// with a token that is not paid, whatever its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum OrderState {
    Ordered,
    Pending,
    Late,
    Delayed,
    Failed,
    Rejected,
    TimedOut,
    Archived,
    Paid,
    Delivered,
    Refunded,
}

impl Order {
    /// Its page.
    pub(crate) fn path(&self) -> String {
        format!("/commandes/{}", self.reference)
    }

    /// Its number, as people read it.
    pub(crate) fn number(&self) -> String {
        number(self.id)
    }

    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, OrderState::Paid | OrderState::Delivered | OrderState::Refunded)
    }

    /// Whether the payment is known to have failed, or is awaited no longer. The order may still be paid later.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, OrderState::Failed | OrderState::Rejected | OrderState::TimedOut | OrderState::Archived)
    }

    /// Whether the customer may make a new order of it.
    pub(crate) fn may_start_over(&self) -> bool {
        self.is_over() || self.state == OrderState::Late
    }

    /// Whether the customer may be sent to pay it.
    pub(crate) fn is_payable(&self) -> bool {
        !self.is_paid() && self.state != OrderState::Archived
    }

    /// Whether it is shown as a failure.
    pub(crate) fn looks_failed(&self) -> bool {
        self.is_over() || (self.state == OrderState::Ordered && self.problem.is_some())
    }

    /// The telephone number as people write it, with no-break spaces.
    pub(crate) fn telephone(&self) -> String {
        PhoneNumber::try_from(&*self.phone).map_or(self.phone.clone(), |number| number.grouped().replace(' ', "\u{a0}"))
    }
}

impl Database {
    pub(crate) fn products(&self) -> Result<Vec<Product>> {
        self.rows("SELECT * FROM products ORDER BY label", [], product)
    }

    pub(crate) fn product(&self, slug: &str) -> Result<Option<Product>> {
        Ok(self.rows("SELECT * FROM products WHERE slug = ?1", [slug], product)?.pop())
    }

    /// Stores a new order, or finds the one that the same form has made.
    ///
    /// Numbers grow by one, and never fall behind the seconds since 2026. So none is given again after a backup was
    /// restored, though the database has forgotten the last ones, unless the shop sold more than one order per second or the
    /// clock is behind. Nothing but people relies on it: all else goes by token or reference.
    pub(crate) fn add(
        &self,
        product: &Product,
        form_key: &str,
        browser: &str,
        [name, phone]: [&str; 2],
        first: Option<i64>,
    ) -> Result<Order> {
        let now = wall_clock();
        let reference: String = self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO orders (id, reference, browser, form_key, first, slug, label, details, amount, name, phone,
                                     ordered_at)
                 VALUES (MAX(?1, 1 + COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'orders'), 0)),
                         ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (form_key, slug, phone) DO UPDATE SET name = IIF(token IS NULL, excluded.name, name)
                 RETURNING reference",
            )?;
            let (seconds, reference) = ((now - FIRST_DAY) / 1000, Uuid::new_v4().simple().to_string());
            let Product { slug, label, details, amount } = product;
            let values =
                params![seconds, reference, browser, form_key, first, slug, label, details, amount, name, phone, now];
            statement.query_one(values, |row| row.get(0))
        })?;
        self.by_reference(&reference)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Stores the token, unless the order already has one: the customer is sent to pay now. Returns this order, or the one to
    /// which the gateway has given the token before.
    pub(crate) fn keep_token(&self, order: &Order, token: &PurchaseToken) -> Result<Order> {
        let sql = "UPDATE orders SET due = IIF(token IS NULL OR due IS NOT NULL, ?3, NULL), checks = 0,
                                     problem = IIF(token IS NULL, NULL, problem),
                                     token = COALESCE(token, ?2), sent_at = ?4 WHERE id = ?1";
        let values = params![order.id, token.as_str(), self.now() + SHORTEST_WAIT, wall_clock()];
        let owner = match self.change(sql, values) {
            Ok(1) => self.by_reference(&order.reference)?,
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) => return Err(error),
            // Another order has it. A second press of the same button may have found that, and forgotten this one.
            _ => self.orders("token = ?1", [token.as_str()])?.pop(),
        };
        owner.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Stores why the order has no token, unless another request has stored one in the meantime.
    pub(crate) fn no_token(&self, order: &Order, problem: &Problem) -> Result<()> {
        let sql = "UPDATE orders SET problem = ?2, problem_text = ?3, problem_at = ?4 WHERE id = ?1 AND token IS NULL";
        let kind: &str = problem.kind.into();
        self.change(sql, params![order.id, kind, problem.text, wall_clock()]).map(drop)
    }

    /// Deletes an order that the gateway took for another one of the same customer.
    pub(crate) fn forget(&self, order: &Order) -> Result<()> {
        self.change("DELETE FROM orders WHERE id = ?1 AND token IS NULL", [order.id]).map(drop)
    }

    pub(crate) fn by_reference(&self, reference: &str) -> Result<Option<Order>> {
        Ok(self.orders("reference = ?1", [reference])?.pop())
    }

    /// The order that this form has made.
    pub(crate) fn by_form(&self, form_key: &str, slug: &str, phone: &str) -> Result<Option<Order>> {
        let condition = "id = (SELECT id FROM orders WHERE form_key = ?1 AND slug = ?2 AND phone = ?3)";
        Ok(self.orders(condition, [form_key, slug, phone])?.pop())
    }

    /// The browser's orders: first the one whose customer was sent to pay last, and so is most likely to come back.
    pub(crate) fn of_browser(&self, browser: &str) -> Result<Vec<Order>> {
        let newest = "browser = ?1 AND browser <> '' ORDER BY COALESCE(sent_at, 0) DESC, id DESC";
        self.orders(&format!("{newest} LIMIT {MOST}"), [browser])
    }

    /// The orders of the view `shown` that this condition selects.
    pub(crate) fn orders(&self, condition: &str, values: impl Params) -> Result<Vec<Order>> {
        self.rows(&format!("SELECT * FROM shown WHERE {condition}"), values, order)
    }
}

/// In groups of three digits, separated by a narrow no-break space as in French.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}")
}

/// An order's number, as people read it.
pub(crate) fn number(id: i64) -> String {
    format!("n°\u{a0}{}", grouped(id.unsigned_abs()))
}

fn product(row: &Row<'_>) -> Result<Product> {
    Ok(Product {
        slug: row.get("slug")?,
        label: row.get("label")?,
        details: row.get("details")?,
        amount: row.get("amount")?,
    })
}

/// From a row of the view `shown`.
fn order(row: &Row<'_>) -> Result<Order> {
    let id = row.get("id")?;
    let (kind, text): (Option<String>, Option<String>) = (row.get("problem")?, row.get("problem_text")?);
    let (text, time) = (text.unwrap_or_default(), row.get("problem_time")?);
    let problem = kind.map(|kind| parse(kind).map(|kind| Problem { kind, text, time }));
    Ok(Order {
        id,
        reference: row.get("reference")?,
        browser: row.get("browser")?,
        first: row.get::<_, Option<i64>>("first")?.unwrap_or(id),
        product: product(row)?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        ordered: row.get("ordered")?,
        not_paid: row.get("not_paid")?,
        paid: row.get("paid")?,
        delivered: row.get("delivered")?,
        refunded: row.get("refunded")?,
        archived: row.get("archived")?,
        token: row.get::<_, Option<String>>("token")?.map(parse).transpose()?,
        state: parse(row.get("state")?)?,
        problem: problem.transpose()?,
        paid_twice: row.get::<_, Option<bool>>("twice")?.unwrap_or(false),
    })
}

/// A stored token or word.
pub(crate) fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(text: String) -> Result<T> {
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
