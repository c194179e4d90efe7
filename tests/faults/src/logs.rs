//! Looks at everything that is logged, by any thread at any level.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

use ekolopay_test_kit::spellings;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// How many lines were logged, by crate and level.
pub type Lines = BTreeMap<(String, Level), usize>;

static LINES: Mutex<Lines> = Mutex::new(BTreeMap::new());
static EXCEPTED: AtomicUsize = AtomicUsize::new(0);
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static EXCEPTION: Cell<bool> = const { Cell::new(true) };
}

struct Watch {
    spellings: Vec<String>,
}

/// Looks at every line that is logged from now on.
pub fn watch() {
    static WATCH: Once = Once::new();

    WATCH.call_once(|| {
        log::set_boxed_logger(Box::new(Watch { spellings: spellings() })).expect("no other logger is installed");
        log::set_max_level(LevelFilter::Trace);
    });
}

/// The lines so far that show the secret, or that the library wrote itself: it is to log nothing.
///
/// There is one documented exception: at TRACE `ureq_proto` shows what the gateway answers, which may echo the secret.
pub fn leaks() -> Vec<String> {
    LEAKS.lock().map(|leaks| leaks.clone()).unwrap_or_default()
}

/// How many lines there are so far.
pub fn lines() -> Lines {
    LINES.lock().map(|lines| lines.clone()).unwrap_or_default()
}

/// How many lines so far showed the secret and fell under the exception: so the search does find it.
pub fn excepted() -> usize {
    EXCEPTED.load(Ordering::SeqCst)
}

/// While `calls` run, the exception does not apply to their thread: no gateway echoes the secret.
pub fn without_exception<T>(calls: impl FnOnce() -> T) -> T {
    EXCEPTION.set(false);
    let result = calls();
    EXCEPTION.set(true);
    result
}

impl Log for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let from = record.target().split("::").next().unwrap_or_default();
        let line = record.args().to_string();
        let shows = self.spellings.iter().any(|spelling| line.contains(spelling.as_str()));
        if shows && EXCEPTION.get() && from == "ureq_proto" && record.level() == Level::Trace {
            EXCEPTED.fetch_add(1, Ordering::SeqCst);
        } else if shows || from == "ekolopay" {
            if let Ok(mut leaks) = LEAKS.lock() {
                leaks.push(format!("{} {}: {line}", record.level(), record.target()));
            }
        }
        if let Ok(mut lines) = LINES.lock() {
            *lines.entry((from.to_owned(), record.level())).or_default() += 1;
        }
    }

    fn flush(&self) {}
}
