//! What can go wrong with a database, as far as a caller treats it differently.

use std::path::PathBuf;

/// Why the store did not do it. Nothing was changed, but where the connection broke or fell silent in the middle
/// ([`StoreError::Down`]) nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database, its file or its folder may not be written.
    #[error("the database cannot be opened or written: look at the file, its folder, and who may write them")]
    ReadOnly(#[source] sqlx::Error),
    /// No room is left on the disk, or the file has reached its limit.
    #[error("the database is full: there is no room on the disk, or the file has reached its limit")]
    Full(#[source] sqlx::Error),
    /// Someone else holds the lock for too long, or no connection was free in time.
    #[error("the database is busy: someone else holds it, or no connection was free in time")]
    Busy(#[source] sqlx::Error),
    /// A newer Bapsang has migrated this database.
    #[error(
        "the database was made by a newer version of bapsang (migration {0} is not known here): \
         update bapsang, or point DATABASE_URL at another database"
    )]
    Newer(i64),
    /// A migration failed or was altered after it was applied.
    #[error("the database could not be migrated: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A row no longer reads as what it should be.
    #[error("{table}.{column} does not read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be done with this database as it is; the sentence says why. Nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// It was stopped before its end.
    #[error("it was stopped before its end")]
    Stopped,
    /// A file could not be read or written.
    #[error("{} cannot be read or written: {reason}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The person was forgotten in the meantime.
    #[error("the person was forgotten in the meantime")]
    Forgotten,
    /// Anything else.
    #[error("the database failed: {0}")]
    Down(#[source] sqlx::Error),
}

impl StoreError {
    pub(super) fn corrupt(table: &'static str, column: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { table, column, reason: reason.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy(error);
        }
        // Every foreign key leads to a person, or to an order that went with one.
        if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation) {
            return Self::Forgotten;
        }
        let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) else {
            return Self::Down(error);
        };
        // SQLite gives extended result codes (their low byte is the primary one, sqlite.org/rescode.html),
        // PostgreSQL five letters (appendix A of its manual).
        match (code.parse::<i32>().ok().filter(|_| code.len() < 5), &*code) {
            (Some(number), _) if matches!(number & 0xff, 8 | 14) => Self::ReadOnly(error),
            // 778 is SQLITE_IOERR_WRITE: a limit of the system, or of a quota, on the file.
            (Some(number), _) if number == 778 || number & 0xff == 13 => Self::Full(error),
            (Some(number), _) if matches!(number & 0xff, 5 | 6) => Self::Busy(error),
            (None, "25006") => Self::ReadOnly(error),
            (None, "53100") => Self::Full(error),
            (None, "40001" | "40P01" | "55P03" | "57014" | "53300") => Self::Busy(error),
            _ => Self::Down(error),
        }
    }
}
