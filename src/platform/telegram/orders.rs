//! The messages of an order: the waiting message, how far it is, and what it becomes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use teloxide::{payloads::SendChatActionSetters, prelude::Requester, types::ChatAction};
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Door,
    limiter::{InLine, NoRoom, Urgency},
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

/// What this process knows of an order's messages; where it knows nothing, the order's address does.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Where the waiting message is, and how many parts of the end were said.
    known: Mutex<Known>,
    /// Whoever says the first message, or tells the end; `true` once the end is told.
    telling: Arc<AsyncMutex<bool>>,
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

/// An order whose first message is about to be said. Its end waits for it, and takes its place.
pub(super) struct Begun {
    waiting: Arc<Waiting>,
    _telling: OwnedMutexGuard<bool>,
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
        if let Placing::Dish(order) = reply.placing {
            return self.exchange_picture(spot, &reply, order).await.map(|()| None);
        }
        if let Placing::News(_) = reply.placing {
            return self.say_news(spot, &reply).await.map(|()| None);
        }
        let Placing::Waiting(order) = reply.placing else {
            let line = self.line_up(spot, Urgency::Answer).await?;
            let said = self.deliver(line, spot, &reply, None, None).await;
            return said.map(|_| None).map_err(|trouble| failing(&trouble));
        };
        if matches!(reply.facts, Facts::Waiting(_)) {
            return self.say_progress(spot, &reply, order).await.map(|()| None);
        }
        // Whoever stops listening does not stop the message halfway, nor say it twice.
        let door = Arc::clone(self);
        let telling = self.tasks.spawn(async move { door.say_end(spot, &reply, order).await });
        telling.await.unwrap_or(Err(SayError::Later)).map(|()| None)
    }

    /// One of many messages to everyone: it waits until there is room that nobody else needs.
    async fn say_news(self: &Arc<Self>, spot: Spot, reply: &Reply) -> Result<(), SayError> {
        let line = self.line_up(spot, Urgency::News).await?;
        match self.deliver(line, spot, reply, None, None).await {
            // It may have arrived, and is not said twice.
            Ok(_) | Err(Trouble::Unknown) => Ok(()),
            Err(trouble) => Err(failing(&trouble)),
        }
    }

    /// Keeps the end of an order back until its first message is said; `None` where the end is being told.
    pub(super) fn begin(&self, order: OrderId) -> Option<Begun> {
        let waiting = self.waiting(order);
        let telling = Arc::clone(&waiting.telling).try_lock_owned().ok()?;
        Some(Begun { waiting, _telling: telling })
    }

    /// The first message of an order: the confirmed menu becomes it, or it is sent. Gives where it is.
    pub(super) async fn say_waiting(
        self: &Arc<Self>,
        begun: Begun,
        line: InLine,
        spot: Spot,
        reply: &Reply,
        menu: Option<There>,
    ) -> Result<Spot, Trouble> {
        let waiting = &begun.waiting;
        let said = self.deliver(line, spot, reply, menu, None).await?;
        waiting.know(|known| *known = Known { message: said.message, since: Some(Instant::now()), ..*known });
        self.keep_action_alive(said, waiting);
        Ok(said)
    }

    /// A place in the queue of a chat.
    pub(super) async fn line_up(&self, spot: Spot, urgency: Urgency) -> Result<InLine, SayError> {
        self.limiter.line_up(spot.chat, spot.owner, urgency).await.map_err(|NoRoom| SayError::Later)
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
        let line = self.line_up(spot, Urgency::Progress).await?;
        match self.deliver(line, Spot { message: Some(message), ..spot }, reply, there, None).await {
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
        let line = self.line_up(spot, Urgency::Answer).await?;
        match self.deliver(line, spot, reply, spot.message.map(There::Text), Some(order)).await {
            Ok(there) => {
                waiting.know(|known| *known = Known { message: there.message, ..*known });
                *told = true;
                Ok(())
            }
            Err(Trouble::Unknown) => {
                *told = true;
                Ok(())
            }
            Err(trouble) => Err(failing(&trouble)),
        }
    }

    /// Another picture for a dish that was told. Nobody waits for it: what cannot be changed stays as it is, and so does
    /// what its owner has changed since.
    async fn exchange_picture(self: &Arc<Self>, spot: Spot, reply: &Reply, order: OrderId) -> Result<(), SayError> {
        let waiting = self.waiting(order);
        let message = waiting.known().message.or(spot.message);
        let Some(message) = message.filter(|message| !self.changed.contains_key(&(spot.chat, *message))) else {
            return Ok(());
        };
        let spot = Spot { message: Some(message), said: 0, ..spot };
        let line = self.line_up(spot, Urgency::Progress).await?;
        match self.exchange(line, spot, reply, message).await {
            Ok(()) | Err(Trouble::Same) => Ok(()),
            Err(Trouble::Gone) => Err(SayError::Gone),
            Err(Trouble::Later) => Err(SayError::Later),
            Err(trouble) => {
                tracing::debug!(reason = trouble.reason(), order = order.0, "a card was not exchanged");
                Ok(())
            }
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
                while door.act(spot).await {
                    sleep(ACTION_EVERY).await;
                }
            };
            // No order is in the making for longer.
            let acting = timeout(door.core.order_deadline(), acting);
            ended.run_until_cancelled(acting).await;
        });
    }

    /// Shows it once; `false` where it is shown to nobody any more.
    async fn act(&self, spot: Spot) -> bool {
        let mut action = self.bot.send_chat_action(spot.chat, ChatAction::Typing);
        if let Some(thread) = spot.thread() {
            action = action.message_thread_id(thread);
        }
        let Ok(line) = self.line_up(spot, Urgency::Progress).await else { return true };
        match line.in_turn(send(&self.limiter, spot.chat, Urgency::Progress, action)).await {
            Err(Trouble::Gone | Trouble::Moved(_)) => false,
            Err(Trouble::Refused(reason)) => {
                tracing::debug!(reason, "an action was not shown");
                false
            }
            _ => true,
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
