//! Which order is checked next, and what the answer changes.

use std::time::Duration;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::PaidPurchase;
use rusqlite::{ErrorCode, OptionalExtension, Result, Row, params};

use crate::database::{millis, wall_clock};
use crate::orders::{Orders, parse};
use crate::problem::Problem;

/// The shortest and the longest wait between two checks of an open order. The wait grows with the age of the order. The
/// checks never stop, because a customer may pay late and only a payment closes an order.
pub(crate) const SHORTEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// The wait is the age of the order, or the time since its last callback or visit, divided by this number. A month costs
/// about fifty checks per order.
const AGE_PER_WAIT: i64 = 4;
/// The shortest time between two checks of an order, however many callbacks and visits it gets.
const PATIENCE: Duration = Duration::from_secs(2);
/// An order that is being checked is not taken by another thread for this long, and not forgotten if its thread dies.
const LEASE: Duration = Duration::from_secs(30);

/// Which orders a thread checks first. With threads of both kinds, a crowd of new orders cannot block the old ones, nor
/// the other way round.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// The order with the latest callback or visit.
    Urgent,
    /// The order that has been due for the longest time.
    Due,
}

/// An open order that is being checked.
pub(crate) struct Asked {
    id: i64,
    pub(crate) token: PurchaseToken,
    at: i64,
}

/// The result of shipping a paid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shipment {
    Shipped,
    ShippedBefore,
    /// No order has the paid token.
    UnknownToken,
}

/// The wait before the next check of a row of `orders`, also if the merchant has closed it.
fn wait() -> String {
    let (shortest, longest) = (millis(SHORTEST_WAIT), millis(LONGEST_WAIT));
    format!("MIN(MAX((?1 - COALESCE(awaited_at, ordered_at)) / {AGE_PER_WAIT}, {shortest}), {longest})")
}

impl Orders {
    /// Spreads the checks of all open orders: each is due within its usual wait. What an earlier run wrote may lie in the
    /// future, as the computer's clock may have been set back.
    pub(crate) fn resume(&self) -> Result<()> {
        let sql = format!(
            "UPDATE orders SET due_at = ?1 + ABS(RANDOM() % {}), urgent_at = NULL, asked_at = NULL,
                               awaited_at = MIN(COALESCE(awaited_at, ordered_at), ?1), claimed_at = MIN(claimed_at, ?1)
             WHERE due_at IS NOT NULL",
            wait()
        );
        self.database.write(|connection| connection.execute(&sql, [self.database.now()]).map(drop))
    }

    /// Makes an open order due as soon as possible.
    pub(crate) fn hurry(&self, token: &PurchaseToken) -> Result<()> {
        self.database.write(|connection| {
            connection
                .execute(
                    "UPDATE orders SET awaited_at = ?2, urgent_at = MAX(?2, COALESCE(asked_at, 0) + ?3)
                     WHERE token = ?1 AND due_at IS NOT NULL",
                    params![token.as_str(), self.database.now(), millis(PATIENCE)],
                )
                .map(drop)
        })
    }

    /// Takes an order that is due.
    pub(crate) fn take(&self, turn: Turn) -> Result<Option<Asked>> {
        let urgent = "SELECT id FROM orders WHERE urgent_at <= ?1 ORDER BY urgent_at DESC LIMIT 1";
        let due = "SELECT id FROM orders WHERE due_at <= ?1 ORDER BY due_at LIMIT 1";
        let (first, second) = match turn {
            Turn::Urgent => (urgent, due),
            Turn::Due => (due, urgent),
        };
        let sql = format!(
            "UPDATE orders SET asked_at = ?1, due_at = ?1 + ?2, urgent_at = IIF(urgent_at <= ?1, NULL, urgent_at)
             WHERE id = COALESCE(({first}), ({second})) RETURNING id, token"
        );
        let at = self.database.now();
        let asked = |row: &Row<'_>| Ok(Asked { id: row.get("id")?, token: parse(row.get("token")?)?, at });
        self.database.write(|connection| connection.query_one(&sql, params![at, millis(LEASE)], asked).optional())
    }

    /// The time until the next order is due, or `None` if no order is open.
    pub(crate) fn until_due(&self) -> Result<Option<Duration>> {
        let sql = "SELECT MIN(next) FROM (SELECT MIN(due_at) AS next FROM orders WHERE due_at IS NOT NULL
                   UNION ALL SELECT MIN(urgent_at) FROM orders WHERE urgent_at IS NOT NULL)";
        let next: Option<i64> = self.database.read(|connection| connection.query_row(sql, [], |row| row.get(0)))?;
        Ok(next.map(|due| Duration::from_millis(u64::try_from(due - self.database.now()).unwrap_or(0))))
    }

    /// Stores that the gateway answered "not paid".
    pub(crate) fn not_paid(&self, asked: &Asked) -> Result<()> {
        let sql = format!(
            "UPDATE orders SET not_paid_at = ?3, problem = NULL, due_at = ?1 + {} WHERE id = ?2 AND due_at IS NOT NULL",
            wait()
        );
        self.database
            .write(|connection| connection.execute(&sql, params![self.database.now(), asked.id, asked.at]).map(drop))
    }

    /// Stores why the check failed. The order is due again soon if the gateway failed, and after its usual wait if the
    /// order did.
    pub(crate) fn not_known(&self, asked: &Asked, problem: &Problem, soon: bool) -> Result<()> {
        let again = if soon { millis(SHORTEST_WAIT).to_string() } else { wait() };
        let sql = format!(
            "UPDATE orders SET problem = ?3, problem_text = ?4, problem_at = ?5, due_at = ?1 + {again}
             WHERE id = ?2 AND due_at IS NOT NULL"
        );
        self.database.write(|connection| {
            let (now, kind): (_, &str) = (self.database.now(), problem.kind.into());
            connection.execute(&sql, params![now, asked.id, kind, problem.text, wall_clock()]).map(drop)
        })
    }

    /// The only place where goods are shipped: once, for the order whose token was paid. The warehouse sends what is in the
    /// table of shipments.
    pub(crate) fn ship(&self, paid: &PaidPurchase) -> Result<Shipment> {
        let sql = "INSERT INTO shipments (order_id, shipped_at) SELECT id, ?2 FROM orders WHERE token = ?1";
        let parameters = params![paid.token().as_str(), wall_clock()];
        let inserted = self.database.write(|connection| connection.execute(sql, parameters));
        match inserted {
            Ok(0) => Ok(Shipment::UnknownToken),
            Ok(_) => Ok(Shipment::Shipped),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(Shipment::ShippedBefore)
            }
            Err(error) => Err(error),
        }
    }
}
