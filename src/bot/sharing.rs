//! Dishes shown to others, and kept by them.

use super::visit::Visit;
use crate::{
    chat::{Action, Facts, MenuId, Phrase, Placing, Reply, ShareCode},
    dialogue::choice,
    dish::Servings,
    store::{Copied, StoreError},
};

impl Visit<'_> {
    /// Shares a dish of the person's own: whoever has the link may see it, until it is taken back.
    pub(super) async fn share(&self, number: u32) -> Result<(), StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let (code, dish) = (
            store.share(self.person.id, number, ShareCode(rand::random()), now).await?,
            store.dish(self.person.id, number).await?,
        );
        let (Some(code), Some(saved)) = (code, dish) else {
            self.notice(Phrase::new("dish-not-found")).await;
            return Ok(());
        };
        let name = saved.dish.names.get(self.locale).to_owned();
        let reply = Reply::new(self.locale, Facts::Shared { name, code });
        self.say(reply.with_choices(vec![choice(MenuId(0), Action::Unshare(number))]).only_them()).await;
        Ok(())
    }

    /// Takes a share back. Copies that others made are theirs.
    pub(super) async fn unshare(&self, number: u32) -> Result<(), StoreError> {
        let was = self.bot.store.unshare(self.person.id, number).await?;
        let line = Reply::line(self.locale, Phrase::new(if was { "share-ended" } else { "share-none" }));
        let again = vec![choice(MenuId(0), Action::Share(number))];
        self.say(line.with_choices(again).placed(Placing::PressedMenu).only_them()).await;
        Ok(())
    }

    /// Shows a dish that was shared; one of the person's own as such.
    pub(super) async fn open_shared(&self, code: ShareCode) -> Result<(), StoreError> {
        let Some(saved) = self.bot.store.shared(code).await? else { return self.share_gone().await };
        if saved.person == self.person.id {
            return self.show_dish(saved.number, Servings::One, Placing::New).await;
        }
        self.say(self.bot.show_shared(saved, code, &self.person.avoided, self.locale).await).await;
        Ok(())
    }

    /// Keeps a copy; no ticket is taken.
    pub(super) async fn copy(&self, code: ShareCode) -> Result<(), StoreError> {
        let (platform, now) = (self.incoming.place.platform, self.bot.clock.now());
        let (key, number) = match self.bot.store.copy_shared(self.person.id, code, platform, now).await? {
            Copied::Kept(number) => ("copy-kept", number),
            Copied::Before(number) => ("copy-before", number),
            Copied::Gone => return self.share_gone().await,
        };
        let line = Reply::line(self.locale, Phrase::new(key).number("number", number));
        let choices = [Action::Open(number), Action::History].map(|action| choice(MenuId(0), action));
        self.say(line.with_choices(choices.to_vec()).only_them()).await;
        Ok(())
    }

    async fn share_gone(&self) -> Result<(), StoreError> {
        let begin = vec![choice(MenuId(0), Action::Begin)];
        self.say(Reply::line(self.locale, Phrase::new("share-gone")).with_choices(begin)).await;
        Ok(())
    }
}
