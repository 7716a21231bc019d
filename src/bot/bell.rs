//! Between the bot and the kitchen of one process: an order came in, or one must stop.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::order::OrderId;

/// Wakes the kitchen and stops its cooks. Only a short cut: what counts stands in the store, where the
/// kitchen finds it a little later without the bell.
#[derive(Debug, Default)]
pub struct Bell {
    ring: Notify,
    cooking: Mutex<HashMap<OrderId, CancellationToken>>,
}

impl Bell {
    /// Something is to be done.
    pub fn ring(&self) {
        self.ring.notify_one();
    }

    /// Waits for the next ring.
    pub async fn heard(&self) {
        self.ring.notified().await;
    }

    /// A cook begins, and is done when what this gives is dropped.
    pub fn begin(&self, order: OrderId) -> Cooking<'_> {
        let token = CancellationToken::new();
        // A cook that held the order before has lost it.
        if let Some(earlier) = self.cooking().insert(order, token.clone()) {
            earlier.cancel();
        }
        Cooking { bell: self, order, token }
    }

    /// The order was cancelled.
    pub fn stop(&self, order: OrderId) {
        if let Some(token) = self.cooking().remove(&order) {
            token.cancel();
        }
    }

    fn cooking(&self) -> MutexGuard<'_, HashMap<OrderId, CancellationToken>> {
        self.cooking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cook at work.
#[derive(Debug)]
pub struct Cooking<'a> {
    bell: &'a Bell,
    order: OrderId,
    token: CancellationToken,
}

impl Cooking<'_> {
    /// Tells when to stop.
    pub fn stopped(&self) -> &CancellationToken {
        &self.token
    }
}

impl Drop for Cooking<'_> {
    fn drop(&mut self) {
        // Cancelled: the place is someone else's by now, or nobody's.
        if !self.token.is_cancelled() {
            self.bell.cooking().remove(&self.order);
        }
    }
}
