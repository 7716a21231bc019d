//! The messages of an order: the waiting message, how far it is, and what it becomes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use teloxide::{payloads::SendChatActionSetters, prelude::Requester, types::ChatAction};
use tokio::{
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Door,
    limiter::Urgency,
    outbound::There,
    send::{Trouble, send},
    spot::Spot,
};
use crate::{
    bot::SayError,
    chat::{Address, Facts, Placing, Reply},
    order::OrderId,
};

/// An end that has to wait longer for Telegram is told later.
const LONG: Duration = Duration::from_secs(30);

/// Orders that are done sooner show no action.
const ACTION_AFTER: Duration = Duration::from_millis(1200);

/// The waiting message changes for the first time after this.
const BETWEEN_STAGES: Duration = Duration::from_secs(1);

/// Telegram shows an action for five seconds (`sendChatAction`).
const ACTION_EVERY: Duration = Duration::from_millis(4500);

/// No order is in the making for longer.
const ACTIONS: u32 = 900;

/// What this process knows of an order's messages; where it knows nothing, the order's address does.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Where the waiting message is, and how many parts of the end were said.
    known: Mutex<Known>,
    /// Whoever says the first message, or tells the end; `true` once the end is told.
    telling: AsyncMutex<bool>,
    /// Nothing more is said of how far it is.
    ended: CancellationToken,
}

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    message: Option<i32>,
    said: usize,
    /// When the waiting message went out.
    since: Option<Instant>,
}

impl Waiting {
    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
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
        let Placing::Waiting(order) = reply.placing else {
            let said = self.deliver(spot, &reply, None, None, Urgency::Answer).await;
            return said.map(|_| None).map_err(|trouble| failing(&trouble));
        };
        if matches!(reply.facts, Facts::Waiting { .. }) {
            return self.say_progress(spot, &reply, order).await.map(|()| None);
        }
        // Whoever stops listening does not stop the message halfway, nor say it twice.
        let door = Arc::clone(self);
        let telling = self.tasks.spawn(async move { door.say_end(spot, &reply, order).await });
        telling.await.unwrap_or(Err(SayError::Later)).map(|()| None)
    }

    /// The first message of an order: the confirmed menu becomes it, or it is sent. Gives where it is.
    pub(super) async fn say_waiting(
        self: &Arc<Self>,
        spot: Spot,
        reply: &Reply,
        order: OrderId,
        menu: Option<There>,
    ) -> Result<Spot, Trouble> {
        let waiting = self.waiting(order);
        // The end waits for it, and takes its place.
        let _telling = waiting.telling.lock().await;
        let said = self.deliver(spot, reply, menu, None, Urgency::Answer).await?;
        waiting.know(|known| *known = Known { message: said.message, since: Some(Instant::now()), ..*known });
        self.keep_action_alive(said, &waiting);
        Ok(said)
    }

    async fn say_progress(self: &Arc<Self>, spot: Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        let Some(message) = waiting.known().message.or(spot.message) else { return Err(SayError::Later) };
        if waiting.ended.is_cancelled() {
            return Ok(());
        }
        if waiting.known().since.is_some_and(|since| since.elapsed() < BETWEEN_STAGES) {
            return Err(SayError::Later);
        }
        let there = Some(There::Text(message));
        match self.deliver(Spot { message: Some(message), ..spot }, reply, there, None, Urgency::Progress).await {
            Err(Trouble::Gone) => Err(SayError::Gone),
            Err(Trouble::Later) => Err(SayError::Later),
            _ => Ok(()),
        }
    }

    async fn say_end(self: &Arc<Self>, spot: Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        waiting.ended.cancel();
        if self.limiter.waits(spot.chat).is_some_and(|wait| wait > LONG) {
            return Err(SayError::Later);
        }
        let mut told = waiting.telling.lock().await;
        if *told {
            return Ok(());
        }
        let known = waiting.known();
        let spot = Spot { message: known.message.or(spot.message), said: spot.said.max(known.said), ..spot };
        match self.deliver(spot, reply, spot.message.map(There::Text), Some(order), Urgency::Answer).await {
            Ok(_) | Err(Trouble::Unknown) => {
                *told = true;
                Ok(())
            }
            Err(trouble) => Err(failing(&trouble)),
        }
    }

    /// A part of an order's end was said; the next one goes on from there, in this process or another.
    pub(super) async fn note(&self, order: OrderId, spot: Spot) {
        self.waiting(order).know(|known| *known = Known { message: spot.message, said: spot.said, ..*known });
        if let Err(error) = self.core.readdress(order, &spot.address()).await {
            tracing::warn!(%error, order = order.0, "how much was said was not noted");
        }
    }

    /// Shows that something is being done until the order has ended, wherever there is room for it.
    fn keep_action_alive(self: &Arc<Self>, spot: Spot, waiting: &Arc<Waiting>) {
        let (door, ended) = (Arc::clone(self), waiting.ended.clone());
        tokio::spawn(async move {
            let acting = async {
                sleep(ACTION_AFTER).await;
                for _ in 0..ACTIONS {
                    door.act(spot).await;
                    sleep(ACTION_EVERY).await;
                }
            };
            ended.run_until_cancelled(acting).await;
        });
    }

    async fn act(&self, spot: Spot) {
        let mut action = self.bot.send_chat_action(spot.chat, ChatAction::Typing);
        if let Some(thread) = spot.thread() {
            action = action.message_thread_id(thread);
        }
        let acting = send(&self.limiter, spot.chat, Urgency::Progress, action);
        if let Ok(Err(Trouble::Refused(reason))) = self.limiter.in_turn(spot.chat, Urgency::Progress, acting).await {
            tracing::debug!(reason, "an action was not shown");
        }
    }
}

pub(super) fn failing(trouble: &Trouble) -> SayError {
    match trouble {
        Trouble::Later | Trouble::Unknown | Trouble::Moved(_) => SayError::Later,
        Trouble::Gone => SayError::Gone,
        // Nothing would change if it were tried again; a dish waits in the history.
        _ => {
            tracing::error!(reason = trouble.reason(), "Telegram does not take an answer");
            SayError::Gone
        }
    }
}
