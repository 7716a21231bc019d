//! The profile: shown, and written field by field beside the choosing.

use super::visit::Visit;
use crate::{
    chat::{Choice, Facts, Phrase, Placing, ProfilePage, Reply},
    dialogue::{Answer, Aside, answer, profile_choices},
    dish::Avoided,
    i18n,
    profile::{Change, Field},
    store::StoreError,
};

impl Visit<'_> {
    /// Shows the profile.
    pub(super) async fn show_profile(&self, lead: Vec<Phrase>, placing: Placing) -> Result<(), StoreError> {
        self.set_aside(None).await?;
        let store = &self.bot.store;
        let profile = store.profile(self.person.id).await?;
        let tickets = store.tickets_left(self.person.id, self.bot.rules.quota, self.bot.clock.now()).await?;
        let choices = profile_choices(&profile, None);
        let changed_at = profile.changed_at.map(|at| self.moment(at));
        let facts = Facts::Profile(Box::new(ProfilePage { lead, profile, changed_at, tickets }));
        self.say_profile(facts, choices, placing).await;
        Ok(())
    }

    /// The profile in place of the field that was written, else as a message of its own.
    pub(super) async fn profile_pressed(&self) -> Result<(), StoreError> {
        let writing = matches!(self.load().await?.conversation.aside, Some(Aside::Profile { .. }));
        let placing = if writing { Placing::PressedMenu } else { Placing::New };
        self.show_profile(Vec::new(), placing).await?;
        self.remind().await;
        Ok(())
    }

    /// Asks for a field.
    pub(super) async fn write_profile(
        &self,
        field: Field,
        lead: Vec<Phrase>,
        placing: Placing,
    ) -> Result<(), StoreError> {
        self.set_aside(Some(Aside::Profile { field })).await?;
        let profile = self.bot.store.profile(self.person.id).await?;
        let choices = profile_choices(&profile, Some(field));
        self.say_profile(Facts::ProfileQuestion { lead, field, profile }, choices, placing).await;
        Ok(())
    }

    /// Takes a typed text as the answer to a field.
    pub(super) async fn answer_profile(&self, field: Field, text: &str) -> Result<(), StoreError> {
        let profile = self.bot.store.profile(self.person.id).await?;
        let spellings = |choice: &Choice| i18n::spellings(&choice.label);
        match answer(field, &profile, text, &spellings) {
            Answer::Back => {
                self.show_profile(Vec::new(), Placing::New).await?;
                self.remind().await;
                Ok(())
            }
            Answer::Refused(lead) => self.write_profile(field, lead, Placing::New).await,
            Answer::Changes(changes, lead) => {
                self.change_profile(field, changes, lead, Placing::New).await?;
                self.remind().await;
                Ok(())
            }
        }
    }

    /// Takes a text that was written into the form of a field; the list of fields, or the field's list, is shown in the
    /// place of the one that it was opened from.
    pub(super) async fn fill_profile(&self, field: Field, text: &str) -> Result<(), StoreError> {
        let profile = self.bot.store.profile(self.person.id).await?;
        let spellings = |choice: &Choice| i18n::spellings(&choice.label);
        match answer(field, &profile, text, &spellings) {
            Answer::Back => self.show_profile(Vec::new(), Placing::PressedMenu).await,
            Answer::Refused(lead) => self.write_profile(field, lead, Placing::PressedMenu).await,
            Answer::Changes(changes, lead) => self.change_profile(field, changes, lead, Placing::PressedMenu).await,
        }
    }

    /// Saves changes of a field. What is one text is done then; a list may go on.
    pub(super) async fn change_profile(
        &self,
        field: Field,
        changes: Vec<Change>,
        mut lead: Vec<Phrase>,
        placing: Placing,
    ) -> Result<(), StoreError> {
        if !self.bot.store.change_profile(self.person.id, changes, self.bot.clock.now()).await? {
            lead.push(Phrase::new("lead-too-many-words").count("most", Avoided::MOST_WORDS));
        }
        match field {
            Field::Nickname | Field::Introduction => {
                lead.insert(0, Phrase::new("profile-saved"));
                self.show_profile(lead, placing).await
            }
            Field::Allergens | Field::Words => self.write_profile(field, lead, placing).await,
        }
    }

    async fn say_profile(&self, facts: Facts, choices: Vec<Choice>, placing: Placing) {
        self.say(Reply::new(self.locale, facts).with_choices(choices).placed(placing).only_them()).await;
    }
}
