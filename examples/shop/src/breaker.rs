//! Leaves the gateway alone for a while when it is out of service.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long the gateway is left alone: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
pub(crate) const PAUSE: Duration = Duration::from_secs(5);
/// This many failures in a row are not an order's own.
const FAILURES: u32 = 4;

/// One for all threads. A gateway out of service gets one try per pause, and no other while that one waits for its answer.
/// A lone failure slows nobody down.
#[derive(Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    pause: Duration,
    /// The gateway is not asked before.
    closed_until: Option<Instant>,
    /// A thread tries whether the gateway answers again.
    tries: bool,
}

/// The permission to ask the gateway.
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    is_try: bool,
}

impl Breaker {
    /// The permission, or the time after which to ask for it again.
    pub(crate) fn pass(&self) -> Result<Pass<'_>, Duration> {
        let mut state = self.state.lock();
        let is_try = state.closed_until.is_some();
        let left = state.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if is_try && (state.tries || !left.is_zero()) {
            return Err(left.max(SHORTEST_PAUSE));
        }
        state.tries = is_try;
        Ok(Pass { breaker: self, is_try })
    }

    pub(crate) fn answered(&self) {
        let mut state = self.state.lock();
        *state = State { tries: state.tries, ..State::default() };
    }

    pub(crate) fn failed(&self, unavailable: bool) {
        let mut state = self.state.lock();
        state.failures += 1;
        if unavailable || state.failures >= FAILURES {
            state.pause = (2 * state.pause).clamp(SHORTEST_PAUSE, PAUSE);
            state.closed_until = Some(Instant::now() + state.pause);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_try {
            self.breaker.state.lock().tries = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::Breaker;

    #[test]
    fn one_thread_at_a_time_tries_a_silent_gateway() {
        let breaker = Breaker::default();
        assert!(breaker.pass().is_ok());
        breaker.failed(true);
        assert!(breaker.pass().is_err());
        thread::sleep(Duration::from_millis(600));
        let first = breaker.pass();
        assert!(first.is_ok());
        // It waits for its answer for longer than any pause.
        thread::sleep(Duration::from_millis(5_500));
        assert!(breaker.pass().is_err());
        drop(first);
        assert!(breaker.pass().is_ok(), "a try that found no order to check is followed by another");
        breaker.answered();
        let both = (breaker.pass(), breaker.pass());
        assert!(both.0.is_ok() && both.1.is_ok());
    }
}
