//! Who is not served. A ban is known by the keyed hash of a platform and its user, so that forgetting lifts none, and no
//! list of people can be read out of it.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, moment, people, reading, transaction, writing};
use crate::chat::PersonId;

pub(super) const IDENTITIES: &str =
    "SELECT platform, user_id FROM identities WHERE person = $1 ORDER BY platform, user_id";

const BAN: &str = "
    INSERT INTO bans (mark, reason, since, until) VALUES ($1, $2, $3, $4)
    ON CONFLICT (mark) DO UPDATE SET reason = excluded.reason, since = excluded.since, until = excluded.until";

const LIFT: &str = "DELETE FROM bans WHERE mark = $1 AND (until IS NULL OR until > $2)";

pub(super) const OF_MARK: &str = "SELECT reason, until FROM bans WHERE mark = $1 AND (until IS NULL OR until > $2)";

const SWEEP: &str = "DELETE FROM bans WHERE until <= $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("bans::IDENTITIES", IDENTITIES),
    ("bans::BAN", BAN),
    ("bans::LIFT", LIFT),
    ("bans::OF_MARK", OF_MARK),
    ("bans::SWEEP", SWEEP),
];

/// That somebody is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Why, as an admin wrote it; the person reads it.
    pub reason: String,
    /// Until when; `None` for good.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// The platforms and users that a person is known by.
    pub async fn identities(&self, person: PersonId) -> Result<Vec<(String, String)>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_as(IDENTITIES).bind(person.0).fetch_all(db).await)?)
    }

    /// Serves a person no more, wherever they come from; `false` where there is no such person.
    pub async fn ban(&self, person: PersonId, ban: &Ban, now: DateTime<Utc>) -> Result<bool, StoreError> {
        transaction!(self, |tx| {
            // Nobody joins or parts meanwhile.
            sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let identities: Vec<(String, String)> =
                sqlx::query_as(IDENTITIES).bind(person.0).fetch_all(&mut *tx).await?;
            for (platform, user) in &identities {
                sqlx::query(BAN)
                    .bind(self.mark(platform, user))
                    .bind(&ban.reason)
                    .bind(millis(now))
                    .bind(ban.until.map(millis))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(!identities.is_empty())
        })
    }

    /// Serves a person again; `false` where they were served.
    pub async fn unban(&self, person: PersonId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let identities = self.identities(person).await?;
        let lifted = transaction!(self, |tx| {
            let mut lifted = 0;
            for (platform, user) in &identities {
                let mark = self.mark(platform, user);
                lifted += sqlx::query(LIFT).bind(mark).bind(millis(now)).execute(&mut *tx).await?.rows_affected();
            }
            tx.commit().await?;
            Ok::<_, StoreError>(lifted)
        })?;
        Ok(lifted > 0)
    }

    /// The ban of a platform's user, if there is one.
    pub async fn ban_of_user(&self, platform: &str, user: &str, now: DateTime<Utc>) -> Result<Option<Ban>, StoreError> {
        let mark = self.mark(platform, user);
        let row: Option<(String, Option<i64>)> =
            reading!(self, |db| sqlx::query_as(OF_MARK).bind(&mark).bind(millis(now)).fetch_optional(db).await)?;
        Ok(row.map(|(reason, until)| Ban { reason, until: until.map(moment) }))
    }

    /// The ban of a person, by whichever of their identities.
    pub async fn ban_of(&self, person: PersonId, now: DateTime<Utc>) -> Result<Option<Ban>, StoreError> {
        for (platform, user) in self.identities(person).await? {
            if let Some(ban) = self.ban_of_user(&platform, &user, now).await? {
                return Ok(Some(ban));
            }
        }
        Ok(None)
    }

    /// Removes bans that have ended.
    pub async fn sweep_bans(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SWEEP).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }
}
