//! The time that `--wait` gives, and the pauses in it.

use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// For the last round, which begins when the time is over.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(wait: Duration) -> Result<Patience, Failure> {
        let until = Instant::now().checked_add(wait).ok_or_else(|| Failure::input("wait", "is too long"))?;
        Ok(Patience { until, pause: FIRST_PAUSE })
    }

    /// How long another question may take; nothing when it is too late for one.
    pub(crate) fn left(&self) -> Option<Duration> {
        let now = Instant::now();
        let late = now.saturating_duration_since(self.until);
        (late < GRACE).then(|| self.until.saturating_duration_since(now))
    }

    /// Sleeps, each time longer, and not past the end. False when the time was over before.
    pub(crate) fn pause(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        thread::sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
