//! One order at the stove.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    Kitchen, MOST_CLAIMS, NOT_AGAIN, TASTE,
    photo::{Hunting, Plated},
};
use crate::{
    bot::{Outbox, SayError, waiting_reply},
    chat::{Reply, Waiting},
    dish::Dish,
    order::{Failure, Stage, Usage},
    photo::Hunt,
    recommender::{Progress, RecommendError, Reporter, Request},
    store::{Claimed, Served, StoreError},
    ticket::Day,
};

/// The waiting message changes at most this often.
const BETWEEN_STAGES: Duration = Duration::from_secs(1);

/// How long a cook may take to stop.
const PUTTING_OUT: Duration = Duration::from_secs(1);

/// Saying how far it is may not hold up the cook for longer.
const SAYING: Duration = Duration::from_secs(5);

/// A dish in the making, and then the picture of it.
struct Cooking {
    task: AbortOnDropHandle<Result<Plated, RecommendError>>,
    /// The dish as soon as it is there, while its picture is still looked for or drawn.
    dish: oneshot::Receiver<Dish>,
    hunting: Arc<Hunting>,
}

impl Cooking {
    /// Stops it, and waits until it has stopped, so that what it took is known.
    async fn put_out(&mut self) {
        if !self.task.is_finished() {
            self.task.abort();
            let _ = timeout(PUTTING_OUT, &mut self.task).await;
        }
    }
}

/// Why a cook put the order down.
enum Stop {
    /// There is a dish, and a picture of it if one could be made.
    Dish(Box<Plated>),
    /// There will be none; the ticket goes back.
    Failed(Failure),
    /// The order is no longer ours.
    Lost,
    /// The kitchen closes; another one cooks it.
    Closing,
}

impl Kitchen {
    /// Cooks a claimed order to its end in the store. Gives the search for its photo where it was served without one.
    pub(super) async fn cook(&self, order: &Claimed, outbox: Arc<dyn Outbox>) -> Option<Hunt> {
        let stop = {
            let cooking = self.bell.begin(order.id);
            self.at_the_stove(order, cooking.stopped(), &*outbox).await
        };
        self.put_down(order, stop).await.unwrap_or_else(|error| {
            tracing::error!(%error, order = order.id.0, "an order could not be ended; it is taken up again");
            None
        })
    }

    async fn at_the_stove(&self, order: &Claimed, cancelled: &CancellationToken, outbox: &dyn Outbox) -> Stop {
        // A clock that jumped back does not lengthen the time of an order.
        let left = (order.deadline - self.clock.now()).to_std().unwrap_or_default().min(self.rules.order_deadline);
        if order.claims > MOST_CLAIMS {
            return Stop::Failed(Failure::GaveUp);
        }
        if left.is_zero() {
            return Stop::Failed(Failure::Deadline);
        }
        // What is reserved on a day is noted on that day, also where the order takes until after midnight.
        let day = self.rules.quota.day(self.clock.now());
        let request = match self.request(order, day, left).await {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, order = order.id.0, "an order could not be begun");
                return Stop::Lost;
            }
        };
        let (reporter, progress) = Reporter::new();
        let (asked, within_budget) = (reporter.clone(), request.within_budget);
        let mut cooking = self.start(order, request, reporter);
        let stop = self.watch(order, &mut cooking, progress, left, cancelled, outbox).await;
        cooking.put_out().await;
        self.note_spent(order, day, within_budget, asked.spent()).await;
        stop
    }

    /// Notes what the order took, also where nothing came of it.
    async fn note_spent(&self, order: &Claimed, day: Day, reserved: bool, usage: Usage) {
        if self.budget.is_none() || !(reserved || usage.requests > 0) {
            return;
        }
        let noted = self.store.note_spent(order.id, day, usage).await;
        if let Err(error) = noted {
            tracing::error!(%error, order = order.id.0, ?usage, "what a model took was not noted");
        }
    }

    async fn request(&self, order: &Claimed, day: Day, time: Duration) -> Result<Request, StoreError> {
        let recent = self.store.recent_names(order.person, NOT_AGAIN).await?;
        // Any number that differs between orders will do; the same order chooses the same again.
        let seed = order.id.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ order.deadline.timestamp_millis().unsigned_abs();
        let avoided = self.store.profile(order.person).await?.avoided;
        let (favourites, within_budget) = match self.budget {
            None => (Vec::new(), true),
            Some(budget) => {
                (self.store.favourite_names(order.person, TASTE).await?, self.store.reserve_request(day, budget).await?)
            }
        };
        let (wanted, locale) = (order.wanted.clone(), order.locale);
        Ok(Request { wanted, locale, avoided, recent, favourites, within_budget, time, seed })
    }

    /// Cooks in a task of its own, so that a panic stays in it and dropping the handle stops it.
    fn start(&self, order: &Claimed, request: Request, reporter: Reporter) -> Cooking {
        let (recommender, photos) = (Arc::clone(&self.recommender), Arc::clone(&self.photos));
        let (ticket, now) = (order.ticket.clone(), self.clock.now());
        let (there, dish) = oneshot::channel();
        let hunting = Arc::new(Hunting::default());
        let hunt = Arc::clone(&hunting);
        let task = tokio::spawn(async move {
            let dish = recommender.recommend(&request, &ticket, &reporter).await?;
            let _ = there.send(dish.clone());
            Ok(hunt.plate(&photos, dish, now).await)
        });
        Cooking { task: AbortOnDropHandle::new(task), dish, hunting }
    }

    async fn watch(
        &self,
        order: &Claimed,
        cooking: &mut Cooking,
        mut progress: mpsc::Receiver<Progress>,
        left: Duration,
        cancelled: &CancellationToken,
        outbox: &dyn Outbox,
    ) -> Stop {
        let beat = self.pace.lease / 3;
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let deadline = sleep(left);
        tokio::pin!(deadline);
        let mut shown = Shown { waiting: Waiting::at(Stage::Queued), changed: false, last: None };
        loop {
            tokio::select! {
                biased;
                () = cancelled.cancelled() => return Stop::Lost,
                () = self.closing.cancelled() => return Stop::Closing,
                done = &mut cooking.task => return match done {
                    Ok(Ok(plated)) => Stop::Dish(Box::new(plated)),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, order = order.id.0, "there is no dish");
                        Stop::Failed(match error {
                            RecommendError::NoDish => Failure::NoDish,
                            RecommendError::NothingEatable => Failure::Avoided,
                            RecommendError::Declined => Failure::Declined,
                            RecommendError::Down(_) => Failure::Down,
                        })
                    }
                    Err(panic) => {
                        tracing::error!(panicked = panic.is_panic(), order = order.id.0, "a recommender panicked");
                        Stop::Failed(Failure::NoDish)
                    }
                },
                () = &mut deadline => return match cooking.dish.try_recv() {
                    Ok(dish) => {
                        let hunt = cooking.hunting.begin(&self.photos, &dish.names);
                        Stop::Dish(Box::new(Plated { dish, picture: None, hunt }))
                    }
                    Err(_) => Stop::Failed(Failure::Deadline),
                },
                _ = beats.tick() => if !self.still_holds(order, beat).await {
                    return Stop::Lost;
                },
                Some(step) = progress.recv() => {
                    if let Progress::Named(names) = &step {
                        cooking.hunting.begin(&self.photos, names);
                    }
                    shown.note(step);
                }
                () = shown.due() => {
                    // Another process may have stopped it, and said so.
                    if !self.still_holds(order, beat).await {
                        return Stop::Lost;
                    }
                    let reply = shown.reply(order);
                    match timeout(SAYING.min(beat / 2), outbox.say(&order.address, reply)).await {
                        Ok(Err(SayError::Gone)) => return Stop::Failed(Failure::Unreachable),
                        // The door has no room for it now.
                        Ok(Err(SayError::Later)) => shown.changed = true,
                        Ok(Ok(_)) | Err(_) => {}
                    }
                    if self.was_lost_meanwhile(order).await {
                        return Stop::Lost;
                    }
                }
            }
        }
    }

    /// Whether the order went to somebody else while it was said how far it is. That may stand now over what they told of its
    /// end, which is then told once more.
    async fn was_lost_meanwhile(&self, order: &Claimed) -> bool {
        let standing = match self.store.lifecycle(order.id).await {
            Ok(standing) => standing,
            Err(error) => {
                tracing::warn!(%error, order = order.id.0, "how an order stands was not looked up");
                return false;
            }
        };
        if standing.as_ref().is_some_and(|standing| standing.is_cooked_by(&order.token)) {
            return false;
        }
        if let Err(error) = self.store.tell_again(order.id, self.clock.now()).await {
            tracing::warn!(%error, order = order.id.0, "an end may be written over");
        }
        true
    }

    /// Renews the lease; `false` where it is known to be held no more.
    async fn still_holds(&self, order: &Claimed, patience: Duration) -> bool {
        match timeout(patience, self.store.renew(order, self.lease(), self.clock.now())).await {
            Ok(Ok(holds)) => return holds,
            Ok(Err(error)) => tracing::warn!(%error, order = order.id.0, "a lease was not renewed"),
            Err(_) => tracing::warn!(order = order.id.0, "a lease was not renewed in time"),
        }
        true
    }

    async fn put_down(&self, order: &Claimed, stop: Stop) -> Result<Option<Hunt>, StoreError> {
        let now = self.clock.now();
        match stop {
            Stop::Dish(plated) => match self.store.serve(order, &plated.dish, plated.picture.as_ref(), now).await? {
                Served::Kept(number) => {
                    tracing::info!(order = order.id.0, number, "served");
                    let stands_in = plated.dish.stands_in.is_some();
                    self.count_end(order, if stands_in { "stood_in" } else { "served" }, !stands_in);
                    return Ok(plated.hunt);
                }
                Served::Lost => tracing::info!(order = order.id.0, "a dish came too late"),
                Served::Avoided => {
                    self.store.fail(order, Failure::Avoided, now).await?;
                    self.count_end(order, Failure::Avoided.id(), false);
                    tracing::info!(order = order.id.0, "a dish has what the person does not eat; refunded");
                }
            },
            Stop::Failed(failure) => {
                if self.store.fail(order, failure, now).await? {
                    self.count_end(order, failure.id(), false);
                }
                tracing::info!(order = order.id.0, reason = failure.id(), "refunded");
            }
            Stop::Closing => self.store.hand_back(order, now).await?,
            Stop::Lost => {}
        }
        Ok(None)
    }
}

impl Kitchen {
    fn count_end(&self, order: &Claimed, outcome: &'static str, spent: bool) {
        metrics::counter!("bapsang_orders_total", "stage" => "cooking", "outcome" => outcome).increment(1);
        let movement = if spent { "spent" } else { "returned" };
        metrics::counter!("bapsang_tickets_total", "movement" => movement).increment(1);
        let placed = order.deadline - TimeDelta::from_std(self.rules.order_deadline).unwrap_or_default();
        let took = (self.clock.now() - placed).to_std().unwrap_or_default().as_secs_f64();
        metrics::histogram!("bapsang_order_seconds", "outcome" => outcome).record(took);
    }
}

/// What the waiting message says, and when it may say something else.
struct Shown {
    waiting: Waiting,
    changed: bool,
    last: Option<Instant>,
}

impl Shown {
    fn note(&mut self, step: Progress) {
        let before = self.waiting.clone();
        match step {
            Progress::Stage(stage) => self.waiting.stage = stage,
            Progress::InLine(ahead) => self.waiting.ahead = ahead,
            // Another dish has another introduction.
            Progress::Named(names) => (self.waiting.names, self.waiting.introduction) = (Some(names), None),
            Progress::Introduced(introduction) => self.waiting.introduction = Some(introduction),
        }
        self.changed |= self.waiting != before;
    }

    /// Resolves when there is something new to say and enough time has passed.
    async fn due(&self) {
        match (self.changed, self.last) {
            (false, _) => std::future::pending().await,
            (true, None) => {}
            (true, Some(last)) => tokio::time::sleep_until(last + BETWEEN_STAGES).await,
        }
    }

    fn reply(&mut self, order: &Claimed) -> Reply {
        self.changed = false;
        self.last = Some(Instant::now());
        waiting_reply(order.locale, order.id, self.waiting.clone())
    }
}
