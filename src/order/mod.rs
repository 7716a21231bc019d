//! What is wanted: [`Filters`] and a [`Wish`] while they are collected, an order once confirmed.

mod filter;
pub mod lifecycle;
mod wish;

pub use filter::{Cuisine, Difficulty, Filters, Line, MainIngredient, Method, Theme, Value};
use serde::{Deserialize, Serialize};
pub use wish::{Wish, WishError, WishWord, is_negated, wish_words};

/// Everything a person chose, as it is before, in and after an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The five choices, each open until made.
    #[serde(default)]
    pub filters: Filters,
    /// The free wish, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Wish>,
}

/// The number of an order in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub i64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How far the kitchen has come; shown in the waiting message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Taken down, not begun.
    Queued,
    /// A dish is being chosen.
    Choosing,
    /// The dish is known and being written down.
    Writing,
}

/// What asking a model took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that were sent.
    pub requests: u32,
    /// Tokens read by the model.
    pub tokens_in: u64,
    /// Tokens written by it.
    pub tokens_out: u64,
    /// How long it was asked, in milliseconds.
    pub millis: u64,
    /// Whether some of it is an estimate, since the server did not say.
    pub estimated: bool,
}

/// Why an order ended without a dish. Its ticket went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It was not ready within its time.
    Deadline,
    /// It was begun three times and never finished.
    GaveUp,
    /// No dish could be found or made.
    NoDish,
    /// Every dish had something that the person does not eat.
    Avoided,
    /// Nobody was left to tell.
    Unreachable,
    /// The wish is not about food, is harmful, or tries to change the rules.
    Declined,
    /// No model answered, and nobody stands in for it.
    Down,
}

impl Failure {
    /// The word it is stored under.
    pub fn id(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::GaveUp => "gave_up",
            Self::NoDish => "no_dish",
            Self::Avoided => "avoided",
            Self::Unreachable => "unreachable",
            Self::Declined => "declined",
            Self::Down => "down",
        }
    }

    /// Reads the stored word; one that is not known counts as [`Failure::NoDish`].
    pub fn from_id(id: &str) -> Self {
        match id {
            "deadline" => Self::Deadline,
            "gave_up" => Self::GaveUp,
            "avoided" => Self::Avoided,
            "unreachable" => Self::Unreachable,
            "declined" => Self::Declined,
            "down" => Self::Down,
            _ => Self::NoDish,
        }
    }
}
