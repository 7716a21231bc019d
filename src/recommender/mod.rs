//! From an order to a dish.

mod cookbook;

use async_trait::async_trait;
pub use cookbook::{Cookbook, CookbookError, Entry};
use tokio::sync::mpsc;

use crate::{
    chat::Locale,
    dish::{Avoided, Dish, Names},
    order::{Stage, Wanted},
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
    /// Korean names of the person's last dishes, newest first; not to be served again.
    pub recent: Vec<String>,
    /// Decides where several dishes are as good; the same seed chooses the same.
    pub seed: u64,
}

/// What a recommender says on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// How far it is.
    Stage(Stage),
    /// The dish's name, as soon as it is known; a photo search can start.
    Named(Names),
}

/// Takes what a recommender says on the way. It never waits; what nobody reads is dropped.
#[derive(Debug, Clone)]
pub struct Reporter(mpsc::Sender<Progress>);

impl Reporter {
    /// A reporter and the end that hears it.
    pub fn new() -> (Self, mpsc::Receiver<Progress>) {
        let (sender, receiver) = mpsc::channel(16);
        (Self(sender), receiver)
    }

    /// Says how far it is.
    pub fn report(&self, progress: Progress) {
        let _ = self.0.try_send(progress);
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
}

/// Finds a dish. Dropping the future cancels it, which must stop all that it started.
#[async_trait]
pub trait Recommender: Send + Sync {
    /// One dish for the request; the ticket proves that it is paid for.
    async fn recommend(&self, request: &Request, ticket: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError>;
}
