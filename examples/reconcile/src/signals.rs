//! Ctrl-C and SIGTERM. Handlers of its own end the program even as process 1 of a container.

use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_usize;

use crate::exit::{Exit, JobError};
use crate::report::say;

/// How often a waiting thread looks whether a signal came.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(50);

static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);
static WRITING: AtomicBool = AtomicBool::new(false);

/// Ends the program at a signal, until [`leave_to_writer`] is called. Reading may block, so a thread does it.
pub(crate) fn listen() -> Result<(), JobError> {
    for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
        register_usize(signal, Arc::clone(&SIGNAL), exit as usize).map_err(JobError::local)?;
    }
    let watch = || {
        while !WRITING.load(SeqCst) {
            if let Some(exit) = received() {
                say("Stopped: nothing was asked yet; the same command starts again");
                process::exit(exit as i32);
            }
            thread::sleep(LOOK_EVERY);
        }
    };
    thread::Builder::new().spawn(watch).map(drop).map_err(|error| JobError::local(format_args!("a thread: {error}")))
}

/// From now on, the thread that writes the rows ends the program, between two rows.
pub(crate) fn leave_to_writer() {
    WRITING.store(true, SeqCst);
}

pub(crate) fn received() -> Option<Exit> {
    match SIGNAL.load(SeqCst) {
        0 => None,
        exit if exit == Exit::Interrupted as usize => Some(Exit::Interrupted),
        _ => Some(Exit::Terminated),
    }
}
