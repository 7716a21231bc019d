//! Memory: the only room that knows SQL.
//!
//! Every query is written once, with `$1` placeholders, and runs on whichever database is open. Times
//! come from the caller, are milliseconds since 1970 (UTC), and never from the database.

mod admin_log;
mod audit;
mod backup;
mod bans;
mod broadcasts;
mod budget;
mod built;
mod copying;
mod dialogues;
mod dishes;
mod doors;
mod error;
mod export;
mod forgetting;
mod grants;
mod health;
mod history;
mod house;
mod lane;
mod leases;
mod lifecycle;
mod linking;
mod lookup;
mod open;
mod orders;
mod people;
mod photos;
mod readers;
mod reply_keys;
mod retention;
mod serving;
mod sharing;
mod stats;
mod telling;
mod tickets;

use std::time::Duration;

pub use admin_log::{AdminEntry, AdminState, NewAdminEntry};
pub use backup::{Restored, backup, restore};
pub use bans::Ban;
pub use broadcasts::{Broadcast, BroadcastId, BroadcastState, Heard, Listener, NewBroadcast, Reached};
pub use budget::{Budget, SpentOnDay};
use chrono::{DateTime, Utc};
pub use copying::{OF_THE_MOMENT, Progress, TABLES, Table, TableCount};
pub use dialogues::{Saved, SavedDialogue};
pub use dishes::SavedDish;
pub use error::StoreError;
pub use forgetting::Forgotten;
pub use grants::{Grant, GrantOf, Refunded};
pub use health::Looked;
pub use history::{DishPage, Search};
use lane::Lane;
pub use linking::{Linked, Unlinked};
pub use lookup::{LedgerLine, OrderInShort, PersonCard};
pub use open::{Options, StoreUrl};
pub use orders::{Claimed, NewOrder, Placed, ToDo};
pub use people::{Guest, Person};
pub use photos::{KnownPhoto, PhotoStanding, PhotoTurn};
use readers::Readers;
use secrecy::SecretString;
pub use serving::{Cancelled, Served};
pub use sharing::Copied;
use sqlx::PgPool;
pub use stats::{OrdersOfDay, Span, Stats};
pub use telling::{Untold, UntoldEnd};

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    /// What the marks of the forgotten are made with.
    privacy_key: SecretString,
    finders: history::Finders,
}

#[derive(Debug, Clone)]
enum Pool {
    /// SQLite has one writer; giving it one connection of its own keeps writers in line inside the process.
    Sqlite {
        read: Readers,
        write: Lane,
    },
    Postgres(PgPool),
}

/// Runs one reading statement on whichever database is open.
macro_rules! reading {
    ($store:expr, |$db:ident| $body:expr) => {
        match &$store.pool {
            crate::store::Pool::Sqlite { read, .. } => {
                let mut reading = read.take().await?;
                let $db = &mut *reading.connection;
                $body
            }
            crate::store::Pool::Postgres($db) => crate::store::in_time(async { $body }).await,
        }
    };
}

/// Runs one writing statement on whichever database is open.
macro_rules! writing {
    ($store:expr, |$db:ident| $body:expr) => {
        match &$store.pool {
            crate::store::Pool::Sqlite { write, .. } => {
                let mut joined = write.statement().await?;
                let seen = joined.seen();
                let done = {
                    let $db = &mut *joined;
                    $body
                };
                let done = match done {
                    Ok(done) => joined.commit().await.map(|()| done),
                    Err(error) => {
                        drop(joined);
                        Err(error)
                    }
                };
                seen.settles(done).await
            }
            crate::store::Pool::Postgres($db) => crate::store::in_time(async { $body }).await,
        }
    };
}

/// Runs a transaction; the body commits, and leaving it early rolls back.
macro_rules! transaction {
    ($store:expr, |$tx:ident| $body:block) => {
        crate::store::transaction!($store, begin, |$tx| $body)
    };
    // How it is begun on SQLite: `begin`, or `join` for one_write!.
    ($store:expr, $begin:ident, |$tx:ident| $body:block) => {
        match &$store.pool {
            crate::store::Pool::Sqlite { write, .. } => {
                let joined = write.$begin().await?;
                let seen = joined.seen();
                let done = async {
                    let mut $tx = joined;
                    $body
                };
                seen.settles(done.await).await
            }
            crate::store::Pool::Postgres(pool) => {
                crate::store::in_time(async {
                    let mut $tx = pool.begin().await?;
                    $body
                })
                .await
            }
        }
    };
}

/// The same where one statement at most writes, as the last of all: it needs no savepoint of its own.
macro_rules! one_write {
    ($store:expr, |$tx:ident| $body:block) => {
        crate::store::transaction!($store, join, |$tx| $body)
    };
}

pub(crate) use {one_write, reading, transaction, writing};

/// PostgreSQL may be out of reach without a word: a connection that nobody answers on would be waited for until the system
/// gives it up, a quarter of an hour or more. SQLite is in this process, and has its own patience.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

async fn in_time<T, E: From<sqlx::Error>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let answered = tokio::time::timeout(ANSWERS_WITHIN, asked).await;
    // What was sent last may have been done.
    answered.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()))
}

fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

fn moment(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// [`HORIZON`](crate::order::lifecycle::HORIZON) in the unit of the columns.
const HORIZON_MILLIS: i64 = crate::order::lifecycle::HORIZON.num_milliseconds();

/// Every statement of this room, for the test that prepares each on both databases.
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        people::ALL,
        dialogues::ALL,
        tickets::ALL,
        orders::ALL,
        lifecycle::ALL,
        serving::ALL,
        telling::ALL,
        dishes::ALL,
        history::ALL,
        forgetting::ALL,
        export::ALL,
        doors::ALL,
        sharing::ALL,
        leases::ALL,
        linking::ALL,
        audit::ALL,
        budget::ALL,
        photos::ALL,
        reply_keys::ALL,
        grants::ALL,
        bans::ALL,
        house::ALL,
        admin_log::ALL,
        stats::ALL,
        lookup::ALL,
        health::ALL,
        broadcasts::ALL,
        backup::ALL,
        copying::ALL,
        retention::ALL,
        open::ALL,
    ]
    .concat()
}

impl Store {
    /// Prepares a statement without running it: its syntax, tables and columns fit the open database.
    pub async fn prepares(&self, statement: &'static str) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlStr};
        reading!(self, |db| db.prepare(SqlStr::from_static(statement)).await.map(drop))?;
        Ok(())
    }

    /// The same database with nothing kept in memory of what was read; for benchmarks.
    pub fn forgetting_what_was_read(&self) -> Self {
        Self { finders: history::finders(), ..self.clone() }
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match self.pool {
            Pool::Sqlite { .. } => "sqlite",
            Pool::Postgres(_) => "postgres",
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}
