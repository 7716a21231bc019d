//! From an order to a dish.

mod chain;
mod cookbook;
pub mod eval;
mod model;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
pub use chain::{Chain, Link};
pub use cookbook::{Cookbook, CookbookError, Entry};
#[cfg(any(test, fuzzing))]
pub(crate) use model::fuzz;
pub use model::{Ability, Model, ModelOptions, OPENAI_ADDRESS, OpenError, PROMPT_VERSION, Patience, Reading, Trial};
use tokio::sync::mpsc;

use crate::{
    chat::Locale,
    dish::{Avoided, Dish, Names},
    order::{Stage, Usage, Wanted},
    ticket::Ticket,
};

/// What a recommender is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The filters and the wish.
    pub wanted: Wanted,
    /// The language of the dish.
    pub locale: Locale,
    /// What the person does not eat; no dish may have any of it.
    pub avoided: Avoided,
    /// The person's last dishes, newest first; not to be served again.
    pub recent: Vec<Names>,
    /// Names of dishes that the person liked, newest first.
    pub favourites: Vec<String>,
    /// Whether a model may be asked: what may be spent in a day is not spent yet.
    pub within_budget: bool,
    /// How long it may take.
    pub time: Duration,
    /// Decides where several dishes are as good; the same seed chooses the same.
    pub seed: u64,
}

impl Request {
    /// The recent dish that this one is, under whatever variant of its name.
    pub fn repeated(&self, names: &Names) -> Option<&Names> {
        self.recent.iter().find(|recent| names.is_variant_of(recent))
    }
}

/// What a recommender says on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// How far it is.
    Stage(Stage),
    /// So many orders are asked for before this one.
    InLine(u32),
    /// The dish's name, as soon as it is known and checked; a photo search can start.
    Named(Names),
    /// Its introduction, checked.
    Introduced(String),
}

/// Takes what a recommender says on the way. It never waits; what nobody reads is dropped.
#[derive(Debug, Clone)]
pub struct Reporter {
    progress: mpsc::Sender<Progress>,
    usage: Arc<Mutex<Usage>>,
}

impl Reporter {
    /// A reporter and the end that hears it.
    pub fn new() -> (Self, mpsc::Receiver<Progress>) {
        let (progress, receiver) = mpsc::channel(16);
        (Self { progress, usage: Arc::default() }, receiver)
    }

    /// Says how far it is.
    pub fn report(&self, progress: Progress) {
        let _ = self.progress.try_send(progress);
    }

    /// Adds to what it took so far, also for an order that comes to nothing.
    pub fn spend(&self, more: Usage) {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.requests = usage.requests.saturating_add(more.requests);
        usage.tokens_in = usage.tokens_in.saturating_add(more.tokens_in);
        usage.tokens_out = usage.tokens_out.saturating_add(more.tokens_out);
        usage.millis = usage.millis.saturating_add(more.millis);
        usage.estimated |= more.estimated;
    }

    /// What it took so far.
    pub fn spent(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no dish. The ticket goes back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecommendError {
    /// It knows no dish at all.
    #[error("there is no dish to recommend")]
    NoDish,
    /// Every dish has something that the person does not eat.
    #[error("there is no dish without what the person does not eat")]
    NothingEatable,
    /// The wish is not about food, is harmful, or tries to change the rules.
    #[error("the wish was declined")]
    Declined,
    /// It does not answer, or with nothing that can be served.
    #[error("it is not available: {0}")]
    Down(String),
}

/// Finds a dish. Dropping the future cancels it, which must stop all that it started.
#[async_trait]
pub trait Recommender: Send + Sync {
    /// One dish for the request; the ticket proves that it is paid for.
    async fn recommend(&self, request: &Request, ticket: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError>;

    /// Whether it failed again and again, and is left alone for a while.
    fn rests(&self) -> bool {
        false
    }
}
