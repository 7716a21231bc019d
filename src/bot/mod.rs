//! Conducts one thing that a person did, from its arrival to its answer.
//!
//! [`Bot::receive`] loads the dialogue, lets it take a step, carries out what the step asks for in one
//! transaction, and only then answers. It never waits for a recommender: orders go to the kitchen.

mod admin;
mod bell;
mod commands;
mod conversation;
mod doors;
mod flood;
mod history;
mod linking;
mod office;
mod outbox;
mod privacy;
mod profile;
mod sharing;
mod turnstile;
mod visit;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

pub use admin::{broadcast_report, broadcast_waiting, news_reply};
pub use bell::Bell;
use chrono::TimeDelta;
pub use doors::{Asked, DOOR_LEASE, Offered, TURN_LEASE};
pub use flood::{Flow, Flows};
pub use office::{Admins, Asked as AskedSource, Check, Office, Reloaded, SourceStanding, SourceState};
pub use outbox::{Outbox, SayError, Served, picture_of, stopped_reply, waiting_reply};
use tracing::Instrument;

use crate::{
    chat::{Incoming, Locale, PersonId, Phrase, Reply, User},
    clock::Clock,
    photo::Photos,
    store::{Guest, Person, Store, StoreError},
    ticket::Quota,
};
use flood::{Flood, Passage};
use moka::sync::Cache;
use turnstile::Turnstile;
use visit::Visit;

/// How the house is run.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Tickets a day, and where midnight is.
    pub quota: Quota,
    /// The language of people whose own is not known.
    pub default_locale: Locale,
    /// How long a dialogue may rest.
    pub dialogue_idle: Duration,
    /// How long an order may take.
    pub order_deadline: Duration,
    /// Whether orders are told to a model's server; people hear so.
    pub asks_model: bool,
}

/// Wrong codes are counted for so long.
const GUESSES_KNOWN: Duration = Duration::from_secs(10 * 60);

/// The bot. One for all doors of a process.
pub struct Bot {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Rules,
    bell: Arc<Bell>,
    photos: Arc<Photos>,
    turnstile: Turnstile,
    admins: Admins,
    flood: Flood,
    /// How often somebody gave a code that nobody offered, of late.
    guesses: Cache<PersonId, u32>,
    office: OnceLock<Arc<dyn Office>>,
}

/// What a door may want to know after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// The person chose this language.
    pub speaks: Option<Locale>,
}

impl Bot {
    /// A bot that rings `bell` for the kitchen.
    pub fn new(store: Store, clock: Arc<dyn Clock>, rules: Rules, bell: Arc<Bell>, photos: Arc<Photos>) -> Self {
        Self {
            store,
            clock,
            rules,
            bell,
            photos,
            turnstile: Turnstile::default(),
            admins: Admins::default(),
            flood: Flood::new(Flows::NONE),
            guesses: Cache::builder().max_capacity(100_000).time_to_live(GUESSES_KNOWN).build(),
            office: OnceLock::new(),
        }
    }

    /// The same with these at the counter.
    pub fn with_admins(self, admins: Admins) -> Self {
        Self { admins, ..self }
    }

    /// The same with limits for what people do.
    pub fn with_flows(self, flows: Flows) -> Self {
        Self { flood: Flood::new(flows), ..self }
    }

    /// From now on the counter asks this of the rest of the program; only the first one counts.
    pub fn ask_at(&self, office: Arc<dyn Office>) {
        let _ = self.office.set(office);
    }

    fn office(&self) -> Option<&Arc<dyn Office>> {
        self.office.get()
    }

    /// Whether whoever did this may command at the counter.
    fn is_admin(&self, incoming: &Incoming) -> bool {
        self.admins.has(incoming.place.platform, &incoming.user.id)
    }

    /// Switches off what admins switched off in any process, and everything else on.
    pub async fn heed_switches(&self) -> Result<(), StoreError> {
        let off: HashSet<String> = self.store.switched_off().await?.into_iter().collect();
        let of_photos = off.iter().filter_map(|name| name.strip_prefix("photo:")).map(str::to_owned);
        self.photos.switch_off(of_photos.collect());
        if let Some(office) = self.office() {
            office.switch_off(&off);
        }
        Ok(())
    }

    /// Handles one event. When it returns, everything that the event caused is committed and answered,
    /// or the person was told that nothing was done. Events of one person in one place are handled one
    /// after another; a door that hands in the next one only after this returns keeps them in order. A
    /// panic is contained and answered.
    pub async fn receive(self: &Arc<Self>, incoming: Incoming, outbox: Arc<dyn Outbox>) -> Received {
        let (bot, event, door) = (Arc::clone(self), incoming.clone(), Arc::clone(&outbox));
        let (platform, begun) = (incoming.place.platform.id(), Instant::now());
        if !self.is_admin(&incoming) {
            match self.flood.passes(&incoming) {
                Passage::Free => {}
                passage => {
                    let of = if incoming.others_read { "chat" } else { "person" };
                    metrics::counter!("bapsang_floods_total", "of" => of).increment(1);
                    if passage == Passage::TellOnce {
                        let line = Reply::line(self.hinted(&incoming), Phrase::new("too-fast"));
                        if outbox.say(&incoming.address, line.only_them()).await.is_err() {
                            tracing::debug!("whoever is too fast was not told");
                        }
                    }
                    return Received::default();
                }
            }
        }
        metrics::counter!("bapsang_updates_total", "platform" => platform, "kind" => incoming.event.kind())
            .increment(1);
        let span = tracing::error_span!("event", platform);
        let attending = tokio::spawn(async move { bot.attend(&event, &*door).await }.instrument(span));
        let failure = match attending.await {
            Ok(Ok(received)) => {
                let took = begun.elapsed().as_secs_f64();
                metrics::histogram!("bapsang_update_seconds", "platform" => platform).record(took);
                return received;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "an event was not handled");
                apology(&error)
            }
            Err(panic) => {
                tracing::error!(panicked = panic.is_panic(), "handling an event panicked");
                Phrase::new("error-unexpected")
            }
        };
        let locale = self.hinted(&incoming);
        if let Err(error) = outbox.say(&incoming.address, Reply::line(locale, failure).only_them()).await {
            tracing::warn!(%error, "an apology was not delivered");
        }
        Received::default()
    }

    async fn attend(&self, incoming: &Incoming, outbox: &dyn Outbox) -> Result<Received, StoreError> {
        let _turn = self.turnstile.enter(&incoming.place, &incoming.user.id).await;
        let guest = self.guest(incoming).await?;
        let locale = self.locale(incoming, guest.person.locale);
        let received = Received::default();
        let refusal = self.refusal(&guest, incoming);
        let read = Mutex::new(Some(guest.dialogue.unwrap_or_default()));
        let mut visit = Visit { bot: self, incoming, person: guest.person, locale, outbox, received, read };
        if let Some(refusal) = refusal {
            visit.notice(refusal).await;
            return Ok(visit.received);
        }
        visit.event(incoming.event.clone()).await?;
        Ok(visit.received)
    }

    /// The person behind an event.
    async fn guest(&self, incoming: &Incoming) -> Result<Guest, StoreError> {
        self.store.guest(&incoming.place, &incoming.user.id, self.clock.now()).await
    }

    /// The person behind an event, if they were here before. A door that only looks makes nobody known.
    async fn known(&self, incoming: &Incoming) -> Result<Option<Person>, StoreError> {
        self.store.find_person(incoming.place.platform, &incoming.user.id).await
    }

    fn locale(&self, incoming: &Incoming, stored: Option<Locale>) -> Locale {
        self.spoken(&incoming.user, stored)
    }

    fn spoken(&self, user: &User, stored: Option<Locale>) -> Locale {
        use crate::chat::LocaleHint::{Strong, Weak};
        match user.locale {
            Strong(locale) => locale,
            Weak(hint) => stored.or(hint).unwrap_or(self.rules.default_locale),
        }
    }

    fn hinted(&self, incoming: &Incoming) -> Locale {
        self.locale(incoming, None)
    }

    /// How long an order may take.
    pub fn order_deadline(&self) -> Duration {
        self.rules.order_deadline
    }

    fn patience(&self) -> TimeDelta {
        TimeDelta::from_std(self.rules.order_deadline).unwrap_or(TimeDelta::MAX)
    }
}

/// What is said when the store did not do it.
fn apology(error: &StoreError) -> Phrase {
    Phrase::new(match error {
        StoreError::ReadOnly(_) => "error-read-only",
        StoreError::Full(_) => "error-full",
        StoreError::Busy(_) => "error-busy",
        StoreError::Forgotten => "error-forgotten",
        _ => "error-unexpected",
    })
}
