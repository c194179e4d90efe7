//! Ctrl-C and SIGTERM end the program, also as process 1 of a container, where they do nothing by themselves.

use std::sync::{Mutex, PoisonError};

type LastWords = Box<dyn FnOnce() + Send>;

static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// Without the handlers, the system's defaults stay. Windows ends a program by itself.
#[cfg(unix)]
pub(crate) fn handle_signals() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::{process, thread};

    use signal_hook::consts::TERM_SIGNALS;
    use signal_hook::flag::register_conditional_shutdown;
    use signal_hook::iterator::Signals;

    let second = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // While the last words cannot be written, a second signal ends the program.
        let _ = register_conditional_shutdown(*signal, 128 + *signal, Arc::clone(&second));
    }
    let Ok(mut signals) = Signals::new(TERM_SIGNALS) else { return };
    thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        second.store(true, Ordering::SeqCst);
        if let Some(say) = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner).take() {
            say();
        }
        process::exit(128 + signal);
    });
}

/// What is said when a signal ends the program.
pub(crate) fn say_at_the_end(words: impl FnOnce() + Send + 'static) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(words));
}
