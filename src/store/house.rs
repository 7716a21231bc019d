//! What every process of the house knows: the sentence that it is closed with, what is switched off, and what admins were told.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, reading, writing};

const READ: &str = "SELECT value FROM house WHERE name = $1";

const READ_ALL: &str = "SELECT name, value FROM house WHERE name >= $1 AND name < $2 ORDER BY name";

const WRITE: &str = "
    INSERT INTO house (name, value, at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at";

const ERASE: &str = "DELETE FROM house WHERE name = $1";

/// Claims what is done once between $3 and $4: a time after $4 was written before the clock jumped back.
const ONCE: &str = "
    INSERT INTO house (name, value, at) VALUES ($1, $2, $4)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at WHERE house.at <= $3 OR house.at > $4
    RETURNING at";

pub(super) const ALL: &[(&str, &str)] = &[
    ("house::READ", READ),
    ("house::READ_ALL", READ_ALL),
    ("house::WRITE", WRITE),
    ("house::ERASE", ERASE),
    ("house::ONCE", ONCE),
];

/// The name under which the sentence stands that the house is closed with.
const CLOSED: &str = "closed";

/// What the names of things that are switched off begin with.
const OFF: &str = "off:";

/// The first text that begins otherwise.
const AFTER_OFF: &str = "off;";

impl Store {
    /// The sentence that the house is closed with; empty for the usual one, `None` where it is open.
    pub async fn closed(&self) -> Result<Option<String>, StoreError> {
        self.written_down(CLOSED).await
    }

    /// Closes the house with a sentence, or opens it.
    pub async fn close_with(&self, sentence: Option<&str>, now: DateTime<Utc>) -> Result<(), StoreError> {
        match sentence {
            Some(sentence) => self.write_down(CLOSED, sentence, now).await,
            None => self.erase(CLOSED).await,
        }
    }

    /// What is switched off.
    pub async fn switched_off(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String, String)> =
            reading!(self, |db| sqlx::query_as(READ_ALL).bind(OFF).bind(AFTER_OFF).fetch_all(db).await)?;
        Ok(rows.into_iter().filter_map(|(name, _)| name.strip_prefix(OFF).map(str::to_owned)).collect())
    }

    /// Switches something off, or on again.
    pub async fn switch(&self, name: &str, on: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
        let name = format!("{OFF}{name}");
        if on { self.erase(&name).await } else { self.write_down(&name, "", now).await }
    }

    /// Claims something that is done once in a while, by whichever process is first; `false` where it was done after
    /// `since`.
    pub async fn first_since(&self, name: &str, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let claimed: Option<i64> = writing!(self, |db| sqlx::query_scalar(ONCE)
            .bind(name)
            .bind("")
            .bind(millis(since))
            .bind(millis(now))
            .fetch_optional(db)
            .await)?;
        Ok(claimed.is_some())
    }

    /// Takes back that it was done.
    pub async fn not_first(&self, name: &str) -> Result<(), StoreError> {
        self.erase(name).await
    }

    pub(super) async fn written_down(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_scalar(READ).bind(name).fetch_optional(db).await)?)
    }

    pub(super) async fn write_down(&self, name: &str, value: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(WRITE).bind(name).bind(value).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    pub(super) async fn erase(&self, name: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(ERASE).bind(name).execute(db).await.map(drop))?;
        Ok(())
    }
}
