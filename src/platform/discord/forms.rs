//! Forms in which people write: a wish, a field of the profile, what to look for. One is opened from the press alone.

use serenity::all::{
    ActionRowComponent, CreateActionRow, CreateInputText, CreateModal, InputTextStyle, ModalInteractionData,
};

use super::text::{begin, word};
use crate::{
    chat::{Action, Keyword, Locale, Phrase, Token},
    order::{Line, Wish},
    profile::Field,
};

/// A title, and the label of what is written.
const MOST_LABEL: usize = 45;

/// The most that a line of a form takes.
const MOST_INPUT: usize = 4000;

/// What may be written of a list at once.
const MOST_WORDS: usize = 400;

/// The form of a choice, which is sent back under `id`; `None` where it has none.
pub(super) fn form(locale: Locale, id: &str, token: &str) -> Option<CreateModal> {
    let (title, label, most, style) = match Token::decode(token)?.action {
        Action::Edit(Line::Wish) => ("form-wish", "form-input-wish", Wish::MAX_CHARACTERS, InputTextStyle::Short),
        Action::Search(_) => ("form-search", "form-input-keyword", Keyword::MAX_CHARACTERS, InputTextStyle::Short),
        Action::Write(field) => match field {
            Field::Nickname => {
                ("form-nickname", "form-input-nickname", field.most().unwrap_or(MOST_WORDS), InputTextStyle::Short)
            }
            Field::Introduction => (
                "form-introduction",
                "form-input-introduction",
                field.most().unwrap_or(MOST_WORDS),
                InputTextStyle::Paragraph,
            ),
            Field::Words => ("form-words", "form-input-words", MOST_WORDS, InputTextStyle::Paragraph),
            Field::Allergens => return None,
        },
        _ => return None,
    };
    let say = |key: &'static str| begin(&word(locale, &Phrase::new(key).count("most", most)), MOST_LABEL);
    let most = u16::try_from(most.min(MOST_INPUT)).unwrap_or(u16::MAX);
    // An emptied wish is none.
    let needed = title != "form-wish";
    let input = CreateInputText::new(style, say(label), "text").max_length(most).required(needed);
    Some(CreateModal::new(id, say(title)).components(vec![CreateActionRow::InputText(input)]))
}

/// What was written.
pub(super) fn written(data: &ModalInteractionData) -> String {
    let inputs = data.components.iter().flat_map(|row| &row.components).filter_map(|component| match component {
        ActionRowComponent::InputText(input) => input.value.clone(),
        _ => None,
    });
    inputs.collect::<Vec<_>>().join(" ")
}
