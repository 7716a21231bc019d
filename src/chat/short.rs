//! A text of a person's own that is kept: bounded, cleaned, one line.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::text::clean;

/// A text of 1 to `MOST` user-perceived characters, cleaned ([`clean`]); untrusted, so escape it where it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Short<const MOST: usize>(String);

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShortError {
    /// Nothing is left after cleaning.
    #[error("the text is empty")]
    Empty,
    /// It is longer than it may be.
    #[error("a text of {characters} characters is longer than {most}")]
    TooLong {
        /// User-perceived characters counted.
        characters: usize,
        /// How many there may be.
        most: usize,
    },
}

impl<const MOST: usize> Short<MOST> {
    /// The most user-perceived characters.
    pub const MAX_CHARACTERS: usize = MOST;
    /// Room for emoji of joined parts; stops characters piled up from marks without end.
    const MAX_BYTES: usize = 40 * MOST;

    /// Reads what was typed.
    pub fn parse(text: &str) -> Result<Self, ShortError> {
        let text = clean(text);
        let characters = text.graphemes(true).count();
        if characters > MOST || text.len() > Self::MAX_BYTES {
            return Err(ShortError::TooLong { characters: characters.max(MOST + 1), most: MOST });
        }
        if text.is_empty() {
            return Err(ShortError::Empty);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> TryFrom<String> for Short<MOST> {
    type Error = ShortError;
    fn try_from(text: String) -> Result<Self, ShortError> {
        Self::parse(&text)
    }
}

impl<const MOST: usize> From<Short<MOST>> for String {
    fn from(short: Short<MOST>) -> Self {
        short.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fifty = Short<50>;

    #[test]
    fn fifty_characters_are_taken_and_51_are_not() {
        assert!(Fifty::parse(&"밥".repeat(50)).is_ok());
        assert_eq!(Fifty::parse(&"밥".repeat(51)), Err(ShortError::TooLong { characters: 51, most: 50 }));
    }

    #[test]
    fn an_emoji_with_joiners_counts_once_and_stays_whole() {
        let family = "👨‍👩‍👧‍👦";
        let text = Fifty::parse(&family.repeat(50)).expect("fifty characters");
        assert_eq!(text.as_str(), family.repeat(50));
    }

    #[test]
    fn marks_piled_without_end_are_too_long() {
        let zalgo = format!("a{}", "\u{301}".repeat(5_000));
        assert!(matches!(Fifty::parse(&zalgo), Err(ShortError::TooLong { .. })));
    }

    #[test]
    fn only_spaces_are_no_text() {
        assert_eq!(Fifty::parse(" \u{200b}\t\u{1b} "), Err(ShortError::Empty));
    }
}
