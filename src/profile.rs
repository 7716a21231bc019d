//! What a person says of themselves, and what they do not eat.

use chrono::{DateTime, Utc};

use crate::{
    chat::{Short, fingerprint},
    dish::{Allergen, Avoided, AvoidedWord},
};

/// What a person wants to be called (the seed's limit).
pub type Nickname = Short<20>;

/// A person's introduction of themselves (the seed's limit); one line.
pub type SelfIntroduction = Short<200>;

/// A person's profile; empty until they write something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What they want to be called.
    pub nickname: Option<Nickname>,
    /// What they say of themselves.
    pub introduction: Option<SelfIntroduction>,
    /// What they do not eat.
    pub avoided: Avoided,
    /// When it was last changed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What can be written in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// [`Profile::nickname`]
    Nickname,
    /// [`Profile::introduction`]
    Introduction,
    /// The allergens of [`Profile::avoided`]
    Allergens,
    /// The words of [`Profile::avoided`]
    Words,
}

impl Field {
    /// As they are offered.
    pub const ALL: [Self; 4] = [Self::Nickname, Self::Introduction, Self::Allergens, Self::Words];

    /// The word in tokens; ASCII.
    pub fn id(self) -> &'static str {
        match self {
            Self::Nickname => "nickname",
            Self::Introduction => "introduction",
            Self::Allergens => "allergens",
            Self::Words => "words",
        }
    }

    /// Reads a word written by [`Field::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == id)
    }

    /// The locale key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nickname => "profile-nickname",
            Self::Introduction => "profile-introduction",
            Self::Allergens => "profile-allergens",
            Self::Words => "profile-words",
        }
    }

    /// The most characters, or for words the most of them; no number for the fixed list.
    pub fn most(self) -> Option<usize> {
        match self {
            Self::Nickname => Some(Nickname::MAX_CHARACTERS),
            Self::Introduction => Some(SelfIntroduction::MAX_CHARACTERS),
            Self::Allergens => None,
            Self::Words => Some(AvoidedWord::MAX_CHARACTERS),
        }
    }

    /// The locale key of the question that is asked for it.
    pub fn question(self) -> &'static str {
        match self {
            Self::Nickname => "ask-nickname",
            Self::Introduction => "ask-introduction",
            Self::Allergens => "ask-allergens",
            Self::Words => "ask-words",
        }
    }
}

/// A short name for one of the avoided words, for a button: a hash of the word as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WordMark(pub u32);

impl WordMark {
    /// The mark of a word.
    pub fn of(word: &AvoidedWord) -> Self {
        let [a, b, c, d, ..] = fingerprint(word.as_str()).to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }
}

/// Whose name and introduction stay where two persons become one and both have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Nobody said, since only one of them has any, or both have the same.
    Unsaid,
    /// Whoever offered the code.
    Offering,
    /// Whoever took it up.
    Taking,
}

/// One change of a profile. Made twice, it has its effect once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another nickname, or none.
    Nickname(Option<Nickname>),
    /// Another introduction, or none.
    Introduction(Option<SelfIntroduction>),
    /// Whether one of the list is avoided.
    Allergen(Allergen, bool),
    /// More words for what is not eaten.
    AddWords(Vec<AvoidedWord>),
    /// One word less.
    DropWord(WordMark),
    /// None of the field.
    Clear(Field),
}

/// There are [`Avoided::MOST_WORDS`] words already; those that found room were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for another word")]
pub struct TooManyWords;

impl Profile {
    /// Makes a change.
    pub fn change(&mut self, change: Change) -> Result<(), TooManyWords> {
        match change {
            Change::Nickname(nickname) => self.nickname = nickname,
            Change::Introduction(introduction) => self.introduction = introduction,
            Change::Allergen(allergen, true) => drop(self.avoided.allergens.insert(allergen)),
            Change::Allergen(allergen, false) => drop(self.avoided.allergens.remove(&allergen)),
            Change::AddWords(words) => {
                let left_out = words.into_iter().filter(|word| !self.avoided.add(word.clone())).count();
                return if left_out == 0 { Ok(()) } else { Err(TooManyWords) };
            }
            Change::DropWord(mark) => self.avoided.words.retain(|word| WordMark::of(word) != mark),
            Change::Clear(Field::Nickname) => self.nickname = None,
            Change::Clear(Field::Introduction) => self.introduction = None,
            Change::Clear(Field::Allergens) => self.avoided.allergens.clear(),
            Change::Clear(Field::Words) => self.avoided.words.clear(),
        }
        Ok(())
    }
}
