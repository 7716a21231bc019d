//! What opens a place for answers for a short while: the tokens of Discord's interactions; and which of those were brought
//! before.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, moment, reading, writing};
use crate::chat::DoorKey;

const KEEP: &str = "
    INSERT INTO reply_keys (door, name, secret, until) VALUES ($1, $2, $3, $4)
    ON CONFLICT (door, name) DO UPDATE SET secret = excluded.secret, until = excluded.until";

const FIND: &str = "SELECT secret, until FROM reply_keys WHERE door = $1 AND name = $2 AND until > $3";

const DROP: &str = "DELETE FROM reply_keys WHERE door = $1 AND name = $2";

const SWEEP: &str = "DELETE FROM reply_keys WHERE until <= $1";

const CLAIM: &str =
    "INSERT INTO door_claims (door, name, until) VALUES ($1, $2, $3) ON CONFLICT (door, name) DO NOTHING";

const SWEEP_CLAIMS: &str = "DELETE FROM door_claims WHERE until <= $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("reply_keys::KEEP", KEEP),
    ("reply_keys::FIND", FIND),
    ("reply_keys::DROP", DROP),
    ("reply_keys::SWEEP", SWEEP),
    ("reply_keys::CLAIM", CLAIM),
    ("reply_keys::SWEEP_CLAIMS", SWEEP_CLAIMS),
];

impl Store {
    /// Keeps what opens a place until then, and drops what opens none any more.
    pub async fn keep_reply_key(
        &self,
        door: &DoorKey,
        name: &str,
        secret: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.sweep_reply_keys(now).await?;
        writing!(self, |db| sqlx::query(KEEP)
            .bind(&door.0)
            .bind(name)
            .bind(secret)
            .bind(millis(until))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// What opens a place, and until when.
    pub async fn reply_key(
        &self,
        door: &DoorKey,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(String, DateTime<Utc>)>, StoreError> {
        let row: Option<(String, i64)> = reading!(self, |db| sqlx::query_as(FIND)
            .bind(&door.0)
            .bind(name)
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(secret, until)| (secret, moment(until))))
    }

    /// The answer is there.
    pub async fn drop_reply_key(&self, door: &DoorKey, name: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(DROP).bind(&door.0).bind(name).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Claims what may be brought to several processes of a door; `false` where it was claimed before. It is remembered
    /// until then.
    pub async fn claim_once(&self, door: &DoorKey, name: &str, until: DateTime<Utc>) -> Result<bool, StoreError> {
        let claimed = writing!(self, |db| sqlx::query(CLAIM)
            .bind(&door.0)
            .bind(name)
            .bind(millis(until))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(claimed == 1)
    }

    /// Drops what opens no place any more, and claims that nobody can make again.
    pub async fn sweep_reply_keys(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        for sweep in [SWEEP, SWEEP_CLAIMS] {
            writing!(self, |db| sqlx::query(sweep).bind(millis(now)).execute(db).await.map(drop))?;
        }
        Ok(())
    }
}
