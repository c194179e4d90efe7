//! The orders, as their customers see them.

use std::error::Error;
use std::str::FromStr;

use ekolopay::callback::Status;
use ekolopay::purchase::PurchaseToken;
use rusqlite::types::Type;
use rusqlite::{ErrorCode, OptionalExtension, Result, Row, params, params_from_iter};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::database::{Database, millis, wall_clock};
use crate::problem::Problem;
use crate::schedule::SHORTEST_WAIT;

pub(crate) struct Orders {
    pub(crate) database: Database,
}

#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) slug: String,
    pub(crate) label: String,
    pub(crate) details: String,
    pub(crate) amount: u64,
}

impl Product {
    /// The amount in groups of three digits, separated by a narrow no-break space as in French.
    pub(crate) fn price(&self) -> String {
        let digits = self.amount.to_string();
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
        groups.join("\u{202f}") + "\u{a0}FCFA"
    }
}

/// An order as the view `shown` has it. Times are texts such as `25/11/2026 à 09:06`.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) reference: String,
    /// As it was when it was ordered.
    pub(crate) product: Product,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) ordered: String,
    pub(crate) closed: Option<String>,
    pub(crate) delivered: Option<String>,
    pub(crate) token: Option<PurchaseToken>,
    pub(crate) state: OrderState,
    pub(crate) problem: Option<Problem>,
}

/// The shop keeps checking the payment of every order with a token that is not paid, whatever its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum OrderState {
    /// The order has no token yet, so it cannot be paid.
    Ordered,
    /// The customer can pay, or has just paid.
    Pending,
    /// The same, and the last check failed.
    Delayed,
    /// A callback said that the payment failed, and the gateway has since confirmed that the order is not paid.
    Failed,
    /// The same for a rejected payment.
    Rejected,
    /// The same for a customer who was too late.
    TimedOut,
    /// The merchant waits for the payment no longer.
    Closed,
    /// The gateway has confirmed the payment, and the order is shipped.
    Shipped,
    /// The merchant has handed the goods over.
    Delivered,
}

impl Order {
    /// Its page.
    pub(crate) fn path(&self) -> String {
        format!("/commandes/{}", self.reference)
    }

    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, OrderState::Shipped | OrderState::Delivered)
    }

    /// Whether the customer is not asked to pay this order any more. It may still be paid later.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, OrderState::Failed | OrderState::Rejected | OrderState::TimedOut | OrderState::Closed)
    }

    /// Whether the customer may be sent to pay it.
    pub(crate) fn is_payable(&self) -> bool {
        !self.is_paid() && self.state != OrderState::Closed
    }

    /// Whether it is shown as a failure.
    pub(crate) fn looks_failed(&self) -> bool {
        self.is_over() || (self.state == OrderState::Ordered && self.problem.is_some())
    }
}

impl Orders {
    pub(crate) fn products(&self) -> Result<Vec<Product>> {
        self.database.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM products ORDER BY label")?;
            statement.query_map([], product)?.collect()
        })
    }

    pub(crate) fn product(&self, slug: &str) -> Result<Option<Product>> {
        self.database.read(|connection| {
            connection.query_row("SELECT * FROM products WHERE slug = ?1", [slug], product).optional()
        })
    }

    /// Stores a new order of a product, or finds the one that the same form has made.
    pub(crate) fn add(&self, slug: &str, form_key: &str, name: &str, phone: &str) -> Result<Order> {
        let reference = Uuid::new_v4().simple().to_string();
        let reference: String = self.database.write(|connection| {
            connection.query_one(
                "INSERT INTO orders (reference, form_key, slug, label, details, amount, name, phone, ordered_at)
                 SELECT ?1, ?2, slug, label, details, amount, ?3, ?4, ?5 FROM products WHERE slug = ?6
                 ON CONFLICT (form_key, slug, phone) DO UPDATE SET name = IIF(token IS NULL, excluded.name, name)
                 RETURNING reference",
                params![reference, form_key, name, phone, wall_clock(), slug],
                |row| row.get(0),
            )
        })?;
        self.by_reference(&reference)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Stores the token, unless the order already has one. Returns this order, or the one to which the gateway has given
    /// the token before.
    pub(crate) fn keep_token(&self, order: &Order, token: &PurchaseToken) -> Result<Order> {
        let now = self.database.now();
        // Unlike `query_row`, `query_one` reports when the row could not be written. Without it, a customer could be sent
        // to pay with a token that was not stored.
        let kept = self.database.write(|connection| {
            connection.query_one(
                "UPDATE orders
                 SET due_at = IIF(token IS NULL, ?3, due_at), awaited_at = ?4, token = COALESCE(token, ?2), problem = NULL
                 WHERE id = ?1 RETURNING reference",
                params![order.id, token.as_str(), now + millis(SHORTEST_WAIT), now],
                |row| row.get::<_, String>(0),
            )
        });
        let owner = match kept.optional() {
            Ok(Some(reference)) => self.by_reference(&reference),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) => Err(error),
            // Another order has it. A second press of the same button may have found that, and forgotten this one.
            _ => self.one("token = ?1", &[token.as_str()]),
        };
        owner?.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The order that this form has made.
    pub(crate) fn by_form(&self, slug: &str, form_key: &str, phone: &str) -> Result<Option<Order>> {
        let condition = "id = (SELECT id FROM orders WHERE form_key = ?1 AND slug = ?2 AND phone = ?3)";
        self.one(condition, &[form_key, slug, phone])
    }

    pub(crate) fn by_reference(&self, reference: &str) -> Result<Option<Order>> {
        self.one("reference = ?1", &[reference])
    }

    fn one(&self, condition: &str, values: &[&str]) -> Result<Option<Order>> {
        let sql = format!("SELECT * FROM shown WHERE {condition}");
        self.database
            .read(|connection| connection.prepare_cached(&sql)?.query_row(params_from_iter(values), order).optional())
    }

    /// Stores why the order has no token, unless another request has stored one in the meantime.
    pub(crate) fn no_token(&self, order: &Order, problem: &Problem) -> Result<()> {
        let sql = "UPDATE orders SET problem = ?2, problem_text = ?3, problem_at = ?4 WHERE id = ?1 AND token IS NULL";
        let kind: &str = problem.kind.into();
        self.database
            .write(|connection| connection.execute(sql, params![order.id, kind, problem.text, wall_clock()]).map(drop))
    }

    /// Deletes an order whose number the gateway refused: the customer corrects the form and orders again.
    pub(crate) fn forget(&self, order: &Order) -> Result<()> {
        self.database.write(|connection| {
            connection.execute("DELETE FROM orders WHERE id = ?1 AND token IS NULL", [order.id]).map(drop)
        })
    }

    /// Stores what a callback says, and returns whether an order has this token. A failure is stored, and shown once the
    /// gateway has confirmed that the order is not paid. A success is not stored.
    pub(crate) fn note_callback(&self, token: &PurchaseToken, status: &Status) -> Result<bool> {
        let failed = matches!(status, Status::Failed | Status::Rejected | Status::Timeout);
        let claim = failed.then(|| status.as_str());
        self.database.write(|connection| {
            let sql = "UPDATE orders SET claim = ?2, claimed_at = ?3, not_paid_at = NULL WHERE token = ?1";
            Ok(connection.execute(sql, params![token.as_str(), claim, self.database.now()])? > 0)
        })
    }
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
pub(crate) fn order(row: &Row<'_>) -> Result<Order> {
    let (text, time) = (row.get("problem_text")?, row.get("problem_time")?);
    let problem = |kind| parse(kind).map(|kind| Problem { kind, text, time });
    Ok(Order {
        id: row.get("id")?,
        reference: row.get("reference")?,
        product: product(row)?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        ordered: row.get("ordered")?,
        closed: row.get("closed")?,
        delivered: row.get("delivered")?,
        token: row.get::<_, Option<String>>("token")?.map(parse).transpose()?,
        state: parse(row.get("state")?)?,
        problem: row.get::<_, Option<String>>("problem")?.map(problem).transpose()?,
    })
}

/// A stored token or word.
pub(crate) fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(text: String) -> Result<T> {
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
