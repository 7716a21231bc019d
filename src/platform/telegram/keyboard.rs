//! Choices as an inline keyboard.

use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use unicode_width::UnicodeWidthStr;

use crate::{
    chat::{Choice, Locale, Tone},
    i18n,
    platform::owned,
};

/// At most so many buttons in a row.
const MOST_IN_A_ROW: usize = 3;

/// What the labels of a row take at most, in columns (a syllable of Hangul takes two), on the narrowest phones that are
/// in use (360 points wide), by the number of buttons that share it.
const ROOM: [usize; MOST_IN_A_ROW] = [36, 15, 9];

/// One choice as a button of `owner`.
pub(super) fn button(locale: Locale, owner: u64, choice: &Choice) -> InlineKeyboardButton {
    // `callback_data` (`InlineKeyboardButton`) has 64 bytes: a token at most 52, and an owner at most 11.
    InlineKeyboardButton::callback(i18n::say(locale, &choice.label), owned::write(owner, owned::PRESS, &choice.token))
}

/// All choices: the answers in rows of equals, the ways round them in rows of their own, and the way on alone.
pub(super) fn keyboard(locale: Locale, owner: u64, choices: &[Choice]) -> InlineKeyboardMarkup {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    for group in choices.chunk_by(|one, next| one.tone == next.tone) {
        let buttons: Vec<_> = group.iter().map(|choice| button(locale, owner, choice)).collect();
        let alone = group.iter().any(|choice| choice.tone == Tone::Primary);
        rows.extend(if alone { buttons.into_iter().map(|button| vec![button]).collect() } else { in_rows(buttons) });
    }
    InlineKeyboardMarkup::new(rows)
}

/// As few rows as hold them, in which no label has less room than it needs.
fn in_rows(buttons: Vec<InlineKeyboardButton>) -> Vec<Vec<InlineKeyboardButton>> {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let fits = |row: &[InlineKeyboardButton], button: &InlineKeyboardButton| {
        let room = ROOM.get(row.len()).copied().unwrap_or_default();
        row.iter().chain([button]).all(|button| button.text.width() <= room)
    };
    for button in buttons {
        match rows.last_mut() {
            Some(row) if row.len() < MOST_IN_A_ROW && fits(row, &button) => row.push(button),
            _ => rows.push(vec![button]),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_three_short_labels_two_longer_ones_or_a_long_one() {
        let buttons = |labels: &[&str]| {
            let button = |label: &&str| InlineKeyboardButton::callback((*label).to_owned(), "x".to_owned());
            in_rows(labels.iter().map(button).collect()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(buttons(&["고급", "중급", "초급", "상관없음"]), [3, 1]);
        assert_eq!(buttons(&["메인요리", "알아서 골라 줘", "뒤로"]), [2, 1]);
        assert_eq!(buttons(&["돼지고기 김치찌개 (#1)", "뒤로"]), [1, 1]);
    }
}
