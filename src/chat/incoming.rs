//! What a door hands to the bot.

use serde::{Deserialize, Serialize};

use super::{Command, Locale};

/// Where people meet Bapsang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// A terminal or a pipe.
    Console,
    /// Telegram.
    Telegram,
    /// Discord.
    Discord,
}

impl Platform {
    /// The word in the store.
    pub fn id(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Telegram => "telegram",
            Self::Discord => "discord",
        }
    }
}

/// A conversation: one dialogue is kept for each person in each place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The platform.
    pub platform: Platform,
    /// The conversation on it, in the platform's own writing.
    pub conversation: String,
}

/// Who answers for an order: the open door through which its answers can go. `console:SESSION` for a
/// terminal, `telegram:BOT` or `discord:BOT` for every process of a bot; a kitchen cooks and tells only the orders of the doors that its own process has open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DoorKey(pub String);

/// Where an answer goes, as text that only the door can read. It is kept with the order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address(pub String);

/// A person, whatever the platforms they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonId(pub i64);

/// What the door knows of a person's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocaleHint {
    /// The surroundings suggest it (LANG, a platform's language code); `/language` beats it.
    Weak(Option<Locale>),
    /// It was asked for at the door (`--locale`); it beats what is stored.
    Strong(Locale),
}

/// A person as the platform knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The platform's user ID; together with the platform it is the identity.
    pub id: String,
    /// The language, as far as the door knows.
    pub locale: LocaleHint,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A command was given.
    Command(Command),
    /// Something was typed.
    Text(String),
    /// A choice was pressed; the text of its [`super::Token`], untrusted.
    Press(String),
    /// The form that a choice opens was filled in.
    Form {
        /// The text of the choice's [`super::Token`], untrusted.
        token: String,
        /// What was written.
        text: String,
    },
    /// Something that is no text came, such as a picture.
    Other,
}

impl Event {
    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Text(_) => "text",
            Self::Press(_) => "press",
            Self::Form { .. } => "form",
            Self::Other => "other",
        }
    }
}

/// One thing that a person did.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// In which conversation.
    pub place: Place,
    /// Whether others read there as well.
    pub others_read: bool,
    /// The platform's number of what was typed; a door may hand it in twice, and it counts once.
    pub message: Option<i64>,
    /// By whom.
    pub user: User,
    /// Through which door.
    pub door: DoorKey,
    /// Where answers go.
    pub address: Address,
    /// What.
    pub event: Event,
}
