//! Messages to everyone: one person after another, behind everything that people wait for.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Kitchen, fresh_token};
use crate::{
    bot::{Outbox, SayError, broadcast_report, broadcast_waiting, news_reply},
    chat::{Address, DoorKey, Placing, Reply},
    store::{Broadcast, BroadcastId, BroadcastState, Heard, Listener, Reached, StoreError},
};

/// How often it is looked whether something is to be sent.
const LOOK: Duration = Duration::from_secs(1);

/// How often an admin sees how far it is.
const BETWEEN_REPORTS: Duration = Duration::from_secs(3);

/// A person who cannot be reached now is tried so often.
const MOST_TRIES: i64 = 6;

/// A door that does not answer for longer counts as failing for now.
const PATIENCE: Duration = Duration::from_secs(45);

impl Kitchen {
    /// Sends what is to be sent until `stop`: one at a time through each door, so that whoever dies in the middle tells one
    /// person twice at most.
    pub(super) async fn send_news(self: Arc<Self>, stop: CancellationToken) {
        // Whoever is shut down in the middle takes these along.
        let mut sending = JoinSet::new();
        for (door, outbox) in self.doors.clone() {
            let (kitchen, stop) = (Arc::clone(&self), stop.clone());
            sending.spawn(async move {
                while !stop.is_cancelled() {
                    let pause = match kitchen.tell_one(&door, &*outbox).await {
                        Ok(true) => continue,
                        Ok(false) => LOOK,
                        Err(error) => {
                            tracing::warn!(%error, "a message to everyone waits for the store");
                            LOOK * 5
                        }
                    };
                    stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                }
            });
        }
        let mut shown = HashMap::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.report_news(&mut shown).await {
                tracing::warn!(%error, "how far a message to everyone is was not told");
            }
            stop.run_until_cancelled(tokio::time::sleep(BETWEEN_REPORTS)).await;
        }
        while sending.join_next().await.is_some() {}
    }

    /// Tells the next person; `false` where nobody waits.
    async fn tell_one(&self, door: &DoorKey, outbox: &dyn Outbox) -> Result<bool, StoreError> {
        let platform = door.0.split(':').next().unwrap_or_default();
        if platform == "console" {
            return Ok(false);
        }
        let now = self.clock.now();
        let Some(listener) = self.store.claim_listener(platform, fresh_token(), self.lease(), now).await? else {
            return Ok(false);
        };
        let Some(address) = listener.user.as_deref().and_then(|user| outbox.direct(user)) else {
            self.store.heard(&listener, Heard::Failed).await?;
            return Ok(true);
        };
        if self.store.ban_of(listener.person, now).await?.is_some() {
            self.store.heard(&listener, Heard::Blocked).await?;
            return Ok(true);
        }
        let locale = listener.locale.unwrap_or(self.rules.default_locale);
        let reply = news_reply(locale, &listener.text).placed(Placing::News(listener.broadcast.0));
        let heard = match self.say_while_kept(&listener, &address, reply, outbox).await {
            Ok(_) => Heard::Sent,
            Err(SayError::Gone) => Heard::Blocked,
            Err(SayError::Later) if listener.tries < MOST_TRIES => {
                let pause = TimeDelta::seconds(1 << listener.tries.clamp(0, 8));
                self.store.hears_later(&listener, self.clock.now() + pause).await?;
                return Ok(true);
            }
            Err(SayError::Later) => Heard::Failed,
        };
        let outcome = match heard {
            Heard::Sent => "sent",
            Heard::Blocked => "blocked",
            Heard::Failed => "failed",
        };
        metrics::counter!("bapsang_news_total", "outcome" => outcome).increment(1);
        self.store.heard(&listener, heard).await?;
        Ok(true)
    }

    /// Says it however long that takes, and keeps the person in hand meanwhile: a message that was dropped halfway may have
    /// arrived, and would be said twice.
    async fn say_while_kept(
        &self,
        listener: &Listener,
        address: &Address,
        reply: Reply,
        outbox: &dyn Outbox,
    ) -> Result<Option<Address>, SayError> {
        let saying = outbox.say(address, reply);
        tokio::pin!(saying);
        loop {
            tokio::select! {
                said = &mut saying => return said,
                () = tokio::time::sleep(self.pace.lease / 3) => {
                    let until = self.clock.now() + self.lease();
                    if let Err(error) = self.store.keep_listener(listener, until).await {
                        tracing::warn!(%error, "a lease was not renewed");
                    }
                }
            }
        }
    }

    /// Shows admins how far it is, and tells how it ended.
    async fn report_news(&self, shown: &mut HashMap<BroadcastId, Reached>) -> Result<(), StoreError> {
        for broadcast in self.store.open_broadcasts().await? {
            if broadcast.state == BroadcastState::Sending {
                self.store.end_broadcast(broadcast.id, self.clock.now()).await?;
            }
            let Some((_, outbox)) = self.doors.iter().find(|(door, _)| *door == broadcast.door) else {
                // A terminal hears nothing once its command has ended.
                if broadcast.state == BroadcastState::Done && broadcast.door.0.starts_with("console:") {
                    self.store.broadcast_told(broadcast.id, self.clock.now()).await?;
                }
                continue;
            };
            let reached = self.store.reached(broadcast.id).await?;
            let ended = reached.waiting == 0 && broadcast.state == BroadcastState::Sending;
            if ended || broadcast.state == BroadcastState::Done {
                self.tell_report(&broadcast, reached, &**outbox).await?;
                shown.remove(&broadcast.id);
            } else if shown.get(&broadcast.id) != Some(&reached) {
                let reply = broadcast_waiting(broadcast.speaks, &broadcast, reached);
                if let Ok(Ok(_)) = timeout(PATIENCE, outbox.say(&broadcast.address, reply)).await {
                    shown.insert(broadcast.id, reached);
                }
            }
        }
        Ok(())
    }

    async fn tell_report(
        &self,
        broadcast: &Broadcast,
        reached: Reached,
        outbox: &dyn Outbox,
    ) -> Result<(), StoreError> {
        let reply = broadcast_report(broadcast.speaks, broadcast, reached);
        match timeout(PATIENCE, outbox.say(&broadcast.address, reply)).await {
            Ok(Ok(_) | Err(SayError::Gone)) => self.store.broadcast_told(broadcast.id, self.clock.now()).await,
            // It is told again.
            Ok(Err(SayError::Later)) | Err(_) => Ok(()),
        }
    }
}
