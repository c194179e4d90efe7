//! The time that `--wait` gives, and the pauses in it.

use std::thread;
use std::time::{Duration, Instant};

use ekolopay_cli::error::CliError;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// For the last round, which starts when the time is over.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Deadline {
    end: Instant,
    pause: Duration,
}

impl Deadline {
    pub(crate) fn new(wait: Duration) -> Result<Deadline, CliError> {
        let end = Instant::now().checked_add(wait).ok_or_else(|| CliError::input("wait", "is too long"))?;
        Ok(Deadline { end, pause: FIRST_PAUSE })
    }

    /// How long another check may take; `None` when it is too late for one.
    pub(crate) fn left(&self) -> Option<Duration> {
        let now = Instant::now();
        let late = now.saturating_duration_since(self.end);
        (late < GRACE).then(|| self.end.saturating_duration_since(now))
    }

    /// Sleeps, longer each time, and not past the end. Returns false when the time was over before.
    pub(crate) fn pause(&mut self) -> bool {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        thread::sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        true
    }
}
