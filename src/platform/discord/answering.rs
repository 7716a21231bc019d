//! The way out for what one interaction caused. It was acknowledged before, so that nothing here is in a hurry.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Door,
    commands::pruned,
    components::{self, Setting, button},
    orders::failing,
    outbound::{Known, Said, Way},
    send::Trouble,
    spot::{Reach, Spot, There},
};
use crate::{
    bot::{Outbox, SayError},
    chat::{Action, Address, Audience, Facts, Phrase, Placing, Reply, Token},
    order::OrderId,
};

/// The message that an interaction came from.
#[derive(Debug, Clone)]
pub(super) struct Pressed {
    /// Its number.
    pub(super) message: u64,
    /// What can be pressed under it.
    pub(super) components: Value,
    /// What the pressed button carries.
    pub(super) data: String,
    /// Files that it has.
    pub(super) files: Vec<Known>,
    /// The page of a dish that was asked for.
    pub(super) page: usize,
}

/// How the interaction was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferred {
    /// People see that an answer is being thought about; the first one takes its place.
    Thinking {
        /// Whether everyone sees it.
        public: bool,
    },
    /// Nothing is seen; the message that was pressed can be changed.
    Silently,
}

/// The way out for one interaction.
pub(super) struct Answering {
    door: Arc<Door>,
    spot: Spot,
    pressed: Option<Pressed>,
    /// What still waits for its first answer.
    deferred: Mutex<Deferred>,
    /// What was said of an order in another place.
    elsewhere: Mutex<Option<Reply>>,
}

impl Answering {
    pub(super) fn new(door: &Arc<Door>, spot: Spot, pressed: Option<Pressed>, deferred: Deferred) -> Arc<Self> {
        Arc::new(Self {
            door: Arc::clone(door),
            spot,
            pressed,
            deferred: Mutex::new(deferred),
            elsewhere: Mutex::default(),
        })
    }

    /// Takes the place of what is being thought about, once.
    fn thinking(&self) -> Option<bool> {
        let mut deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *deferred, Deferred::Silently) {
            Deferred::Thinking { public } => Some(public),
            Deferred::Silently => None,
        }
    }

    /// Whether the person alone is to see a reply.
    fn alone(&self, reply: &Reply) -> bool {
        match self.spot.reach {
            Reach::Direct => false,
            Reach::Private => true,
            Reach::Public => reply.audience == Audience::OnlyThem,
        }
    }

    /// Says it in the place of what is being thought about, else as a message of its own.
    async fn say_next(&self, reply: &Reply) -> Result<(), SayError> {
        let (alone, thinking) = (self.alone(reply), self.thinking());
        let Some(public) = thinking else { return self.send(Way::FollowUp { alone }, reply).await };
        // What everyone sees cannot become what one alone sees.
        if public && alone {
            if let Err(trouble) = self.door.delete_original(self.spot.interaction).await {
                tracing::warn!(reason = trouble.reason(), "what was thought about was not taken back");
            }
            return self.send(Way::FollowUp { alone }, reply).await;
        }
        let said = self.send(Way::Change, reply).await;
        if said.is_err() {
            // Whatever comes next takes the place.
            *self.deferred.lock().unwrap_or_else(PoisonError::into_inner) = Deferred::Thinking { public };
        }
        said
    }

    /// Nobody is left waiting for an answer that does not come.
    pub(super) async fn finish(&self) {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waits = matches!(*self.deferred.lock().unwrap_or_else(PoisonError::into_inner), Deferred::Thinking { .. });
        if !waits {
            return;
        }
        if let Some(reply) = elsewhere
            && self.say_next(&reply).await.is_ok()
        {
            return;
        }
        if let Err(trouble) = self.door.delete_original(self.spot.interaction).await {
            tracing::warn!(reason = trouble.reason(), "what was thought about was not taken back");
        }
    }

    /// Where the end of an order is said: in place of the message whose button stopped it, which this interaction opens for
    /// longer than the order's own.
    fn end_of(&self, to: &Address, order: OrderId) -> Address {
        let stops = |pressed: &Pressed| {
            let token = components::read(&pressed.data).and_then(|data| Token::decode(&data.token));
            token.is_some_and(|token| token.action == Action::Stop(order))
        };
        if self.pressed.as_ref().is_some_and(stops) { self.spot.address() } else { to.clone() }
    }

    /// The pressed button gives way to the reply's first choice.
    async fn exchange(&self, reply: &Reply) {
        let (Some(pressed), Some(choice)) = (&self.pressed, reply.choices.first()) else { return };
        let setting = Setting::at(&self.spot, self.spot.is_public());
        let Ok(new) = serde_json::to_value(button(reply.locale, choice, setting)) else { return };
        let (new, mut rows) = (pruned(new), pruned(pressed.components.clone()));
        for row in rows.as_array_mut().into_iter().flatten() {
            for one in row["components"].as_array_mut().into_iter().flatten() {
                if one["custom_id"].as_str() == Some(&pressed.data) {
                    *one = new.clone();
                }
            }
        }
        if let Err(trouble) = self.door.exchange_components(&self.spot, &rows).await {
            tracing::warn!(reason = trouble.reason(), "a button was not exchanged");
        }
    }

    /// Shows a shared dish to everyone where it was shared, and says so to whoever shared it.
    async fn share(&self, reply: Reply) -> Result<(), SayError> {
        let Facts::Shared { code, .. } = &reply.facts else { return Ok(()) };
        let dish = self.door.core.shared_dish(*code, reply.locale).await.map_err(|error| {
            tracing::error!(%error, "a shared dish was not read");
            SayError::Later
        })?;
        let Some(dish) = dish else { return Err(SayError::Gone) };
        let everyone = Spot { reach: Reach::Public, there: There::Nothing, ..self.spot };
        let failed = match self.door.deliver(&everyone, Way::FollowUp { alone: false }, &dish, &[], 0).await {
            Ok(Said { alone: false, .. }) | Err(Trouble::Unknown) => None,
            // Where the bot may not speak to everyone Discord shows it to the person alone.
            Ok(_) | Err(Trouble::Shut) => Some("share-not-possible"),
            Err(trouble) => {
                tracing::warn!(reason = trouble.reason(), "a shared dish was not shown");
                Some("not-taken")
            }
        };
        let reply = failed.map_or_else(|| reply.clone(), |key| Reply::line(reply.locale, Phrase::new(key)).only_them());
        self.say_next(&reply).await
    }

    async fn send(&self, way: Way, reply: &Reply) -> Result<(), SayError> {
        let (known, page): (&[Known], usize) = match (&self.pressed, way) {
            (Some(pressed), Way::Change) => (&pressed.files, pressed.page),
            _ => (&[], 0),
        };
        let mut said = self.door.deliver(&self.spot, way, reply, known, page).await;
        // The message was put away, so another one is sent.
        if matches!(said, Err(Trouble::Missing)) && way == Way::Change {
            said = self.door.deliver(&self.spot, Way::FollowUp { alone: self.alone(reply) }, reply, &[], 0).await;
        }
        said.map(drop).map_err(|trouble| {
            tracing::warn!(reason = trouble.reason(), "an answer was not delivered");
            failing(&trouble)
        })
    }

    /// The first message of an order.
    async fn say_waiting(&self, reply: &Reply, order: OrderId) -> Result<Option<Address>, SayError> {
        let thinks = self.thinking().is_some();
        let way =
            if self.pressed.is_some() || thinks { Way::Change } else { Way::FollowUp { alone: self.alone(reply) } };
        let said = self.door.say_waiting(&self.spot, way, reply, order).await.map_err(|trouble| failing(&trouble))?;
        let there = match (way, said) {
            (Way::Change, _) | (_, None) => There::Original,
            (_, Some(message)) => There::Later(message),
        };
        Ok(Some(Spot { there, ..self.spot }.address()))
    }

    /// The end of an order; where its own way is closed, this interaction has one.
    async fn say_end(&self, to: &Address, reply: Reply, order: OrderId) -> Result<(), SayError> {
        let said = self.door.say_of_order(&self.end_of(to, order), reply.clone()).await;
        if said == Err(SayError::Gone) {
            return self.say_next(&reply).await;
        }
        if said.is_ok()
            && let Some(spot) = Spot::read(to)
        {
            self.door.forget_token_soon(spot.interaction);
        }
        // A command that stopped it is answered as well, unless it says more.
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
        said.map(drop)
    }
}

#[async_trait]
impl Outbox for Answering {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        match (reply.placing, &reply.facts) {
            (Placing::Waiting(order), Facts::Waiting(_)) => return self.say_waiting(&reply, order).await,
            (Placing::Waiting(order), _) => self.say_end(to, reply, order).await,
            (_, Facts::Shared { .. }) => self.share(reply).await,
            (Placing::PressedChoice, _) => {
                self.exchange(&reply).await;
                self.say_next(&Reply { choices: Vec::new(), ..reply }).await
            }
            (Placing::PressedMenu, _) if self.pressed.is_some() => self.send(Way::Change, &reply).await,
            _ => self.say_next(&reply).await,
        }
        .map(|()| None)
    }
}
