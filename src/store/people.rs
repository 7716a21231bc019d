//! People and their identities.

use super::{Store, StoreError, millis, reading, transaction, writing};
use crate::chat::{Locale, PersonId, Platform};
use chrono::{DateTime, Utc};

const FIND: &str = "
    SELECT people.id, people.locale FROM identities JOIN people ON people.id = identities.person
    WHERE identities.platform = $1 AND identities.user_id = $2";

const ADD_PERSON: &str = "INSERT INTO people (since, seen_at) VALUES ($1, $1) RETURNING id";

const ADD_IDENTITY: &str = "
    INSERT INTO identities (platform, user_id, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

const SPEAK: &str = "UPDATE people SET locale = $2 WHERE id = $1";

/// Takes the person's row for the rest of the transaction, so that what moves tickets is done one after
/// another for each person, and always locks in the same order.
pub(super) const LOCK: &str = "UPDATE people SET seen_at = $2 WHERE id = $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("people::FIND", FIND),
    ("people::ADD_PERSON", ADD_PERSON),
    ("people::ADD_IDENTITY", ADD_IDENTITY),
    ("people::SPEAK", SPEAK),
    ("people::LOCK", LOCK),
];

/// A person, as the bot needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The language chosen by /language, if it was.
    pub locale: Option<Locale>,
}

impl Store {
    /// The person behind a platform's user; at the first contact they are added.
    pub async fn person_for(&self, platform: Platform, user: &str, now: DateTime<Utc>) -> Result<Person, StoreError> {
        if let Some(person) = self.find_person(platform, user).await? {
            return Ok(person);
        }
        let added = transaction!(self, |tx| {
            let id: i64 = sqlx::query_scalar(ADD_PERSON).bind(millis(now)).fetch_one(&mut *tx).await?;
            let added = sqlx::query(ADD_IDENTITY)
                .bind(platform.id())
                .bind(user)
                .bind(id)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if added == 1 {
                tx.commit().await?;
            }
            Ok::<_, StoreError>(Person { id: PersonId(id), locale: None })
        })?;
        // Someone else may have added them at the same time; then theirs counts.
        Ok(self.find_person(platform, user).await?.unwrap_or(added))
    }

    async fn find_person(&self, platform: Platform, user: &str) -> Result<Option<Person>, StoreError> {
        let row: Option<(i64, Option<String>)> =
            reading!(self, |db| sqlx::query_as(FIND).bind(platform.id()).bind(user).fetch_optional(db).await)?;
        Ok(row.map(|(id, locale)| Person { id: PersonId(id), locale: locale.and_then(|tag| Locale::from_tag(&tag)) }))
    }

    /// Remembers the language chosen by /language.
    pub async fn speak(&self, person: PersonId, locale: Locale) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SPEAK).bind(person.0).bind(locale.id()).execute(db).await.map(drop))?;
        Ok(())
    }
}
