//! The help on a terminal.

use console::measure_text_width;

use super::Style;
use crate::{
    chat::{COMMANDS, CommandSpec, Locale, Topic},
    i18n,
};

/// All commands by topic, or one topic with what it is about.
pub(super) fn message(locale: Locale, topic: Option<Topic>, style: Style) -> Vec<String> {
    let word = |key| i18n::word(locale, key);
    let column = COMMANDS.iter().map(|spec| measure_text_width(&usage(locale, spec))).max().unwrap_or_default();
    let section = |topic: Topic| {
        let rows = COMMANDS.iter().filter(|spec| spec.topic == topic).map(|spec| {
            let usage = usage(locale, spec);
            let gap = " ".repeat(column - measure_text_width(&usage));
            style.wrap(&format!("  {}{gap}  ", style.strong(&usage)), &word(spec.about))
        });
        rows.collect::<Vec<_>>().join("\n")
    };
    if let Some(topic) = topic {
        let about = style.wrap("", &word(topic.about()));
        vec![format!("{}\n{about}", style.heading(&word(topic.label()))), section(topic)]
    } else {
        let section = |topic: Topic| format!("{}\n{}", style.heading(&word(topic.label())), section(topic));
        let footer = ["help-footer", "help-leave"].map(|key| style.wrap("", &word(key)));
        Topic::ALL.into_iter().map(section).chain([footer.join("\n")]).collect()
    }
}

fn usage(locale: Locale, spec: &CommandSpec) -> String {
    match spec.argument {
        Some(argument) => format!("/{} [{}]", spec.name, i18n::word(locale, argument)),
        None => format!("/{}", spec.name),
    }
}
