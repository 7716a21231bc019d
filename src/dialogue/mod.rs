//! How Bapsang asks: a pure state machine from the first question to the confirmed order.
//!
//! [`step()`] takes a [`Conversation`] and an [`Input`] and gives a [`Turn`]: the conversation after it,
//! what to say, and at most one [`Effect`]. It reads no clock, draws no number and knows no platform;
//! what it needs of the world comes in [`Surroundings`].

mod menu;
mod profile;
mod step;
mod understand;

pub use menu::{choice, label};
pub use profile::{Answer, answer, forget_choices, profile_choices};
use serde::{Deserialize, Serialize};
pub use step::{ask_again, step};

use crate::{
    chat::{Choice, Facts, MenuId, Token},
    dish::Avoided,
    order::{Line, Wanted},
    profile::Field,
};

/// The version that a saved conversation carries. Raise it when an old one can no longer be read;
/// people then start over with an apology.
pub const VERSION: i64 = 1;

/// Where one person is in one place; saved after every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// What is being asked.
    pub state: State,
    /// The menu that counts; 0 before the first.
    pub menu: MenuId,
    /// The history that is being read, if any.
    pub history: Option<HistoryView>,
    /// What is waited for beside the choosing, if anything.
    #[serde(default)]
    pub aside: Option<Aside>,
    /// The last messages that were understood, by the platform's numbers; one that comes again is passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<i64>,
    /// What led to the open question: a choice's token or a message's number. Where it comes again, its answer was lost,
    /// and the question is asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_by: Option<String>,
    /// Since when that is waited for; milliseconds since 1970, UTC.
    #[serde(default)]
    pub aside_since: i64,
    /// When the person last did something; milliseconds since 1970, UTC.
    pub touched: i64,
}

/// An answer that is waited for beside the choosing, which stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Aside {
    /// A field of the profile is being written.
    Profile {
        /// Which one.
        field: Field,
    },
    /// What to look for among the dishes.
    Searching {
        /// Whether only favourites count.
        favourites: bool,
    },
    /// Whether to delete everything.
    Forgetting {
        /// The menu that asked.
        menu: MenuId,
    },
}

/// A history that is being turned over page by page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// The menu of its page buttons.
    pub menu: MenuId,
    /// What it was searched for; empty for all.
    pub keyword: String,
    /// Whether only favourites are shown.
    #[serde(default)]
    pub favourites: bool,
    /// The page last shown, from 1.
    pub page: u32,
}

impl HistoryView {
    /// All dishes, before any was shown.
    pub fn all() -> Self {
        Self { menu: MenuId(0), keyword: String::new(), favourites: false, page: 0 }
    }
}

/// What is being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum State {
    /// Nothing.
    Idle,
    /// One line.
    Asking {
        /// What was chosen so far.
        wanted: Wanted,
        /// The line.
        line: Line,
        /// Whether it is changed from the summary, to which the answer then leads back.
        changing: bool,
    },
    /// Whether to order.
    Summary {
        /// All that was chosen.
        wanted: Wanted,
    },
}

impl Conversation {
    /// One that has not begun.
    pub fn new() -> Self {
        Self {
            state: State::Idle,
            menu: MenuId(0),
            history: None,
            aside: None,
            heard: Vec::new(),
            led_by: None,
            aside_since: 0,
            touched: 0,
        }
    }

    /// Takes down that a message was understood.
    pub fn hear(&mut self, message: i64) {
        if !self.heard.contains(&message) {
            self.heard.push(message);
            let old = self.heard.len().saturating_sub(Self::HEARD);
            self.heard.drain(..old);
        }
    }

    /// As many as may come late or out of order.
    const HEARD: usize = 16;

    /// Whether something is being asked.
    pub fn is_open(&self) -> bool {
        self.state != State::Idle
    }
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

/// What a person did, as far as the dialogue is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Came in: /start.
    Start {
        /// For the first time.
        first: bool,
    },
    /// Wants to choose, or to go on choosing; what is wanted already leads straight to the summary.
    Begin(Option<Wanted>),
    /// Wants this once more.
    Again(Wanted),
    /// Pressed a choice.
    Press(Token),
    /// Wrote a wish into the form of the open menu, or of the summary.
    Form(MenuId, String),
    /// Typed something.
    Text(String),
    /// Wants to end the dialogue.
    Cancel,
}

/// What the dialogue is told of the world.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Now; milliseconds since 1970, UTC.
    pub now: i64,
    /// A dialogue that rested longer than this many milliseconds has ended.
    pub idle_limit: i64,
    /// A fresh number for the menu that this step may show.
    pub fresh_menu: MenuId,
    /// What the person does not eat.
    pub avoided: &'a Avoided,
    /// How the label of a choice is spelled in each language.
    pub spellings: &'a (dyn Fn(&Choice) -> Vec<String> + Sync),
}

/// One message of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// What is said.
    pub facts: Facts,
    /// What can be pressed.
    pub choices: Vec<Choice>,
    /// Whether it takes the place of the menu that was pressed.
    pub replaces: bool,
}

/// What must be done before the turn counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but saving the conversation.
    None,
    /// Take a ticket and write the order, once for each `confirmation`.
    Order {
        /// What to cook.
        wanted: Wanted,
        /// The menu that was confirmed.
        confirmation: MenuId,
    },
    /// The pressed menu does not count any more; nothing changed.
    OldMenu,
    /// Show the profile; nothing changed.
    Profile,
}

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The conversation from now on.
    pub conversation: Conversation,
    /// What to say, in order.
    pub say: Vec<Said>,
    /// What to do.
    pub effect: Effect,
}

#[cfg(test)]
mod tests;
