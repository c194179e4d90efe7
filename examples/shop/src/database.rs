//! The SQLite database: one connection that writes and one that reads, so that a page never waits for a write.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use parking_lot::Mutex;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Error, OpenFlags, Params, Result, Row, Transaction, TransactionBehavior, ffi};
use rusqlite_migration::{M, Migrations};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How long a request waits for the database; then the customer is asked to come back.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tables. A change of them is another file at the end of the list; a file that was in use is never edited.
const MIGRATIONS: &[M<'_>] = &[M::up(include_str!("../migrations/1-shop.sql"))];

pub(crate) struct Database {
    /// Closed before the writer, which leaves one file behind.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    start: Instant,
    /// Locked: the times of two programs would not agree.
    _file: fs::File,
}

impl Database {
    /// Opens a database, or creates it, but not in place of one that is gone.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Database> {
        if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
            let wal = format!("{}-wal", path.display());
            ensure!(
                !fs::exists(&wal)?,
                "the file is gone, and its log may hold the last orders: put the same file back, or restore a backup as \
                 the README says, without {wal}"
            );
            tracing::info!("{} is a new, empty database", path.display());
        }
        let file = private().create(true).open(path)?;
        ensure!(file.try_lock().is_ok(), "another shop uses this database");
        let mut writer = connect(path)?;
        Migrations::from_slice(MIGRATIONS).to_latest(&mut writer)?;
        // Nobody knows what happened in the meantime, nor for how long: all open orders are due, the newest first.
        writer.execute("UPDATE orders SET due = 0, urgent = 0, asked = NULL WHERE due IS NOT NULL", [])?;
        writer.execute("UPDATE strays SET due = 0 WHERE due IS NOT NULL", [])?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        reader.create_scalar_function("fold", 1, FunctionFlags::SQLITE_DETERMINISTIC, |values| {
            Ok(fold(&values.get::<String>(0)?))
        })?;
        Ok(Database { reader: Mutex::new(reader), writer: Mutex::new(writer), start: Instant::now(), _file: file })
    }

    /// Milliseconds since the start of the shop, by a clock that nobody sets.
    pub(crate) fn now(&self) -> i64 {
        millis(self.start.elapsed())
    }

    /// The rows of a query.
    pub(crate) fn rows<T>(&self, sql: &str, of: impl Params, row: impl Fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        self.reader.lock().prepare_cached(sql)?.query_map(of, row)?.collect()
    }

    /// Runs statements that write, as one. All waits together take at most twice the patience, however many threads wait.
    pub(crate) fn write<T>(&self, statements: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let busy = || Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), Some("database is locked".into()));
        let mut connection = self.writer.try_lock_for(PATIENCE).ok_or_else(busy)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = statements(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Runs one statement that writes, and returns the number of rows that it changed.
    pub(crate) fn change(&self, sql: &str, values: impl Params) -> Result<usize> {
        self.write(|transaction| transaction.prepare_cached(sql)?.execute(values))
    }
}

/// Writes a copy that another program can open, while the shop runs. It is as private as the database, and a failure
/// leaves none behind.
pub(crate) fn backup(from: &Path, to: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot copy {} to {}", from.display(), to.display());
    private().create_new(true).open(to).with_context(cannot)?;
    let copy = |connection: Connection| {
        connection.busy_timeout(Duration::from_secs(30))?;
        // Not an empty file, nor another program's.
        connection.query_one("SELECT COUNT(*) FROM payments WHERE order_id = 0", [], |_| Ok(()))?;
        connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(drop)
    };
    // Able to write, so that a stopped shop's database stays one file. Where nothing can be written nobody writes either.
    let mut copied = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(copy);
    if copied.is_err() && !fs::exists(format!("{}-wal", from.display()))? {
        let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let name = from.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        copied = Connection::open_with_flags(format!("file:{name}?immutable=1"), read_only).and_then(copy);
    }
    if copied.is_err() {
        let _ = fs::remove_file(to);
    }
    copied.with_context(cannot)
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A token must survive a power cut once the customer has been sent to pay.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// The database holds names and telephone numbers. SQLite gives its other files the same permissions.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Milliseconds since 1970 by the computer's clock, for people to read.
pub(crate) fn wall_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// As people search: without accents, capitals and curly apostrophes.
pub(crate) fn fold(text: &str) -> String {
    let plain = text.nfd().filter(|c| !is_combining_mark(*c)).map(|c| if c == '’' { '\'' } else { c });
    plain.collect::<String>().to_lowercase().replace(['\u{a0}', '\u{202f}'], " ")
}
