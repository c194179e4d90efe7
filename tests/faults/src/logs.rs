//! Looks at everything that is logged, by any thread at any level.

use std::cell::Cell;
use std::sync::{LazyLock, Mutex, Once};

use ekolopay_test_kit::spellings;
use log::{Level, LevelFilter, Log, Metadata, Record};

static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static SPELLINGS: LazyLock<Vec<String>> = LazyLock::new(spellings);

thread_local! {
    static EXCEPTED: Cell<usize> = const { Cell::new(0) };
}

/// Looks at every line that is logged from now on.
pub fn watch() {
    static WATCH: Once = Once::new();

    WATCH.call_once(|| {
        log::set_logger(&Watch).expect("no other logger is installed");
        log::set_max_level(LevelFilter::Trace);
    });
}

/// The lines that showed the secret, or that the library wrote itself: it is to log nothing.
pub fn leaks() -> Vec<String> {
    LEAKS.lock().expect("no thread panics while it holds this").clone()
}

/// How many lines of this thread showed the secret and fell under the one documented exception: at TRACE `ureq_proto` shows
/// what the gateway answers, which may echo the secret.
pub fn excepted() -> usize {
    EXCEPTED.get()
}

struct Watch;

impl Log for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let (from, line) = (record.target().split("::").next().unwrap_or_default(), record.args().to_string());
        let shows = SPELLINGS.iter().any(|spelling| line.contains(spelling.as_str()));
        if shows && from == "ureq_proto" && record.level() == Level::Trace {
            EXCEPTED.set(EXCEPTED.get() + 1);
        } else if shows || from == "ekolopay" {
            let leak = format!("{} {}: {line}", record.level(), record.target());
            LEAKS.lock().expect("no thread panics while it holds this").push(leak);
        }
    }

    fn flush(&self) {}
}
