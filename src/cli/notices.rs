//! What admins are told without having asked: once for each thing in some hours, in whichever process it is noticed, and what
//! is noticed together in one message.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{health, office::Counter};
use crate::{
    bot::{Admins, Bot, Office, Outbox, SayError, SourceState},
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

/// How long one message to one admin may take.
const ONE_WORD: Duration = Duration::from_secs(20);

/// What it is known by that it starts, and that it stops.
const START: &str = "notice:start";
const STOP: &str = "notice:stop";

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
        // What no admin has heard yet, and what is only noticed once.
        let mut left = vec![(START.to_owned(), STARTS, version())];
        match self.schema().await {
            Ok(news) => left.extend(news),
            Err(error) => tracing::warn!(%error, "the version of the schema was not looked up"),
        }
        let mut pause = FIRST;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = EVERY;
            match self.look().await {
                Ok(noticed) => {
                    let known: HashSet<String> = left.iter().map(|(key, ..)| key.clone()).collect();
                    left.extend(noticed.into_iter().filter(|(key, ..)| !known.contains(key)));
                }
                Err(error) => tracing::warn!(%error, "what admins should know was not looked up"),
            }
            let Some(unheard) = stop.run_until_cancelled(self.tell_new(left)).await else { break };
            left = unheard;
        }
        let stopping = vec![(STOP.to_owned(), STARTS, Phrase::new("notice-stop"))];
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

    /// Tells what was not told of late, in one message to each admin on each platform; gives back what nobody heard.
    async fn tell_new(&self, all: Vec<Notice>) -> Vec<Notice> {
        let (store, now) = (&self.office.store, self.office.clock.now());
        let mut new = Vec::new();
        for notice in all {
            match store.first_since(&notice.0, now - notice.1, now).await {
                Ok(true) => new.push(notice),
                Ok(false) => {}
                // Where nobody knows whether it was told, once more is better than never.
                Err(error) => {
                    tracing::warn!(%error, "it is not known whether admins were told");
                    new.push(notice);
                }
            }
        }
        if new.is_empty() {
            return new;
        }
        // Whoever stops after that says so again, however soon; and the other way round.
        let other = new.iter().find_map(|(key, ..)| match key.as_str() {
            START => Some(STOP),
            STOP => Some(START),
            _ => None,
        });
        if let Some(other) = other
            && let Err(error) = store.not_first(other).await
        {
            tracing::warn!(%error, "that it starts or stops may not be told next time");
        }
        let lines: Vec<Phrase> = new.iter().map(|(_, _, phrase)| phrase.clone()).collect();
        // No platform waits for another one.
        let telling = self.doors.iter().map(|(door, outbox)| self.tell_through(door, &**outbox, &lines));
        let heard = join_all(telling).await;
        if heard.contains(&Some(true)) || heard.iter().all(Option::is_none) {
            return Vec::new();
        }
        for (key, ..) in &new {
            if let Err(error) = store.not_first(key).await {
                tracing::warn!(%error, "a notice that nobody heard is not told again");
            }
        }
        new
    }

    /// Whether an admin heard it through a door; `None` where there is none.
    async fn tell_through(&self, door: &DoorKey, outbox: &dyn Outbox, lines: &[Phrase]) -> Option<bool> {
        let mut platforms = [Platform::Telegram, Platform::Discord].into_iter();
        let platform = platforms.find(|platform| door.0.split(':').next() == Some(platform.id()))?;
        let mut heard = None;
        for admin in self.admins.of(platform) {
            let Some(address) = outbox.direct(admin) else { continue };
            let user = User { id: admin.to_owned(), locale: LocaleHint::Weak(None) };
            let reply = Reply::new(self.bot.language(platform, &user).await, Facts::Lines(lines.to_vec()));
            let was_heard = match tokio::time::timeout(ONE_WORD, outbox.say(&address, reply)).await {
                Ok(Ok(_)) => true,
                // Whoever shut the bot out hears it no sooner for being told again.
                Ok(Err(SayError::Gone)) => {
                    tracing::warn!(platform = platform.id(), "an admin has shut the bot out, and was not told");
                    continue;
                }
                Ok(Err(SayError::Later)) | Err(_) => {
                    tracing::warn!(platform = platform.id(), "an admin was not told; it is tried again");
                    false
                }
            };
            heard = Some(was_heard || heard == Some(true));
        }
        heard
    }
}
