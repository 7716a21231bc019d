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

    /// A cook begins; the token tells when to stop.
    pub fn begin(&self, order: OrderId) -> CancellationToken {
        let token = CancellationToken::new();
        self.cooking().insert(order, token.clone());
        token
    }

    /// A cook is done.
    pub fn end(&self, order: OrderId) {
        self.cooking().remove(&order);
    }

    /// The order was cancelled.
    pub fn stop(&self, order: OrderId) {
        if let Some(token) = self.cooking().get(&order) {
            token.cancel();
        }
    }

    fn cooking(&self) -> MutexGuard<'_, HashMap<OrderId, CancellationToken>> {
        self.cooking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
