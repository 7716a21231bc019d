//! One event of one person: the dialogue's steps and what they ask for.

use std::sync::{LazyLock, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Bot, Outbox, Received, SayError,
    conversation::{Loaded, TRIES},
    stopped_reply, waiting_reply,
};
use crate::{
    chat::{
        ADMIN, Action, Choice, Command, Event, Facts, Incoming, Locale, MenuId, Phrase, Placing, Reply, Token, Waiting,
        clean,
    },
    clock::Moment,
    dialogue::{self, Aside, Conversation, Effect, HistoryView, Input, State, Surroundings},
    dish::{Avoided, Servings},
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
    /// The dialogue as it was read, or saved, last; for the next one who reads it. What another process did meanwhile is
    /// seen by its revision.
    pub(super) read: Mutex<Option<SavedDialogue>>,
}

impl Visit<'_> {
    pub(super) async fn event(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Command(command) => self.command(command).await,
            Event::Press(token) => match Token::decode(&token) {
                Some(token) => self.press(token).await,
                None => self.old_menu().await,
            },
            Event::Form { token, text } => match Token::decode(&token) {
                Some(token) => self.form(token, &text).await,
                None => self.old_menu().await,
            },
            Event::Text(text) => self.text(&text).await,
            Event::Other => {
                self.line(Phrase::new("lead-only-text")).await;
                self.remind().await;
                Ok(())
            }
        }
    }

    /// What was written into the form that a choice opens.
    async fn form(&mut self, Token { menu, action }: Token, text: &str) -> Result<(), StoreError> {
        match action {
            Action::Edit(Line::Wish) => self.dialogue(Input::Form(menu, text.to_owned())).await,
            Action::Write(field) => self.fill_profile(field, text).await,
            Action::Search(favourites) => self.search_for(text, favourites).await,
            _ => self.old_menu().await,
        }
    }

    async fn text(&mut self, text: &str) -> Result<(), StoreError> {
        let loaded = self.load_and_keep().await?;
        if self.incoming.message.is_some_and(|message| loaded.conversation.heard.contains(&message)) {
            self.ask_again(&loaded.conversation).await;
            return Ok(());
        }
        self.understand(text, loaded).await?;
        // Where the dialogue took a step, it was saved with it.
        let Some(message) = self.incoming.message else { return Ok(()) };
        let heard = self.remember(|conversation| conversation.hear(message)).await;
        // Whoever was just forgotten has no dialogue to note it in.
        if matches!(heard, Err(StoreError::Forgotten)) { Ok(()) } else { heard }
    }

    async fn understand(&mut self, text: &str, loaded: Loaded) -> Result<(), StoreError> {
        if let Some(command) = Command::parse(text) {
            return self.command(command).await;
        }
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
            Some(Aside::Searching { favourites }) if word != Some(Command::Cancel) => {
                return self.search_for(text, favourites).await;
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
        use Placing::{New, PressedMenu};
        let of_admins = token.action.in_private() == Some(ADMIN);
        if of_admins && !self.is_admin() {
            return self.old_menu().await;
        }
        if let Some(word) = self.incoming.others_read.then(|| token.action.in_private()).flatten() {
            return self.say_in_private(word).await;
        }
        // Whoever presses what is not of the profile, nor of a question beside the choosing, is done with those.
        match token.action {
            Action::Open(_)
            | Action::Speak(_)
            | Action::Stop(_)
            | Action::Favourite(..)
            | Action::Serve(..)
            | Action::Share(_)
            | Action::Unshare(_)
            | Action::Copy(_)
            | Action::Page(_)
            | Action::History
            | Action::Export
            | Action::Link(..)
            | Action::StayApart
            | Action::Unlink
            | Action::StayTogether
            | Action::News(_)
            | Action::Help(_) => self.set_aside(None).await?,
            // The command, the step or the question itself sees to it.
            _ => {}
        }
        match token.action {
            Action::Profile => self.profile_pressed().await,
            Action::Write(field) => self.write_profile(field, Vec::new(), PressedMenu).await,
            Action::Clear(field) => {
                self.change_profile(field, vec![Change::Clear(field)], Vec::new(), PressedMenu).await?;
                self.remind().await;
                Ok(())
            }
            Action::Avoid(allergen, on) => {
                let change = vec![Change::Allergen(allergen, on)];
                self.change_profile(Field::Allergens, change, Vec::new(), PressedMenu).await
            }
            Action::DropWord(mark) => {
                self.change_profile(Field::Words, vec![Change::DropWord(mark)], Vec::new(), PressedMenu).await
            }
            Action::AdminYes | Action::AdminNo | Action::AdminLog(_) | Action::AdminGoOn(_) => {
                self.press_at_the_counter(token).await
            }
            Action::News(wants) => self.want_news(wants).await,
            Action::Export => self.export().await,
            Action::AskToForget => self.ask_to_forget().await,
            Action::Forget | Action::Keep => self.answer_forgetting_by(token).await,
            Action::Again => self.command(Command::Again).await,
            Action::History => self.show_history(HistoryView::all(), 1, New).await,
            Action::Search(favourites) => self.ask_for_keyword(favourites).await,
            Action::Page(page) => self.press_page(token.menu, page).await,
            Action::Open(number) => self.show_dish(number, Servings::One, New).await,
            Action::Speak(locale) => self.speak(locale).await,
            Action::Stop(order) => self.stop(order).await,
            Action::Favourite(number, on) => self.favourite(number, on).await,
            Action::Serve(number, servings) => self.show_dish(number, servings, PressedMenu).await,
            Action::Share(number) => self.share(number).await,
            Action::Unshare(number) => self.unshare(number).await,
            Action::Copy(code) => self.copy(code).await,
            Action::Link(code, naming) => self.confirm_link(code, naming).await,
            Action::StayApart => self.say_of_link("link-left", Vec::new()).await,
            Action::Unlink => self.unlink().await,
            Action::StayTogether => self.say_of_link("unlink-left", Vec::new()).await,
            Action::Help(topic) => self.help(Some(topic), PressedMenu).await,
            _ => self.dialogue(Input::Press(token)).await,
        }
    }

    /// Says that this is answered only where nobody else reads.
    pub(super) async fn say_in_private(&self, word: &'static str) -> Result<(), StoreError> {
        self.say(Reply::new(self.locale, Facts::InPrivate(word)).only_them()).await;
        Ok(())
    }

    pub(super) async fn say(&self, reply: Reply) {
        if let Err(error) = self.outbox.say(&self.incoming.address, reply).await {
            tracing::warn!(%error, "an answer was not delivered");
        }
    }

    pub(super) async fn line(&self, phrase: Phrase) {
        self.say(Reply::line(self.locale, phrase)).await;
    }

    /// A sentence in passing, for the person alone; where a choice was pressed, it need not become a message.
    pub(super) async fn notice(&self, phrase: Phrase) {
        self.say(Reply::line(self.locale, phrase).only_them()).await;
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
            let mut loaded = self.load().await?;
            if let Some(message) = self.incoming.message {
                loaded.conversation.hear(message);
            }
            let now = self.bot.clock.now();
            let spellings = |choice: &Choice| i18n::spellings(&choice.label);
            let surroundings = Surroundings {
                now: now.timestamp_millis(),
                idle_limit: self.idle_limit(),
                fresh_menu: Self::fresh_menu(),
                avoided: self.avoided(),
                spellings: &spellings,
            };
            if matches!(input, Input::Press(_)) && self.ask_again(&loaded.conversation).await {
                return Ok(());
            }
            let mut turn = dialogue::step(&loaded.conversation, input.clone(), &surroundings);
            turn.conversation.led_by = self.leads();
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
                        self.know(SavedDialogue { revision: to_save.revision + 1, ..to_save });
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

    /// What the person does not eat, as far as it may be spoken of here. It is left out of their dishes in any case.
    fn avoided(&self) -> &Avoided {
        static NOTHING: LazyLock<Avoided> = LazyLock::new(Avoided::default);
        if self.incoming.others_read { &NOTHING } else { &self.person.avoided }
    }

    /// What this event is known by, should it come again.
    fn leads(&self) -> Option<String> {
        match (&self.incoming.event, self.incoming.message) {
            (Event::Press(token), _) => Some(token.clone()),
            (_, Some(message)) => Some(message.to_string()),
            _ => None,
        }
    }

    /// Asks the open question again where it was this very event that led to it; whether it was.
    async fn ask_again(&self, conversation: &Conversation) -> bool {
        let leads = self.leads();
        if leads.is_none() || leads != conversation.led_by {
            return false;
        }
        let Some(said) = dialogue::ask_again(conversation, self.avoided()) else { return false };
        let reply = Reply::new(self.locale, said.facts).with_choices(said.choices);
        self.say(reply.placed(Placing::PressedMenu)).await;
        true
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
        let placed = self.bot.store.place_order(&order, dialogue, self.bot.rules.quota, self.bot.clock.now()).await?;
        let outcome = match &placed {
            Placed::Taken(_) => "taken",
            Placed::Before(_) => "before",
            Placed::Refused(_) => "refused",
            Placed::Conflict => "conflict",
        };
        metrics::counter!("bapsang_orders_total", "stage" => "placing", "outcome" => outcome).increment(1);
        match placed {
            Placed::Taken(id) => {
                metrics::counter!("bapsang_tickets_total", "movement" => "taken").increment(1);
                tracing::info!(order = id.0, "an order was taken");
                self.wait_for(id).await?;
            }
            Placed::Before(_) => {
                self.set_aside(None).await?;
                self.notice(Phrase::new("order-taken-already")).await;
            }
            Placed::Refused(refusal) => {
                self.set_aside(None).await?;
                self.refuse(refusal).await;
            }
            Placed::Conflict => return Ok(false),
        }
        Ok(true)
    }

    async fn wait_for(&self, order: OrderId) -> Result<(), StoreError> {
        let (reply, now) = (waiting_reply(self.locale, order, Waiting::at(Stage::Queued)), self.bot.clock.now());
        let said = self.outbox.say(&self.incoming.address, reply).await;
        if said == Err(SayError::Gone) {
            let end = self.bot.store.cancel(self.person.id, Some(order), &self.incoming.door, STOP_GRACE, now).await;
            return end.map(drop);
        }
        let address = said.ok().flatten().unwrap_or_else(|| self.incoming.address.clone());
        // Where this fails the kitchen begins on its own a little later.
        match self.bot.store.release(order, &address, self.bot.clock.now()).await {
            Ok(true) => {}
            // Saying it took so long that another process may have told how it ended, and this stands over it now.
            Ok(false) => self.bot.store.tell_again(order, self.bot.clock.now()).await?,
            Err(error) => tracing::warn!(%error, "an order was not released"),
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
        self.notice(phrase).await;
    }

    /// A press on a menu that does not count any more. A confirmation that led to an order says so.
    async fn pressed_old(&self, input: &Input) -> Result<(), StoreError> {
        self.set_aside(None).await?;
        if let Input::Press(Token { menu, action: Action::Confirm }) = input {
            let confirmed = self.bot.store.order_confirmed(self.person.id, &menu.to_string()).await?;
            if confirmed.is_some() {
                self.notice(Phrase::new("order-taken-already")).await;
                return Ok(());
            }
        }
        self.old_menu().await
    }

    pub(super) async fn old_menu(&self) -> Result<(), StoreError> {
        self.notice(Phrase::new("menu-old")).await;
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
            Some(Aside::Searching { .. }) => Some("search-put-down"),
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
                self.notice(Phrase::new("order-too-late")).await;
                Ok(())
            }
            _ => self.dialogue(Input::Cancel).await,
        }
    }

    /// The button of a waiting message.
    pub(super) async fn stop(&self, order: OrderId) -> Result<(), StoreError> {
        match self.cancel_order(Some(order)).await? {
            Cancelled::TooLate => self.notice(Phrase::new("order-too-late")).await,
            Cancelled::Nothing => self.notice(Phrase::new("nothing-to-cancel")).await,
            Cancelled::Here(_) | Cancelled::Elsewhere(_) => {}
        }
        Ok(())
    }

    fn count_stopped() {
        metrics::counter!("bapsang_orders_total", "stage" => "cooking", "outcome" => "cancelled").increment(1);
        metrics::counter!("bapsang_tickets_total", "movement" => "returned").increment(1);
    }

    /// Stops this order, or whichever is in the making, and says so.
    async fn cancel_order(&self, order: Option<OrderId>) -> Result<Cancelled, StoreError> {
        let (store, now) = (&self.bot.store, self.bot.clock.now());
        let cancelled = store.cancel(self.person.id, order, &self.incoming.door, STOP_GRACE, now).await?;
        match cancelled {
            Cancelled::Here(order) => {
                Self::count_stopped();
                self.bot.bell.stop(order);
                let reply = stopped_reply(self.locale).placed(Placing::Waiting(order));
                let whereabouts = store.whereabouts(order, &self.incoming.place).await?;
                let (address, here) = whereabouts.unwrap_or_else(|| (self.incoming.address.clone(), true));
                let said = self.outbox.say(&address, reply).await;
                if !here {
                    // Its message is in another conversation; whoever asked is answered here as well.
                    self.notice(Phrase::new("order-stopped")).await;
                }
                // Where this fails the kitchen tells it once more; the ticket is back either way.
                if said.is_ok()
                    && let Err(error) = store.told(order, self.bot.clock.now()).await
                {
                    tracing::warn!(%error, "that an order was stopped is told again");
                }
            }
            Cancelled::Elsewhere(order) => {
                Self::count_stopped();
                self.bot.bell.stop(order);
                self.say(stopped_reply(self.locale)).await;
            }
            Cancelled::TooLate | Cancelled::Nothing => {}
        }
        Ok(cancelled)
    }
}
