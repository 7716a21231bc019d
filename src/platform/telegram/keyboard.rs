//! Choices as an inline keyboard.

use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use unicode_width::UnicodeWidthStr;

use crate::{
    chat::{Choice, Locale, Tone},
    i18n,
};

/// At most so many buttons in a row.
const MOST_IN_A_ROW: usize = 3;

/// What the labels of a row take at most, in columns (a syllable of Hangul takes two), on the narrowest phones that are
/// in use (360 points wide), by the number of buttons that share it.
const ROOM: [usize; MOST_IN_A_ROW] = [36, 15, 9];

/// `callback_data` (`InlineKeyboardButton`): whose button it is, and the token. A token has at most 52 bytes, and an
/// owner at most 11.
pub(super) fn data(owner: u64, token: &str) -> String {
    format!("{}~{token}", base36(owner))
}

/// Reads what [`data`] wrote: the owner and the token.
pub(super) fn read_data(data: &str) -> Option<(u64, &str)> {
    let (owner, token) = data.split_once('~')?;
    Some((u64::from_str_radix(owner, 36).ok()?, token))
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(u32::try_from(number % 36).unwrap_or_default(), 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// One choice as a button of `owner`.
pub(super) fn button(locale: Locale, owner: u64, choice: &Choice) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(i18n::say(locale, &choice.label), data(owner, &choice.token))
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
    use crate::chat::Token;

    #[test]
    fn whose_button_it_is_fits_beside_the_longest_token() {
        let longest = "x".repeat(Token::MAX_BYTES);
        for owner in [0, 35, 36, (1 << 52) - 1] {
            let data = data(owner, &longest);
            assert!(data.len() <= 64, "{}", data.len());
            assert_eq!(read_data(&data), Some((owner, longest.as_str())));
        }
        for strange in ["", "x", "0.begin", "*~0.begin"] {
            assert_eq!(read_data(strange), None, "{strange}");
        }
    }

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
