//! What is said, whatever the platform: [`Incoming`] from the doors, [`Reply`] to them.

mod admin;
mod commands;
mod finder;
mod incoming;
mod keyword;
mod link;
mod picture;
mod reply;
mod report;
mod share;
mod short;
mod text;
mod token;
mod told;

pub use admin::{ADMIN_WORDS, AdminArgument, AdminCommand, AdminMistake, AdminSpec, ArgumentKind, LEFT_OUT, Who, Whom};
pub use commands::{ADMIN, COMMANDS, Command, CommandSpec, Topic};
pub use finder::Finder;
pub use incoming::{Address, DoorKey, Event, Incoming, LocaleHint, PersonId, Place, Platform, User};
pub use keyword::{Keyword, KeywordTooLong, searchable};
pub use link::LinkCode;
pub use picture::{Credit, Picture, PictureHash};
pub use reply::{
    Arg, Attachment, Audience, Choice, Facts, HistoryEntry, HistoryPage, Phrase, Placing, ProfilePage, Reply,
    ServedDish, Tone, Waiting,
};
pub use report::{Report, Section};
use serde::{Deserialize, Serialize};
pub use share::ShareCode;
pub use short::{Short, ShortError};
pub use text::{clean, clean_lines, fingerprint, fold, is_one_of, number, shorten};
pub use token::{Action, MenuId, Token};

/// A language that Bapsang speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Korean, the first.
    Ko,
    /// English.
    En,
}

impl Locale {
    /// Both, the first language first.
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// The language subtag (BCP 47): `ko` or `en`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// Understands `ko`, `ko-KR`, `ko_KR.UTF-8` and the like; `None` for any other language.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.id()))
    }

    /// The locale key of its own name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ko => "language-ko",
            Self::En => "language-en",
        }
    }
}
