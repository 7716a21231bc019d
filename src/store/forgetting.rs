//! Forgetting a person: everything goes, and only a mark of today's tickets stays until the day has ended.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use sqlx::SqliteConnection;

use super::{Pool, Store, StoreError, admin_log, millis, people, tickets, transaction, writing};
use crate::{
    chat::{Address, DoorKey, PersonId, PictureHash},
    order::OrderId,
    ticket::Quota,
};

const IDENTITIES: &str = "SELECT platform, user_id FROM identities WHERE person = $1";

const MAKING: &str = "
    SELECT id, CASE WHEN grant_id IS NULL THEN day ELSE '' END, door, address FROM orders
    WHERE person = $1 AND state IN ('queued', 'cooking')";

/// An order in the making: its number, the day that its ticket is of (empty for one that was given), door and address.
type Making = (i64, String, String, String);

/// Pictures of this person that are on nobody else's dish, and no photo of a dish for everybody.
const OWN_PICTURES: &str = "
    SELECT DISTINCT picture FROM dishes AS mine
    WHERE person = $1 AND picture IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM dishes AS others WHERE others.picture = mine.picture AND others.person <> $1)
        AND NOT EXISTS (SELECT 1 FROM photo_names WHERE photo_names.picture = mine.picture)";

/// Every other row about the person goes with this one.
const FORGET: &str = "DELETE FROM people WHERE id = $1";

const MARK: &str = "
    INSERT INTO forgotten (mark, day, taken, until) VALUES ($1, $2, $3, $4)
    ON CONFLICT (mark) DO UPDATE SET day = excluded.day, taken = excluded.taken, until = excluded.until";

/// The mark is used up by whoever comes back.
pub(super) const COME_BACK: &str = "DELETE FROM forgotten WHERE mark = $1 AND until > $2 RETURNING day, taken";

pub(super) const CARRY: &str = "INSERT INTO ticket_days (person, day, taken, carried) VALUES ($1, $2, $3, $3)";

const SWEEP: &str = "DELETE FROM forgotten WHERE until <= $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("forgetting::IDENTITIES", IDENTITIES),
    ("forgetting::MAKING", MAKING),
    ("forgetting::OWN_PICTURES", OWN_PICTURES),
    ("forgetting::FORGET", FORGET),
    ("forgetting::MARK", MARK),
    ("forgetting::COME_BACK", COME_BACK),
    ("forgetting::CARRY", CARRY),
    ("forgetting::SWEEP", SWEEP),
];

/// What came of forgetting a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The order that was in the making, the door that answers for it, and where. Whoever cooks it may stop.
    pub order: Option<(OrderId, DoorKey, Address)>,
    /// Pictures that nobody needs any more.
    pub pictures: Vec<PictureHash>,
}

impl Store {
    /// The mark of a platform's user: HMAC-SHA-256 under the key of the settings, in hexadecimal. Whoever does not have
    /// the key cannot tell whose it is, not even by trying every user ID.
    pub(super) fn mark(&self, platform: &str, user: &str) -> String {
        let key = self.privacy_key.expose_secret().as_bytes();
        // HMAC takes a key of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
        hex::encode(mac.chain_update(platform).chain_update(":").chain_update(user).finalize().into_bytes())
    }

    /// Deletes all that is known of a person, in one transaction. An order in the making goes with it, and its ticket
    /// does not count as taken.
    pub async fn forget(&self, person: PersonId, quota: Quota, now: DateTime<Utc>) -> Result<Forgotten, StoreError> {
        let (making, pictures): (Option<Making>, Vec<String>) = transaction!(self, |tx| {
            sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let last: Option<String> = sqlx::query_scalar(tickets::LAST_DAY).bind(person.0).fetch_one(&mut *tx).await?;
            let last = last.map(|text| tickets::day("ticket_days", &text)).transpose()?;
            let day = quota.counting_day(now, last).to_string();
            let taken: Option<i64> =
                sqlx::query_scalar(tickets::TAKEN).bind(person.0).bind(&day).fetch_optional(&mut *tx).await?;
            let making: Option<Making> = sqlx::query_as(MAKING).bind(person.0).fetch_optional(&mut *tx).await?;
            let returned = i64::from(making.as_ref().is_some_and(|(_, of, ..)| *of == day));
            let taken = taken.unwrap_or_default() - returned;
            let identities: Vec<(String, String)> =
                sqlx::query_as(IDENTITIES).bind(person.0).fetch_all(&mut *tx).await?;
            let pictures = sqlx::query_scalar(OWN_PICTURES).bind(person.0).fetch_all(&mut *tx).await?;
            sqlx::query(admin_log::SCRUB).bind(person.0).execute(&mut *tx).await?;
            sqlx::query(FORGET).bind(person.0).execute(&mut *tx).await?;
            for (platform, user) in identities.iter().filter(|_| taken > 0) {
                sqlx::query(MARK)
                    .bind(self.mark(platform, user))
                    .bind(&day)
                    .bind(taken)
                    .bind(millis(quota.returns_at(tickets::day("ticket_days", &day)?)))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok::<_, StoreError>((making, pictures))
        })?;
        self.finders.invalidate(&person);
        self.scrub().await;
        let pictures = pictures.iter().filter_map(|hash| PictureHash::parse(hash)).collect();
        let order = making.map(|(id, _, door, address)| (OrderId(id), DoorKey(door), Address(address)));
        Ok(Forgotten { order, pictures })
    }

    /// Removes the marks of days that have ended.
    pub async fn sweep_forgotten(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SWEEP).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// SQLite overwrites what is deleted (`secure_delete`), but its write-ahead log keeps it until it is emptied. While
    /// someone reads, it cannot be; then it is tried again the next time. `false` where that is so.
    pub async fn scrub(&self) -> bool {
        let Pool::Sqlite { write, .. } = &self.pool else { return true };
        let empty = async |db: &mut SqliteConnection| {
            sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(db).await
        };
        let emptied = write.alone(empty).await;
        match emptied {
            Ok(busy) => busy == 0,
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log was not emptied");
                false
            }
        }
    }
}
