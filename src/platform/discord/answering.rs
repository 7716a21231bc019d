//! The way out for what one interaction caused. It was acknowledged before, so that nothing here is in a hurry.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Door,
    commands::pruned,
    components::{self, Setting, button},
    orders::failing,
    outbound::{Known, Way},
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
}

impl Answering {
    pub(super) fn new(door: &Arc<Door>, spot: Spot, pressed: Option<Pressed>, deferred: Deferred) -> Arc<Self> {
        Arc::new(Self { door: Arc::clone(door), spot, pressed, deferred: Mutex::new(deferred) })
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

    /// By which way a reply goes that takes no other's place.
    async fn way_of(&self, reply: &Reply) -> Way {
        let alone = self.alone(reply);
        match self.thinking() {
            // What everyone sees cannot become what one alone sees.
            Some(true) if alone => {
                if let Err(trouble) = self.door.delete_original(self.spot.interaction).await {
                    tracing::warn!(reason = trouble.reason(), "what was thought about was not taken back");
                }
                Way::FollowUp { alone }
            }
            Some(_) => Way::Change,
            None => Way::FollowUp { alone },
        }
    }

    /// Nobody is left waiting for an answer that does not come.
    pub(super) async fn finish(&self) {
        if self.thinking().is_some()
            && let Err(trouble) = self.door.delete_original(self.spot.interaction).await
        {
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
        let setting =
            Setting { owner: self.spot.owner, public: self.spot.is_public(), direct: self.spot.reach == Reach::Direct };
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
        let way = Way::FollowUp { alone: false };
        let reply = match self.door.deliver(&everyone, way, &dish, &[], 0).await {
            Ok(_) | Err(Trouble::Unknown) => reply,
            Err(trouble) => {
                tracing::info!(reason = trouble.reason(), "a shared dish was not shown");
                Reply::line(reply.locale, Phrase::new("share-not-possible")).only_them()
            }
        };
        self.send(Way::FollowUp { alone: self.alone(&reply) }, &reply).await.map(drop)
    }

    async fn send(&self, way: Way, reply: &Reply) -> Result<u64, SayError> {
        let (known, page): (&[Known], usize) = match (&self.pressed, way) {
            (Some(pressed), Way::Change) => (&pressed.files, pressed.page),
            _ => (&[], 0),
        };
        let mut said = self.door.deliver(&self.spot, way, reply, known, page).await;
        // The message was put away, so another one is sent.
        if said == Err(Trouble::Missing) && way == Way::Change {
            said = self.door.deliver(&self.spot, Way::FollowUp { alone: self.alone(reply) }, reply, &[], 0).await;
        }
        said.map_err(|trouble| {
            tracing::warn!(reason = trouble.reason(), "an answer was not delivered");
            failing(&trouble)
        })
    }

    async fn place(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        match (reply.placing, &reply.facts) {
            (Placing::Waiting(order), Facts::Waiting(_)) => {
                let way = if self.pressed.is_some() { Way::Change } else { self.way_of(&reply).await };
                let said = self.door.say_waiting(&self.spot, way, &reply, order).await;
                let there = match (way, said.map_err(|trouble| failing(&trouble))?) {
                    (Way::Change, _) | (_, None) => There::Original,
                    (_, Some(message)) => There::Later(message),
                };
                Ok(Some(Spot { there, ..self.spot }.address()))
            }
            // Where the order's own way is closed, this interaction has one.
            (Placing::Waiting(order), _) => {
                match self.door.say_of_order(&self.end_of(to, order), reply.clone()).await {
                    Err(SayError::Gone) => self.send(self.way_of(&reply).await, &reply).await.map(|_| None),
                    // A command that stopped it is answered as well.
                    Ok(_) if self.thinking().is_some() => self.send(Way::Change, &reply).await.map(|_| None),
                    said => said,
                }
            }
            (_, Facts::Shared { .. }) => self.share(reply).await.map(|()| None),
            (Placing::PressedChoice, _) => {
                self.exchange(&reply).await;
                let notice = Reply { choices: Vec::new(), ..reply };
                self.send(self.way_of(&notice).await, &notice).await.map(|_| None)
            }
            (Placing::PressedMenu, _) if self.pressed.is_some() => self.send(Way::Change, &reply).await.map(|_| None),
            _ => self.send(self.way_of(&reply).await, &reply).await.map(|_| None),
        }
    }
}

#[async_trait]
impl Outbox for Answering {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        self.place(to, reply).await
    }
}
