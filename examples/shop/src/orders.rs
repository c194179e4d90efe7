//! The orders, in a SQLite database.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ekolopay::callback::Status;
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::PaidPurchase;
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Result, Row, params};
use uuid::Uuid;

/// The shortest and the longest wait between two checks of an open order. The wait grows with the age of the order. The
/// checks never stop, because a customer may pay late and only a payment closes an order.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// The wait is the age of the order, or the time since its last callback or visit, divided by this number. A month costs
/// about fifty checks per order.
const AGE_PER_WAIT: i64 = 4;
/// The shortest time between two checks of an order, however many callbacks and visits it gets.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Orders {
    connection: Mutex<Connection>,
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
    pub(crate) label: String,
    pub(crate) details: String,
    pub(crate) amount: u64,
    pub(crate) name: String,
    pub(crate) phone: String,
    /// In the time of Brazzaville, as `25/11/2026 à 09:06`.
    pub(crate) ordered_at: String,
    pub(crate) token: Option<PurchaseToken>,
    pub(crate) state: OrderState,
    pub(crate) problem: Option<String>,
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

pub(crate) struct Counts {
    pub(crate) shipped: u64,
    pub(crate) open: u64,
}

/// Which order a thread checks first. With threads of both kinds, a crowd of new orders cannot block the old ones, nor
/// the other way round.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// The order with the latest callback or visit.
    Awaited,
    /// The order that has been due for the longest time.
    Due,
}

/// An open order that must be checked now.
pub(crate) struct Due {
    id: i64,
    pub(crate) token: PurchaseToken,
    asked_at: i64,
}

/// The result of shipping a paid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shipment {
    Shipped,
    ShippedBefore,
    /// No order has the paid token.
    UnknownToken,
}

impl Orders {
    /// Opens the database and makes all open orders due, as they may have been paid while the shop was down.
    pub(crate) fn open(file: Option<&Path>) -> Result<Orders> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(Duration::from_secs(1))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A token must survive a power cut once the customer has been sent to pay.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch(include_str!("schema.sql"))?;
        }
        connection.execute("UPDATE orders SET due_at = ?1 WHERE due_at IS NOT NULL", [now()])?;
        Ok(Orders { connection: Mutex::new(connection) })
    }

    pub(crate) fn products(&self) -> Result<Vec<Product>> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT * FROM products ORDER BY label")?;
        statement.query_map([], product)?.collect()
    }

    pub(crate) fn product(&self, slug: &str) -> Result<Option<Product>> {
        self.lock().query_row("SELECT * FROM products WHERE slug = ?1", [slug], product).optional()
    }

    /// Stores a new order and returns the reference that its customer uses.
    pub(crate) fn add(&self, product: &Product, name: &str, phone: &str) -> Result<String> {
        let reference = Uuid::new_v4().simple().to_string();
        self.lock().execute(
            "INSERT INTO orders (reference, label, details, amount, name, phone, ordered_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![reference, product.label, product.details, product.amount, name, phone, now()],
        )?;
        Ok(reference)
    }

    /// Stores the token, unless the order already has one, and returns the token of the order.
    pub(crate) fn keep_token(&self, order: &Order, token: &PurchaseToken) -> Result<PurchaseToken> {
        let due = now() + millis(SHORTEST_WAIT);
        // Unlike `query_row`, `query_one` reports when the row could not be written. Without it, a customer could be sent
        // to pay with a token that was not stored.
        self.lock().query_one(
            "UPDATE orders
             SET due_at = CASE WHEN token IS NULL THEN ?3 ELSE due_at END, token = COALESCE(token, ?2), problem = NULL
             WHERE id = ?1 RETURNING token",
            params![order.id, token.as_str(), due],
            |row| parse(row, "token"),
        )
    }

    pub(crate) fn by_reference(&self, reference: &str) -> Result<Option<Order>> {
        self.lock().query_row(&select("WHERE reference = ?1"), [reference], order).optional()
    }

    /// A page of the orders before this one, the newest first.
    pub(crate) fn page(&self, before: i64, count: u32) -> Result<Vec<Order>> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&select("WHERE id < ?1 ORDER BY id DESC LIMIT ?2"))?;
        statement.query_map(params![before, count], order)?.collect()
    }

    pub(crate) fn counts(&self) -> Result<Counts> {
        let shipped = "SELECT COUNT(*) FROM shipments";
        let open = "SELECT COUNT(due_at) FROM orders";
        let connection = self.lock();
        let count = |sql| connection.query_row(sql, [], |row| row.get(0));
        Ok(Counts { shipped: count(shipped)?, open: count(open)? })
    }

    /// Deletes an order that the gateway refused. The customer corrects the form and orders again.
    pub(crate) fn forget(&self, order: &Order) -> Result<()> {
        self.lock().execute("DELETE FROM orders WHERE id = ?1 AND token IS NULL", [order.id])?;
        Ok(())
    }

    /// Stores why the order has no token, unless another request has stored one in the meantime.
    pub(crate) fn no_token(&self, order: &Order, problem: &str) -> Result<()> {
        self.lock()
            .execute("UPDATE orders SET problem = ?2 WHERE id = ?1 AND token IS NULL", params![order.id, problem])?;
        Ok(())
    }

    /// Stores what a callback says, and returns whether an order has this token. A failure is stored, and shown once the
    /// gateway has confirmed that the order is not paid. A success is not stored.
    pub(crate) fn note_callback(&self, token: &PurchaseToken, status: &Status) -> Result<bool> {
        let failed = matches!(status, Status::Failed | Status::Rejected | Status::Timeout);
        let claim = failed.then(|| status.as_str());
        let known = self.lock().execute(
            "UPDATE orders SET claim = ?2, claimed_at = ?3 WHERE token = ?1",
            params![token.as_str(), claim, now()],
        )?;
        Ok(known > 0)
    }

    /// Makes the order due as soon as possible. (`asked_at` can be in the future when the clock has been set back.)
    pub(crate) fn hurry(&self, token: &PurchaseToken) -> Result<()> {
        self.lock().execute(
            "UPDATE orders
             SET awaited_at = ?2, due_at = MIN(due_at, MAX(?2, MIN(COALESCE(asked_at, 0), ?2) + ?3))
             WHERE token = ?1",
            params![token.as_str(), now(), millis(PATIENCE)],
        )?;
        Ok(())
    }

    /// Takes an order that is due. It becomes due again later: no other thread takes it now, and it is not forgotten if this
    /// thread dies.
    pub(crate) fn take_due(&self, turn: Turn) -> Result<Option<Due>> {
        let order = match turn {
            Turn::Awaited => "COALESCE(awaited_at, 0) DESC, id DESC",
            Turn::Due => "due_at, id DESC",
        };
        // `query_one` for the same reason as in `keep_token`.
        self.lock()
            .query_one(
                &format!(
                    "UPDATE orders
                     SET asked_at = ?1,
                         due_at = ?1 + MIN(MAX((?1 - MAX(ordered_at, COALESCE(awaited_at, 0))) / ?2, ?3), ?4)
                     WHERE id = (SELECT id FROM orders WHERE due_at <= ?1 OR due_at > ?1 + ?4 ORDER BY {order} LIMIT 1)
                     RETURNING id, token, asked_at"
                ),
                params![now(), AGE_PER_WAIT, millis(SHORTEST_WAIT), millis(LONGEST_WAIT)],
                |row| Ok(Due { id: row.get("id")?, token: parse(row, "token")?, asked_at: row.get("asked_at")? }),
            )
            .optional()
    }

    /// The time until the next order is due, or `None` if no order is open.
    pub(crate) fn until_due(&self) -> Result<Option<Duration>> {
        let next: Option<i64> = self.lock().query_row("SELECT MIN(due_at) FROM orders", [], |row| row.get(0))?;
        Ok(next.map(|due| Duration::from_millis(u64::try_from(due - now()).unwrap_or(0))))
    }

    /// Stores that the gateway answered "not paid".
    pub(crate) fn not_paid(&self, due: &Due) -> Result<()> {
        self.lock()
            .execute("UPDATE orders SET not_paid_at = ?2, problem = NULL WHERE id = ?1", [due.id, due.asked_at])?;
        Ok(())
    }

    /// Stores why the check failed. The order is due again after this time at the latest.
    pub(crate) fn not_known(&self, due: &Due, problem: &str, again: Duration) -> Result<()> {
        self.lock().execute(
            "UPDATE orders SET problem = ?2, due_at = MIN(due_at, ?3) WHERE id = ?1",
            params![due.id, problem, due.asked_at.saturating_add(millis(again))],
        )?;
        Ok(())
    }

    /// The only place where goods are shipped: once, for the order whose token was paid. The warehouse sends what is in the
    /// table of shipments.
    pub(crate) fn ship(&self, paid: PaidPurchase) -> Result<Shipment> {
        let inserted = self.lock().execute(
            "INSERT INTO shipments (order_id, shipped_at) SELECT id, ?2 FROM orders WHERE token = ?1",
            params![paid.token().as_str(), now()],
        );
        match inserted {
            Ok(0) => Ok(Shipment::UnknownToken),
            Ok(_) => Ok(Shipment::Shipped),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(Shipment::ShippedBefore)
            }
            Err(error) => Err(error),
        }
    }

    /// A panic in another thread cannot leave a statement half done, so a poisoned lock is safe to use.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn select(rest: &str) -> String {
    format!(
        "SELECT *, shipped_at IS NOT NULL AS shipped, claimed_at <= not_paid_at AS claim_stands,
                strftime('%d/%m/%Y à %H:%M', ordered_at / 1000, 'unixepoch', '+1 hour') AS ordered
         FROM orders LEFT JOIN shipments ON order_id = id {rest}"
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

fn order(row: &Row<'_>) -> Result<Order> {
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
        label: row.get("label")?,
        details: row.get("details")?,
        amount: row.get("amount")?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        ordered_at: row.get("ordered")?,
        token,
        state,
        // An earlier problem does not matter once the order is paid.
        problem: row.get::<_, Option<String>>("problem")?.filter(|_| state != OrderState::Shipped),
    })
}

fn parse(row: &Row<'_>, column: &str) -> Result<PurchaseToken> {
    let text: String = row.get(column)?;
    PurchaseToken::new(text).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
