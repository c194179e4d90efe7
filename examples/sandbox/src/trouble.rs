//! API calls that go wrong at random or come too often, to test how a shop reacts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;

/// The shares of the API calls that go wrong at random, each from 0 to 1.
///
/// The same seed gives the same sequence of troubles. Which call meets which trouble depends on the order of the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trouble {
    /// The seed of the random numbers.
    pub seed: u64,
    /// Calls answered with HTTP 500 and an HTML page. The call has no effect.
    pub error_pages: f64,
    /// Calls whose connection is cut before the answer. The call has no effect.
    pub cuts: f64,
    /// Calls answered 1 to 50 ms late.
    pub delays: f64,
    /// Calls that start an outage: for 20 to 200 ms, every call gets the documented `UNAVAILABLE_SERVICE` reply.
    pub outages: f64,
}

impl Trouble {
    /// This share of the calls, from 0 to 1. Of ten calls that go wrong, three get an error page, three are cut, three
    /// are delayed, and one starts an outage.
    pub fn share(share: f64, seed: u64) -> Self {
        let (often, seldom) = (share * 0.3, share * 0.1);
        Self { seed, error_pages: often, cuts: often, delays: often, outages: seldom }
    }
}

/// What goes wrong with a call.
pub(crate) enum Kind {
    ErrorPage,
    Cut,
    Delay(Duration),
}

pub(crate) struct Troubles {
    shares: Trouble,
    /// The random numbers, and the end of the last outage.
    state: Mutex<(Rng, Instant)>,
}

impl Troubles {
    pub(crate) fn new(shares: Trouble) -> Self {
        Self { shares, state: Mutex::new((Rng::with_seed(shares.seed), Instant::now())) }
    }

    pub(crate) fn outage(&self) -> bool {
        Instant::now() < self.lock().1
    }

    /// What goes wrong with the next call, which may also start an outage. During an outage nothing else goes wrong.
    pub(crate) fn next(&self) -> Option<Kind> {
        let Trouble { error_pages, cuts, delays, outages, .. } = self.shares;
        let (rng, outage_until) = &mut *self.lock();
        if Instant::now() < *outage_until {
            return None;
        }
        let chance = rng.f64();
        if chance < error_pages {
            Some(Kind::ErrorPage)
        } else if chance < error_pages + cuts {
            Some(Kind::Cut)
        } else if chance < error_pages + cuts + delays {
            Some(Kind::Delay(Duration::from_millis(rng.u64(1..=50))))
        } else {
            if chance < error_pages + cuts + delays + outages {
                *outage_until = Instant::now() + Duration::from_millis(rng.u64(20..=200));
            }
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Rng, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limit of API calls per second.
pub(crate) struct Limit {
    calls: u32,
    /// When the current second began, and its calls.
    state: Mutex<(Instant, u32)>,
}

impl Limit {
    pub(crate) fn new(calls: u32) -> Self {
        Self { calls, state: Mutex::new((Instant::now(), 0)) }
    }

    pub(crate) fn accepts(&self) -> bool {
        let (begun, calls) = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.elapsed() >= Duration::from_secs(1) {
            (*begun, *calls) = (Instant::now(), 0);
        }
        *calls += 1;
        *calls <= self.calls
    }
}
