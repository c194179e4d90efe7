//! API calls that go wrong at random, to test how a shop reacts.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;

const DELAY: RangeInclusive<u64> = 1..=50;
const OUTAGE: RangeInclusive<u64> = 20..=200;

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
    ///
    /// ```
    /// let trouble = ekolopay_sandbox::Trouble::share(0.5, 7);
    /// assert_eq!((trouble.cuts, trouble.outages, trouble.seed), (0.15, 0.05, 7));
    /// ```
    pub fn share(share: f64, seed: u64) -> Self {
        let (often, seldom) = (share * 0.3, share * 0.1);
        Self { seed, error_pages: often, cuts: often, delays: often, outages: seldom }
    }

    pub(crate) fn is_possible(self) -> bool {
        let parts = [self.error_pages, self.cuts, self.delays, self.outages];
        parts.iter().all(|part| (0.0..=1.0).contains(part)) && parts.iter().sum::<f64>() <= 1.0
    }
}

/// What goes wrong with a call.
#[derive(Debug)]
pub(crate) enum Kind {
    ErrorPage,
    Cut,
    Delay(Duration),
}

#[derive(Debug)]
pub(crate) struct Troubles {
    shares: Trouble,
    state: Mutex<TroubleState>,
}

#[derive(Debug)]
struct TroubleState {
    rng: Rng,
    outage_until: Option<Instant>,
}

impl TroubleState {
    fn is_outage(&self) -> bool {
        self.outage_until.is_some_and(|until| Instant::now() < until)
    }
}

impl Troubles {
    pub(crate) fn new(shares: Trouble) -> Self {
        let state = TroubleState { rng: Rng::with_seed(shares.seed), outage_until: None };
        Self { shares, state: Mutex::new(state) }
    }

    pub(crate) fn outage(&self) -> bool {
        self.lock().is_outage()
    }

    /// What goes wrong with the next call, which may also start an outage. During an outage nothing else goes wrong.
    pub(crate) fn next(&self) -> Option<Kind> {
        let Trouble { error_pages, cuts, delays, outages, .. } = self.shares;
        let mut state = self.lock();
        if state.is_outage() {
            return None;
        }
        let chance = state.rng.f64();
        if chance < error_pages {
            Some(Kind::ErrorPage)
        } else if chance < error_pages + cuts {
            Some(Kind::Cut)
        } else if chance < error_pages + cuts + delays {
            Some(Kind::Delay(Duration::from_millis(state.rng.u64(DELAY))))
        } else {
            if chance < error_pages + cuts + delays + outages {
                let lasts = Duration::from_millis(state.rng.u64(OUTAGE));
                state.outage_until = Some(Instant::now() + lasts);
            }
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, TroubleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
