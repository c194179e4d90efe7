//! Ctrl-C and SIGTERM end the program, also as process 1 of a container, where they do nothing by themselves.

use std::sync::{Mutex, MutexGuard, PoisonError};

static LAST_WORDS: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// On an error, and on Windows, the system's defaults stay.
pub(crate) fn handle_signals() {
    #[cfg(unix)]
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(signal_hook::consts::TERM_SIGNALS) {
        let wait = move || {
            let Some(signal) = signals.forever().next() else { return };
            if let Some(say) = lock(&LAST_WORDS).take() {
                say();
            }
            std::process::exit(128 + signal);
        };
        let _ = std::thread::Builder::new().spawn(wait);
    }
}

/// What is said when a signal ends the program.
pub(crate) fn say_at_the_end(words: impl FnOnce() + Send + 'static) {
    *lock(&LAST_WORDS) = Some(Box::new(words));
}

/// A panic in another thread changes nothing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
