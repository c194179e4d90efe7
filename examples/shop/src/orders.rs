//! The orders, as their customers see them.

use ekolopay::callback::Status;
use ekolopay::purchase::PurchaseToken;
use rusqlite::types::Type;
use rusqlite::{ErrorCode, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use crate::database::{Database, millis, wall_clock};
use crate::problem::Problem;
use crate::schedule::SHORTEST_WAIT;

pub(crate) struct Orders {
    pub(crate) database: Database,
}

#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) slug: String,
    pub(crate) label: String,
    pub(crate) details: String,
    pub(crate) amount: u64,
}

#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) reference: String,
    pub(crate) slug: String,
    pub(crate) label: String,
    pub(crate) details: String,
    pub(crate) amount: u64,
    pub(crate) name: String,
    pub(crate) phone: String,
    /// In the time of Brazzaville, as `25/11/2026 à 09:06`.
    pub(crate) ordered_at: String,
    pub(crate) token: Option<PurchaseToken>,
    pub(crate) state: OrderState,
    pub(crate) delivered_at: Option<String>,
    pub(crate) problem: Option<Problem>,
}

/// The states from `Pending` to `TimedOut` are open: the shop keeps checking the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderState {
    /// The order has no token yet, so it cannot be paid.
    Ordered,
    /// The customer can pay, or has just paid.
    Pending,
    /// A callback said that the payment failed, and the gateway has since confirmed that the order is not paid.
    Failed,
    /// The same for a rejected payment.
    Rejected,
    /// The same for a customer who was too late.
    TimedOut,
    /// The gateway has confirmed the payment, and the order is shipped.
    Shipped,
}

impl OrderState {
    /// Whether the gateway has answered that the payment failed. It may still be paid later.
    pub(crate) fn has_failed(self) -> bool {
        matches!(self, OrderState::Failed | OrderState::Rejected | OrderState::TimedOut)
    }
}

/// What became of the token of an order.
pub(crate) enum Kept {
    /// The order's token, perhaps one that another request stored first.
    Token(PurchaseToken),
    /// The gateway has given this token to another order before.
    TakenBy(Box<Order>),
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

    /// Stores a new order, or finds the one that the same form has made, and returns its reference.
    pub(crate) fn add(&self, product: &Product, form_key: &str, name: &str, phone: &str) -> Result<String> {
        self.database.write(|connection| {
            connection.query_one(
                "INSERT INTO orders (reference, form_key, slug, label, details, amount, name, phone, ordered_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (form_key, slug, phone) DO UPDATE SET name = IIF(token IS NULL, excluded.name, name)
                 RETURNING reference",
                params![
                    Uuid::new_v4().simple().to_string(),
                    form_key,
                    product.slug,
                    product.label,
                    product.details,
                    product.amount,
                    name,
                    phone,
                    wall_clock()
                ],
                |row| row.get(0),
            )
        })
    }

    /// Stores the token, unless the order already has one.
    pub(crate) fn keep_token(&self, order: &Order, token: &PurchaseToken) -> Result<Kept> {
        let now = self.database.now();
        let due = now + millis(SHORTEST_WAIT);
        // Unlike `query_row`, `query_one` reports when the row could not be written. Without it, a customer could be sent
        // to pay with a token that was not stored.
        let kept = self.database.write(|connection| {
            connection.query_one(
                "UPDATE orders
                 SET due_at = IIF(token IS NULL, ?3, due_at), awaited_at = ?4, token = COALESCE(token, ?2), problem = NULL
                 WHERE id = ?1 RETURNING token",
                params![order.id, token.as_str(), due, now],
                |row| parse(row, "token"),
            )
        });
        match kept {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                let other = self.one("WHERE token = ?1", token.as_str())?.ok_or(error)?;
                Ok(Kept::TakenBy(Box::new(other)))
            }
            kept => kept.map(Kept::Token),
        }
    }

    /// The order that this form has made.
    pub(crate) fn by_form(&self, product: &Product, form_key: &str, phone: &str) -> Result<Option<Order>> {
        let sql = select("WHERE form_key = ?1 AND slug = ?2 AND phone = ?3");
        self.database.read(|connection| connection.query_row(&sql, [form_key, &product.slug, phone], order).optional())
    }

    pub(crate) fn by_reference(&self, reference: &str) -> Result<Option<Order>> {
        self.one("WHERE reference = ?1", reference)
    }

    fn one(&self, condition: &str, value: &str) -> Result<Option<Order>> {
        self.database.read(|connection| connection.query_row(&select(condition), [value], order).optional())
    }

    /// Stores why the order has no token, unless another request has stored one in the meantime.
    pub(crate) fn no_token(&self, order: &Order, problem: &Problem) -> Result<()> {
        self.database.write(|connection| {
            connection
                .execute(
                    "UPDATE orders SET problem = ?2, problem_text = ?3, problem_at = ?4 WHERE id = ?1 AND token IS NULL",
                    params![order.id, problem.kind.code(), problem.text, wall_clock()],
                )
                .map(drop)
        })
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
            let known = connection.execute(
                "UPDATE orders SET claim = ?2, claimed_at = ?3, not_paid_at = NULL WHERE token = ?1",
                params![token.as_str(), claim, self.database.now()],
            )?;
            Ok(known > 0)
        })
    }
}

pub(crate) fn select(rest: &str) -> String {
    let date = |column| format!("strftime('%d/%m/%Y à %H:%M', {column} / 1000, 'unixepoch', '+1 hour')");
    format!(
        "SELECT *, shipped_at IS NOT NULL AS shipped, claimed_at <= not_paid_at AS claim_stands,
                {} AS ordered, {} AS problem_time, {} AS delivered
         FROM orders LEFT JOIN shipments ON order_id = id {rest}",
        date("ordered_at"),
        date("problem_at"),
        date("delivered_at"),
    )
}

fn product(row: &Row<'_>) -> Result<Product> {
    Ok(Product {
        slug: row.get("slug")?,
        label: row.get("label")?,
        details: row.get("details")?,
        amount: row.get("amount")?,
    })
}

pub(crate) fn order(row: &Row<'_>) -> Result<Order> {
    let has_token = row.get_ref("token")?.as_str_or_null().is_ok_and(|token| token.is_some());
    let token = if has_token { Some(parse(row, "token")?) } else { None };
    let claim: Option<String> = row.get("claim")?;
    let claim = claim.filter(|_| row.get("claim_stands") == Ok(Some(true)));
    let state = match claim.as_deref() {
        _ if row.get("shipped")? => OrderState::Shipped,
        _ if token.is_none() => OrderState::Ordered,
        Some("REJECTED") => OrderState::Rejected,
        Some("TIMEOUT") => OrderState::TimedOut,
        Some(_) => OrderState::Failed,
        None => OrderState::Pending,
    };
    Ok(Order {
        id: row.get("id")?,
        reference: row.get("reference")?,
        slug: row.get("slug")?,
        label: row.get("label")?,
        details: row.get("details")?,
        amount: row.get("amount")?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        ordered_at: row.get("ordered")?,
        token,
        state,
        delivered_at: row.get("delivered")?,
        // An earlier problem does not matter once the order is paid.
        problem: Problem::from_row(row)?.filter(|_| state != OrderState::Shipped),
    })
}

pub(crate) fn parse(row: &Row<'_>, column: &str) -> Result<PurchaseToken> {
    let text: String = row.get(column)?;
    PurchaseToken::new(text).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
