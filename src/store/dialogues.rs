//! Where each person is in each place. The state is text that this room does not read.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, reading, writing};
use crate::chat::{PersonId, Place};

const LOAD: &str = "
    SELECT revision, version, state FROM dialogues WHERE person = $1 AND platform = $2 AND conversation = $3";

/// $4 is the revision that was read, 0 for none; a row that went on since then stays as it is.
pub(super) const SAVE: &str = "
    INSERT INTO dialogues (person, platform, conversation, revision, version, state, saved_at)
    VALUES ($1, $2, $3, $4 + 1, $5, $6, $7)
    ON CONFLICT (person, platform, conversation) DO UPDATE
        SET revision = excluded.revision, version = excluded.version, state = excluded.state, saved_at = excluded.saved_at
        WHERE dialogues.revision = excluded.revision - 1";

pub(super) const ALL: &[(&str, &str)] = &[("dialogues::LOAD", LOAD), ("dialogues::SAVE", SAVE)];

/// A dialogue as it was saved; the default is one that was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedDialogue {
    /// Grows with each step; 0 where nothing is saved yet.
    pub revision: i64,
    /// The version of the state's form.
    pub version: i64,
    /// The state, opaque here.
    pub state: String,
}

/// Whether a step counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It does.
    Yes,
    /// Another step came first; read again.
    Conflict,
}

impl Store {
    /// The dialogue of a person in a place.
    pub async fn dialogue(&self, person: PersonId, place: &Place) -> Result<Option<SavedDialogue>, StoreError> {
        let row: Option<(i64, i64, String)> = reading!(self, |db| sqlx::query_as(LOAD)
            .bind(person.0)
            .bind(place.platform.id())
            .bind(&place.conversation)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(revision, version, state)| SavedDialogue { revision, version, state }))
    }

    /// Saves a step over the revision that it was taken from.
    pub async fn save_dialogue(
        &self,
        person: PersonId,
        place: &Place,
        dialogue: &SavedDialogue,
        now: DateTime<Utc>,
    ) -> Result<Saved, StoreError> {
        let saved = writing!(self, |db| sqlx::query(SAVE)
            .bind(person.0)
            .bind(place.platform.id())
            .bind(&place.conversation)
            .bind(dialogue.revision)
            .bind(dialogue.version)
            .bind(&dialogue.state)
            .bind(millis(now))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(if saved == 1 { Saved::Yes } else { Saved::Conflict })
    }
}
