//! The word to stop, heard by every thread, also by those that pause.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Stop {
    said: Mutex<bool>,
    hear: Condvar,
}

impl Stop {
    pub(crate) fn say(&self) {
        *self.lock() = true;
        self.hear.notify_all();
    }

    pub(crate) fn is_said(&self) -> bool {
        *self.lock()
    }

    /// Waits that long, or until it is said; whether it is.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self.hear.wait_timeout_while(self.lock(), time, |said| !*said);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
