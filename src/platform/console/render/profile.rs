//! A profile on a terminal.

use console::measure_text_width;

use super::Style;
use crate::{
    chat::{Locale, Phrase, ProfilePage},
    i18n,
    profile::{Field, Profile},
};

/// The profile with its fields in a table.
pub(super) fn page(locale: Locale, page: &ProfilePage, style: Style) -> String {
    let say = |phrase: &Phrase| i18n::say(locale, phrase);
    let mut rows: Vec<(String, String)> =
        Field::ALL.map(|field| (i18n::word(locale, field.label()), say(&value(&page.profile, field)))).to_vec();
    rows.extend(
        page.changed_at
            .map(|at| (i18n::word(locale, "profile-changed"), say(&Phrase::new("moment-as-it-is").moment("at", at)))),
    );
    let column = rows.iter().map(|(name, _)| measure_text_width(name)).max().unwrap_or_default();
    let row = |(name, value): &(String, String)| {
        let gap = " ".repeat(column - measure_text_width(name));
        style.wrap(&format!("  {name}{gap}  "), value)
    };
    let rows = rows.iter().map(row).collect::<Vec<_>>().join("\n");
    let tickets = Phrase::tickets(&page.tickets);
    format!("{}\n{rows}\n{}", style.heading(&i18n::word(locale, "profile-heading")), style.wrap("", &say(&tickets)))
}

/// The question for a field, with what it is now.
pub(super) fn question(locale: Locale, field: Field, profile: &Profile, style: Style) -> String {
    let heading = style.heading(&i18n::word(locale, field.label()));
    let question = style.wrap("", &i18n::say(locale, &ask(field)));
    let now = Phrase::new("profile-now").phrase("value", value(profile, field));
    format!("{heading}\n{question}\n{}", style.soft(&style.wrap("", &i18n::say(locale, &now))))
}

fn ask(field: Field) -> Phrase {
    let question = Phrase::new(field.question());
    match field.most() {
        Some(most) => question.count("most", most),
        None => question,
    }
}

fn value(profile: &Profile, field: Field) -> Phrase {
    let text = |text: &str| Phrase::new("word-as-it-is").text("word", text);
    let list = |items: Vec<Phrase>| (!items.is_empty()).then(|| Phrase::new("list-as-it-is").list("items", items));
    let value = match field {
        Field::Nickname => profile.nickname.as_ref().map(|name| text(name.as_str())),
        Field::Introduction => profile.introduction.as_ref().map(|introduction| text(introduction.as_str())),
        Field::Allergens => list(profile.avoided.allergens.iter().map(|one| Phrase::new(one.label())).collect()),
        Field::Words => list(profile.avoided.words.iter().map(|word| text(word.as_str())).collect()),
    };
    value.unwrap_or_else(|| Phrase::new("profile-nothing"))
}
