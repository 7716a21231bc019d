//! The photo of a dish in the making: looked for as soon as the dish has a name, beside whoever cooks it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::{sleep, timeout};

use super::Kitchen;
use crate::{
    bot::{Outbox, SayError},
    chat::{Address, PictureHash, Placing},
    dish::{Dish, Names},
    photo::{Hunt, Photos},
    store::{Claimed, StoreError},
};

/// How long before the end of its budget a dish begins to have its card drawn.
const DRAWING: Duration = Duration::from_millis(150);

/// How often it is looked whether the dish was told, and for how long.
const LOOK: Duration = Duration::from_millis(250);
const TELLING: Duration = Duration::from_secs(60);

/// A late photo is said so often before it is left, with a pause between.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_secs(3);

/// The search that belongs to an order.
#[derive(Default)]
pub(super) struct Hunting(Mutex<Option<Hunt>>);

/// A dish with the picture that it is served with.
pub(super) struct Plated {
    pub(super) dish: Dish,
    pub(super) picture: Option<PictureHash>,
    /// The search, where it goes on and that is a card.
    pub(super) hunt: Option<Hunt>,
}

impl Hunting {
    /// Begins to look for a photo, unless it is looked for already.
    pub(super) fn begin(&self, photos: &Photos, names: &Names) -> Option<Hunt> {
        let mut hunt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !hunt.as_ref().is_some_and(|hunt| hunt.is_for(names)) {
            *hunt = photos.seek(names);
        }
        hunt.clone()
    }

    /// The dish with its photo, where that comes in time, else with its card.
    pub(super) async fn plate(&self, photos: &Photos, dish: Dish, now: DateTime<Utc>) -> Plated {
        let Some(mut hunt) = self.begin(photos, &dish.names) else {
            let card = photos.of_dish(&dish, None, now).await;
            return Plated { dish, picture: card.map(|card| card.hash), hunt: None };
        };
        let (found, card) = if let Some(found) = hunt.before(DRAWING).await {
            (Some(found), None)
        } else {
            // What is left of the budget is enough for the card.
            tokio::join!(hunt.in_time(), photos.of_dish(&dish, None, now))
        };
        if let Some(photo) = found.and_then(|found| photos.find(&found.picture, now)) {
            return Plated { dish, picture: Some(photo.hash), hunt: None };
        }
        let card = match card {
            Some(card) => Some(card),
            None => photos.of_dish(&dish, None, now).await,
        };
        Plated { dish, picture: card.map(|card| card.hash), hunt: Some(hunt).filter(Hunt::goes_on) }
    }
}

impl Kitchen {
    /// Waits for a photo that comes late, and puts it in the place of the card.
    pub(super) async fn exchange(&self, order: &Claimed, mut hunt: Hunt, outbox: Arc<dyn Outbox>) {
        let Some(found) = hunt.at_last().await else { return };
        let exchanged = async {
            if !self.store.exchange_picture(order.id, &found.picture).await? {
                return Ok(());
            }
            tracing::info!(order = order.id.0, source = found.source, "a photo came late");
            // Whoever tells it from now on shows the photo; whoever does already may show the card.
            match timeout(TELLING, self.told(order)).await {
                Ok(address) => self.show_again(order, &address?, &*outbox).await,
                Err(_) => Ok(()),
            }
        };
        if let Err(error) = exchanged.await {
            tracing::warn!(%error, order = order.id.0, "a late photo was not shown");
        }
    }

    /// Where the dish was told, as soon as it was.
    async fn told(&self, order: &Claimed) -> Result<Address, StoreError> {
        loop {
            if let Some(address) = self.store.told_at(order.id).await? {
                return Ok(Address(address));
            }
            sleep(LOOK).await;
        }
    }

    async fn show_again(&self, order: &Claimed, address: &Address, outbox: &dyn Outbox) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            // What the dish is now: its owner may have made it a favourite meanwhile, or may be forgotten.
            let Some(saved) = self.store.dish_of(order.id).await? else { return Ok(()) };
            let reply = self.fresh(saved, order.locale).await?.placed(Placing::Dish(order.id));
            match timeout(TELLING, outbox.say(address, reply)).await {
                Ok(Err(SayError::Later)) => sleep(BETWEEN).await,
                Ok(Ok(_) | Err(SayError::Gone)) | Err(_) => return Ok(()),
            }
        }
        Ok(())
    }
}
