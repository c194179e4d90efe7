//! Tokens and checks: from an order to its payment. [`Database::pay`] is the only place where an order becomes paid.
//!
//! A callback or a returning customer makes an order due at once, and a timer makes it due again and again. So strangers
//! cannot cause a flood of checks, no browser waits for the gateway, and an order that a crash, an outage or a lost
//! callback left open is settled by the same code as every other.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ekolopay::Gateway;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::verify::{PaidPurchase, Verification};
use parking_lot::{Condvar, Mutex};
use rusqlite::{OptionalExtension, Result, Row, params};

use crate::database::{Database, is_temporary, wall_clock};
use crate::orders::Order;
use crate::problem::{Kind, Problem, with_sources};
use crate::schedule::{LEASE, SHORTEST_WAIT, wait};

/// Checks at the same time. This many failures in a row are not an order's own.
const THREADS: u32 = 4;
/// How long the gateway is left alone when it is out of service: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks at what is due, and between two attempts to store a payment.
const TICK: Duration = Duration::from_millis(500);
/// What the gateway's "paid" changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    Paid(i64),
    PaidBefore,
    /// No order has the token. It is kept for the merchant.
    UnknownToken,
}

impl Database {
    /// The only place where an order becomes paid: once, found by the token that the gateway has confirmed. A
    /// `PaidPurchase` comes from the SDK's check alone.
    pub(crate) fn pay(&self, paid: &PaidPurchase) -> Result<Payment> {
        let token = paid.token().as_str();
        self.write(|transaction| {
            let sql = "SELECT id, COALESCE(first, id), order_id IS NOT NULL
                       FROM orders LEFT JOIN payments ON order_id = id WHERE token = ?1";
            let order = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?));
            let Some((id, first, before)) = transaction.query_row(sql, [token], order).optional()? else {
                let sql = "INSERT INTO strays (token, seen_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET due = NULL";
                transaction.execute(sql, params![token, wall_clock()])?;
                return Ok(Payment::UnknownToken);
            };
            if !before {
                let sql = "INSERT INTO payments (order_id, paid_at) VALUES (?1, ?2)";
                transaction.execute(sql, params![id, wall_clock()])?;
            }
            // Money wins: an order that the merchant has archived is to be delivered.
            let sql = "UPDATE orders SET due = NULL, urgent = 0, problem = NULL, archived_at = NULL WHERE id = ?1";
            transaction.execute(sql, [id])?;
            // A customer who tried anew may have paid both.
            let sql =
                "UPDATE payments SET twice = 1 WHERE order_id IN (SELECT id FROM orders WHERE id = ?1 OR first = ?1)
                       AND (SELECT COUNT(*) FROM payments JOIN orders ON order_id = id
                            WHERE (id = ?1 OR first = ?1) AND refunded_at IS NULL) > 1";
            transaction.execute(sql, [first])?;
            Ok(if before { Payment::PaidBefore } else { Payment::Paid(id) })
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
    /// Proofs that could not be stored yet, by token, and why. If the shop ends before, the next start checks their orders.
    proofs: Mutex<HashMap<String, (PaidPurchase, String)>>,
    /// Checks in a row without an answer.
    silence: AtomicU32,
    wakes: Mutex<u64>,
    woken: Condvar,
    stops: AtomicBool,
}

impl Payments {
    pub(crate) fn new(gateway: Gateway, database: Arc<Database>) -> Arc<Payments> {
        Arc::new(Payments {
            gateway,
            database,
            problem: Mutex::default(),
            database_fails: AtomicBool::default(),
            proofs: Mutex::default(),
            silence: AtomicU32::default(),
            wakes: Mutex::default(),
            woken: Condvar::default(),
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

    pub(crate) fn start(self: &Arc<Payments>) -> io::Result<Vec<JoinHandle<()>>> {
        let check = |own: Arc<Payments>, tries: bool| thread::Builder::new().spawn(move || own.check(tries));
        let keeper = Arc::clone(self);
        let mut threads = vec![thread::Builder::new().spawn(move || keeper.keep_proofs())?];
        for number in 0..THREADS {
            threads.push(check(Arc::clone(self), number == 0)?);
        }
        Ok(threads)
    }

    /// Call it after an order has become due earlier than before.
    pub(crate) fn wake(&self) {
        *self.wakes.lock() += 1;
        self.woken.notify_all();
    }

    /// The threads finish the checks that are being made, and make no more.
    pub(crate) fn stop(&self) {
        self.stops.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Sleeps this long, or until a stop, or until `wake` is called after `seen` was read.
    fn sleep(&self, longest: Duration, seen: Option<u64>) {
        let goes_on = |wakes: &mut u64| seen.is_none_or(|seen| seen == *wakes) && !self.stops.load(Ordering::SeqCst);
        self.woken.wait_while_for(&mut self.wakes.lock(), goes_on, longest);
    }

    /// Checks what is due. When the gateway is out of service all sleep, and one tries it again. Nothing but a stop ends it.
    fn check(&self, tries: bool) {
        while !self.stops.load(Ordering::SeqCst) {
            let silence = self.silence.load(Ordering::SeqCst);
            if silence >= THREADS {
                let pause = SHORTEST_PAUSE.saturating_mul(1 << (silence - THREADS).min(16)).min(LONGEST_PAUSE);
                self.sleep(if tries { pause } else { TICK }, None);
                if !tries || self.stops.load(Ordering::SeqCst) {
                    continue;
                }
            }
            let seen = *self.wakes.lock();
            match catch_unwind(AssertUnwindSafe(|| self.check_one(tries))) {
                Ok(Ok(was_due)) => {
                    self.database_fails.store(false, Ordering::SeqCst);
                    if !was_due {
                        self.sleep(TICK, Some(seen));
                    }
                    continue;
                }
                Ok(Err(error)) => {
                    tracing::error!("database: {error}");
                    self.database_fails.store(true, Ordering::SeqCst);
                }
                // The panic itself is on stderr; the order is due again when its lease ends.
                Err(_) => tracing::error!("a check panicked"),
            }
            self.sleep(TICK, None);
        }
    }

    /// Returns whether something was due.
    fn check_one(&self, tries: bool) -> Result<bool> {
        let Some(asked) = self.database.take()? else {
            return Ok(false);
        };
        match self.gateway.check_payment(&asked.token) {
            Ok(verification) => {
                self.silence.store(0, Ordering::SeqCst);
                *self.problem.lock() = None;
                match verification {
                    Verification::Paid(paid) => self.store(paid, ""),
                    Verification::NotPaid if asked.order.is_none() => self.database.forget_stray(&asked)?,
                    Verification::NotPaid => self.database.not_paid(&asked)?,
                }
            }
            // It says nothing about the payment, so the order stays open.
            Err(error) => {
                tracing::warn!("cannot check the token {}: {}", asked.token, with_sources(&error));
                let problem = Problem::of(&error);
                let gateway_fails = error.is_unavailable() || matches!(error, ekolopay::Error::Transport(_));
                // Once all threads have failed, only the one that tries counts.
                let more = |silence: u32| match silence {
                    _ if !gateway_fails => 0,
                    THREADS.. if !tries => silence,
                    _ => (silence + 1).max(if error.is_unavailable() { THREADS } else { 1 }),
                };
                let _ = self.silence.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |silence| Some(more(silence)));
                if asked.order.is_none() && !gateway_fails {
                    self.database.forget_stray(&asked)?;
                }
                self.database.not_known(
                    &asked.token,
                    &problem,
                    if gateway_fails { SHORTEST_WAIT } else { wait(asked.checks) },
                )?;
                if gateway_fails || problem.is_about_the_key() {
                    *self.problem.lock() = Some(problem);
                }
            }
        }
        Ok(true)
    }

    /// Stores a payment. A proof that cannot be stored is kept and tried again, whatever the reason: a locked database, a
    /// full disk, a table of the merchant's own that refuses it. A new reason is logged and shown.
    fn store(&self, paid: PaidPurchase, known_reason: &str) {
        let token = paid.token().clone();
        match self.database.pay(&paid) {
            Ok(Payment::Paid(id)) => tracing::info!("paid: order {id}, token {token}"),
            Ok(Payment::PaidBefore) => {}
            Ok(Payment::UnknownToken) => tracing::error!("paid, but no order has the token {token}"),
            Err(error) => {
                let reason = error.to_string();
                if is_temporary(&error) {
                    self.database_fails.store(true, Ordering::SeqCst);
                }
                if reason != known_reason {
                    tracing::error!("paid, but not stored yet: token {token}: {reason}");
                    let problem = Problem { kind: Kind::NotStored, text: Some(reason.clone()), time: None };
                    // While the database is locked, the page says that.
                    let _ = self.database.not_known(&token, &problem, LEASE);
                }
                self.proofs.lock().insert(token.into(), (paid, reason));
            }
        }
    }

    fn keep_proofs(&self) {
        while !self.stops.load(Ordering::SeqCst) {
            self.sleep(TICK, None);
            let proofs = std::mem::take(&mut *self.proofs.lock());
            for (paid, reason) in proofs.into_values() {
                self.store(paid, &reason);
            }
        }
        for token in self.proofs.lock().keys() {
            tracing::error!("paid, but not stored: token {token}; the next start checks it again");
        }
    }

    /// A wrong key is better known now than at the first order. The token is made up: its refusal means that the key is
    /// right.
    pub(crate) fn check_credentials(&self) {
        let Ok(token) = "ekolopay-shop-start".parse() else { return };
        if let Err(error) = self.gateway.check_payment(&token) {
            let problem = Problem::of(&error);
            if problem.is_about_the_key() {
                tracing::error!("the gateway refuses these credentials: {}", with_sources(&error));
                *self.problem.lock() = Some(problem);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::thread;
    use std::time::Duration;

    use ekolopay::canned::PAID;
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
        let order = database.add(&product, "key", "", ["Kanza", "066304925"], None).unwrap();
        let token = "940d4e9a".parse().unwrap();
        database.keep_token(&order, &token).unwrap();
        let panics = AtomicI32::new(5);
        let transport = move |request: &Request| match request.endpoint() {
            Endpoint::Availability => Ok(Reply::new(200, "{}")),
            _ if panics.fetch_sub(1, Ordering::SeqCst) > 0 => panic!("as a check never should"),
            _ => Ok(Reply::new(200, PAID)),
        };
        let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key").unwrap()).transport(transport);
        let payments = Payments::new(gateway.build().unwrap(), Arc::clone(&database));
        let threads = payments.start().unwrap();
        let is_paid = || database.by_reference(&order.reference).unwrap().unwrap().state == OrderState::Paid;
        let paid = (0..300).any(|_| {
            database.hurry(&token).unwrap();
            payments.wake();
            thread::sleep(Duration::from_millis(100));
            is_paid()
        });
        assert!(paid, "no thread is left");
        payments.stop();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
