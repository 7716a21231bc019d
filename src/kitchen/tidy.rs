//! What is left over: pictures that no dish needs, and marks of days that have ended.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::time::{Instant, interval_at};

use super::{Kitchen, Retention};
use crate::store::StoreError;

/// How often it is looked for, and how long after the start for the first time, when there is more to do.
const EVERY: Duration = Duration::from_secs(60 * 60);
const FIRST: Duration = Duration::from_secs(10);

/// How often what opened a place for answers is thrown away once it opens none.
const KEYS_EVERY: Duration = Duration::from_secs(60);

/// A picture that no dish needs is kept for so long, since its dish may be about to be saved; so is the sheet of a page,
/// which may be wanted again.
const UNUSED: TimeDelta = TimeDelta::days(1);

impl Kitchen {
    /// Tidies up for as long as the kitchen is open.
    pub(super) async fn tidy_up(self: Arc<Self>) {
        let mut times = interval_at(Instant::now() + FIRST, EVERY);
        let mut key_times = interval_at(Instant::now() + KEYS_EVERY, KEYS_EVERY);
        loop {
            let tidied = tokio::select! {
                _ = times.tick() => self.tidy_once().await,
                _ = key_times.tick() => self.store.sweep_reply_keys(self.clock.now()).await,
            };
            if let Err(error) = tidied {
                tracing::warn!(%error, "what is left over was not removed; it is tried again later");
            }
        }
    }

    /// Keeps the folder of pictures within its limit. The photo of a dish goes last, since a card can be drawn again.
    async fn make_room(&self) -> Result<(), StoreError> {
        let crowd = self.photos.crowd().await;
        if crowd.is_empty() {
            return Ok(());
        }
        let mut pinned = HashSet::new();
        for picture in crowd {
            if self.store.is_photo_of_a_dish(&picture).await? {
                pinned.insert(picture);
            }
        }
        self.photos.shrink(pinned).await;
        Ok(())
    }

    /// Forgets what is kept only for a while.
    async fn forget_what_is_old(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Retention { dialogues, orders, photos, log } = self.retention;
        if let Some(kept) = dialogues {
            self.store.drop_dialogues(now - kept).await?;
        }
        if let Some(kept) = orders {
            while self.store.drop_orders(now - kept).await? > 0 {}
        }
        if let Some(kept) = log {
            self.store.drop_admin_log(now - kept).await?;
        }
        if let Some(kept) = photos {
            let old = self.photos.used_before(now - kept).await;
            for picture in &old {
                self.store.drop_picture(picture).await?;
            }
        }
        Ok(())
    }

    /// Removes what nobody needs.
    pub async fn tidy_once(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.sweep_forgotten(now).await?;
        self.store.sweep_reply_keys(now).await?;
        self.store.sweep_bans(now).await?;
        self.forget_what_is_old().await?;
        self.store.forget_uploads().await?;
        self.store.sweep_photos(now - UNUSED, now).await?;
        let mut unused = Vec::new();
        for picture in self.photos.used_before(now - UNUSED).await {
            if !self.store.uses_picture(&picture, now).await? {
                unused.push(picture);
            }
        }
        self.photos.remove(unused).await;
        self.photos.tidy(now - UNUSED).await;
        self.make_room().await?;
        // What was deleted stays in the write-ahead log for as long as someone reads.
        self.store.scrub().await;
        Ok(())
    }
}
