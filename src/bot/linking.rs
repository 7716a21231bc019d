//! The same person on two platforms: a code that is said on one and typed on the other, where a button confirms it.

use chrono::TimeDelta;

use super::visit::Visit;
use crate::{
    chat::{Action, LinkCode, MenuId, Phrase, Placing, Reply},
    dialogue::choice,
    profile::Naming,
    store::{Linked, StoreError, Unlinked},
};

/// So many wrong codes in ten minutes are enough; with eight letters of 25, guessing leads nowhere.
const MOST_GUESSES: u32 = 5;

/// How long a code is good.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);

impl Visit<'_> {
    /// Offers a code, or asks whether to join whoever offered the one that was typed.
    pub(super) async fn link(&self, typed: &str) -> Result<(), StoreError> {
        if typed.is_empty() {
            return self.offer_link().await;
        }
        if self.guesses_too_much() {
            return self.say_of_link("link-too-many", Vec::new()).await;
        }
        let now = self.bot.clock.now();
        let offering = match LinkCode::parse(typed) {
            Some(code) => self.bot.store.link_offered(&code.letters(), now).await?.map(|person| (code, person)),
            None => None,
        };
        let Some((code, offering)) = offering else { return self.guessed_wrong().await };
        if offering == self.person.id {
            return self.say_of_link("link-same", Vec::new()).await;
        }
        let (mine, theirs) = (self.bot.store.profile(self.person.id).await?, self.bot.store.profile(offering).await?);
        let differs = mine.nickname.is_some() && theirs.nickname.is_some() && mine.nickname != theirs.nickname
            || mine.introduction.is_some() && theirs.introduction.is_some() && mine.introduction != theirs.introduction;
        let ways = if differs {
            vec![Action::Link(code, Naming::Taking), Action::Link(code, Naming::Offering)]
        } else {
            vec![Action::Link(code, Naming::Unsaid)]
        };
        let ways = ways.into_iter().chain([Action::StayApart]).collect();
        self.say_of_link(if differs { "link-ask-names" } else { "link-ask" }, ways).await
    }

    /// Whoever shows a code to others offers it to all of them, so it is good no more.
    pub(super) async fn withdraw_shown_code(&self, typed: &str) -> Result<(), StoreError> {
        let now = self.bot.clock.now();
        if let Some(code) = LinkCode::parse(typed)
            && let Some(offering) = self.bot.store.link_offered(&code.letters(), now).await?
        {
            self.bot.store.withdraw_link(offering, now).await?;
        }
        Ok(())
    }

    fn guesses_too_much(&self) -> bool {
        self.bot.guesses.get(&self.person.id).is_some_and(|wrong| wrong >= MOST_GUESSES)
    }

    /// A code that nobody offers, or offers no more.
    async fn guessed_wrong(&self) -> Result<(), StoreError> {
        let wrong = self.bot.guesses.get(&self.person.id).unwrap_or_default().saturating_add(1);
        self.bot.guesses.insert(self.person.id, wrong);
        self.say_of_link("link-gone", Vec::new()).await
    }

    async fn offer_link(&self) -> Result<(), StoreError> {
        let (code, now) = (LinkCode::of(rand::random()), self.bot.clock.now());
        self.bot.store.offer_link(self.person.id, &code.letters(), now + GOOD_FOR, now).await?;
        let line = Phrase::new("link-offered").text("code", code.to_string()).number("minutes", GOOD_FOR.num_minutes());
        self.say(Reply::line(self.locale, line).only_them()).await;
        Ok(())
    }

    /// Joins both, once the button was pressed.
    pub(super) async fn confirm_link(&mut self, code: LinkCode, naming: Naming) -> Result<(), StoreError> {
        if self.guesses_too_much() {
            return self.say_of_link("link-too-many", Vec::new()).await;
        }
        let linked = self.bot.store.link(self.person.id, &code.letters(), naming, self.bot.clock.now()).await?;
        let (key, ways) = match linked {
            Linked::Done(person) => {
                self.person.id = person;
                ("link-done", vec![Action::History])
            }
            Linked::Gone => return self.guessed_wrong().await,
            Linked::Same => ("link-same", Vec::new()),
            Linked::SamePlatform => ("link-same-platform", Vec::new()),
            Linked::Busy => ("link-busy", vec![Action::Link(code, naming), Action::StayApart]),
            // One of them got a name in the meantime.
            Linked::TwoNames => return self.link(&code.letters()).await,
        };
        self.say_of_link(key, ways).await
    }

    /// Asks whether to part again.
    pub(super) async fn ask_to_unlink(&self) -> Result<(), StoreError> {
        if self.bot.store.platforms_of(self.person.id).await? < 2 {
            return self.say_of_link("unlink-alone", Vec::new()).await;
        }
        self.say_of_link("unlink-ask", vec![Action::Unlink, Action::StayTogether]).await
    }

    /// Parts this platform from the others.
    pub(super) async fn unlink(&mut self) -> Result<(), StoreError> {
        let platform = self.incoming.place.platform;
        let key = match self.bot.store.unlink(self.person.id, platform, self.bot.clock.now()).await? {
            Unlinked::Done(person, _) => {
                self.person.id = person;
                "unlink-done"
            }
            Unlinked::Alone => "unlink-alone",
            Unlinked::Busy => "unlink-busy",
        };
        self.say_of_link(key, Vec::new()).await
    }

    pub(super) async fn say_of_link(&self, key: &'static str, ways: Vec<Action>) -> Result<(), StoreError> {
        let choices = ways.into_iter().map(|action| choice(MenuId(0), action)).collect();
        let reply = Reply::line(self.locale, Phrase::new(key)).with_choices(choices);
        self.say(reply.placed(Placing::PressedMenu).only_them()).await;
        Ok(())
    }
}
