//! One event of one person: the dialogue's steps and what they ask for.

use chrono::TimeDelta;

use super::{Bot, Outbox, Received, stopped_reply, waiting_reply};
use crate::{
    chat::{Action, Choice, Command, Event, Incoming, Locale, MenuId, PersonId, Phrase, Placing, Reply, Token, clean},
    dialogue::{self, Conversation, Effect, Input, State, Surroundings},
    i18n,
    order::{Line, OrderId, Stage, Wanted},
    store::{Cancelled, NewOrder, Placed, Saved, SavedDialogue, StoreError},
    ticket::Refusal,
};

/// How often a step is taken again when another event of the same dialogue came first.
const TRIES: u32 = 20;

/// How long cooking waits at most for its waiting message.
const HEAD_START: TimeDelta = TimeDelta::seconds(2);

/// How long the kitchen leaves it to the bot to say that an order was stopped.
const STOP_GRACE: TimeDelta = TimeDelta::seconds(10);

/// One event being handled.
pub(super) struct Visit<'a> {
    pub(super) bot: &'a Bot,
    pub(super) incoming: &'a Incoming,
    pub(super) person: PersonId,
    pub(super) locale: Locale,
    pub(super) outbox: &'a dyn Outbox,
    pub(super) received: Received,
}

/// A dialogue out of the store.
pub(super) struct Loaded {
    pub(super) conversation: Conversation,
    pub(super) revision: i64,
    pub(super) corrupt: bool,
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
        let asks_wish = matches!(loaded.conversation.state, State::Asking { line: Line::Wish, .. });
        match Command::from_word(text) {
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
            Action::Again => self.command(Command::Again).await,
            Action::History => self.show_history(String::new(), 1, false).await,
            Action::Page(page) => self.press_page(token.menu, page).await,
            Action::Open(number) => self.show_dish(number).await,
            Action::Speak(locale) => self.speak(locale).await,
            Action::Stop(order) => self.stop(order).await,
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

    pub(super) fn fresh_menu() -> MenuId {
        MenuId(rand::random())
    }

    pub(super) async fn load(&self) -> Result<Loaded, StoreError> {
        let saved = self.bot.store.dialogue(self.person, &self.incoming.place).await?;
        let Some(saved) = saved else {
            return Ok(Loaded { conversation: Conversation::new(), revision: 0, corrupt: false });
        };
        let read = (saved.version == dialogue::VERSION).then(|| serde_json::from_str(&saved.state).ok()).flatten();
        if read.is_none() {
            tracing::error!(version = saved.version, "a saved dialogue does not read; it starts over");
        }
        Ok(Loaded { corrupt: read.is_none(), conversation: read.unwrap_or_default(), revision: saved.revision })
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

    /// Lets the dialogue take a step, saves it, and answers; in this order, since an answer that is lost
    /// can be asked for again, and a step that is lost cannot.
    pub(super) async fn dialogue(&self, input: Input) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let loaded = self.load().await?;
            let now = self.bot.clock.now();
            let spellings = |choice: &Choice| i18n::spellings(&choice.label);
            let surroundings = Surroundings {
                now: now.timestamp_millis(),
                idle_limit: i64::try_from(self.bot.rules.dialogue_idle.as_millis()).unwrap_or(i64::MAX),
                fresh_menu: Self::fresh_menu(),
                spellings: &spellings,
            };
            let turn = dialogue::step(&loaded.conversation, input.clone(), &surroundings);
            let to_save = Self::to_save(&turn.conversation, loaded.revision)?;
            match turn.effect {
                Effect::OldMenu => return self.pressed_old(&input).await,
                Effect::Order { wanted, confirmation } => {
                    if self.order(wanted, confirmation, &to_save).await? {
                        return Ok(());
                    }
                }
                Effect::None => {
                    let saved = self.bot.store.save_dialogue(self.person, &self.incoming.place, &to_save, now).await?;
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
            person: self.person,
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
            Refusal::NoneLeft { back_at } => {
                Phrase::new("refused-none-left").local("back", self.bot.rules.quota.local(back_at))
            }
        };
        self.line(phrase).await;
    }

    /// A press on a menu that does not count any more. A confirmation that led to an order says so.
    async fn pressed_old(&self, input: &Input) -> Result<(), StoreError> {
        if let Input::Press(Token { menu, action: Action::Confirm }) = input {
            let confirmed = self.bot.store.order_confirmed(self.person, &menu.to_string()).await?;
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

    /// /cancel: the order in the making, else what is being chosen.
    pub(super) async fn cancel(&self) -> Result<(), StoreError> {
        match self.cancel_order(None).await? {
            Cancelled::TooLate if !self.load().await?.conversation.is_open() => {
                self.line(Phrase::new("order-too-late")).await;
                Ok(())
            }
            Cancelled::TooLate | Cancelled::Nothing => self.dialogue(Input::Cancel).await,
            Cancelled::Here(_) | Cancelled::Elsewhere => Ok(()),
        }
    }

    /// The button of a waiting message.
    pub(super) async fn stop(&self, order: OrderId) -> Result<(), StoreError> {
        match self.cancel_order(Some(order)).await? {
            Cancelled::TooLate => self.line(Phrase::new("order-too-late")).await,
            Cancelled::Nothing => self.line(Phrase::new("nothing-to-cancel")).await,
            Cancelled::Here(_) | Cancelled::Elsewhere => {}
        }
        Ok(())
    }

    /// Stops this order, or whichever is in the making, and says so.
    async fn cancel_order(&self, order: Option<OrderId>) -> Result<Cancelled, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let cancelled = store.cancel(self.person, order, &self.incoming.door, STOP_GRACE, now).await?;
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
            Cancelled::Elsewhere => self.say(stopped_reply(self.locale)).await,
            Cancelled::TooLate | Cancelled::Nothing => {}
        }
        Ok(cancelled)
    }
}
