//! Typed text, matched against what is offered.

use crate::chat::{Choice, fold, number};

/// What a typed text means among the choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Understood {
    /// The choice at this index.
    One(usize),
    /// A number that is not on the menu.
    OutOfRange,
    /// The beginning of several labels; their indices.
    Several(Vec<usize>),
    /// Nothing on the menu.
    Nothing,
}

/// Understands a label, a number (`3`, `3.`, `3번`) or the unique beginning of a label.
pub(super) fn understand(text: &str, choices: &[Choice], spellings: &dyn Fn(&Choice) -> Vec<String>) -> Understood {
    let text = fold(text);
    if let Some(number) = number(&text) {
        return match number.checked_sub(1).filter(|index| *index < choices.len()) {
            Some(index) => Understood::One(index),
            None => Understood::OutOfRange,
        };
    }
    if text.is_empty() {
        return Understood::Nothing;
    }
    let matching = |matches: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let spelled = |choice: &Choice| spellings(choice).iter().any(|label| matches(&fold(label)));
        choices.iter().enumerate().filter(|(_, choice)| spelled(choice)).map(|(index, _)| index).collect()
    };
    if let [index, ..] = matching(&|label| label == text)[..] {
        return Understood::One(index);
    }
    match matching(&|label| label.starts_with(&text)).as_slice() {
        [] => Understood::Nothing,
        [index] => Understood::One(*index),
        several => Understood::Several(several.to_vec()),
    }
}
