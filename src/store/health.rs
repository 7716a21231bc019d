//! Whether the database answers, how large it is, and what can be seen of one without opening it as ours.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Options, Pool, Store, StoreError, StoreUrl, open, reading};

const ONE: &str = "SELECT COUNT(*) FROM leases WHERE name = ''";

const SIZE_POSTGRES: &str = "SELECT pg_database_size(current_database())";

const SCHEMA: &str = "SELECT CAST(MAX(version) AS BIGINT) FROM _sqlx_migrations";

const IS_THERE_SQLITE: &str = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";

const IS_THERE_POSTGRES: &str = "SELECT CASE WHEN to_regclass('_sqlx_migrations') IS NULL THEN 0 ELSE 1 END::BIGINT";

const NOW_POSTGRES: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

const LAST_SEEN: &str = "SELECT CAST(MAX(seen_at) AS BIGINT) FROM people";

pub(super) const ALL: &[(&str, &str)] = &[
    ("health::ONE", ONE),
    ("health::SIZE_POSTGRES", SIZE_POSTGRES),
    ("health::SCHEMA", SCHEMA),
    ("health::LAST_SEEN", LAST_SEEN),
    ("health::IS_THERE_SQLITE", IS_THERE_SQLITE),
    ("health::IS_THERE_POSTGRES", IS_THERE_POSTGRES),
    ("health::NOW_POSTGRES", NOW_POSTGRES),
];

/// What can be seen of a database that is neither made nor migrated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The version of its schema; `None` where there is none yet.
    pub schema: Option<i64>,
    /// The newest version that is known here.
    pub newest: i64,
    /// What it is an unfinished copy of, if it is one.
    pub copy_of: Option<String>,
    /// When anyone was last seen in it.
    pub last_seen: Option<DateTime<Utc>>,
    /// How far its server's clock is ahead of ours; `None` for a file.
    pub ahead: Option<TimeDelta>,
}

/// The name under which the version of the schema stands.
const SCHEMA_NAME: &str = "schema";

impl Store {
    /// Looks at a database as it is; `None` where SQLite's file is not there yet. Nothing is made, written or migrated.
    pub async fn look_at(url: &StoreUrl, options: &Options, now: DateTime<Utc>) -> Result<Option<Looked>, StoreError> {
        if url.file().is_some_and(|file| !file.exists()) {
            return Ok(None);
        }
        let store = Self::unmigrated(url, options).await?;
        let looked = store.look(now).await;
        store.close().await;
        looked.map(Some)
    }

    async fn look(&self, now: DateTime<Utc>) -> Result<Looked, StoreError> {
        let (is_there, ahead): (i64, _) = match &self.pool {
            Pool::Sqlite { read, .. } => {
                (sqlx::query_scalar(IS_THERE_SQLITE).fetch_one(&mut *read.take().await?.connection).await?, None)
            }
            Pool::Postgres(pool) => {
                let there: i64 = sqlx::query_scalar(NOW_POSTGRES).fetch_one(pool).await?;
                let ahead = TimeDelta::milliseconds(there.saturating_sub(now.timestamp_millis()));
                (sqlx::query_scalar(IS_THERE_POSTGRES).fetch_one(pool).await?, Some(ahead))
            }
        };
        let (mut schema, mut last_seen, mut copy_of) = (None, None, None);
        if is_there > 0 {
            schema = reading!(self, |db| sqlx::query_scalar(SCHEMA).fetch_one(db).await)?;
            let seen: Option<i64> = reading!(self, |db| sqlx::query_scalar(LAST_SEEN).fetch_one(db).await)?;
            last_seen = seen.and_then(DateTime::from_timestamp_millis);
            if schema == Some(open::newest()) {
                copy_of = self.unfinished_copy().await?;
            }
        }
        Ok(Looked { schema, newest: open::newest(), copy_of, last_seen, ahead })
    }

    /// Asks the database for something small.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let _: i64 = reading!(self, |db| sqlx::query_scalar(ONE).fetch_one(db).await)?;
        Ok(())
    }

    /// Connections to the database: those in use, and those that wait for use.
    pub fn connections(&self) -> (u64, u64) {
        let (used, idle) = match &self.pool {
            Pool::Sqlite { read, write } => {
                let ((reading, idle), writing) = (read.count(), usize::from(write.is_busy()));
                (reading + writing, idle + 1 - writing)
            }
            Pool::Postgres(pool) => {
                let (size, idle) = (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle());
                (size.saturating_sub(idle), idle)
            }
        };
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        (of(used), of(idle))
    }

    /// Writes down the version of the schema; gives the one before and this one where they differ.
    pub async fn exchange_schema(&self, now: DateTime<Utc>) -> Result<Option<(i64, i64)>, StoreError> {
        let version: i64 = reading!(self, |db| sqlx::query_scalar(SCHEMA).fetch_one(db).await)?;
        let before: Option<i64> = self.written_down(SCHEMA_NAME).await?.and_then(|before| before.parse().ok());
        if before == Some(version) {
            return Ok(None);
        }
        self.write_down(SCHEMA_NAME, &version.to_string(), now).await?;
        Ok(before.map(|before| (before, version)))
    }

    /// The size of the database, in bytes.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let bytes: i64 = match &self.pool {
            Pool::Sqlite { read, .. } => {
                let mut reading = read.take().await?;
                let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *reading.connection).await?;
                let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut *reading.connection).await?;
                pages * page
            }
            Pool::Postgres(pool) => sqlx::query_scalar(SIZE_POSTGRES).fetch_one(pool).await?,
        };
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}
