//! What is kept about a person: said, given as a file, deleted.

use serde_json::json;

use super::visit::Visit;
use crate::{
    chat::{Action, Attachment, Facts, MenuId, Phrase, Placing, Reply, Token, is_one_of},
    dialogue::{Aside, choice, forget_choices, label},
    i18n,
    store::StoreError,
};

/// The form of the exported file; raised when a reader of an older one would be misled.
const EXPORT_VERSION: u32 = 1;

impl Visit<'_> {
    /// Says what is kept, and how to have it or be rid of it.
    pub(super) async fn privacy(&self) -> Result<(), StoreError> {
        let shared = if self.bot.rules.asks_model { "privacy-shared-with-model" } else { "privacy-shared" };
        let photos = self.bot.photos.seeks().then_some("privacy-photos");
        let keys = ["privacy-kept", "privacy-why", shared].into_iter().chain(photos).chain(["privacy-how"]);
        let lines = keys.map(Phrase::new).collect();
        let ways = [Action::Export, Action::AskToForget].map(|action| choice(MenuId(0), action));
        self.say(Reply::new(self.locale, Facts::Lines(lines)).with_choices(ways.to_vec()).only_them()).await;
        Ok(())
    }

    /// All that is kept, as JSON.
    pub(super) async fn export(&self) -> Result<(), StoreError> {
        let tables = self.bot.store.export(self.person.id).await?;
        let now = self.bot.clock.now();
        let all = json!({
            "bapsang_export": EXPORT_VERSION,
            "made_at": now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            "tables": tables,
        });
        let text = serde_json::to_string_pretty(&all).map_err(|error| StoreError::Corrupt {
            table: "people",
            column: "export",
            reason: error.to_string(),
        })?;
        let name = format!("bapsang-{}.json", self.moment(now).at.format("%Y-%m-%d"));
        let facts = Facts::Attachment(Phrase::new("export-made"), Attachment { name, text });
        self.say(Reply::new(self.locale, facts).only_them()).await;
        Ok(())
    }

    /// Whether they hear of news, and a way to change that.
    pub(super) async fn news(&self) -> Result<(), StoreError> {
        let wants = self.bot.store.wants_news(self.person.id).await?;
        self.say_news(if wants { "news-on" } else { "news-off" }, !wants, Placing::New).await;
        Ok(())
    }

    /// From now on they do, or do not.
    pub(super) async fn want_news(&self, wants: bool) -> Result<(), StoreError> {
        self.bot.store.want_news(self.person.id, wants).await?;
        self.say_news(if wants { "news-on" } else { "news-off" }, !wants, Placing::PressedChoice).await;
        Ok(())
    }

    async fn say_news(&self, key: &'static str, other: bool, placing: Placing) {
        let way = vec![choice(MenuId(0), Action::News(other))];
        let reply = Reply::line(self.locale, Phrase::new(key)).with_choices(way);
        self.say(reply.placed(placing).only_them()).await;
    }

    /// Asks whether to delete everything.
    pub(super) async fn ask_to_forget(&self) -> Result<(), StoreError> {
        let menu = Self::fresh_menu();
        self.set_aside(Some(Aside::Forgetting { menu })).await?;
        let lines = ["forget-ask", "forget-stays"].map(Phrase::new).to_vec();
        let reply = Reply::new(self.locale, Facts::Lines(lines)).with_choices(forget_choices(menu));
        self.say(reply.only_them()).await;
        Ok(())
    }

    /// A typed answer to that question: only the whole words delete anything.
    pub(super) async fn answer_forgetting(&self, text: &str) -> Result<(), StoreError> {
        if means(Action::Forget, text) { self.forget().await } else { self.keep().await }
    }

    /// A button of that question: it counts as long as the question is open.
    pub(super) async fn answer_forgetting_by(&self, token: Token) -> Result<(), StoreError> {
        match (self.load().await?.conversation.aside, token.action) {
            (Some(Aside::Forgetting { menu }), Action::Forget) if menu == token.menu => self.forget().await,
            (Some(Aside::Forgetting { menu }), _) if menu == token.menu => self.keep().await,
            _ => self.old_menu().await,
        }
    }

    /// Deletes nothing.
    async fn keep(&self) -> Result<(), StoreError> {
        self.set_aside(None).await?;
        self.say(Reply::line(self.locale, Phrase::new("forget-kept")).placed(Placing::PressedMenu).only_them()).await;
        Ok(())
    }

    /// Stops what is being made, and deletes all that is kept.
    async fn forget(&self) -> Result<(), StoreError> {
        let forgotten = self.bot.store.forget(self.person.id, self.bot.rules.quota, self.bot.clock.now()).await?;
        if let Some((order, door, address)) = forgotten.order {
            self.bot.bell.stop(order);
            if door == self.incoming.door {
                // Nothing waits any more, so nothing may look as if it did.
                let stopped = Reply::line(self.locale, Phrase::new("order-forgotten"));
                if let Err(error) = self.outbox.say(&address, stopped.placed(Placing::Waiting(order))).await {
                    tracing::warn!(%error, "a waiting message was left behind");
                }
            }
        }
        self.bot.photos.remove(forgotten.pictures).await;
        if let Err(error) = self.bot.store.forget_uploads().await {
            tracing::warn!(%error, "uploads of pictures that are gone are forgotten later");
        }
        // A sheet may show what was forgotten; whoever needs one has it drawn again.
        self.bot.photos.remove_sheets().await;
        self.say(Reply::line(self.locale, Phrase::new("forget-done")).placed(Placing::PressedMenu).only_them()).await;
        Ok(())
    }
}

/// Whether a text is the label of an action, in either language.
fn means(action: Action, text: &str) -> bool {
    is_one_of(text, &i18n::spellings(&label(action)))
}
