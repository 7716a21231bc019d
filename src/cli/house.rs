//! What every command that answers people puts together.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Failure, exit, open};
use crate::{
    bot::{Bell, Bot, Outbox, Rules},
    chat::DoorKey,
    clock::{Clock, System},
    kitchen::{Equipment, Kitchen, Pace},
    photo::Photos,
    recommender::Cookbook,
    settings::Settings,
    store::Store,
};

/// A bot on its open store, and what its kitchen will work with.
pub(super) struct House {
    pub(super) bot: Arc<Bot>,
    pub(super) store: Store,
    rules: Rules,
    pace: Pace,
    equipment: Equipment,
}

impl House {
    pub(super) async fn open(settings: &Settings, photos: Arc<Photos>) -> Result<Self, Failure> {
        let cookbook = Cookbook::load(settings.cookbook_delay);
        let cookbook = cookbook.map_err(|error| Failure(exit::FAILED, error.to_string()))?;
        let store = open(settings).await?;
        let rules = Rules {
            quota: settings.quota,
            default_locale: settings.default_locale,
            dialogue_idle: settings.dialogue_idle,
            order_deadline: settings.order_deadline,
        };
        let pace = Pace { lease: settings.order_lease, at_once: settings.orders_at_once };
        let (clock, bell) = (Arc::new(System) as Arc<dyn Clock>, Arc::new(Bell::default()));
        let bot = Bot::new(store.clone(), Arc::clone(&clock), rules, Arc::clone(&bell), Arc::clone(&photos));
        let equipment = Equipment { store: store.clone(), clock, bell, recommender: Arc::new(cookbook), photos };
        Ok(Self { bot: Arc::new(bot), store, rules, pace, equipment })
    }

    /// Opens the kitchen for these doors; it works until `stop`.
    pub(super) fn cook(self, doors: Vec<(DoorKey, Arc<dyn Outbox>)>, stop: CancellationToken) -> JoinHandle<()> {
        let kitchen = Kitchen::new(self.equipment, self.rules, self.pace, doors);
        tokio::spawn(Arc::new(kitchen).run(stop))
    }
}
