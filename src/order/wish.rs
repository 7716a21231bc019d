//! The free wish of at most 50 characters.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::chat::clean;

/// A wish in the person's own words: cleaned, one line, 1 to 50 user-perceived characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wish(String);

/// Why a text is no wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// Nothing is left after cleaning.
    #[error("a wish is empty")]
    Empty,
    /// It has more than [`Wish::MAX_CHARACTERS`].
    #[error("a wish of {characters} characters is too long")]
    TooLong {
        /// User-perceived characters counted.
        characters: usize,
    },
}

impl Wish {
    /// The seed's limit.
    pub const MAX_CHARACTERS: usize = 50;
    /// Room for 50 emoji of joined parts; stops characters piled up from marks without end.
    const MAX_BYTES: usize = 2_000;

    /// Reads a wish from what was typed.
    pub fn parse(text: &str) -> Result<Self, WishError> {
        let text = clean(text);
        let characters = text.graphemes(true).count();
        if characters > Self::MAX_CHARACTERS || text.len() > Self::MAX_BYTES {
            return Err(WishError::TooLong { characters: characters.max(Self::MAX_CHARACTERS + 1) });
        }
        if text.is_empty() {
            return Err(WishError::Empty);
        }
        Ok(Self(text))
    }

    /// The wish as text; untrusted, so escape it where it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Wish {
    type Error = WishError;
    fn try_from(text: String) -> Result<Self, WishError> {
        Self::parse(&text)
    }
}

impl From<Wish> for String {
    fn from(wish: Wish) -> Self {
        wish.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_of_50_characters_is_taken_and_51_are_not() {
        assert!(Wish::parse(&"밥".repeat(50)).is_ok());
        assert_eq!(Wish::parse(&"밥".repeat(51)), Err(WishError::TooLong { characters: 51 }));
    }

    #[test]
    fn an_emoji_with_joiners_counts_once_and_stays_whole() {
        let family = "👨‍👩‍👧‍👦";
        let wish = Wish::parse(&family.repeat(50)).expect("fifty characters");
        assert_eq!(wish.as_str(), family.repeat(50));
    }

    #[test]
    fn marks_piled_without_end_are_too_long() {
        let zalgo = format!("a{}", "\u{301}".repeat(5_000));
        assert!(matches!(Wish::parse(&zalgo), Err(WishError::TooLong { .. })));
    }

    #[test]
    fn only_spaces_are_no_wish() {
        assert_eq!(Wish::parse(" \u{200b}\t\u{1b} "), Err(WishError::Empty));
    }
}
