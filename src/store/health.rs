//! Whether the database answers, and how large it is.

use chrono::{DateTime, Utc};

use super::{Pool, Store, StoreError, reading};

const ONE: &str = "SELECT COUNT(*) FROM leases WHERE name = ''";

const SIZE_POSTGRES: &str = "SELECT pg_database_size(current_database())";

const SCHEMA: &str = "SELECT CAST(MAX(version) AS BIGINT) FROM _sqlx_migrations";

pub(super) const ALL: &[(&str, &str)] =
    &[("health::ONE", ONE), ("health::SIZE_POSTGRES", SIZE_POSTGRES), ("health::SCHEMA", SCHEMA)];

/// The name under which the version of the schema stands.
const SCHEMA_NAME: &str = "schema";

impl Store {
    /// Asks the database for something small.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let _: i64 = reading!(self, |db| sqlx::query_scalar(ONE).fetch_one(db).await)?;
        Ok(())
    }

    /// Connections to the database: those in use, and those that wait for use.
    pub fn connections(&self) -> (u64, u64) {
        let of = |size: u32, idle: usize| {
            let idle = u64::try_from(idle).unwrap_or_default();
            (u64::from(size).saturating_sub(idle), idle)
        };
        match &self.pool {
            Pool::Sqlite { read, write } => {
                let (reading, writing) = (of(read.size(), read.num_idle()), of(write.size(), write.num_idle()));
                (reading.0 + writing.0, reading.1 + writing.1)
            }
            Pool::Postgres(pool) => of(pool.size(), pool.num_idle()),
        }
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
                let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(read).await?;
                let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(read).await?;
                pages * page
            }
            Pool::Postgres(pool) => sqlx::query_scalar(SIZE_POSTGRES).fetch_one(pool).await?,
        };
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}
