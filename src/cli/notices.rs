//! What admins are told without having asked: once for each thing in some hours, in whichever process it is noticed, and what
//! is noticed together in one message.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{health, office::Counter};
use crate::{
    bot::{Admins, Bot, Office, Outbox, SourceState},
    chat::{DoorKey, Facts, LocaleHint, Phrase, Platform, Reply, User},
    store::StoreError,
};

/// How often it is looked, and how long after the start for the first time.
const EVERY: Duration = Duration::from_secs(30);
const FIRST: Duration = Duration::from_secs(2);

/// What was told is not told again for so long.
const TOLD_FOR: TimeDelta = TimeDelta::hours(6);

/// That it started is told at most so often, should it start again and again.
const STARTS: TimeDelta = TimeDelta::minutes(10);

/// From this part of the day's budget on, in percent.
const MOST_OF_BUDGET: u64 = 80;

/// How long a notice may take at the end.
const LAST_WORD: Duration = Duration::from_secs(3);

/// Something worth a word: what it is known by, for how long that lasts, and the sentence.
type Notice = (String, TimeDelta, Phrase);

/// Tells admins.
pub(super) struct Notices {
    pub(super) bot: Arc<Bot>,
    pub(super) office: Arc<Counter>,
    pub(super) admins: Admins,
    pub(super) doors: Vec<(DoorKey, Arc<dyn Outbox>)>,
}

fn notice(key: impl Into<String>, phrase: Phrase) -> Notice {
    (format!("notice:{}", key.into()), TOLD_FOR, phrase)
}

impl Notices {
    /// Looks until `stop`; tells that it starts, and that it stops.
    pub(super) async fn tell(self, stop: CancellationToken) {
        let version = || Phrase::new("notice-start").text("version", env!("CARGO_PKG_VERSION"));
        let mut first = vec![("notice:start".to_owned(), STARTS, version())];
        match self.schema().await {
            Ok(news) => first.extend(news),
            Err(error) => tracing::warn!(%error, "the version of the schema was not looked up"),
        }
        let mut pause = FIRST;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = EVERY;
            let mut all = std::mem::take(&mut first);
            match self.look().await {
                Ok(noticed) => all.extend(noticed),
                Err(error) => tracing::warn!(%error, "what admins should know was not looked up"),
            }
            self.tell_new(all).await;
        }
        let stopping = vec![("notice:stop".to_owned(), STARTS, Phrase::new("notice-stop"))];
        if tokio::time::timeout(LAST_WORD, self.tell_new(stopping)).await.is_err() {
            tracing::warn!("admins were not told in time that it stops");
        }
    }

    /// Whether the schema is another one than last time.
    async fn schema(&self) -> Result<Option<Notice>, StoreError> {
        let store = &self.office.store;
        let before = store.exchange_schema(self.office.clock.now()).await?;
        Ok(before.map(|(before, now)| {
            let phrase = Phrase::new("notice-schema").text("before", before.to_string()).text("now", now.to_string());
            notice(format!("schema {now}"), phrase)
        }))
    }

    /// Everything that is worth a word now.
    async fn look(&self) -> Result<Vec<Notice>, StoreError> {
        let (store, settings, now) = (&self.office.store, &self.office.settings, self.office.clock.now());
        let mut noticed = Vec::new();
        for source in self.office.recommenders() {
            if matches!(source.state, SourceState::Rests { .. }) {
                let phrase = Phrase::new("notice-model-down").text("name", &source.name);
                noticed.push(notice(source.name, phrase));
            }
        }
        if self.office.chain.has_model() {
            let day = settings.quota.day(now);
            let spent = store.spent_on(day).await?;
            let part = |spent: u64, of: u64| spent.saturating_mul(100).checked_div(of).unwrap_or_default();
            let most = part(spent.requests, settings.budget.requests).max(part(spent.tokens, settings.budget.tokens));
            if most >= MOST_OF_BUDGET {
                let phrase = Phrase::new("notice-budget").text("percent", most.to_string());
                noticed.push((format!("notice:budget {day}"), TimeDelta::days(1), phrase));
            }
        }
        for standing in store.photo_standings().await? {
            if standing.rests_until > now && matches!(standing.trouble.as_str(), "layout changed" | "blocked") {
                let phrase = Phrase::new("notice-photo-source").text("source", &standing.name);
                noticed.push(notice(format!("photo {}", standing.name), phrase));
            }
        }
        let room = health::size(store, settings).await.into_iter().chain(health::disks(settings));
        for check in room.filter(|check| !check.is_well) {
            let key = check.what.key;
            noticed.push(notice(key, Phrase::new("notice-room").phrase("what", check.what).phrase("said", check.said)));
        }
        Ok(noticed)
    }

    /// Tells what was not told of late, in one message to each admin on each platform.
    async fn tell_new(&self, all: Vec<Notice>) {
        let now = self.office.clock.now();
        let mut new = Vec::new();
        for (key, lasts, phrase) in all {
            match self.office.store.first_since(&key, now - lasts, now).await {
                Ok(true) => new.push(phrase),
                Ok(false) => {}
                // Where nobody knows whether it was told, once more is better than never.
                Err(error) => {
                    tracing::warn!(%error, "it is not known whether admins were told");
                    new.push(phrase);
                }
            }
        }
        if new.is_empty() {
            return;
        }
        for (door, outbox) in &self.doors {
            let platforms = [Platform::Telegram, Platform::Discord].into_iter();
            let platform = platforms.into_iter().find(|platform| door.0.split(':').next() == Some(platform.id()));
            let Some(platform) = platform else { continue };
            for admin in self.admins.of(platform) {
                let Some(address) = outbox.direct(admin) else { continue };
                let user = User { id: admin.to_owned(), locale: LocaleHint::Weak(None) };
                let locale = self.bot.language(platform, &user).await;
                let reply = Reply::new(locale, Facts::Lines(new.clone()));
                if let Err(error) = outbox.say(&address, reply).await {
                    tracing::warn!(%error, platform = platform.id(), "an admin was not told");
                }
            }
        }
    }
}
