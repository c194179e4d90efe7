//! The SQLite database: one connection that writes, and some that read, so that a page never waits for a write.

use std::fs::{self, OpenOptions};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, Result, ffi};

/// How long a page waits for the database; then the customer is asked to come back.
const PATIENCE: Duration = Duration::from_secs(1);
const VERSION: i64 = 3;
/// Reading connections that are kept open.
const READERS: usize = 8;

pub(crate) struct Database {
    path: PathBuf,
    /// What tells the file from another one that has taken its place.
    file: Option<(u64, u64)>,
    /// They are closed first: only the last connection can leave one file behind, and these cannot write.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
    start: (Instant, i64),
}

impl Database {
    /// Opens a database, or creates it, but not in place of one that is gone.
    pub(crate) fn open(path: &Path) -> std::result::Result<Database, Box<dyn std::error::Error>> {
        if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
            let file = fs::canonicalize(path).or_else(|_| fs::read_link(path)).unwrap_or_else(|_| path.to_owned());
            let wal = format!("{}-wal", file.display());
            if fs::exists(&wal)? {
                let text = "the file is gone, and its log may hold the last orders: put the same file back, or restore a \
                            backup as the README says, without";
                return Err(format!("{text} {wal}").into());
            }
            log::info!("{} is a new, empty database", path.display());
        }
        private().create(true).open(path)?;
        let connection = Connection::open(path)?;
        let version = prepare(&connection)?;
        if version != VERSION {
            return Err(format!("made by another version of the shop ({version}, not {VERSION})").into());
        }
        Ok(Database {
            path: path.to_owned(),
            file: identity(path),
            readers: Mutex::default(),
            writer: Mutex::new(connection),
            start: (Instant::now(), wall_clock()),
        })
    }

    /// Milliseconds since 1970 by a clock that nobody sets back while the shop runs.
    pub(crate) fn now(&self) -> i64 {
        self.start.1 + millis(self.start.0.elapsed())
    }

    /// Runs statements that write. All waits together take at most twice the patience, however many threads there are.
    /// Nothing is written to a file that is lost.
    pub(crate) fn write<T>(&self, statements: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.writer.try_lock_for(PATIENCE).ok_or_else(|| failure(ffi::SQLITE_BUSY))?;
        if self.is_lost() {
            return Err(failure(ffi::SQLITE_READONLY_DBMOVED));
        }
        statements(&connection)
    }

    pub(crate) fn read<T>(&self, statements: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let kept = self.readers.lock().pop();
        let connection = if let Some(connection) = kept {
            connection
        } else {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            // SQLite's own knows no letters with accents.
            connection.create_scalar_function("lower", 1, FunctionFlags::SQLITE_DETERMINISTIC, |values| {
                Ok(values.get::<String>(0)?.to_lowercase())
            })?;
            connection
        };
        let result = statements(&connection);
        let mut readers = self.readers.lock();
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    /// Whether the file was deleted or replaced.
    pub(crate) fn is_lost(&self) -> bool {
        identity(&self.path) != self.file
    }
}

/// Writes a copy that another program can open, while the shop runs. It is as private as the database, and a failure
/// leaves none behind.
pub(crate) fn backup(from: &Path, to: &Path) -> std::result::Result<(), String> {
    let cannot = |error: &dyn std::fmt::Display| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    private().create_new(true).open(to).map_err(|error| cannot(&error))?;
    let copy = || {
        // Able to write, so that a stopped shop's database stays one file.
        let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.execute("VACUUM INTO ?1", [to.to_str().ok_or_else(|| Error::InvalidPath(to.to_owned()))?])
    };
    copy().map(drop).map_err(|error| {
        let _ = fs::remove_file(to);
        cannot(&error)
    })
}

/// The database holds names and telephone numbers. SQLite gives its other files the same permissions.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file is never opened for this: closing any descriptor of it would drop SQLite's own locks.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::metadata(path).ok()?;
    #[cfg(unix)]
    return Some((file.dev(), file.ino()));
    #[cfg(not(unix))]
    return file.is_file().then_some((0, 0));
}

/// Sets the connection up, creates the tables in an empty database, and returns the version of the tables.
fn prepare(connection: &Connection) -> Result<i64> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A token must survive a power cut once the customer has been sent to pay.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let version = || connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    if version()? == 0 {
        connection.execute_batch(include_str!("schema.sql"))?;
    }
    version()
}

fn failure(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

/// Whether the same statement may succeed later: the database is locked, or the disk is full.
pub(crate) fn is_temporary(error: &Error) -> bool {
    use ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, ReadOnly, SystemIoFailure};
    let temporary = [DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure, ReadOnly, CannotOpen, OutOfMemory];
    error.sqlite_error_code().is_some_and(|code| temporary.contains(&code))
}

/// Milliseconds since 1970 by the computer's clock, for people to read.
pub(crate) fn wall_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
