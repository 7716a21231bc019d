//! What the admins' counter asks of the program: how it stands with everything, the settings, and reading them anew.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{health, house};
use crate::{
    bot::{Check, Office, Reloaded, SourceStanding, SourceState},
    clock::Clock,
    photo::Photos,
    recommender::Chain,
    settings::{LinkOptions, Mistakes, Settings, Shown},
    store::Store,
    telemetry,
};

/// What a reload can change while the bot runs.
const COUNTING: [&str; 2] = ["photos.", "log.filter"];

/// Reads the settings as they are now.
pub(super) type Again = Box<dyn Fn() -> Result<Settings, Mistakes> + Send + Sync>;

/// The rest of the program, as admins ask for it.
pub(super) struct Counter {
    pub(super) chain: Arc<Chain>,
    pub(super) photos: Arc<Photos>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: Settings,
    /// The settings that were read last.
    pub(super) shown: Mutex<Shown>,
    pub(super) again: Again,
    /// Whether this process goes on after a command.
    pub(super) goes_on: bool,
}

#[async_trait]
impl Office for Counter {
    fn recommenders(&self) -> Vec<SourceStanding> {
        let links = self.chain.links().iter().map(|link| {
            let rests = SourceState::Rests { until: None, trouble: String::new() };
            let state = if link.recommender.rests() { rests } else { SourceState::Well };
            let name = if link.is_model { format!("model:{}", link.name) } else { link.name.clone() };
            SourceStanding { name, state, asked: None }
        });
        let keyless = self.settings.chain.iter().filter_map(|link| match link {
            LinkOptions::Keyless(name, variable) => Some(SourceStanding {
                name: format!("model:{name}"),
                state: SourceState::Keyless(variable.clone()),
                asked: None,
            }),
            _ => None,
        });
        links.chain(keyless).collect()
    }

    fn switch_off(&self, names: &HashSet<String>) {
        let models = names.iter().filter_map(|name| name.strip_prefix("model:")).map(str::to_owned);
        self.chain.switch_off(models.collect());
    }

    fn config(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).lines();
        format!("# DATABASE_URL is {}\n{shown}", self.settings.database.shown())
    }

    async fn reload(&self) -> Result<Reloaded, Vec<String>> {
        if !self.goes_on {
            let sentence = "this process ends at once: send SIGHUP to bapsang run, or ask for it in a chat";
            return Err(vec![sentence.to_owned()]);
        }
        let settings = (self.again)().map_err(|Mistakes(mistakes)| mistakes)?;
        let differing = {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let differing = shown.differing(&settings.shown);
            // What counts after a restart is not shown as if it counted.
            shown.take_over(&settings.shown, |key| COUNTING.iter().any(|counts| key.starts_with(counts)));
            differing
        };
        if let Some(setup) = house::photo_setup(&settings.photos) {
            self.photos.seek_with(setup, Arc::new(self.store.clone()), Arc::clone(&self.clock)).await;
        }
        telemetry::filter_by(&settings.log_filter);
        let (counting, after_restart) =
            differing.into_iter().partition(|key| COUNTING.iter().any(|counts| key.starts_with(counts)));
        Ok(Reloaded { counting, after_restart })
    }

    async fn health(&self) -> Vec<Check> {
        health::of_house(self).await
    }
}
