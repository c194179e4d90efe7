//! Looks at everything that is logged, by any thread at any level.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, Once};

use ekolopay_test_kit::spellings;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// What was logged so far.
#[derive(Clone)]
pub struct Seen {
    /// How many lines, by crate and level.
    pub lines: BTreeMap<(String, Level), usize>,
    /// The lines that show the secret, or that the library wrote itself: it is to log nothing.
    ///
    /// There is one documented exception: at TRACE `ureq_proto` shows what the gateway answers, which may echo the secret.
    pub leaks: Vec<String>,
    /// How many lines showed the secret and fell under the exception: so the search does find it.
    pub excepted: usize,
}

static SEEN: Mutex<Seen> = Mutex::new(Seen { lines: BTreeMap::new(), leaks: Vec::new(), excepted: 0 });

thread_local! {
    static EXCEPTION: Cell<bool> = const { Cell::new(true) };
}

static SPELLINGS: LazyLock<Vec<String>> = LazyLock::new(spellings);

struct Watch;

/// Looks at every line that is logged from now on.
pub fn watch() {
    static WATCH: Once = Once::new();

    WATCH.call_once(|| {
        log::set_logger(&Watch).expect("no other logger is installed");
        log::set_max_level(LevelFilter::Trace);
    });
}

/// What was logged so far.
pub fn seen() -> Seen {
    SEEN.lock().expect("no thread panics while it holds this").clone()
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
        let shows = SPELLINGS.iter().any(|spelling| line.contains(spelling.as_str()));
        let mut seen = SEEN.lock().expect("no thread panics while it holds this");
        if shows && EXCEPTION.get() && from == "ureq_proto" && record.level() == Level::Trace {
            seen.excepted += 1;
        } else if shows || from == "ekolopay" {
            seen.leaks.push(format!("{} {}: {line}", record.level(), record.target()));
        }
        *seen.lines.entry((from.to_owned(), record.level())).or_default() += 1;
    }

    fn flush(&self) {}
}
