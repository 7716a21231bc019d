//! Telling how an order ended, until it arrived.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::timeout;

use super::Kitchen;
use crate::{
    bot::{Outbox, SayError, Served, picture_of, stopped_reply},
    chat::{Action, Address, Locale, MenuId, Phrase, Placing, Reply},
    dialogue::choice,
    dish::Servings,
    order::Failure,
    store::{SavedDish, StoreError, Untold, UntoldEnd},
};

/// A door that does not answer for longer counts as failing for now.
const PATIENCE: Duration = Duration::from_secs(45);

impl Kitchen {
    /// Tells one ended order.
    pub(super) async fn tell(&self, untold: Untold, outbox: &dyn Outbox) {
        // Whoever still cooks it does so in vain, and must not say so after its end.
        self.bell.stop(untold.id);
        if let Err(error) = self.try_to_tell(&untold, outbox).await {
            tracing::error!(%error, order = untold.id.0, "an ended order could not be told; it is tried again");
        }
    }

    async fn try_to_tell(&self, untold: &Untold, outbox: &dyn Outbox) -> Result<(), StoreError> {
        if untold.end == UntoldEnd::Failed(Failure::Unreachable) {
            return self.store.unreachable(untold.id, self.clock.now()).await;
        }
        // Whoever was forgotten in the meantime has no order any more, and is told nothing.
        let Some(reply) = self.ending(untold).await? else { return Ok(()) };
        let reply = reply.placed(Placing::Waiting(untold.id));
        let said = self.say_while_held(untold, reply, outbox).await;
        let now = self.clock.now();
        let outcome = match said {
            Ok(_) => "told",
            Err(SayError::Gone) => "unreachable",
            Err(SayError::Later) => "later",
        };
        metrics::counter!("bapsang_orders_total", "stage" => "telling", "outcome" => outcome).increment(1);
        match said {
            Ok(_) => self.store.told(untold.id, now).await,
            Err(SayError::Gone) => self.store.unreachable(untold.id, now).await,
            Err(SayError::Later) => {
                let pause = TimeDelta::seconds(1 << untold.tellings.clamp(0, 8));
                self.store.tell_later(untold, now + pause, now).await
            }
        }
    }

    /// Says it, and keeps the claim meanwhile: where this process dies, another one tells it soon.
    async fn say_while_held(
        &self,
        untold: &Untold,
        reply: Reply,
        outbox: &dyn Outbox,
    ) -> Result<Option<Address>, SayError> {
        let saying = timeout(PATIENCE, outbox.say(&untold.address, reply));
        tokio::pin!(saying);
        loop {
            tokio::select! {
                said = &mut saying => return said.unwrap_or(Err(SayError::Later)),
                () = tokio::time::sleep(self.pace.lease / 3) => {
                    let kept = self.store.keep_telling(untold, self.lease(), self.clock.now()).await;
                    if let Err(error) = kept {
                        tracing::warn!(%error, order = untold.id.0, "a lease was not renewed");
                    }
                }
            }
        }
    }

    /// A dish as it is told right after its order.
    pub(super) async fn fresh(&self, mut saved: SavedDish, locale: Locale) -> Result<Reply, StoreError> {
        let now = self.clock.now();
        let tickets = Some(self.store.tickets_left(saved.person, self.rules.quota, now).await?);
        let avoided = &self.store.profile(saved.person).await?.avoided;
        let picture = picture_of(&self.store, &self.photos, &mut saved, now).await;
        let served = Served { saved, picture, servings: Servings::One, avoided, tickets, shared_by: None };
        Ok(served.reply(locale, self.rules.quota, now))
    }

    async fn ending(&self, untold: &Untold) -> Result<Option<Reply>, StoreError> {
        let again = || vec![choice(MenuId(0), Action::Again)];
        let failed = |key| Reply::line(untold.locale, Phrase::new(key)).with_choices(again());
        Ok(Some(match untold.end {
            UntoldEnd::Cancelled => stopped_reply(untold.locale),
            UntoldEnd::Failed(Failure::Deadline) => failed("failed-deadline"),
            UntoldEnd::Failed(Failure::GaveUp) => failed("failed-gave-up"),
            UntoldEnd::Failed(Failure::Down) => failed("failed-down"),
            // The same wish once more would be declined once more.
            UntoldEnd::Failed(Failure::Declined) => {
                let begin = choice(MenuId(0), Action::Begin);
                Reply::line(untold.locale, Phrase::new("failed-declined")).with_choices(vec![begin])
            }
            UntoldEnd::Failed(Failure::NoDish | Failure::Unreachable) => failed("failed-no-dish"),
            UntoldEnd::Failed(Failure::Avoided) => {
                let profile = choice(MenuId(0), Action::Profile);
                Reply::line(untold.locale, Phrase::new("failed-avoided")).with_choices(vec![profile])
            }
            UntoldEnd::Served => match self.store.dish_of(untold.id).await {
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%error, order = untold.id.0, "a dish cannot be shown");
                    Reply::line(untold.locale, Phrase::new("dish-unreadable"))
                }
                Err(error) => return Err(error),
                Ok(Some(saved)) => self.fresh(saved, untold.locale).await?,
                Ok(None) => return Ok(None),
            },
        }))
    }
}
