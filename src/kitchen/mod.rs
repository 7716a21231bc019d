//! Claims orders, cooks them, says how far they are, and tells how they ended.
//!
//! The `orders` table is the queue. A claim is a lease with a fencing token: a cook that dies leaves a
//! lease that runs out, and whoever comes next cooks or refunds the order; a cook that comes too late
//! changes nothing. Telling is claimed in the same way, so that an end is told again until it arrived.

mod broadcast;
mod cook;
mod notebook;
mod photo;
mod tell;
mod tidy;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::join_all;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::Instrument;

use crate::{
    bot::{Bell, Outbox, Rules},
    chat::DoorKey,
    clock::Clock,
    photo::Photos,
    recommender::Recommender,
    store::{Budget, Store, StoreError},
};

/// How often the kitchen looks for work that no bell announced.
const LOOK: Duration = Duration::from_millis(250);

/// How often orders are looked for that nobody ended in time.
const SWEEP: Duration = Duration::from_secs(1);

/// How long after its deadline an order is ended by whichever kitchen sees it, since its own is gone.
const OVERDUE: TimeDelta = TimeDelta::seconds(30);

/// The longest pause while the store is out of reach.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long a closing kitchen finishes what is in hand.
pub const LAST_MOMENTS: Duration = Duration::from_secs(5);

/// How long handing back what is not finished may take.
const HANDING_BACK: Duration = Duration::from_secs(2);

/// An order is begun at most this often, then refunded.
const MOST_CLAIMS: i64 = 3;

/// A person's last dishes that are not served again.
const NOT_AGAIN: u32 = 20;

/// Favourites that say something of a person's taste.
const TASTE: u32 = 10;

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
    budget: Option<Budget>,
    photos: Arc<Photos>,
    doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
    retention: Retention,
    /// Cooks put down what they have not finished.
    closing: CancellationToken,
}

/// How long things are kept; `None` for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// What people were choosing, and left open.
    pub dialogues: Option<TimeDelta>,
    /// Orders that came to no dish.
    pub orders: Option<TimeDelta>,
    /// Pictures of dishes that nobody looked at.
    pub photos: Option<TimeDelta>,
    /// What admins did.
    pub log: Option<TimeDelta>,
}

/// What a kitchen works with.
pub struct Equipment {
    /// Where orders come from and dishes go.
    pub store: Store,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Wakes it.
    pub bell: Arc<Bell>,
    /// Who knows dishes.
    pub recommender: Arc<dyn Recommender>,
    /// What may be spent on models; `None` where there are none.
    pub budget: Option<Budget>,
    /// Who makes pictures of them.
    pub photos: Arc<Photos>,
}

impl Kitchen {
    /// A kitchen for the doors that this process has open.
    pub fn new(equipment: Equipment, rules: Rules, pace: Pace, doors: Vec<(DoorKey, Arc<dyn Outbox>)>) -> Self {
        let Equipment { store, clock, bell, recommender, budget, photos } = equipment;
        let (retention, closing) = (Retention::default(), CancellationToken::new());
        Self { store, clock, rules, pace, bell, recommender, budget, photos, doors, retention, closing }
    }

    /// The same that keeps things only for so long.
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Works until `stop`, then finishes what is in hand within [`LAST_MOMENTS`]. What is not done by then
    /// is handed back, and taken up by the next kitchen.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (hands, tasks) = (Arc::new(Semaphore::new(self.pace.at_once)), TaskTracker::new());
        let mouths = Arc::new(Semaphore::new(self.pace.at_once));
        let (mut pause, mut next_sweep) = (LOOK, Instant::now());
        let tidying = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&self).tidy_up()));
        let news = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&self).send_news(stop.clone())));
        while !stop.is_cancelled() {
            let sweeps = Instant::now() >= next_sweep;
            if sweeps {
                next_sweep = Instant::now() + SWEEP;
            }
            let looked = tokio::select! {
                looked = self.look(sweeps, &hands, &mouths, &tasks, &stop) => looked,
                // A store that does not answer holds up nobody who closes.
                () = late(&stop) => break,
            };
            match looked {
                Ok(()) => pause = LOOK,
                Err(error) => {
                    if pause == LOOK {
                        tracing::error!(%error, "the store is out of reach; the kitchen waits for it");
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    // A bell would only be answered with the same error.
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(pause) => {}
                    }
                    continue;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.bell.heard() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        drop(tidying);
        tasks.close();
        if tokio::time::timeout(LAST_MOMENTS, tasks.wait()).await.is_err() {
            self.closing.cancel();
        }
        if tokio::time::timeout(HANDING_BACK, news).await.is_err() {
            tracing::warn!("a message to everyone was broken off; somebody may hear it twice");
        }
        // What cannot be handed back either is left to its lease.
        if tokio::time::timeout(HANDING_BACK, tasks.wait()).await.is_err() {
            tracing::warn!(orders = tasks.len(), "the kitchen closed with orders in hand");
        }
    }

    /// Takes whatever is to be cooked or told, as long as there are hands and mouths for it; where it `sweeps`,
    /// ends what nobody ended in time before that.
    async fn look(
        self: &Arc<Self>,
        sweeps: bool,
        hands: &Arc<Semaphore>,
        mouths: &Arc<Semaphore>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        if sweeps {
            let now = self.clock.now();
            self.store.end_overdue(now - OVERDUE, now).await?;
        }
        for (door, outbox) in &self.doors {
            loop {
                let to_do = self.store.to_do(door, self.clock.now()).await?;
                let (cooking, telling) = tokio::join!(
                    self.begin_cooking(to_do.cooking, door, outbox, hands, tasks, stop),
                    self.begin_telling(to_do.telling, door, outbox, mouths, tasks),
                );
                if cooking? + telling? == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Claims up to `count` orders at once, each for a hand that is free; gives how many were claimed.
    async fn begin_cooking(
        self: &Arc<Self>,
        count: usize,
        door: &DoorKey,
        outbox: &Arc<dyn Outbox>,
        hands: &Arc<Semaphore>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let claims = free(hands, count).into_iter().map(async |hand| {
            let claimed = self.store.claim(door, fresh_token(), self.lease(), self.clock.now()).await?;
            let Some(order) = claimed else { return Ok(0) };
            let (kitchen, outbox, stop) = (Arc::clone(self), Arc::clone(outbox), stop.clone());
            let span = tracing::error_span!("order", order = order.id.0);
            let cooking = async move {
                let hunt = kitchen.cook(&order, Arc::clone(&outbox)).await;
                drop(hand);
                kitchen.bell.ring();
                if let Some(hunt) = hunt {
                    stop.run_until_cancelled(kitchen.exchange(&order, hunt, outbox)).await;
                }
            };
            tasks.spawn(cooking.instrument(span));
            Ok(1)
        });
        sum(claims).await
    }

    /// The same for ends that are to be told.
    async fn begin_telling(
        self: &Arc<Self>,
        count: usize,
        door: &DoorKey,
        outbox: &Arc<dyn Outbox>,
        mouths: &Arc<Semaphore>,
        tasks: &TaskTracker,
    ) -> Result<usize, StoreError> {
        let claims = free(mouths, count).into_iter().map(async |mouth| {
            let claimed = self.store.claim_untold(door, fresh_token(), self.lease(), self.clock.now()).await?;
            let Some(untold) = claimed else { return Ok(0) };
            let (kitchen, outbox) = (Arc::clone(self), Arc::clone(outbox));
            let span = tracing::error_span!("order", order = untold.id.0);
            let telling = async move {
                kitchen.tell(untold, &*outbox).await;
                drop(mouth);
            };
            tasks.spawn(telling.instrument(span));
            Ok(1)
        });
        sum(claims).await
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.pace.lease).unwrap_or(TimeDelta::hours(1))
    }
}

/// Up to `count` of what is free.
fn free(of: &Arc<Semaphore>, count: usize) -> Vec<OwnedSemaphorePermit> {
    (0..count).map_while(|_| Arc::clone(of).try_acquire_owned().ok()).collect()
}

/// Waits for all claims; the first that fails is what is said of them, and the others are kept all the same.
async fn sum(
    claims: impl Iterator<Item = impl Future<Output = Result<usize, StoreError>>>,
) -> Result<usize, StoreError> {
    let claimed = join_all(claims).await;
    claimed.into_iter().try_fold(0, |sum, one| Ok(sum + one?))
}

/// When a closing kitchen waits no longer for what it asked the store.
async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(HANDING_BACK).await;
}

fn fresh_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
