//! What the search for photos remembers, so that a restart forgets none of it. Whoever has a store keeps it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization;

use super::source::Limits;
use crate::{
    chat::{Credit, PictureHash, fold},
    dish::{Names, outside_of},
};

/// The longest key, in characters.
const LONGEST_KEY: usize = 60;

/// What a dish is called, as photos are remembered by it: letters and digits alone, without what stands in brackets and
/// without the number of servings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DishKey(String);

impl DishKey {
    /// The key of a name; `None` where no letter is left.
    pub fn of(name: &str) -> Option<Self> {
        let outside = outside_of("([{（［", ")]}）］", name);
        // Composed last: what is dropped in between may have kept marks from changing places.
        let letters = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).nfc().collect::<String>();
        let words = outside.split_whitespace().filter(|word| !is_count(word)).collect::<Vec<_>>().join(" ");
        let key: String = letters(&words).chars().take(LONGEST_KEY).collect();
        (!key.is_empty()).then_some(Self(key))
    }

    /// The key of a dish: that of its Korean name, else of its English one. English names are often those of a kind of dish,
    /// which many have.
    pub fn of_dish(names: &Names) -> Option<Self> {
        Self::of(&names.ko).or_else(|| Self::of(&names.en))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `1인분`.
fn is_count(word: &str) -> bool {
    word.strip_suffix("인분").is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

/// A photo that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPhoto {
    /// Which picture.
    pub picture: PictureHash,
    /// What is said under it; `None` where nothing has to be.
    pub credit: Option<Credit>,
    /// The source that had it.
    pub source: String,
}

/// What is remembered of a dish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// A photo.
    Photo(FoundPhoto),
    /// That nobody has one.
    Nothing,
}

/// Whether a source may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Yes, and it was counted; so often it failed in a row before.
    Ask {
        /// Failures of the source.
        source: u32,
        /// Failures of whose limits it shares.
        account: u32,
    },
    /// It rests until then.
    Resting(DateTime<Utc>),
    /// What may be asked is used up.
    UsedUp,
}

/// How it stands with a source, or with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How often it failed in a row; 0 where it is sound.
    pub failures: u32,
    /// Until when it is left alone.
    pub rests_until: Option<DateTime<Utc>>,
    /// Why, in a word.
    pub trouble: String,
}

/// The notebook could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the notebook of photos cannot be used: {0}")]
pub struct NotebookError(pub String);

/// What has to be remembered about photos.
#[async_trait]
pub trait Notebook: Send + Sync {
    /// What is remembered of a dish.
    async fn recall(&self, dish: &DishKey, now: DateTime<Utc>) -> Result<Option<Remembered>, NotebookError>;

    /// Remembers the photo of a dish, or that there is none, until then.
    async fn remember(
        &self,
        dish: &DishKey,
        found: &Remembered,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), NotebookError>;

    /// Takes a request of a source out of what its account may ask, unless one of them rests. Whoever has failed before is
    /// asked once, and the others wait for what comes of it.
    async fn take_turn(
        &self,
        source: &str,
        account: &str,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<Turn, NotebookError>;

    /// Whoever rests is asked again, and so is whether there is a photo of a dish that had none.
    async fn start_over(&self, now: DateTime<Utc>) -> Result<(), NotebookError>;

    /// Whether a picture was taken down, and is not to be found again.
    async fn is_rejected(&self, picture: &PictureHash) -> Result<bool, NotebookError>;

    /// Notes how it stands with a source or an account.
    async fn note(&self, name: &str, standing: &Standing) -> Result<(), NotebookError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(name: &str) -> String {
        DishKey::of(name).map(|key| key.0).unwrap_or_default()
    }

    #[test]
    fn a_dish_has_one_key_however_its_name_is_written() {
        for name in [
            "김치찌개",
            " 김치 찌개 ",
            "김치찌개 (1인분)",
            "김치찌개 2인분",
            "[초간단] 김치찌개🍲!",
            "김치\r\n찌개\u{202e}",
        ] {
            assert_eq!(key(name), "김치찌개", "{name}");
        }
        let decomposed: String = "김치찌개".nfd().collect();
        assert_eq!(key(&decomposed), "김치찌개");
        assert_eq!(key(&key("\u{c55}🌀\u{1bc9e}")), key("\u{c55}🌀\u{1bc9e}"));
        assert_eq!(key("Kimchi Stew"), key("kimchi-stew"));
        assert_eq!(key("../../etc/passwd"), "etcpasswd");
        for nothing in ["", "🍲", "()", "1인분", "\"><"] {
            assert_eq!(DishKey::of(nothing), None, "{nothing}");
        }
        assert_eq!(key(&"밥".repeat(5000)).chars().count(), LONGEST_KEY);
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_same_key(name in "\\PC{0,80}") {
            if let Some(key) = DishKey::of(&name) {
                prop_assert_eq!(DishKey::of(key.as_str()), Some(key.clone()));
            }
        }
    }
}
