//! Polling: a batch of updates is confirmed when each of them was handled.

use std::{collections::HashMap, sync::Arc, time::Duration};

use teloxide::{ApiError, RequestError, payloads::GetUpdatesSetters, prelude::Requester, types::Update};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Door, POLL_SECONDS, inbound};

/// Updates in one batch (`getUpdates`).
const BATCH: u8 = 100;

/// How long confirming the last batch may take when the door closes.
const LAST_CONFIRMATION: Duration = Duration::from_secs(3);

/// How long what is in hand may take when the door closes.
const LAST_UPDATES: Duration = Duration::from_secs(5);

/// The longest pause before Telegram is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Door {
    /// Polls until `stop`; what was handled by [`LAST_UPDATES`] after it is confirmed before this returns.
    pub(super) async fn poll(self: &Arc<Self>, stop: &CancellationToken) {
        let (mut offset, mut complaints) = (0, Complaints::default());
        while !stop.is_cancelled() {
            let polled = tokio::select! {
                () = stop.cancelled() => break,
                polled = self.get_updates(offset, BATCH, POLL_SECONDS) => polled,
            };
            match polled {
                Ok(updates) => {
                    complaints.all_is_well();
                    let last = updates.iter().map(|update| update.id.0).max();
                    let late = async {
                        stop.cancelled().await;
                        tokio::time::sleep(LAST_UPDATES).await;
                    };
                    tokio::select! {
                        () = self.handle(updates) => {}
                        () = late => {
                            tracing::warn!("updates were still in hand when the door closed; they come again");
                            break;
                        }
                    }
                    offset =
                        last.and_then(|last| i32::try_from(last).ok()).map_or(offset, |last| last.saturating_add(1));
                }
                Err(error) => {
                    let pause = complaints.about(&error);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            }
        }
        let last = tokio::time::timeout(LAST_CONFIRMATION, self.get_updates(offset, 1, 0));
        if offset > 0 && !matches!(last.await, Ok(Ok(_))) {
            tracing::warn!("the last updates were not confirmed; they come again");
        }
    }

    async fn get_updates(&self, offset: i32, limit: u8, timeout: u32) -> Result<Vec<Update>, RequestError> {
        let get = self.poller.get_updates().offset(offset).limit(limit).timeout(timeout);
        get.allowed_updates(inbound::KINDS).await
    }

    /// Each person's updates one after another, different people's at the same time.
    async fn handle(self: &Arc<Self>, updates: Vec<Update>) {
        let mut lanes: HashMap<(i64, u64), Vec<Update>> = HashMap::new();
        for update in updates {
            lanes.entry(inbound::lane(&update)).or_default().push(update);
        }
        let mut tasks = JoinSet::new();
        for lane in lanes.into_values() {
            let door = Arc::clone(self);
            tasks.spawn(async move {
                for update in lane {
                    door.take(update).await;
                }
            });
        }
        tasks.join_all().await;
    }
}

/// One line for each kind of trouble until all is well again, and pauses that grow.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    last: Option<Ill>,
    pauses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    Token,
    Conflict,
    Unreachable,
    Slow,
    Webhook,
    Other,
}

impl Complaints {
    pub(super) fn all_is_well(&mut self) {
        if self.last.is_some() {
            tracing::warn!("Telegram answers again");
        }
        *self = Self::default();
    }

    /// Says what is wrong, once, and how long to wait before the next try.
    pub(super) fn about(&mut self, error: &RequestError) -> Duration {
        let ill = match error {
            RequestError::Api(ApiError::InvalidToken) => Ill::Token,
            RequestError::Api(ApiError::TerminatedByOtherGetUpdates | ApiError::CantGetUpdates) => Ill::Conflict,
            RequestError::Api(ApiError::Unknown(reason)) if reason.starts_with("Conflict") => Ill::Conflict,
            RequestError::Network(_) | RequestError::InvalidJson { .. } => Ill::Unreachable,
            RequestError::RetryAfter(_) => Ill::Slow,
            RequestError::Api(ApiError::WebhookRequireHttps | ApiError::BadWebhookPort | ApiError::UnknownHost) => {
                Ill::Webhook
            }
            RequestError::Api(ApiError::Unknown(reason)) if reason.contains("bad webhook") => Ill::Webhook,
            _ => Ill::Other,
        };
        if self.last != Some(ill) {
            match ill {
                Ill::Token => tracing::error!("Telegram does not know this TELEGRAM_BOT_TOKEN; it is tried again"),
                Ill::Conflict => tracing::error!(
                    "someone else takes this bot's updates: another process polls, or a webhook is set; it is tried again"
                ),
                Ill::Unreachable => tracing::error!("Telegram cannot be reached; it is tried again"),
                Ill::Slow => tracing::error!("Telegram asks to wait before it is asked again"),
                Ill::Webhook => tracing::error!(
                    "Telegram does not take telegram.webhook_url: it must be a public https address on port 443, 80, 88 or 8443; it is tried again"
                ),
                Ill::Other => tracing::error!("Telegram does not give updates; it is tried again"),
            }
        }
        self.last = Some(ill);
        self.pauses += 1;
        let pause = Duration::from_millis(500) * 2_u32.saturating_pow(self.pauses.min(10));
        match error {
            RequestError::RetryAfter(seconds) => seconds.duration(),
            _ => pause.min(LONGEST_PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_begin_anew_when_all_is_well() {
        let mut complaints = Complaints::default();
        let error = RequestError::Api(ApiError::InvalidToken);
        let pauses: Vec<u64> = (0..9).map(|_| complaints.about(&error).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        complaints.all_is_well();
        assert_eq!(complaints.about(&error), Duration::from_secs(1));
    }

    #[test]
    fn telegram_is_obeyed_when_it_asks_to_wait() {
        let error = RequestError::RetryAfter(teloxide::types::Seconds::from_seconds(13_938));
        assert_eq!(Complaints::default().about(&error), Duration::from_secs(13_938));
    }
}
