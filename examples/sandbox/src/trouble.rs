//! API calls that go wrong at random, so that a shop can be seen to survive it.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;

const DELAY: RangeInclusive<u64> = 1..=50;
const OUTAGE: RangeInclusive<u64> = 20..=200;

/// Shares of the API calls that go wrong, each from 0 to 1, by chance.
///
/// The same seed makes the same sequence of fates; which call meets which is
/// the clients' doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trouble {
    /// Where the chance begins.
    pub seed: u64,
    /// Calls answered with an HTML page and HTTP 500; nothing was done.
    pub error_pages: f64,
    /// Calls whose connection is cut in place of an answer; nothing was done.
    pub cuts: f64,
    /// Calls answered up to 50 ms late.
    pub delays: f64,
    /// Calls that begin an outage: for 20 to 200 ms, every call gets the
    /// documented `UNAVAILABLE_SERVICE` answer.
    pub outages: f64,
}

impl Trouble {
    /// This share of the calls, from 0 to 1: of ten that go wrong, three meet
    /// an error page, three a cut, three a delay, and one begins an outage.
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

/// What a call meets.
#[derive(Debug)]
pub(crate) enum Kind {
    ErrorPage,
    Cut,
    Delay(Duration),
}

#[derive(Debug)]
pub(crate) struct Troubles {
    shares: Trouble,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    outage_until: Option<Instant>,
}

impl State {
    fn is_outage(&self) -> bool {
        self.outage_until.is_some_and(|until| Instant::now() < until)
    }
}

impl Troubles {
    pub(crate) fn new(shares: Trouble) -> Self {
        let state = State { rng: Rng::with_seed(shares.seed), outage_until: None };
        Self { shares, state: Mutex::new(state) }
    }

    /// Whether an outage is under way.
    pub(crate) fn outage(&self) -> bool {
        self.lock().is_outage()
    }

    /// The fate of one more call; it may begin an outage. During one there is
    /// no other trouble.
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
