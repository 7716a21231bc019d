//! People, their identities and their profiles.

use chrono::{DateTime, Utc};

use sqlx::FromRow;

use super::{Ban, SavedDialogue, Store, StoreError, forgetting, millis, moment, reading, transaction, writing};
use crate::{
    chat::{Locale, PersonId, Place, Platform},
    dish::Avoided,
    profile::{Change, Nickname, Profile, SelfIntroduction},
};

const FIND: &str = "
    SELECT people.id, people.locale, people.avoided FROM identities JOIN people ON people.id = identities.person
    WHERE identities.platform = $1 AND identities.user_id = $2";

/// Somebody who comes in, by their mark $3 at $4, to a conversation $5: who they are, whether they are served, whether the
/// house is closed, and where they are in that conversation.
const GUEST: &str = "
    SELECT people.id, people.locale, people.avoided, bans.reason, bans.until,
        (SELECT value FROM house WHERE name = 'closed') AS closed,
        dialogues.revision, dialogues.version, dialogues.state
    FROM identities JOIN people ON people.id = identities.person
        LEFT JOIN bans ON bans.mark = $3 AND (bans.until IS NULL OR bans.until > $4)
        LEFT JOIN dialogues ON dialogues.person = people.id AND dialogues.platform = $1 AND dialogues.conversation = $5
    WHERE identities.platform = $1 AND identities.user_id = $2";

const ADD_PERSON: &str = "INSERT INTO people (since, seen_at) VALUES ($1, $1) RETURNING id";

const ADD_IDENTITY: &str = "
    INSERT INTO identities (platform, user_id, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

const SPEAK: &str = "UPDATE people SET locale = $2 WHERE id = $1";

/// Takes the person's row for the rest of the transaction, so that what moves tickets is done one after
/// another for each person, and always locks in the same order.
pub(super) const LOCK: &str = "UPDATE people SET seen_at = $2 WHERE id = $1";

const PROFILE: &str = "SELECT nickname, introduction, avoided, profile_at FROM people WHERE id = $1";

const SET_PROFILE: &str =
    "UPDATE people SET nickname = $2, introduction = $3, avoided = $4, profile_at = $5 WHERE id = $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("people::FIND", FIND),
    ("people::GUEST", GUEST),
    ("people::ADD_PERSON", ADD_PERSON),
    ("people::ADD_IDENTITY", ADD_IDENTITY),
    ("people::SPEAK", SPEAK),
    ("people::LOCK", LOCK),
    ("people::PROFILE", PROFILE),
    ("people::SET_PROFILE", SET_PROFILE),
];

/// A person, as the bot needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The language chosen by /language, if it was.
    pub locale: Option<Locale>,
    /// What they do not eat.
    pub avoided: Avoided,
}

/// Somebody who comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Who.
    pub person: Person,
    /// Why and until when they are not served, if they are not.
    pub ban: Option<Ban>,
    /// The sentence that the house is closed with, empty for the usual one, if it is closed.
    pub closed: Option<String>,
    /// Their dialogue there.
    pub dialogue: Option<SavedDialogue>,
}

#[derive(FromRow)]
struct GuestRow {
    id: i64,
    locale: Option<String>,
    avoided: Option<String>,
    reason: Option<String>,
    until: Option<i64>,
    closed: Option<String>,
    revision: Option<i64>,
    version: Option<i64>,
    state: Option<String>,
}

type ProfileRow = (Option<String>, Option<String>, Option<String>, Option<i64>);

/// What a person does not eat must not be lost silently: nothing is cooked while it does not read.
pub(super) fn avoided(json: Option<String>) -> Result<Avoided, StoreError> {
    let read = |json: String| serde_json::from_str(&json);
    json.map(read).transpose().map(Option::unwrap_or_default).map_err(|error| corrupt("avoided", &error))
}

fn corrupt(column: &'static str, error: &dyn std::error::Error) -> StoreError {
    StoreError::corrupt("people", column, error)
}

fn person(id: i64, locale: Option<String>, json: Option<String>) -> Person {
    let locale = locale.and_then(|tag| Locale::from_tag(&tag));
    // Whoever cooks asks for the profile, and stops there; everything else goes on.
    let avoided = avoided(json).inspect_err(|error| tracing::error!(%error, "a profile does not read"));
    Person { id: PersonId(id), locale, avoided: avoided.unwrap_or_default() }
}

fn profile((nickname, introduction, json, changed_at): ProfileRow) -> Result<Profile, StoreError> {
    Ok(Profile {
        nickname: nickname.and_then(|text| Nickname::parse(&text).ok()),
        introduction: introduction.and_then(|text| SelfIntroduction::parse(&text).ok()),
        avoided: avoided(json)?,
        changed_at: changed_at.map(moment),
    })
}

impl Store {
    /// The person behind a platform's user; at the first contact they are added. Someone who was forgotten today
    /// begins with the tickets that they had left.
    pub async fn person_for(&self, platform: Platform, user: &str, now: DateTime<Utc>) -> Result<Person, StoreError> {
        let nowhere = Place { platform, conversation: String::new() };
        self.guest(&nowhere, user, now).await.map(|guest| guest.person)
    }

    /// The same, with whether they are served, and their dialogue in a place.
    pub async fn guest(&self, place: &Place, user: &str, now: DateTime<Utc>) -> Result<Guest, StoreError> {
        if let Some(guest) = self.find_guest(place, user, now).await? {
            return Ok(guest);
        }
        let platform = place.platform;
        let mark = self.mark(platform.id(), user);
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
                let carried: Option<(String, i64)> = sqlx::query_as(forgetting::COME_BACK)
                    .bind(&mark)
                    .bind(millis(now))
                    .fetch_optional(&mut *tx)
                    .await?;
                if let Some((day, taken)) = carried {
                    sqlx::query(forgetting::CARRY).bind(id).bind(day).bind(taken).execute(&mut *tx).await?;
                }
                tx.commit().await?;
            }
            let person = Person { id: PersonId(id), locale: None, avoided: Avoided::default() };
            Ok::<_, StoreError>(Guest { person, ban: None, closed: None, dialogue: None })
        })?;
        // Someone else may have added them at the same time; then theirs counts.
        Ok(self.find_guest(place, user, now).await?.unwrap_or(added))
    }

    async fn find_guest(&self, place: &Place, user: &str, now: DateTime<Utc>) -> Result<Option<Guest>, StoreError> {
        let mark = self.mark(place.platform.id(), user);
        let row: Option<GuestRow> = reading!(self, |db| sqlx::query_as(GUEST)
            .bind(place.platform.id())
            .bind(user)
            .bind(&mark)
            .bind(millis(now))
            .bind(&place.conversation)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|row| {
            let dialogue = row.revision.zip(row.version).zip(row.state);
            Guest {
                person: person(row.id, row.locale, row.avoided),
                ban: row.reason.map(|reason| Ban { reason, until: row.until.map(moment) }),
                closed: row.closed,
                dialogue: dialogue.map(|((revision, version), state)| SavedDialogue { revision, version, state }),
            }
        }))
    }

    /// The person behind a platform's user, if they were here before.
    pub async fn find_person(&self, platform: Platform, user: &str) -> Result<Option<Person>, StoreError> {
        let row: Option<(i64, Option<String>, Option<String>)> =
            reading!(self, |db| sqlx::query_as(FIND).bind(platform.id()).bind(user).fetch_optional(db).await)?;
        Ok(row.map(|(id, locale, json)| person(id, locale, json)))
    }

    /// Remembers the language chosen by /language.
    pub async fn speak(&self, person: PersonId, locale: Locale) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SPEAK).bind(person.0).bind(locale.id()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// A person's profile; empty for someone who is not there.
    pub async fn profile(&self, person: PersonId) -> Result<Profile, StoreError> {
        let row: Option<ProfileRow> =
            reading!(self, |db| sqlx::query_as(PROFILE).bind(person.0).fetch_optional(db).await)?;
        row.map_or_else(|| Ok(Profile::default()), profile)
    }

    /// Makes changes of a profile, all of them in one transaction; two callers at once come one after the other. Gives
    /// whether everything found room.
    pub async fn change_profile(
        &self,
        person: PersonId,
        changes: Vec<Change>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        transaction!(self, |tx| {
            sqlx::query(LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let row: Option<ProfileRow> = sqlx::query_as(PROFILE).bind(person.0).fetch_optional(&mut *tx).await?;
            let before = profile(row.ok_or(StoreError::Forgotten)?)?;
            let mut after = before.clone();
            let left_out = changes.into_iter().filter(|change| after.change(change.clone()).is_err()).count();
            if after != before {
                after.changed_at = Some(now);
                let json = serde_json::to_string(&after.avoided).map_err(|error| corrupt("avoided", &error))?;
                sqlx::query(SET_PROFILE)
                    .bind(person.0)
                    .bind(after.nickname.clone().map(String::from))
                    .bind(after.introduction.clone().map(String::from))
                    .bind(json)
                    .bind(millis(now))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(left_out == 0)
        })
    }
}
