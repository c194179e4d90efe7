//! Asks the gateway about open orders, in threads of its own: the only place where a payment is verified.
//!
//! A callback or a customer coming back makes an order due at once, a timer makes it due now and then. So nobody can
//! make the shop ask more than it would, no request waits for the gateway, and what a crash, an outage or a lost
//! callback leaves open is settled by the same few lines as everything else.

use std::error::Error;
use std::iter::successors;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ekolopay::Gateway;
use ekolopay::verify::Verification;

use crate::orders::{Due, Orders, Shipment, Turn};

/// A thread each. So many requests, at most, are under way at the gateway.
const TURNS: [Turn; 4] = [Turn::Awaited, Turn::Awaited, Turn::Due, Turn::Due];
/// How long a thread leaves a gateway alone that does not answer as it should.
const PAUSE: Duration = Duration::from_secs(5);
/// The clock may be set, and the computer sleep: the longest time without a look at the orders.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

pub(crate) struct Checker {
    gateway: Gateway,
    orders: Arc<Orders>,
    /// How many times it was woken.
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

    /// Some order is due, or will be, sooner than it was.
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
                    log::error!("the database: {error}");
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Until an order is due, or somebody wakes it, or has done so since the wakes were seen.
    fn sleep(&self, seen: u64) {
        let longest = self.orders.until_due().ok().flatten().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.woken.wait_timeout_while(wakes, longest, |wakes| *wakes == seen));
    }

    /// Whether an order was due.
    fn check_one(&self, turn: Turn) -> rusqlite::Result<bool> {
        let Some(due) = self.orders.take_due(turn)? else {
            return Ok(false);
        };
        match self.gateway.check_payment(&due.token) {
            Ok(Verification::Paid(paid)) => {
                let token = paid.token().clone();
                match self.orders.ship(paid)? {
                    Shipment::Leaves => log::info!("paid, leaves the shop: the order of {token}"),
                    Shipment::LeftBefore => {}
                    Shipment::OfNoOrder => log::error!("paid, and no order has this token: {token}"),
                }
            }
            Ok(Verification::NotPaid) => self.orders.not_paid(&due)?,
            Err(error) => self.not_known(&due, &error)?,
        }
        Ok(true)
    }

    /// An error says nothing about the payment: the order stays open.
    fn not_known(&self, due: &Due, error: &ekolopay::Error) -> rusqlite::Result<()> {
        let problem = with_sources(error);
        log::warn!("not known whether the order of {} is paid: {problem}", due.token);
        if error.is_unavailable() || matches!(error, ekolopay::Error::Transport(_)) {
            // Not the order is at fault: it is the first to be asked about when the gateway is back.
            self.orders.not_known(due, &problem, PAUSE)?;
            thread::sleep(PAUSE);
            return Ok(());
        }
        self.orders.not_known(due, &problem, Duration::MAX)
    }
}

/// The whole story of an error, in one line.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let chain = successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
