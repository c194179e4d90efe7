//! The limit of API calls per second.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What `Retry-After` says. A call that comes after this time is accepted.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) calls: u32,
    /// The calls accepted within the last period, the oldest first.
    recent: Mutex<VecDeque<Instant>>,
}

impl Limit {
    pub(crate) fn new(calls: u32) -> Self {
        Self { calls, recent: Mutex::default() }
    }

    pub(crate) fn accepts(&self) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while recent.front().is_some_and(|&call| now.duration_since(call) >= PERIOD) {
            recent.pop_front();
        }
        let accepted = recent.len() < self.calls as usize;
        if accepted {
            recent.push_back(now);
        }
        accepted
    }
}
