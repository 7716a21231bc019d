//! One event at a time for each person in each place.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::chat::Place;

type Key = (Place, String);

/// Lets the events of one person in one place through one after another, first come, first served.
#[derive(Debug, Default)]
pub(super) struct Turnstile {
    lanes: Arc<Mutex<HashMap<Key, Arc<AsyncMutex<()>>>>>,
}

/// The turn of one event; it ends when this is dropped.
pub(super) struct Turn {
    lanes: Arc<Mutex<HashMap<Key, Arc<AsyncMutex<()>>>>>,
    key: Key,
    lane: Option<OwnedMutexGuard<()>>,
}

impl Turnstile {
    /// Waits for the turn.
    pub(super) async fn enter(&self, place: &Place, user: &str) -> Turn {
        let key = (place.clone(), user.to_owned());
        let lane = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lanes.entry(key.clone()).or_default())
        };
        Turn { lanes: Arc::clone(&self.lanes), key, lane: Some(lane.lock_owned().await) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.lane.take());
        // The map holds the last one when nobody else waits in this lane.
        if lanes.get(&self.key).is_some_and(|lane| Arc::strong_count(lane) == 1) {
            lanes.remove(&self.key);
        }
    }
}
