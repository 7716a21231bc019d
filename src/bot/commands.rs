//! What each command does.

use super::{conversation::Loaded, visit::Visit};
use crate::{
    chat::{self, Action, Command, Facts, Locale, MenuId, Phrase, Placing, Reply, ShareCode, Topic, fold},
    dialogue::{HistoryView, Input, choice},
    dish::Servings,
    i18n,
    order::{Filters, Wanted, Wish, WishError},
    store::StoreError,
    ticket::TicketsLeft,
};

impl Visit<'_> {
    pub(super) async fn command(&mut self, command: Command) -> Result<(), StoreError> {
        let chooses = matches!(
            command,
            Command::Start { .. }
                | Command::Recommend { .. }
                | Command::Again
                | Command::Cancel
                | Command::Language { .. }
        );
        // Whoever is no admin knows of no such command, wherever they are.
        let command = match command {
            Command::Admin { .. } if !self.is_admin() => Command::Unknown { name: chat::ADMIN.to_owned() },
            command => command,
        };
        // Whoever does something else is done with what was being written.
        if command != Command::Cancel {
            self.set_aside(None).await?;
        }
        if let (Command::Link { code }, true) = (&command, self.incoming.others_read) {
            self.withdraw_shown_code(code).await?;
        }
        if let Some(word) = command.in_private().filter(|_| self.incoming.others_read) {
            return self.say_in_private(word).await;
        }
        let forgets = command == Command::Forget;
        self.obey(command).await?;
        if !forgets {
            self.speak_of_missed().await?;
        }
        // Something else stands below the question now.
        if !chooses {
            self.remind().await;
        }
        Ok(())
    }

    /// Says that a question is still open, if one is and nothing else was asked.
    pub(super) async fn remind(&self) {
        let waits = |loaded: Loaded| loaded.conversation.is_open() && loaded.conversation.aside.is_none();
        if self.load().await.is_ok_and(waits) {
            self.line(Phrase::new("question-waits")).await;
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Start { payload } => self.start(&payload).await,
            Command::Recommend { wish, filters } => self.recommend(&wish, filters).await,
            Command::Again => self.again().await,
            Command::History { keyword } => {
                self.show_history(HistoryView { keyword, ..HistoryView::all() }, 1, Placing::New).await
            }
            Command::Favourites { keyword } => {
                self.show_history(HistoryView { keyword, favourites: true, ..HistoryView::all() }, 1, Placing::New)
                    .await
            }
            Command::Dish { number } if number.is_empty() => self.say_ok(Phrase::new("dish-which")).await,
            Command::Dish { number } => {
                let number = chat::number(number.trim_start_matches('#')).and_then(|number| u32::try_from(number).ok());
                self.show_dish(number.unwrap_or_default(), Servings::One, Placing::New).await
            }
            Command::Tickets => self.tickets().await,
            Command::News => self.news().await,
            Command::Profile => self.show_profile(Vec::new(), Placing::New).await,
            Command::Language { language } => self.language(&language).await,
            Command::Link { code } => self.link(&code).await,
            Command::Unlink => self.ask_to_unlink().await,
            Command::Admin { line } => self.at_the_counter(&line).await,
            Command::Privacy => self.privacy().await,
            Command::Export => self.export().await,
            Command::Forget => self.ask_to_forget().await,
            Command::Help { topic } => self.help_about(&topic).await,
            Command::Cancel => self.cancel().await,
            Command::Unknown { name } => self.say_ok(Phrase::new("unknown-command").text("name", name)).await,
        }
    }

    /// Greets; or follows the link that led here.
    async fn start(&mut self, payload: &str) -> Result<(), StoreError> {
        if let Some(code) = ShareCode::from_payload(payload) {
            return self.open_shared(code).await;
        }
        if let Some(command) = Command::from_link(payload) {
            return Box::pin(self.command(command)).await;
        }
        let first = self.load().await?.revision == 0;
        self.dialogue(Input::Start { first }).await
    }

    /// A topic by its name or a part of it, in either language; all of the help for anything else.
    async fn help_about(&self, topic: &str) -> Result<(), StoreError> {
        let (typed, label) = (fold(topic), |topic: &Topic| i18n::spellings(&Phrase::new(topic.label())));
        let named = |topic: &Topic| label(topic).iter().any(|label| fold(label).contains(&typed));
        self.help(Topic::ALL.into_iter().find(named).filter(|_| !typed.is_empty()), Placing::New).await
    }

    pub(super) async fn help(&self, topic: Option<Topic>, placing: Placing) -> Result<(), StoreError> {
        let others = Topic::ALL.into_iter().filter(|other| Some(*other) != topic);
        let choices = others.map(|other| choice(MenuId(0), Action::Help(other))).collect();
        self.say(Reply::new(self.locale, Facts::Help(topic)).with_choices(choices).placed(placing)).await;
        Ok(())
    }

    async fn say_ok(&self, phrase: Phrase) -> Result<(), StoreError> {
        self.line(phrase).await;
        Ok(())
    }

    async fn recommend(&self, wish: &str, filters: Filters) -> Result<(), StoreError> {
        match Wish::parse(wish) {
            Ok(wish) => self.dialogue(Input::Begin(Some(Wanted { filters, wish: Some(wish) }))).await,
            Err(WishError::Empty) => {
                let wanted = (filters != Filters::default()).then_some(Wanted { filters, wish: None });
                self.dialogue(Input::Begin(wanted)).await
            }
            Err(WishError::TooLong { characters, .. }) => self.say_ok(Phrase::wish_too_long(characters)).await,
        }
    }

    /// The last order once more. Where others read only the choices are taken over: what was wished for may have been private.
    async fn again(&self) -> Result<(), StoreError> {
        if let Some(mut wanted) = self.bot.store.last_wanted(self.person.id).await? {
            if self.incoming.others_read {
                wanted.wish = None;
            }
            self.dialogue(Input::Again(wanted)).await
        } else {
            self.line(Phrase::new("again-nothing")).await;
            self.dialogue(Input::Begin(None)).await
        }
    }

    async fn tickets(&self) -> Result<(), StoreError> {
        let left = self.bot.store.tickets_left(self.person.id, self.bot.rules.quota, self.bot.clock.now()).await?;
        let mut lines = vec![Phrase::tickets(&left)];
        let TicketsLeft { left, limit, extra, back_at, used_ever } = left;
        let left = left - extra;
        if left < limit {
            lines.push(Phrase::new("tickets-back").moment("back", self.moment(back_at)).number("limit", limit));
        }
        match used_ever {
            // Someone who came back after being forgotten has used some of today's.
            0 if left < limit => {}
            0 => lines.push(Phrase::new("tickets-never-used")),
            used => {
                lines.push(Phrase::new("tickets-used").number("used", i64::try_from(used).unwrap_or(i64::MAX)));
            }
        }
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
        self.bot.store.speak(self.person.id, locale).await?;
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
