//! Leaves the gateway alone for a while when it is out of service.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the gateway is left alone: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
pub(crate) const PAUSE: Duration = Duration::from_secs(5);
/// This many failures in a row are not an order's own.
const FAILURES: u32 = 4;

/// One for all threads, so a gateway out of service gets one try per pause, of half a second at first and five at most, and a lone failure slows nobody down.
#[derive(Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    pause: Duration,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// The time until the gateway may be asked. Then one thread asks, and the others wait for its answer.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let mut state = self.state();
        let until = state.closed_until?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            state.closed_until = Some(Instant::now() + PAUSE);
            return None;
        }
        Some(left)
    }

    pub(crate) fn answered(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn failed(&self, unavailable: bool) {
        let mut state = self.state();
        state.failures += 1;
        if unavailable || state.failures >= FAILURES {
            state.pause = (2 * state.pause).clamp(SHORTEST_PAUSE, PAUSE);
            state.closed_until = Some(Instant::now() + state.pause);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
