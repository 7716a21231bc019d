//! A report of the admins' counter on a terminal.

use console::measure_text_width;

use super::Style;
use crate::{
    chat::{Locale, Phrase, Report, Section},
    i18n,
};

/// The report with its rows in tables.
pub(super) fn message(locale: Locale, report: &Report, style: Style) -> Vec<String> {
    let heading = style.heading(&i18n::say(locale, &report.heading));
    let tables = report.sections.iter().map(|section| table(locale, section, style));
    let notes = report.notes.iter().map(|note| style.soft(&style.wrap("", &i18n::say(locale, note))));
    std::iter::once(heading).chain(tables).chain(notes).collect()
}

fn table(locale: Locale, section: &Section, style: Style) -> String {
    let say = |phrase: &Phrase| i18n::say(locale, phrase);
    let rows: Vec<(String, String)> = section.rows.iter().map(|(name, value)| (say(name), say(value))).collect();
    let column = rows.iter().map(|(name, _)| measure_text_width(name)).max().unwrap_or_default();
    let row = |(name, value): &(String, String)| {
        // What is too long for a column stands above what it is about.
        if column > MOST_COLUMN {
            return format!("  {name}\n{}", style.wrap("      ", value));
        }
        let gap = " ".repeat(column - measure_text_width(name));
        style.wrap(&format!("  {name}{gap}  "), value)
    };
    let title = section.title.as_ref().map(|title| style.strong(&say(title)));
    title.into_iter().chain(rows.iter().map(row)).collect::<Vec<_>>().join("\n")
}

/// The widest first column, in columns of the terminal.
const MOST_COLUMN: usize = 30;
