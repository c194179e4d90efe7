//! Checks open orders at the gateway, on threads of its own. This is the only place where a payment is verified.
//!
//! A callback or a returning customer makes an order due at once, and a timer makes it due again and again. So strangers
//! cannot cause a flood of checks, no browser waits for the gateway, and an order that a crash, an outage or a lost
//! callback left open is settled by the same code as every other.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ekolopay::Gateway;
use ekolopay::verify::{PaidPurchase, Verification};
use parking_lot::{Condvar, Mutex};

use crate::breaker::{Breaker, PAUSE};
use crate::notices::Notices;
use crate::orders::Orders;
use crate::problem::{Problem, with_sources};
use crate::schedule::{Asked, Shipment, Turn};

/// One thread for each, so at most this many checks run at once.
const TURNS: [Turn; 4] = [Turn::Urgent, Turn::Urgent, Turn::Due, Turn::Due];
/// The longest sleep between two looks at the orders, as the computer may be suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Between two attempts to store a payment while the database is locked or the disk is full.
const SHIP_AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct Checker {
    pub(crate) gateway: Gateway,
    pub(crate) orders: Arc<Orders>,
    pub(crate) notices: Arc<Notices>,
    breaker: Breaker,
    wakes: Mutex<u64>,
    woken: Condvar,
    stops: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Checker {
    pub(crate) fn start(gateway: Gateway, orders: Arc<Orders>, notices: Arc<Notices>) -> io::Result<Arc<Checker>> {
        let checker = Arc::new(Checker {
            gateway,
            orders,
            notices,
            breaker: Breaker::default(),
            wakes: Mutex::new(0),
            woken: Condvar::new(),
            stops: AtomicBool::new(false),
            threads: Mutex::default(),
        });
        for turn in TURNS {
            let own = Arc::clone(&checker);
            let thread = thread::Builder::new().name("checker".to_owned()).spawn(move || own.run(turn))?;
            checker.threads.lock().push(thread);
        }
        Ok(checker)
    }

    /// Call it after an order has become due earlier than before.
    pub(crate) fn wake(&self) {
        *self.wakes.lock() += 1;
        self.woken.notify_all();
    }

    /// Waits for the checks that are being made, and makes no more.
    pub(crate) fn stop(&self) {
        self.stops.store(true, Ordering::SeqCst);
        self.wake();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            let _ = thread.join();
        }
    }

    /// Nothing but a stop ends it: a panic in a check is caught.
    fn run(&self, turn: Turn) {
        while !self.stops.load(Ordering::SeqCst) {
            let seen = *self.wakes.lock();
            let pass = match self.breaker.pass() {
                Ok(pass) => pass,
                Err(pause) => {
                    self.sleep(seen, pause, true);
                    continue;
                }
            };
            let checked = catch_unwind(AssertUnwindSafe(|| self.check_one(turn)));
            drop(pass);
            match checked {
                Ok(Ok(was_due)) => {
                    self.notices.database_fails(false);
                    if !was_due {
                        let longest = self.orders.until_due().ok().flatten().unwrap_or(LONGEST_SLEEP);
                        self.sleep(seen, longest.min(LONGEST_SLEEP), false);
                    }
                    continue;
                }
                Ok(Err(error)) => {
                    log::error!("database: {error}");
                    self.notices.database_fails(true);
                }
                // The panic itself is on stderr; the order is due again when its lease ends.
                Err(_) => log::error!("a check panicked"),
            }
            self.sleep(seen, PAUSE, true);
        }
    }

    /// Sleeps this long, or until `wake` is called, which only a stop does to a thread that `rests`. It returns at once if
    /// `wake` was called after `seen` was read.
    fn sleep(&self, seen: u64, longest: Duration, rests: bool) {
        let mut wakes = self.wakes.lock();
        let goes_on = |wakes: &mut u64| (rests || *wakes == seen) && !self.stops.load(Ordering::SeqCst);
        self.woken.wait_while_for(&mut wakes, goes_on, longest);
    }

    /// Returns whether an order was due.
    fn check_one(&self, turn: Turn) -> rusqlite::Result<bool> {
        let Some(asked) = self.orders.take(turn)? else {
            return Ok(false);
        };
        match self.gateway.check_payment(&asked.token) {
            Ok(Verification::Paid(paid)) => {
                self.answered();
                self.ship(&paid);
            }
            Ok(Verification::NotPaid) => {
                self.answered();
                self.orders.not_paid(&asked)?;
            }
            Err(error) => self.not_known(&asked, &error)?,
        }
        Ok(true)
    }

    fn answered(&self) {
        self.breaker.answered();
        self.notices.gateway_answers();
    }

    /// The proof is kept until it is stored. If the shop stops before, the order is checked again at the next start.
    fn ship(&self, paid: &PaidPurchase) {
        let token = paid.token();
        loop {
            match self.orders.ship(paid) {
                Ok(Shipment::Shipped) => log::info!("paid and shipped: the order with the token {token}"),
                Ok(Shipment::ShippedBefore) => {}
                Ok(Shipment::UnknownToken) => log::error!("paid, but no order has the token {token}"),
                Err(error) if !self.stops.load(Ordering::SeqCst) => {
                    log::error!("paid, but not stored yet: the order with the token {token}: {error}");
                    self.notices.database_fails(true);
                    thread::sleep(SHIP_AGAIN);
                    continue;
                }
                Err(error) => log::error!("paid, but not stored: the order with the token {token}: {error}"),
            }
            return;
        }
    }

    /// An error says nothing about the payment, so the order stays open.
    fn not_known(&self, asked: &Asked, error: &ekolopay::Error) -> rusqlite::Result<()> {
        log::warn!("cannot check the order with the token {}: {}", asked.token, with_sources(error));
        let problem = Problem::of(error);
        self.notices.gateway(&problem);
        let gateway_failed = error.is_unavailable() || matches!(error, ekolopay::Error::Transport(_));
        if gateway_failed {
            self.breaker.failed(error.is_unavailable());
        } else {
            self.breaker.answered();
        }
        self.orders.not_known(asked, &problem, gateway_failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use ekolopay::canned::PAID;
    use ekolopay::transport::{Endpoint, Reply, Request};
    use ekolopay::{Credentials, Gateway};

    use super::Checker;
    use crate::database::Database;
    use crate::notices::Notices;
    use crate::orders::{OrderState, Orders};

    #[test]
    fn a_panic_in_a_check_ends_no_checker() {
        let directory = tempfile::tempdir().unwrap();
        let orders = Arc::new(Orders { database: Database::open(&directory.path().join("shop.db")).unwrap() });
        let reference = orders.add("cafe", "key", "Kanza", "066304925").unwrap().reference;
        let order = || orders.by_reference(&reference).unwrap().unwrap();
        orders.keep_token(&order(), &"940d4e9a".parse().unwrap()).unwrap();
        orders.hurry(&"940d4e9a".parse().unwrap()).unwrap();
        let panics = AtomicUsize::new(4);
        let transport = move |request: &Request| match request.endpoint() {
            Endpoint::Availability => Ok(Reply::new(200, "{}")),
            _ if panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() => {
                panic!("as a check never should")
            }
            _ => Ok(Reply::new(200, PAID)),
        };
        let gateway = Gateway::builder(Credentials::new("demo", "a-secret-key").unwrap()).transport(transport);
        let checker =
            Checker::start(gateway.build().unwrap(), Arc::clone(&orders), Arc::new(Notices::default())).unwrap();
        let start = Instant::now();
        while order().state != OrderState::Shipped {
            assert!(start.elapsed() < Duration::from_secs(60), "no checker is left");
            orders.hurry(&"940d4e9a".parse().unwrap()).unwrap();
            checker.wake();
            thread::sleep(Duration::from_millis(100));
        }
        checker.stop();
    }
}
