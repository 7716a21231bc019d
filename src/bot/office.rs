//! What the admins' counter asks of the rest of the program.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::chat::{Phrase, Platform};

/// How it stands with one of those who make dishes, or who find photos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStanding {
    /// Its name: `model:NAME`, `cookbook`, or `photo:NAME`.
    pub name: String,
    /// How it stands.
    pub state: SourceState,
    /// How often it was asked, where that is counted, and the most that it may be.
    pub asked: Option<Asked>,
}

/// How often a source was asked; a most of 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// In 24 hours.
    pub in_day: u64,
    /// The most in 24 hours.
    pub per_day: u64,
}

/// How it stands with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// It is asked.
    Well,
    /// An admin switched it off.
    SwitchedOff,
    /// The settings say that it is not asked.
    Off,
    /// These variables are not set.
    Keyless(String),
    /// Something of its table does not work.
    Broken(String),
    /// It failed, and is left alone until then, as far as that is known.
    Rests {
        /// Until when.
        until: Option<DateTime<Utc>>,
        /// Why, in a word.
        trouble: String,
    },
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What it is.
    pub what: Phrase,
    /// Whether it is well.
    pub is_well: bool,
    /// How it stands, and how to mend it where it is not.
    pub said: Phrase,
}

/// What came of reading the settings anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Keys that count now.
    pub counting: Vec<String>,
    /// Keys that count after the next start.
    pub after_restart: Vec<String>,
}

/// The rest of the program, as far as admins ask for it.
#[async_trait]
pub trait Office: Send + Sync {
    /// How it stands with those who make dishes.
    fn recommenders(&self) -> Vec<SourceStanding>;

    /// Asks these no more, by their names, and all others again.
    fn switch_off(&self, names: &HashSet<String>);

    /// Every setting and its value, without secrets, as lines of TOML.
    fn config(&self) -> String;

    /// Reads the settings anew; what is wrong with them changes nothing.
    async fn reload(&self) -> Result<Reloaded, Vec<String>>;

    /// Whether all is well.
    async fn health(&self) -> Vec<Check>;
}

/// Who may command at the counter: by platform and its number, never by who somebody is linked with.
#[derive(Debug, Clone, Default)]
pub struct Admins(HashSet<(Platform, String)>);

impl Admins {
    /// These of Telegram, and these of Discord.
    pub fn new(telegram: &[u64], discord: &[u64]) -> Self {
        let of =
            |platform: Platform, ids: &[u64]| ids.iter().map(move |id| (platform, id.to_string())).collect::<Vec<_>>();
        Self(of(Platform::Telegram, telegram).into_iter().chain(of(Platform::Discord, discord)).collect())
    }

    /// Whether this user of a platform is one. Whoever sits at the terminal has the database in their hands anyway.
    pub fn has(&self, platform: Platform, user: &str) -> bool {
        platform == Platform::Console || self.0.contains(&(platform, user.to_owned()))
    }

    /// Everyone of a platform.
    pub fn of(&self, platform: Platform) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(of, _)| *of == platform).map(|(_, user)| user.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_counts_on_its_own_platform_alone() {
        let admins = Admins::new(&[7], &[8]);
        assert!(admins.has(Platform::Telegram, "7") && admins.has(Platform::Discord, "8"));
        assert!(!admins.has(Platform::Telegram, "8") && !admins.has(Platform::Discord, "7"));
        assert!(!admins.has(Platform::Telegram, "07") && !admins.has(Platform::Telegram, ""));
        assert!(admins.has(Platform::Console, "anyone"));
    }
}
