//! Doors that come and go: a terminal's orders outlive its window.

use chrono::TimeDelta;

use super::{Bot, Outbox};
use crate::{
    chat::{Action, DoorKey, Facts, Incoming, MenuId, Phrase, Placing, Reply},
    dialogue::choice,
    order::Stage,
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

    /// Takes over the person's orders whose door is gone and shows that they are waited for; `true` when
    /// there was one.
    pub async fn adopt(&self, incoming: &Incoming, outbox: &dyn Outbox) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let person = self.store.person_for(incoming.place.platform, &incoming.user.id, now).await?;
        let adopted = self.store.adopt(person.id, &incoming.place, &incoming.door, &incoming.address, now).await?;
        let locale = self.locale(incoming, person.locale);
        for order in &adopted {
            let line = Reply::line(locale, Phrase::new("order-resumed"));
            let facts = Facts::Waiting { stage: Stage::Queued, names: None };
            let waiting = Reply::new(locale, facts).with_choices(vec![choice(MenuId(0), Action::Stop)]);
            for reply in [line, waiting.placed(Placing::Waiting(*order))] {
                if let Err(error) = outbox.say(&incoming.address, reply).await {
                    tracing::warn!(%error, "a waiting message was not delivered");
                }
            }
        }
        self.bell.ring();
        Ok(!adopted.is_empty())
    }

    /// Says that an order of the person is being made behind another door.
    pub async fn say_elsewhere(&self, incoming: &Incoming, outbox: &dyn Outbox) -> Result<(), StoreError> {
        let person = self.store.person_for(incoming.place.platform, &incoming.user.id, self.clock.now()).await?;
        let line = Reply::line(self.locale(incoming, person.locale), Phrase::new("order-waits-elsewhere"));
        if let Err(error) = outbox.say(&incoming.address, line).await {
            tracing::warn!(%error, "an answer was not delivered");
        }
        Ok(())
    }

    /// Whether an order of the person is still open behind another door.
    pub async fn waits_elsewhere(&self, incoming: &Incoming) -> Result<bool, StoreError> {
        let person = self.store.person_for(incoming.place.platform, &incoming.user.id, self.clock.now()).await?;
        let open = self.store.open_orders(person.id, &incoming.place).await?;
        Ok(open.iter().any(|(_, door)| *door != incoming.door))
    }
}
