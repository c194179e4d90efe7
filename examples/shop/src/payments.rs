//! From an order to its payment: the token, and checks on a few threads. [`Database::pay`] is the only place where an order
//! becomes paid. An order that a crash, an outage or a lost callback left open is settled by the same code as every other.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay::Gateway;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::{PaidPurchase, Verification};
use parking_lot::Mutex;
use rusqlite::{OptionalExtension, Result, Row, params};

use crate::checks::{Kind, LEASE, Problem, SHORTEST_WAIT, wait};
use crate::database::{Database, wall_clock};
use crate::orders::Order;

/// Checks at the same time.
const THREADS: u32 = 4;
/// Between two looks at what is due, and between two attempts to store a payment.
const TICK: Duration = Duration::from_millis(250);
/// How long each thread leaves the gateway alone when it is out of service: longer after each failure, and at most.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Database {
    /// The only place where an order becomes paid: once, found by the token that the gateway has confirmed. A
    /// `PaidPurchase` comes from the SDK's check alone. Returns the order's number. If no order has the token, the token is
    /// kept for the merchant.
    pub(crate) fn pay(&self, paid: &PaidPurchase) -> Result<Option<i64>> {
        let token = paid.token().as_str();
        self.write(|transaction| {
            let sql = "SELECT id, COALESCE(first, id), order_id IS NOT NULL
                       FROM orders LEFT JOIN payments ON order_id = id WHERE token = ?1";
            let order = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let order: Option<(i64, i64, bool)> = transaction.query_row(sql, [token], order).optional()?;
            let Some((id, first, before)) = order else {
                let sql = "INSERT INTO strays (token, seen_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET due = NULL";
                transaction.execute(sql, params![token, wall_clock()])?;
                return Ok(None);
            };
            if !before {
                let sql = "INSERT INTO payments (order_id, paid_at) VALUES (?1, ?2) RETURNING order_id";
                transaction.query_one(sql, params![id, wall_clock()], |_| Ok(()))?;
            }
            // Money wins: an order that the merchant has archived is to be delivered.
            let sql = "UPDATE orders SET due = NULL, urgent = 0, problem = NULL, archived_at = NULL WHERE id = ?1";
            transaction.execute(sql, [id])?;
            // A customer who tried again may have paid both.
            let sql =
                "UPDATE payments SET twice = 1 WHERE order_id IN (SELECT id FROM orders WHERE id = ?1 OR first = ?1)
                       AND (SELECT COUNT(*) FROM payments JOIN orders ON order_id = id WHERE id = ?1 OR first = ?1) > 1";
            transaction.execute(sql, [first])?;
            Ok(Some(id))
        })
    }
}

/// Asks the gateway: for tokens, and on threads of its own for the payments of open orders.
pub(crate) struct Payments {
    pub(crate) gateway: Gateway,
    pub(crate) database: Arc<Database>,
    /// What the gateway does in place of answers, and whether the database is locked or the disk full: for the merchant.
    pub(crate) problem: Mutex<Option<Problem>>,
    pub(crate) database_fails: AtomicBool,
    /// Proofs that are not stored yet, by token, and why not. If the shop ends before, the next start checks their orders.
    proofs: Mutex<HashMap<PurchaseToken, (PaidPurchase, String)>>,
    /// Ends the threads, once the checks that are being made are finished.
    pub(crate) stops: AtomicBool,
}

impl Payments {
    pub(crate) fn new(gateway: Gateway, database: Arc<Database>) -> Arc<Payments> {
        Arc::new(Payments {
            gateway,
            database,
            problem: Mutex::default(),
            database_fails: AtomicBool::default(),
            proofs: Mutex::default(),
            stops: AtomicBool::default(),
        })
    }

    /// A token for an order: called once, even when it fails. Nobody pays for a token whose reply was lost, so the customer
    /// can simply try again.
    pub(crate) fn create_token(&self, order: &Order) -> std::result::Result<PurchaseToken, ekolopay::Error> {
        let mut customer = Customer::new(&order.phone);
        if !order.name.is_empty() {
            customer = customer.name(&order.name);
        }
        let product = Product::new(&order.product.label).details(&order.product.details);
        let token = self.gateway.create_purchase_token(&Purchase::new(order.product.amount, product, customer)?)?;
        *self.problem.lock() = None;
        Ok(token)
    }

    /// Checks what is due, on a few threads, until `stops` is set. Nothing else ends it.
    pub(crate) fn run(&self) {
        // A wrong key is better known now than at the first order. This token is made up: the gateway refuses it or the key.
        if let Ok(token) = "ekolopay-shop-start".parse() {
            let _ = self.database.keep_stray(&token);
        }
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| self.check());
            }
            while !self.stops.load(SeqCst) {
                thread::sleep(TICK);
                self.store();
            }
        });
    }

    /// Checks what is due, one after the other, and rests when nothing is.
    fn check(&self) {
        let mut failures = 0;
        while !self.stops.load(SeqCst) {
            let checked = catch_unwind(AssertUnwindSafe(|| self.check_one(&mut failures)));
            self.database_fails.store(matches!(checked, Ok(Err(_))), SeqCst);
            let rest = match checked {
                Ok(Ok(rest)) => rest,
                Ok(Err(error)) => {
                    tracing::error!("database: {error}");
                    TICK
                }
                Err(_) => {
                    // The panic itself is on stderr; the order is due again when its lease ends.
                    tracing::error!("a check panicked");
                    TICK
                }
            };
            let start = Instant::now();
            while start.elapsed() < rest && !self.stops.load(SeqCst) {
                thread::sleep(TICK);
            }
        }
    }

    /// Returns how long to rest: not at all, or longer after each failure of the gateway in a row.
    fn check_one(&self, failures: &mut u32) -> Result<Duration> {
        let Some(asked) = self.database.take()? else { return Ok(TICK) };
        let (token, is_stray) = (&asked.token, asked.checks.is_none());
        match self.gateway.check_payment(token) {
            Ok(verification) => {
                *failures = 0;
                *self.problem.lock() = None;
                match verification {
                    Verification::NotPaid => self.database.not_paid(&asked)?,
                    Verification::Paid(paid) => {
                        self.proofs.lock().entry(token.clone()).or_insert((paid, String::new()));
                        self.store();
                    }
                }
            }
            // It says nothing about the payment, so the order stays open.
            Err(error) => {
                let problem = Problem::from(&error);
                let gateway_fails = matches!(problem.kind, Kind::Unavailable | Kind::Unreachable);
                let is_odd = problem.kind == Kind::Unexpected;
                let is_general = gateway_fails || problem.is_about_the_key() || (is_odd && !is_stray);
                *failures = if gateway_fails { *failures + 1 } else { 0 };
                // Anyone can make up a token, and its refusal is no news.
                if is_general || !is_stray {
                    tracing::warn!("cannot check the token {token}: {:#}", anyhow::Error::from(error));
                }
                if is_stray && !is_general {
                    self.database.not_paid(&asked)?;
                }
                let wait = if gateway_fails { SHORTEST_WAIT } else { wait(&asked) };
                self.database.not_known(token, &problem, wait)?;
                if is_general {
                    *self.problem.lock() = Some(problem);
                }
            }
        }
        // Two failures in a row may be these checks' own.
        Ok((PAUSE * failures.saturating_sub(2)).min(LONGEST_PAUSE))
    }

    /// Stores what is proven. A proof that cannot be stored is kept and tried again, whatever the reason: a locked database, a
    /// full disk, a table of the merchant's own that refuses it. A new reason is logged and shown.
    fn store(&self) {
        self.proofs.lock().retain(|token, (paid, known_reason)| {
            match self.database.pay(paid) {
                Ok(Some(id)) => tracing::info!("paid: order {id}, token {token}"),
                Ok(None) => tracing::error!("paid, but no order has the token {token}"),
                Err(error) => {
                    let reason = error.to_string();
                    if *known_reason != reason {
                        tracing::error!("paid, but not stored yet: token {token}: {reason}");
                        // While the database is locked, this is refused too, and the merchant's page says so.
                        let _ = self.database.not_known(token, &Problem::new(Kind::NotStored, &reason), LEASE);
                        *known_reason = reason;
                    }
                    return true;
                }
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::thread;
    use std::time::Duration;

    use ekolopay::canned::PAID;
    use ekolopay::purchase::PurchaseToken;
    use ekolopay::transport::{Endpoint, Reply, Request};
    use ekolopay::{Credentials, Gateway};

    use super::Payments;
    use crate::database::Database;
    use crate::orders::OrderState;

    #[test]
    fn a_panic_in_a_check_ends_no_thread() {
        let directory = tempfile::tempdir().unwrap();
        let database = Arc::new(Database::open(&directory.path().join("shop.db")).unwrap());
        let product = database.product("cafe").unwrap().unwrap();
        let orders = [(); 6].map(|()| {
            let token: PurchaseToken = fastrand::u64(..).to_string().parse().unwrap();
            let order = database.add(&product, token.as_str(), "", ["Kanza", "066304925"], None).unwrap();
            database.keep_token(&order, &token).unwrap();
            database.hurry(&token).unwrap();
            order.reference
        });
        let panics = AtomicI32::new(5);
        let transport = move |request: &Request| match request.endpoint() {
            Endpoint::Availability => Ok(Reply::new(200, "{}")),
            _ if panics.fetch_sub(1, Ordering::SeqCst) > 0 => panic!("as a check never should"),
            _ => Ok(Reply::new(200, PAID)),
        };
        let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key").unwrap()).transport(transport);
        let payments = Payments::new(gateway.build().unwrap(), Arc::clone(&database));
        let checks = thread::spawn({
            let payments = Arc::clone(&payments);
            move || payments.run()
        });
        let is_paid = |order: &String| database.by_reference(order).unwrap().unwrap().state == OrderState::Paid;
        let paid = (0..300).any(|_| {
            thread::sleep(Duration::from_millis(100));
            orders.iter().any(is_paid)
        });
        assert!(paid, "no thread is left");
        payments.stops.store(true, Ordering::SeqCst);
        checks.join().unwrap();
    }
}
