//! Checks open orders at the gateway, on threads of its own. This is the only place where a payment is verified.
//!
//! A callback or a returning customer makes an order due at once, and a timer makes it due again and again. So strangers
//! cannot cause a flood of checks, no browser waits for the gateway, and an order that a crash, an outage or a lost
//! callback left open is settled by the same code as every other.

use std::error::Error;
use std::iter::successors;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ekolopay::Gateway;
use ekolopay::verify::Verification;

use crate::orders::{Due, Orders, Shipment, Turn};

/// One thread for each, so at most this many checks run at once.
const TURNS: [Turn; 4] = [Turn::Awaited, Turn::Awaited, Turn::Due, Turn::Due];
/// How long a thread waits after the gateway failed to answer.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest sleep between two looks at the orders, as the clock may be changed and the computer may be suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

pub(crate) struct Checker {
    gateway: Gateway,
    orders: Arc<Orders>,
    wakes: Mutex<u64>,
    woken: Condvar,
}

impl Checker {
    pub(crate) fn start(gateway: Gateway, orders: Arc<Orders>) -> Arc<Checker> {
        let checker = Arc::new(Checker { gateway, orders, wakes: Mutex::new(0), woken: Condvar::new() });
        for turn in TURNS {
            let checker = Arc::clone(&checker);
            thread::spawn(move || checker.run(turn));
        }
        checker
    }

    /// Call it after an order has become due earlier than before.
    pub(crate) fn wake(&self) {
        *self.wakes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.woken.notify_all();
    }

    fn run(&self, turn: Turn) {
        loop {
            let seen = *self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
            match self.check_one(turn) {
                Ok(true) => {}
                Ok(false) => self.sleep(seen),
                Err(error) => {
                    log::error!("database: {error}");
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Sleeps until an order is due or until `wake` is called. It returns at once if `wake` was called after `seen` was read.
    fn sleep(&self, seen: u64) {
        let longest = self.orders.until_due().ok().flatten().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.woken.wait_timeout_while(wakes, longest, |wakes| *wakes == seen));
    }

    /// Returns whether an order was due.
    fn check_one(&self, turn: Turn) -> rusqlite::Result<bool> {
        let Some(due) = self.orders.take_due(turn)? else {
            return Ok(false);
        };
        match self.gateway.check_payment(&due.token) {
            Ok(Verification::Paid(paid)) => {
                let token = paid.token().clone();
                match self.orders.ship(paid)? {
                    Shipment::Shipped => log::info!("paid and shipped: the order with the token {token}"),
                    Shipment::ShippedBefore => {}
                    Shipment::UnknownToken => log::error!("paid, but no order has the token {token}"),
                }
            }
            Ok(Verification::NotPaid) => self.orders.not_paid(&due)?,
            Err(error) => self.not_known(&due, &error)?,
        }
        Ok(true)
    }

    /// An error says nothing about the payment, so the order stays open.
    fn not_known(&self, due: &Due, error: &ekolopay::Error) -> rusqlite::Result<()> {
        let problem = with_sources(error);
        log::warn!("cannot check the order with the token {}: {problem}", due.token);
        if error.is_unavailable() || matches!(error, ekolopay::Error::Transport(_)) {
            // The gateway failed, not the order: check this order first when the gateway is back.
            self.orders.not_known(due, &problem, PAUSE)?;
            thread::sleep(PAUSE);
            return Ok(());
        }
        self.orders.not_known(due, &problem, Duration::MAX)
    }
}

/// An error and all its sources in one line.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let chain = successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
