//! What was said so far, out of the store and back into it.

use std::sync::PoisonError;

use super::visit::Visit;
use crate::{
    chat::Phrase,
    dialogue::{self, Aside, Conversation},
    store::{Saved, SavedDialogue, StoreError},
};

/// How often a step is taken again when another event of the same dialogue came first.
pub(super) const TRIES: u32 = 20;

/// A dialogue out of the store.
pub(super) struct Loaded {
    pub(super) conversation: Conversation,
    pub(super) revision: i64,
    pub(super) corrupt: bool,
}

impl Visit<'_> {
    pub(super) async fn load(&self) -> Result<Loaded, StoreError> {
        Ok(self.loaded(&self.saved().await?))
    }

    /// The same for whoever changes nothing of it: the next one need not read it again.
    pub(super) async fn load_and_keep(&self) -> Result<Loaded, StoreError> {
        let saved = self.saved().await?;
        let loaded = self.loaded(&saved);
        self.know(saved);
        Ok(loaded)
    }

    /// What is read next.
    pub(super) fn know(&self, saved: SavedDialogue) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(saved);
    }

    async fn saved(&self) -> Result<SavedDialogue, StoreError> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(saved) = read {
            return Ok(saved);
        }
        let saved = self.bot.store.dialogue(self.person.id, &self.incoming.place).await?;
        Ok(saved.unwrap_or_default())
    }

    fn loaded(&self, saved: &SavedDialogue) -> Loaded {
        if saved.revision == 0 {
            return Loaded { conversation: Conversation::new(), revision: 0, corrupt: false };
        }
        let read: Option<Conversation> =
            (saved.version == dialogue::VERSION).then(|| serde_json::from_str(&saved.state).ok()).flatten();
        let corrupt = read.is_none();
        if corrupt {
            tracing::error!(version = saved.version, "a saved dialogue does not read; it starts over");
        }
        let mut conversation = read.unwrap_or_default();
        let waited = self.bot.clock.now().timestamp_millis().saturating_sub(conversation.aside_since);
        if waited > self.idle_limit() {
            conversation.aside = None;
        }
        Loaded { corrupt, conversation, revision: saved.revision }
    }

    /// How long a dialogue may rest, in milliseconds.
    pub(super) fn idle_limit(&self) -> i64 {
        i64::try_from(self.bot.rules.dialogue_idle.as_millis()).unwrap_or(i64::MAX)
    }

    /// Remembers something beside the choosing. Another event that comes first wins.
    pub(super) async fn remember(&self, change: impl Fn(&mut Conversation)) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let loaded = self.load().await?;
            let mut conversation = loaded.conversation.clone();
            change(&mut conversation);
            if conversation == loaded.conversation {
                break;
            }
            let to_save = Self::to_save(&conversation, loaded.revision)?;
            let now = self.bot.clock.now();
            if self.bot.store.save_dialogue(self.person.id, &self.incoming.place, &to_save, now).await? == Saved::Yes {
                self.know(SavedDialogue { revision: to_save.revision + 1, ..to_save });
                if loaded.corrupt {
                    self.line(Phrase::new("lead-corrupt")).await;
                }
                break;
            }
        }
        Ok(())
    }

    /// Waits for an answer beside the choosing, or no longer.
    pub(super) async fn set_aside(&self, aside: Option<Aside>) -> Result<(), StoreError> {
        let now = self.bot.clock.now().timestamp_millis();
        self.remember(|conversation| {
            conversation.aside = aside;
            if aside.is_some() {
                conversation.aside_since = now;
            }
        })
        .await
    }

    /// The conversation as it is saved over the revision that it was read at.
    pub(super) fn to_save(conversation: &Conversation, revision: i64) -> Result<SavedDialogue, StoreError> {
        let state = serde_json::to_string(conversation).map_err(|error| StoreError::Corrupt {
            table: "dialogues",
            column: "state",
            reason: error.to_string(),
        })?;
        Ok(SavedDialogue { revision, version: dialogue::VERSION, state })
    }
}
