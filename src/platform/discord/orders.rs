//! The messages of an order: the waiting message, how far it is, and what it becomes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use super::{
    Door,
    outbound::Way,
    send::{Again, Trouble, send},
    spot::{Reach, Spot, There},
};
use crate::{
    bot::SayError,
    chat::{Address, Facts, Placing, Reply},
    order::OrderId,
};

/// The waiting message changes for the first time after this.
const BETWEEN_STAGES: Duration = Duration::from_secs(1);

/// Numbers of messages to everyone are no numbers of orders.
const NEWS: u64 = 1 << 62;

/// What this process knows of an order's messages; where it knows nothing, the order's address does.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Whoever says something of the order; `true` once its end is told.
    telling: AsyncMutex<bool>,
    shown: Mutex<Shown>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Shown {
    /// When the waiting message was shown.
    since: Option<Instant>,
    /// Discord's number of the message.
    message: Option<u64>,
}

impl Waiting {
    fn shown(&self) -> Shown {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_shown_as(&self, message: u64) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Shown { since: shown.since.or(Some(Instant::now())), message: Some(message) };
    }
}

impl Door {
    fn waiting(&self, order: OrderId) -> Arc<Waiting> {
        self.waiting.get_with(order, Arc::default)
    }

    /// Says something of an order, or something else at an address.
    pub(super) async fn say_of_order(
        self: &Arc<Self>,
        to: &Address,
        reply: Reply,
    ) -> Result<Option<Address>, SayError> {
        let Some(spot) = Spot::read(to) else { return Err(SayError::Gone) };
        // Whoever stops listening does not stop the message halfway, nor say it twice.
        let door = Arc::clone(self);
        let saying = self.tasks.spawn(async move {
            match (reply.placing, &reply.facts) {
                (Placing::News(number), _) => {
                    let nonce = NEWS | number.unsigned_abs();
                    door.say_directly(&spot, &reply, Some(nonce)).await.map(drop)
                }
                (Placing::Dish(order), _) => door.exchange_picture(&spot, &reply, order).await,
                (Placing::Waiting(order), Facts::Waiting(_)) => door.say_progress(&spot, &reply, order).await,
                (Placing::Waiting(order), _) => door.say_end(&spot, &reply, order).await,
                _ => door.say_anyhow(&spot, &reply, None).await.map(drop),
            }
        });
        match saying.await {
            Ok(said) => said.map(|()| None),
            Err(panic) => {
                tracing::error!(panicked = panic.is_panic(), "sending a message panicked");
                Err(SayError::Later)
            }
        }
    }

    /// The first message of an order: the confirmed menu becomes it, or it is sent. Gives its number.
    pub(super) async fn say_waiting(
        self: &Arc<Self>,
        spot: &Spot,
        way: Way,
        reply: &Reply,
        order: OrderId,
    ) -> Result<Option<u64>, Trouble> {
        let waiting = self.waiting(order);
        let told = waiting.telling.lock().await;
        // It has ended meanwhile, and that was said.
        if *told {
            return Ok(None);
        }
        let said = self.deliver(spot, way, reply, &[], 0).await?;
        waiting.is_shown_as(said.id);
        Ok(Some(said.id))
    }

    async fn say_progress(self: &Arc<Self>, spot: &Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        let Ok(told) = waiting.telling.try_lock() else { return Err(SayError::Later) };
        if *told {
            return Ok(());
        }
        if waiting.shown().since.is_some_and(|since| since.elapsed() < BETWEEN_STAGES) {
            return Err(SayError::Later);
        }
        match self.deliver(spot, Way::Change, reply, &[], 0).await {
            Err(Trouble::Later) => Err(SayError::Later),
            // The end goes another way.
            _ => Ok(()),
        }
    }

    async fn say_end(self: &Arc<Self>, spot: &Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        let mut told = waiting.telling.lock().await;
        if *told {
            return Ok(());
        }
        if let Some(message) = self.say_anyhow(spot, reply, Some(order)).await? {
            waiting.is_shown_as(message);
        }
        *told = true;
        self.forget_token_soon(spot.interaction);
        Ok(())
    }

    /// Puts it in its place; where nothing opens that any more, says it where the person still reads. Gives the number of
    /// the message, where that is known.
    async fn say_anyhow(
        self: &Arc<Self>,
        spot: &Spot,
        reply: &Reply,
        order: Option<OrderId>,
    ) -> Result<Option<u64>, SayError> {
        let mut way = if spot.there == There::Nothing { follow_up(spot) } else { Way::Change };
        // The message was put away, so another one is sent.
        let mut said = self.deliver(spot, way, reply, &[], 0).await;
        if matches!(said, Err(Trouble::Missing)) && way == Way::Change {
            way = follow_up(spot);
            said = self.deliver(spot, way, reply, &[], 0).await;
        }
        match said {
            Ok(said) => Ok(Some(said.id)),
            // Said once without an answer is said; a change is made until it is known.
            Err(Trouble::Unknown) if way != Way::Change => Ok(None),
            Err(Trouble::Expired | Trouble::Missing | Trouble::Shut | Trouble::Answered) => {
                self.say_elsewhere(spot, reply, order).await
            }
            Err(trouble) => Err(failing(&trouble)),
        }
    }

    /// In the channel where everyone read it, else as a direct message: what was private stays so.
    async fn say_elsewhere(
        self: &Arc<Self>,
        spot: &Spot,
        reply: &Reply,
        order: Option<OrderId>,
    ) -> Result<Option<u64>, SayError> {
        let nonce = order.map(|order| order.0.unsigned_abs());
        if spot.reach != Reach::Private {
            let way = Way::Channel { channel: spot.channel, nonce };
            match self.deliver(spot, way, reply, &[], 0).await {
                Ok(said) => return Ok(Some(said.id)),
                Err(Trouble::Shut | Trouble::Missing) => {}
                Err(trouble) => return Err(failing(&trouble)),
            }
        }
        self.say_directly(spot, reply, nonce).await
    }

    /// As a direct message.
    async fn say_directly(
        self: &Arc<Self>,
        spot: &Spot,
        reply: &Reply,
        nonce: Option<u64>,
    ) -> Result<Option<u64>, SayError> {
        let map = json!({"recipient_id": spot.owner.to_string()});
        let open = || self.http.create_private_channel(&map);
        let channel = match send(&self.guard, Again::Same, open).await {
            Ok(channel) => channel.id.get(),
            Err(trouble) => return Err(failing(&trouble)),
        };
        let direct = Spot { channel, reach: Reach::Direct, there: There::Nothing, ..*spot };
        match self.deliver(&direct, Way::Channel { channel, nonce }, reply, &[], 0).await {
            Ok(said) => Ok(Some(said.id)),
            Err(trouble) => Err(failing(&trouble)),
        }
    }

    /// Another picture for a dish that was told. Nobody waits for it: what cannot be changed stays as it is, and so does
    /// what its owner has changed since.
    async fn exchange_picture(self: &Arc<Self>, spot: &Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        let _turn = waiting.telling.lock().await;
        let touched = waiting.shown().message.is_none_or(|message| self.changed.contains_key(&message));
        if touched || spot.there == There::Nothing {
            return Ok(());
        }
        match self.change_alone(spot, reply).await {
            Err(Trouble::Later | Trouble::Unknown) => Err(SayError::Later),
            _ => Ok(()),
        }
    }
}

fn follow_up(spot: &Spot) -> Way {
    Way::FollowUp { alone: spot.reach == Reach::Private }
}

pub(super) fn failing(trouble: &Trouble) -> SayError {
    match trouble {
        Trouble::Later | Trouble::Unknown | Trouble::Token => SayError::Later,
        Trouble::Shut | Trouble::Expired | Trouble::Missing | Trouble::Answered => SayError::Gone,
        // Nothing would change if it were tried again; a dish waits in the history.
        Trouble::File | Trouble::Refused(_) => {
            tracing::error!(reason = trouble.reason(), "Discord does not take an answer");
            SayError::Gone
        }
    }
}
