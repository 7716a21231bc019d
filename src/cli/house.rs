//! What every command that answers people puts together.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Failure, exit,
    office::{Again, Counter},
    open,
};
use crate::{
    bot::{Admins, Bell, Bot, Outbox, Rules},
    chat::DoorKey,
    clock::{Clock, System},
    kitchen::{Equipment, Kitchen, Pace, Retention},
    photo::{Idle, PhotoOptions, Photos, Setup},
    recommender::{Chain, Cookbook, Link, Model, ModelOptions, Recommender},
    settings::{LinkOptions, Settings},
    store::Store,
};

/// How often it is looked for what admins switched in other processes.
const SWITCHES: Duration = Duration::from_secs(2);

/// A bot on its open store, and what its kitchen will work with.
pub(super) struct House {
    pub(super) bot: Arc<Bot>,
    pub(super) store: Store,
    pub(super) office: Arc<Counter>,
    rules: Rules,
    pace: Pace,
    retention: Retention,
    equipment: Equipment,
}

impl House {
    /// Opens it; it `goes_on` where people are served, and not only one command is done.
    pub(super) async fn open(
        settings: &Settings,
        photos: Arc<Photos>,
        again: Again,
        goes_on: bool,
    ) -> Result<Self, Failure> {
        let chain = Arc::new(chain(settings)?);
        // The certificates of the system are read meanwhile.
        let options = settings.photos.clone();
        let setup = tokio::task::spawn_blocking(move || photo_setup(&options));
        let store = open(settings).await?;
        let clock = Arc::new(System) as Arc<dyn Clock>;
        if let Ok(Some(setup)) = setup.await {
            photos.seek_with(setup, Arc::new(store.clone()), Arc::clone(&clock)).await;
        }
        let rules = Rules {
            quota: settings.quota,
            default_locale: settings.default_locale,
            dialogue_idle: settings.dialogue_idle,
            order_deadline: settings.order_deadline,
            asks_model: chain.has_model(),
        };
        let pace = Pace { lease: settings.order_lease, at_once: settings.orders_at_once };
        let bell = Arc::new(Bell::default());
        let bot = Bot::new(store.clone(), Arc::clone(&clock), rules, Arc::clone(&bell), Arc::clone(&photos))
            .with_admins(Admins::new(&settings.telegram.admins, &settings.discord.admins))
            .with_flows(settings.flows);
        let office = Arc::new(Counter {
            chain: Arc::clone(&chain),
            photos: Arc::clone(&photos),
            store: store.clone(),
            clock: Arc::clone(&clock),
            settings: settings.clone(),
            shown: Mutex::new(settings.shown.clone()),
            again,
            goes_on,
        });
        bot.ask_at(Arc::clone(&office) as _);
        let budget = chain.has_model().then_some(settings.budget);
        let equipment = Equipment { store: store.clone(), clock, bell, recommender: chain, budget, photos };
        Ok(Self { bot: Arc::new(bot), store, office, rules, pace, retention: settings.retention, equipment })
    }

    /// Opens the kitchen for these doors; it works until `stop`.
    pub(super) fn cook(self, doors: Vec<(DoorKey, Arc<dyn Outbox>)>, stop: CancellationToken) -> JoinHandle<()> {
        let kitchen = Kitchen::new(self.equipment, self.rules, self.pace, doors).keeping(self.retention);
        tokio::spawn(heed_switches(self.bot, stop.clone()));
        tokio::spawn(Arc::new(kitchen).run(stop))
    }
}

/// Looks again and again for what admins switched, in whichever process.
async fn heed_switches(bot: Arc<Bot>, stop: CancellationToken) {
    let mut times = tokio::time::interval(SWITCHES);
    let mut failing = false;
    while stop.run_until_cancelled(times.tick()).await.is_some() {
        let heeded = bot.heed_switches().await;
        if let (Err(error), false) = (&heeded, failing) {
            tracing::warn!(%error, "what admins switched was not looked up");
        }
        failing = heeded.is_err();
    }
}

/// What photos are looked for with, after saying what of it does not work and what it opens. Without a way out there are cards.
pub(super) fn photo_setup(options: &PhotoOptions) -> Option<Setup> {
    let setup = Setup::new(options).inspect_err(|error| tracing::error!(%error, "no photos are looked for")).ok()?;
    for (source, idle) in &setup.idle {
        if let Idle::Broken(error) = idle {
            tracing::error!(source, error, "a photo source is switched off");
        }
    }
    for address in &options.allow {
        tracing::warn!(%address, "photos.allow OPENS AN ADDRESS THAT IS NOT PUBLIC to whoever names it");
    }
    for source in setup.sources().iter().filter(|source| source.is_private()) {
        tracing::warn!(source = source.name, "a photo source MAY HAVE A PRIVATE ADDRESS, as the settings say");
    }
    Some(setup)
}

/// The recommenders of the settings, in their order. A model without a key is left out, and that is said.
pub(super) fn chain(settings: &Settings) -> Result<Chain, Failure> {
    let mut links = Vec::new();
    for options in &settings.chain {
        let (name, is_model, recommender): (_, _, Arc<dyn Recommender>) = match options {
            LinkOptions::Keyless(name, variable) => {
                tracing::info!(recommender = name, variable, "a model without a key is passed over");
                continue;
            }
            LinkOptions::Cookbook => ("cookbook".to_owned(), false, Arc::new(cookbook(settings)?)),
            LinkOptions::Model(options) => (options.name.clone(), true, Arc::new(model(options)?)),
        };
        links.push(Link { name, is_model, recommender });
    }
    if links.is_empty() {
        let sentence = "recommender.chain has nobody that can be asked: set the key, or add \"cookbook\" to it";
        return Err(Failure(exit::SETTINGS, sentence.to_owned()));
    }
    Ok(Chain::new(links))
}

/// Whose dishes are served, and which model is passed over for want of a key.
pub(super) fn dishes(settings: &Settings) -> String {
    let (mut served, mut keyless) = (Vec::new(), String::new());
    for link in &settings.chain {
        match link {
            LinkOptions::Cookbook => served.push("the cookbook".to_owned()),
            LinkOptions::Model(options) => served.push(format!("{} ({})", options.name, options.model)),
            LinkOptions::Keyless(name, variable) => {
                keyless = format!("{keyless}; {name} is passed over without {variable}");
            }
        }
    }
    format!("{}{keyless}", served.join(", then "))
}

pub(super) fn cookbook(settings: &Settings) -> Result<Cookbook, Failure> {
    Cookbook::load(settings.cookbook_delay).map_err(|error| Failure(exit::FAILED, error.to_string()))
}

pub(super) fn model(options: &ModelOptions) -> Result<Model, Failure> {
    let wrong = |error| Failure(exit::SETTINGS, format!("recommender.{}: {error}", options.name));
    Model::new(options.clone()).map_err(wrong)
}
