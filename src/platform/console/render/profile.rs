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
    let rows: Vec<(String, String)> = page.rows().iter().map(|(name, value)| (say(name), say(value))).collect();
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
    let question = style.wrap("", &i18n::say(locale, &Phrase::asking(field)));
    let now = Phrase::holding_now(profile, field);
    format!("{heading}\n{question}\n{}", style.soft(&style.wrap("", &i18n::say(locale, &now))))
}
