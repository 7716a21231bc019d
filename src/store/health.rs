//! Whether the database answers, and how large it is.

use super::{Pool, Store, StoreError, reading};

const ONE: &str = "SELECT COUNT(*) FROM leases WHERE name = ''";

const SIZE_POSTGRES: &str = "SELECT pg_database_size(current_database())";

pub(super) const ALL: &[(&str, &str)] = &[("health::ONE", ONE), ("health::SIZE_POSTGRES", SIZE_POSTGRES)];

impl Store {
    /// Asks the database for something small.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let _: i64 = reading!(self, |db| sqlx::query_scalar(ONE).fetch_one(db).await)?;
        Ok(())
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
