//! The pace of all threads: whether they go on, and the pauses that they share while the gateway gives no answer.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ekolopay_cli::stop::lock;
use humantime::format_duration;
use indicatif::ProgressBar;

use crate::arguments::{Arguments, MAX_PAUSE};
use crate::report::say;

/// Where no bar is shown, an outage is reported once it lasts this long.
const REPORTED_AFTER: Duration = Duration::from_secs(5);

pub(crate) struct Pace {
    state: Mutex<State>,
    stopped: Condvar,
    first_pause: Duration,
    longest_outage: Duration,
    bar: ProgressBar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// Since when the gateway gives no answer.
    outage: Option<Instant>,
    is_reported: bool,
    pause: Duration,
    /// No check starts before.
    until: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(arguments: &Arguments, bar: ProgressBar) -> Pace {
        let first_pause = arguments.pause.max(Duration::from_millis(1));
        let longest_outage = arguments.wait_for_gateway;
        Pace { state: Mutex::default(), stopped: Condvar::new(), first_pause, longest_outage, bar }
    }

    /// Ends all pauses. No check starts any more.
    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.stopped.notify_all();
    }

    /// Waits for the end of the shared pause. Returns the time then, or `None` when the job stops.
    pub(crate) fn start(&self) -> Option<Instant> {
        loop {
            let now = Instant::now();
            let left = lock(&self.state).until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            // The pause may have grown meanwhile.
            match self.wait(left) {
                false => return None,
                true if left.is_zero() => return Some(now),
                true => {}
            }
        }
    }

    /// Waits this long, or until the job stops. Returns whether it goes on.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self.stopped.wait_timeout_while(lock(&self.state), time, |state| !state.stopped);
        !waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// A check that started then got an answer. If it started after the last pause, the next one is short again.
    pub(crate) fn answered(&self, started: Instant) {
        let mut state = lock(&self.state);
        if state.outage.is_some() && state.until.is_none_or(|until| started >= until) {
            *state = State { stopped: state.stopped, ..State::default() };
            self.bar.set_message("");
        }
    }

    /// A check that started then got no answer: all threads pause. Returns whether the job still waits for the gateway.
    pub(crate) fn slow_down(&self, started: Instant, why: &str) -> bool {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let outage = now - *state.outage.get_or_insert(now);
        let left = self.longest_outage.saturating_sub(outage);
        if left.is_zero() {
            return false;
        }
        // Several checks can fail in the same outage: only one that started after the last pause lengthens it.
        if state.until.is_none_or(|until| started >= until) {
            state.pause = (state.pause * 2).clamp(self.first_pause, MAX_PAUSE).min(left);
            state.until = Some(now + state.pause);
            let pause = format_duration(Duration::from_millis(state.pause.as_millis().try_into().unwrap_or(u64::MAX)));
            self.bar.set_message(format!("; waiting {pause} for the gateway: {why}"));
        }
        if outage >= REPORTED_AFTER && self.bar.is_hidden() && !state.is_reported {
            state.is_reported = true;
            say(format_args!("Waiting for the gateway, at most {}: {why}", format_duration(self.longest_outage)));
        }
        true
    }
}
