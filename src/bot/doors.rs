//! Doors that come and go: a terminal's orders outlive its window.

use chrono::TimeDelta;

use super::{Bot, Outbox, waiting_reply};
use crate::{
    chat::{DoorKey, Incoming, Phrase, Reply},
    order::{OrderId, Stage},
    store::StoreError,
};

/// How long a door counts as open after its last sign of life.
pub const DOOR_LEASE: TimeDelta = TimeDelta::seconds(3);

impl Bot {
    /// A sign of life of a door; due at least three times in every [`DOOR_LEASE`].
    pub async fn hold_door(&self, door: &DoorKey) -> Result<(), StoreError> {
        self.store.hold(&door.0, DOOR_LEASE, self.clock.now()).await
    }

    /// The door closes; what it leaves behind may be taken over at once.
    pub async fn close_door(&self, door: &DoorKey) -> Result<(), StoreError> {
        let long_ago = self.clock.now() - TimeDelta::days(1);
        self.store.sweep_leases(long_ago).await?;
        self.store.let_go(&door.0).await
    }

    /// Takes over the person's orders whose door is gone, and shows which of them are waited for.
    pub async fn adopt(&self, incoming: &Incoming, outbox: &dyn Outbox) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(person) = self.known(incoming).await? else { return Ok(()) };
        let adopted = self.store.adopt(person.id, &incoming.place, &incoming.door, &incoming.address, now).await?;
        let locale = self.locale(incoming, person.locale);
        for (order, _) in adopted.iter().filter(|(_, in_the_making)| *in_the_making) {
            let line = Reply::line(locale, Phrase::new("order-resumed"));
            for reply in [line, waiting_reply(locale, *order, Stage::Queued, None)] {
                if let Err(error) = outbox.say(&incoming.address, reply).await {
                    tracing::warn!(%error, "a waiting message was not delivered");
                }
            }
        }
        self.bell.ring();
        Ok(())
    }

    /// The person's orders that this door still answers for: in the making, or not told yet.
    pub async fn open_here(&self, incoming: &Incoming) -> Result<Vec<OrderId>, StoreError> {
        let open = self.open_orders(incoming).await?;
        Ok(open.into_iter().filter(|(_, door)| *door == incoming.door).map(|(order, _)| order).collect())
    }

    async fn open_orders(&self, incoming: &Incoming) -> Result<Vec<(OrderId, DoorKey)>, StoreError> {
        match self.known(incoming).await? {
            Some(person) => self.store.open_orders(person.id, &incoming.place).await,
            None => Ok(Vec::new()),
        }
    }

    /// Says that an order of the person is being made behind another door, or `went` there while this one waited.
    pub async fn say_elsewhere(&self, incoming: &Incoming, outbox: &dyn Outbox, went: bool) -> Result<(), StoreError> {
        let person = self.known(incoming).await?;
        let line = Reply::line(
            self.locale(incoming, person.and_then(|person| person.locale)),
            Phrase::new(if went { "order-went-elsewhere" } else { "order-waits-elsewhere" }),
        );
        if let Err(error) = outbox.say(&incoming.address, line).await {
            tracing::warn!(%error, "an answer was not delivered");
        }
        Ok(())
    }

    /// Whether an order of the person is still open behind another door.
    pub async fn waits_elsewhere(&self, incoming: &Incoming) -> Result<bool, StoreError> {
        Ok(self.open_orders(incoming).await?.iter().any(|(_, door)| *door != incoming.door))
    }
}
