//! The free wish of at most 50 characters.

use crate::chat::{Short, ShortError, fold};

/// A wish in the person's own words (the seed's limit).
pub type Wish = Short<50>;

/// Why a text is no wish.
pub type WishError = ShortError;

/// Words that turn the one after them round: 안 매운, not spicy, no garlic.
const NOT_BEFORE: [&str; 6] = ["안", "못", "not", "no", "non", "without"];

/// Words that turn the one before them round: 마늘 없이, 고기 빼고.
const NOT_AFTER: [&str; 6] = ["없이", "없는", "빼고", "말고", "제외", "싫어요"];

/// One word of a wish, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishWord {
    /// The word.
    pub word: String,
    /// Whether the wish is for what has none of it.
    pub unwanted: bool,
}

/// Whether a text says that something is not so, such as the tag 안 매운.
pub fn is_negated(text: &str) -> bool {
    text.split(' ').next().is_some_and(|first| NOT_BEFORE.contains(&first))
}

/// The words of a wish without those that turn others round.
pub fn wish_words(wish: &Wish) -> Vec<WishWord> {
    let words: Vec<String> = wish.as_str().split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
    let is = |index: Option<usize>, list: &[&str]| {
        index.and_then(|index| words.get(index)).is_some_and(|word| list.contains(&word.as_str()))
    };
    let turning = |index: usize| is(Some(index), &NOT_BEFORE) || is(Some(index), &NOT_AFTER);
    let turned = |index: usize| is(index.checked_sub(1), &NOT_BEFORE) || is(index.checked_add(1), &NOT_AFTER);
    let kept = words.iter().enumerate().filter(|(index, _)| !turning(*index));
    kept.map(|(index, word)| WishWord { word: word.clone(), unwanted: turned(index) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_is_told_from_what_is() {
        let read = |text: &str| {
            let words = wish_words(&Wish::parse(text).expect("a wish")).into_iter();
            words.map(|word| (word.word, word.unwanted)).collect::<Vec<_>>()
        };
        let expected = |words: &[(&str, bool)]| words.iter().map(|(w, u)| ((*w).to_owned(), *u)).collect::<Vec<_>>();
        assert_eq!(read("안 매운 국물"), expected(&[("매운", true), ("국물", false)]));
        assert_eq!(read("마늘 없이 Soup"), expected(&[("마늘", true), ("soup", false)]));
        assert_eq!(read("no pork"), expected(&[("pork", true)]));
    }
}
