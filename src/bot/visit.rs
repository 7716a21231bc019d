//! One event of one person: the dialogue's steps and what they ask for.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Bot, Outbox, Received, conversation::TRIES, stopped_reply, waiting_reply};
use crate::{
    chat::{Action, Choice, Command, Event, Incoming, Locale, MenuId, Phrase, Placing, Reply, Token, clean},
    clock::Moment,
    dialogue::{self, Aside, Effect, HistoryView, Input, State, Surroundings},
    dish::Servings,
    i18n,
    order::{Line, OrderId, Stage, Wanted},
    profile::{Change, Field},
    store::{Cancelled, NewOrder, Person, Placed, Saved, SavedDialogue, StoreError},
    ticket::Refusal,
};

/// How long cooking waits at most for its waiting message.
const HEAD_START: TimeDelta = TimeDelta::seconds(2);

/// How long the kitchen leaves it to the bot to say that an order was stopped.
const STOP_GRACE: TimeDelta = TimeDelta::seconds(10);

/// One event being handled.
pub(super) struct Visit<'a> {
    pub(super) bot: &'a Bot,
    pub(super) incoming: &'a Incoming,
    pub(super) person: Person,
    pub(super) locale: Locale,
    pub(super) outbox: &'a dyn Outbox,
    pub(super) received: Received,
}

impl Visit<'_> {
    pub(super) async fn event(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Command(command) => self.command(command).await,
            Event::Press(token) => match Token::decode(&token) {
                Some(token) => self.press(token).await,
                None => self.old_menu().await,
            },
            Event::Text(text) => self.text(&text).await,
        }
    }

    async fn text(&mut self, text: &str) -> Result<(), StoreError> {
        if let Some(command) = Command::parse(text) {
            return self.command(command).await;
        }
        let loaded = self.load().await?;
        let word = Command::from_word(text);
        match loaded.conversation.aside {
            // A person may be called History, but nobody eats one.
            Some(Aside::Profile { field: field @ (Field::Nickname | Field::Introduction) })
                if word != Some(Command::Cancel) =>
            {
                return self.answer_profile(field, text).await;
            }
            Some(Aside::Profile { field }) if word.is_none() => return self.answer_profile(field, text).await,
            Some(Aside::Forgetting { .. }) if word != Some(Command::Cancel) => {
                return self.answer_forgetting(text).await;
            }
            _ => {}
        }
        // What is written beside it comes before a wish that is asked for.
        let asks_wish = matches!(loaded.conversation.state, State::Asking { line: Line::Wish, .. })
            && loaded.conversation.aside.is_none();
        match word {
            // A wish may well be one of the other words.
            Some(command) if !asks_wish || command == Command::Cancel => return self.command(command).await,
            _ => {}
        }
        if !asks_wish && self.turn_page(text, &loaded.conversation).await? {
            return Ok(());
        }
        self.dialogue(Input::Text(clean(text))).await
    }

    async fn press(&mut self, token: Token) -> Result<(), StoreError> {
        match token.action {
            // What belongs to the profile, or to the question whether to forget.
            Action::Profile => return self.profile_pressed().await,
            Action::Write(field) => return self.write_profile(field, Vec::new(), true).await,
            Action::Clear(field) => {
                return self.change_profile(field, vec![Change::Clear(field)], Vec::new(), true).await;
            }
            Action::Avoid(allergen, on) => {
                let change = vec![Change::Allergen(allergen, on)];
                return self.change_profile(Field::Allergens, change, Vec::new(), true).await;
            }
            Action::DropWord(mark) => {
                return self.change_profile(Field::Words, vec![Change::DropWord(mark)], Vec::new(), true).await;
            }
            Action::Forget | Action::Keep => return self.answer_forgetting_by(token).await,
            _ => {}
        }
        // Whoever presses anything else is done with it.
        self.set_aside(None).await?;
        match token.action {
            Action::Again => self.command(Command::Again).await,
            Action::History => self.show_history(HistoryView::all(), 1, false).await,
            Action::Page(page) => self.press_page(token.menu, page).await,
            Action::Open(number) => self.show_dish(number, Servings::One, false).await,
            Action::Speak(locale) => self.speak(locale).await,
            Action::Stop(order) => self.stop(order).await,
            Action::Favourite(number, on) => self.favourite(number, on).await,
            Action::Serve(number, servings) => self.show_dish(number, servings, true).await,
            Action::Help(topic) => self.help(Some(topic), true).await,
            _ => self.dialogue(Input::Press(token)).await,
        }
    }

    pub(super) async fn say(&self, reply: Reply) {
        if let Err(error) = self.outbox.say(&self.incoming.address, reply).await {
            tracing::warn!(%error, "an answer was not delivered");
        }
    }

    pub(super) async fn line(&self, phrase: Phrase) {
        self.say(Reply::line(self.locale, phrase)).await;
    }

    /// A moment as it is spoken of now.
    pub(super) fn moment(&self, at: DateTime<Utc>) -> Moment {
        self.bot.rules.quota.moment(at, self.bot.clock.now())
    }

    pub(super) fn fresh_menu() -> MenuId {
        MenuId(rand::random())
    }

    /// Lets the dialogue take a step, saves it, and answers; in this order, since an answer that is lost
    /// can be asked for again, and a step that is lost cannot.
    pub(super) async fn dialogue(&self, input: Input) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let loaded = self.load().await?;
            let now = self.bot.clock.now();
            let spellings = |choice: &Choice| i18n::spellings(&choice.label);
            let surroundings = Surroundings {
                now: now.timestamp_millis(),
                idle_limit: self.idle_limit(),
                fresh_menu: Self::fresh_menu(),
                avoided: &self.person.avoided,
                spellings: &spellings,
            };
            let turn = dialogue::step(&loaded.conversation, input.clone(), &surroundings);
            let to_save = Self::to_save(&turn.conversation, loaded.revision)?;
            match turn.effect {
                Effect::OldMenu => return self.pressed_old(&input).await,
                Effect::Profile => return self.profile_pressed().await,
                Effect::Order { wanted, confirmation } => {
                    if self.order(wanted, confirmation, &to_save).await? {
                        return Ok(());
                    }
                }
                Effect::None => {
                    let saved =
                        self.bot.store.save_dialogue(self.person.id, &self.incoming.place, &to_save, now).await?;
                    if saved == Saved::Yes {
                        if loaded.corrupt {
                            self.line(Phrase::new("lead-corrupt")).await;
                        }
                        for said in turn.say {
                            let placing = if said.replaces { Placing::PressedMenu } else { Placing::New };
                            let reply = Reply::new(self.locale, said.facts).with_choices(said.choices);
                            self.say(reply.placed(placing)).await;
                        }
                        return Ok(());
                    }
                }
            }
        }
        self.old_menu().await
    }

    /// Places the order; `false` when the dialogue went on in the meantime and must be read again.
    async fn order(&self, wanted: Wanted, confirmation: MenuId, dialogue: &SavedDialogue) -> Result<bool, StoreError> {
        let order = NewOrder {
            person: self.person.id,
            place: self.incoming.place.clone(),
            door: self.incoming.door.clone(),
            address: self.incoming.address.clone(),
            locale: self.locale,
            wanted,
            confirmation: confirmation.to_string(),
            patience: self.bot.patience(),
            head_start: HEAD_START,
        };
        match self.bot.store.place_order(&order, dialogue, self.bot.rules.quota, self.bot.clock.now()).await? {
            Placed::Taken(id) => self.wait_for(id).await?,
            Placed::Before(_) => self.line(Phrase::new("order-taken-already")).await,
            Placed::Refused(refusal) => self.refuse(refusal).await,
            Placed::Conflict => return Ok(false),
        }
        Ok(true)
    }

    async fn wait_for(&self, order: OrderId) -> Result<(), StoreError> {
        let reply = waiting_reply(self.locale, order, Stage::Queued, None);
        let moved = self.outbox.say(&self.incoming.address, reply).await.ok().flatten();
        let address = moved.unwrap_or_else(|| self.incoming.address.clone());
        // Where this fails the kitchen begins on its own a little later.
        if let Err(error) = self.bot.store.release(order, &address, self.bot.clock.now()).await {
            tracing::warn!(%error, "an order was not released");
        }
        self.bot.bell.ring();
        Ok(())
    }

    async fn refuse(&self, refusal: Refusal) {
        let phrase = match refusal {
            Refusal::InTheMaking => Phrase::new("order-in-the-making"),
            Refusal::Closed => Phrase::new("refused-closed"),
            Refusal::NoneLeft { back_at } => Phrase::new("refused-none-left").moment("back", self.moment(back_at)),
        };
        self.line(phrase).await;
    }

    /// A press on a menu that does not count any more. A confirmation that led to an order says so.
    async fn pressed_old(&self, input: &Input) -> Result<(), StoreError> {
        if let Input::Press(Token { menu, action: Action::Confirm }) = input {
            let confirmed = self.bot.store.order_confirmed(self.person.id, &menu.to_string()).await?;
            if confirmed.is_some() {
                self.line(Phrase::new("order-taken-already")).await;
                return Ok(());
            }
        }
        self.old_menu().await
    }

    pub(super) async fn old_menu(&self) -> Result<(), StoreError> {
        self.say(Reply::line(self.locale, Phrase::new("menu-old")).only_them()).await;
        Ok(())
    }

    /// /cancel: the order in the making, else what is being written or chosen.
    pub(super) async fn cancel(&self) -> Result<(), StoreError> {
        let cancelled = self.cancel_order(None).await?;
        if matches!(cancelled, Cancelled::Here(_) | Cancelled::Elsewhere(_)) {
            return Ok(());
        }
        let conversation = self.load().await?.conversation;
        let put_down = match conversation.aside {
            Some(Aside::Profile { .. }) => Some("profile-put-down"),
            Some(Aside::Forgetting { .. }) => Some("forget-kept"),
            None => None,
        };
        match (put_down, cancelled) {
            (Some(key), _) => {
                self.set_aside(None).await?;
                self.line(Phrase::new(key)).await;
                self.remind().await;
                Ok(())
            }
            (None, Cancelled::TooLate) if !conversation.is_open() => {
                self.line(Phrase::new("order-too-late")).await;
                Ok(())
            }
            _ => self.dialogue(Input::Cancel).await,
        }
    }

    /// The button of a waiting message.
    pub(super) async fn stop(&self, order: OrderId) -> Result<(), StoreError> {
        match self.cancel_order(Some(order)).await? {
            Cancelled::TooLate => self.line(Phrase::new("order-too-late")).await,
            Cancelled::Nothing => self.line(Phrase::new("nothing-to-cancel")).await,
            Cancelled::Here(_) | Cancelled::Elsewhere(_) => {}
        }
        Ok(())
    }

    /// Stops this order, or whichever is in the making, and says so.
    async fn cancel_order(&self, order: Option<OrderId>) -> Result<Cancelled, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let cancelled = store.cancel(self.person.id, order, &self.incoming.door, STOP_GRACE, now).await?;
        match cancelled {
            Cancelled::Here(order) => {
                self.bot.bell.stop(order);
                let reply = stopped_reply(self.locale).placed(Placing::Waiting(order));
                let said = self.outbox.say(&self.incoming.address, reply).await;
                // Where this fails the kitchen tells it once more; the ticket is back either way.
                if said.is_ok()
                    && let Err(error) = store.told(order, self.bot.clock.now()).await
                {
                    tracing::warn!(%error, "that an order was stopped is told again");
                }
            }
            Cancelled::Elsewhere(order) => {
                self.bot.bell.stop(order);
                self.say(stopped_reply(self.locale)).await;
            }
            Cancelled::TooLate | Cancelled::Nothing => {}
        }
        Ok(cancelled)
    }
}
