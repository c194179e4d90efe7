//! Ctrl-C and SIGTERM end the program, also as process 1 of a container, where they do nothing by themselves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, process, thread};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag::{register_conditional_shutdown, register_usize};

type LastWords = Box<dyn FnOnce() + Send>;

static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// On an error, the system's defaults stay.
pub fn handle_signals() -> io::Result<()> {
    let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (received, is_ending) = (Arc::clone(&first), Arc::clone(&second));
    let wait = move || {
        loop {
            thread::sleep(Duration::from_millis(50));
            if let Ok(signal @ 1..) = received.load(SeqCst).try_into() {
                is_ending.store(true, SeqCst);
                if let Some(say) = lock(&LAST_WORDS).take() {
                    say();
                }
                process::exit(128 + signal);
            }
        }
    };
    thread::Builder::new().spawn(wait)?;
    for signal in TERM_SIGNALS.iter().copied() {
        // While the last words cannot be said, a second signal ends the program.
        register_conditional_shutdown(signal, 128 + signal, Arc::clone(&second))?;
        register_usize(signal, Arc::clone(&first), signal.unsigned_abs() as usize)?;
    }
    Ok(())
}

/// What is said when a signal ends the program.
pub fn say_at_the_end(words: impl FnOnce() + Send + 'static) {
    *lock(&LAST_WORDS) = Some(Box::new(words));
}

/// A panic in another thread changes nothing.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
