//! Claims orders, cooks them, says how far they are, and tells how they ended.
//!
//! The `orders` table is the queue. A claim is a lease with a fencing token: a cook that dies leaves a
//! lease that runs out, and whoever comes next cooks or refunds the order; a cook that comes too late
//! changes nothing. Telling is claimed in the same way, so that an end is told again until it arrived.

mod cook;
mod tell;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bot::{Bell, Outbox, Rules},
    chat::DoorKey,
    clock::Clock,
    recommender::Recommender,
    store::Store,
};

/// How often the kitchen looks for work that no bell announced.
const LOOK: Duration = Duration::from_millis(250);

/// How long a closing kitchen finishes what is in hand.
pub const LAST_MOMENTS: Duration = Duration::from_secs(5);

/// An order is begun at most this often, then refunded.
const MOST_CLAIMS: i64 = 3;

/// A person's last dishes that are not served again.
const NOT_AGAIN: u32 = 20;

/// How a kitchen is run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// Orders cooked at the same time.
    pub at_once: usize,
}

/// The kitchen of one process.
pub struct Kitchen {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Rules,
    pace: Pace,
    bell: Arc<Bell>,
    recommender: Arc<dyn Recommender>,
    doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
}

impl Kitchen {
    /// A kitchen for the doors that this process has open.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        rules: Rules,
        pace: Pace,
        bell: Arc<Bell>,
        recommender: Arc<dyn Recommender>,
        doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
    ) -> Self {
        Self { store, clock, rules, pace, bell, recommender, doors }
    }

    /// Works until `stop`, then finishes what is in hand within [`LAST_MOMENTS`]. What is not done by then
    /// is left to its lease, and taken up by the next kitchen.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (hands, tasks) = (Arc::new(Semaphore::new(self.pace.at_once)), TaskTracker::new());
        while !stop.is_cancelled() {
            for (door, outbox) in &self.doors {
                self.take_orders(door, outbox, &hands, &tasks).await;
                self.take_endings(door, outbox, &tasks).await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.bell.heard() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        tasks.close();
        if tokio::time::timeout(LAST_MOMENTS, tasks.wait()).await.is_err() {
            tracing::warn!(orders = tasks.len(), "the kitchen closed with orders in hand");
        }
    }

    async fn take_orders(
        self: &Arc<Self>,
        door: &DoorKey,
        outbox: &Arc<dyn Outbox>,
        hands: &Arc<Semaphore>,
        tasks: &TaskTracker,
    ) {
        while let Ok(hand) = Arc::clone(hands).try_acquire_owned() {
            match self.store.claim(door, fresh_token(), self.lease(), self.clock.now()).await {
                Ok(Some(order)) => {
                    let (kitchen, outbox) = (Arc::clone(self), Arc::clone(outbox));
                    tasks.spawn(async move {
                        kitchen.cook(order, outbox).await;
                        drop(hand);
                        kitchen.bell.ring();
                    });
                }
                Ok(None) => return,
                Err(error) => return tracing::error!(%error, "orders could not be claimed"),
            }
        }
    }

    async fn take_endings(self: &Arc<Self>, door: &DoorKey, outbox: &Arc<dyn Outbox>, tasks: &TaskTracker) {
        loop {
            match self.store.claim_untold(door, fresh_token(), tell::LEASE, self.clock.now()).await {
                Ok(Some(untold)) => {
                    let (kitchen, outbox) = (Arc::clone(self), Arc::clone(outbox));
                    tasks.spawn(async move { kitchen.tell(untold, &*outbox).await });
                }
                Ok(None) => return,
                Err(error) => return tracing::error!(%error, "ended orders could not be claimed"),
            }
        }
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.pace.lease).unwrap_or(TimeDelta::hours(1))
    }
}

fn fresh_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
