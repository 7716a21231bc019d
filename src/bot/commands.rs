//! What each command does.

use super::visit::Visit;
use crate::{
    chat::{self, Action, Command, Facts, Locale, MenuId, Phrase, Reply, fold},
    dialogue::{Input, choice},
    order::{Wish, WishError},
    store::StoreError,
    ticket::TicketsLeft,
};

impl Visit<'_> {
    pub(super) async fn command(&mut self, command: Command) -> Result<(), StoreError> {
        let aside = matches!(
            command,
            Command::History { .. } | Command::Dish { .. } | Command::Tickets | Command::Help | Command::Unknown { .. }
        );
        self.obey(command).await?;
        // Something else stands below the question now.
        if aside && self.load().await.is_ok_and(|loaded| loaded.conversation.is_open()) {
            self.line(Phrase::new("question-waits")).await;
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Start => self.dialogue(Input::Start).await,
            Command::Recommend { wish } => self.recommend(&wish).await,
            Command::Again => self.again().await,
            Command::History { keyword } => self.show_history(keyword, 1, false).await,
            Command::Dish { number } if number.is_empty() => self.say_ok(Phrase::new("dish-which")).await,
            Command::Dish { number } => {
                let number = chat::number(number.trim_start_matches('#')).and_then(|number| u32::try_from(number).ok());
                self.show_dish(number.unwrap_or_default()).await
            }
            Command::Tickets => self.tickets().await,
            Command::Language { language } => self.language(&language).await,
            Command::Help => {
                self.say(Reply::new(self.locale, Facts::Help)).await;
                Ok(())
            }
            Command::Cancel => self.cancel().await,
            Command::Unknown { name } => self.say_ok(Phrase::new("unknown-command").text("name", name)).await,
        }
    }

    async fn say_ok(&self, phrase: Phrase) -> Result<(), StoreError> {
        self.line(phrase).await;
        Ok(())
    }

    async fn recommend(&self, wish: &str) -> Result<(), StoreError> {
        match Wish::parse(wish) {
            Ok(wish) => self.dialogue(Input::Begin(Some(wish))).await,
            Err(WishError::Empty) => self.dialogue(Input::Begin(None)).await,
            Err(WishError::TooLong { characters }) => self.say_ok(Phrase::wish_too_long(characters)).await,
        }
    }

    async fn again(&self) -> Result<(), StoreError> {
        if let Some(wanted) = self.bot.store.last_wanted(self.person).await? {
            self.dialogue(Input::Again(wanted)).await
        } else {
            self.line(Phrase::new("again-nothing")).await;
            self.dialogue(Input::Begin(None)).await
        }
    }

    async fn tickets(&self) -> Result<(), StoreError> {
        let left = self.bot.store.tickets_left(self.person, self.bot.rules.quota, self.bot.clock.now()).await?;
        let back = self.bot.rules.quota.local(left.back_at);
        let TicketsLeft { left, limit, used_ever, .. } = left;
        let mut lines = match (left, limit) {
            (_, 0) => vec![Phrase::new("tickets-closed")],
            (left, limit) if left == limit => vec![Phrase::new("tickets-full").number("limit", limit)],
            (left, limit) => vec![
                if left == 0 {
                    Phrase::new("tickets-none-left").number("limit", limit)
                } else {
                    Phrase::new("tickets-left").number("left", left).number("limit", limit)
                },
                Phrase::new("tickets-back").local("back", back).number("limit", limit),
            ],
        };
        lines.push(match used_ever {
            0 => Phrase::new("tickets-never-used"),
            used => Phrase::new("tickets-used").number("used", i64::try_from(used).unwrap_or(i64::MAX)),
        });
        self.say(Reply::new(self.locale, Facts::Lines(lines)).only_them()).await;
        Ok(())
    }

    async fn language(&mut self, language: &str) -> Result<(), StoreError> {
        let named =
            |locale: Locale, names: &[&str]| names.iter().any(|name| fold(language) == fold(name)).then_some(locale);
        let locale = Locale::from_tag(language)
            .or_else(|| named(Locale::Ko, &["한국어", "한국말", "korean"]))
            .or_else(|| named(Locale::En, &["영어", "english"]));
        if let Some(locale) = locale {
            self.speak(locale).await
        } else {
            let key = if language.is_empty() { "language-which" } else { "language-unknown" };
            let choices = Locale::ALL.map(|locale| choice(MenuId(0), Action::Speak(locale)));
            let reply = Reply::line(self.locale, Phrase::new(key)).with_choices(choices.to_vec());
            self.say(reply.only_them()).await;
            Ok(())
        }
    }

    /// Speaks another language from now on, and asks an open question again in it.
    pub(super) async fn speak(&mut self, locale: Locale) -> Result<(), StoreError> {
        self.bot.store.speak(self.person, locale).await?;
        self.locale = locale;
        self.received.speaks = Some(locale);
        self.line(Phrase::new("language-set")).await;
        // The language is chosen; whether a question can be asked again does not change that.
        if self.load().await.is_ok_and(|loaded| loaded.conversation.is_open()) {
            return self.dialogue(Input::Begin(None)).await;
        }
        Ok(())
    }
}
