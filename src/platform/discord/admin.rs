//! `/admin` as Discord is told it: one command with a subcommand for each word, from the table of the counter.

use serde_json::Value;
use serenity::all::{
    CommandDataOption, CommandDataOptionValue, CommandOptionType, CommandType, CreateCommand, CreateCommandOption,
    InteractionContext, Permissions,
};

use super::{
    commands::{MOST_DESCRIPTION, Words, pruned},
    text::{begin, word},
};
use crate::chat::{ADMIN, ADMIN_WORDS, AdminArgument, AdminSpec, ArgumentKind, LEFT_OUT, Locale, Phrase};

/// The subcommand that shows what there is.
const HELP: &str = "help";

/// The longest person, day or name that can be written.
const MOST_WORD: u16 = 100;

/// The command as it is told: in a server of the admins', or in the conversation with the bot alone.
pub(super) fn table(default: Locale, in_guild: bool) -> Option<Value> {
    let about = words(default, "command-admin");
    let mut command = CreateCommand::new(ADMIN).kind(CommandType::ChatInput).description(about.first);
    for (client, about) in about.others {
        command = command.description_localized(client, about);
    }
    command = if in_guild {
        // Whoever runs the server decides who sees it; the bot looks who it is in any case.
        command.default_member_permissions(Permissions::empty())
    } else {
        command.contexts(vec![InteractionContext::BotDm])
    };
    let help = CreateCommandOption::new(CommandOptionType::SubCommand, HELP, words(default, "command-help").first);
    command = command.add_option(described(help, default, "command-help"));
    let command = ADMIN_WORDS.iter().fold(command, |command, spec| command.add_option(subcommand(spec, default)));
    serde_json::to_value(command).ok().map(pruned)
}

fn words(default: Locale, key: &'static str) -> Words {
    Words::of(default, |locale| begin(&word(locale, &Phrase::new(key)), MOST_DESCRIPTION))
}

fn described(option: CreateCommandOption, default: Locale, key: &'static str) -> CreateCommandOption {
    let about = words(default, key);
    about.others.into_iter().fold(option, |option, (client, about)| option.description_localized(client, about))
}

fn subcommand(spec: &AdminSpec, default: Locale) -> CreateCommandOption {
    let about = words(default, spec.about).first;
    let option = CreateCommandOption::new(CommandOptionType::SubCommand, spec.word, about);
    let option = described(option, default, spec.about);
    // Discord wants what has to be there first.
    let (must, may): (Vec<_>, Vec<_>) = spec.arguments.iter().partition(|argument| argument.required);
    must.into_iter().chain(may).fold(option, |option, argument| option.add_sub_option(filled(argument, default)))
}

fn filled(argument: &AdminArgument, default: Locale) -> CreateCommandOption {
    let kind = match argument.kind {
        ArgumentKind::Number(_) | ArgumentKind::Count(_) => CommandOptionType::Integer,
        _ => CommandOptionType::String,
    };
    let option = CreateCommandOption::new(kind, argument.name, words(default, argument.label).first);
    let option = described(option, default, argument.label).required(argument.required);
    match argument.kind {
        ArgumentKind::Number(most) => option.min_int_value(0).max_int_value(most.into()),
        ArgumentKind::Count(most) => option.min_int_value(1).max_int_value(most.into()),
        ArgumentKind::OneOf(words) => words.iter().fold(option, |option, word| option.add_string_choice(*word, *word)),
        ArgumentKind::Text(most) => option.max_length(u16::try_from(most).unwrap_or(u16::MAX)),
        ArgumentKind::Who { .. } | ArgumentKind::Day | ArgumentKind::Word => option.max_length(MOST_WORD),
    }
}

/// What was given, as the line that stands behind `/admin` elsewhere.
pub(super) fn line(options: &[CommandDataOption]) -> String {
    let Some(CommandDataOption { name, value: CommandDataOptionValue::SubCommand(given), .. }) = options.first() else {
        return String::new();
    };
    let Some(spec) = ADMIN_WORDS.iter().find(|spec| spec.word == name) else { return name.clone() };
    let written = |argument: &AdminArgument| {
        let value = &given.iter().find(|option| option.name == argument.name)?.value;
        let text = match value {
            CommandDataOptionValue::Integer(number) => number.to_string(),
            CommandDataOptionValue::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        let quoted = matches!(argument.kind, ArgumentKind::Who { .. }) && text.contains(' ');
        Some(if quoted { format!("\"{}\"", text.replace('"', "")) } else { text })
    };
    // What was left out is said to be, so that what follows is not taken for it.
    let arguments = spec.arguments.iter().map(|argument| written(argument).unwrap_or_else(|| LEFT_OUT.to_owned()));
    std::iter::once(spec.word.to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_within_discords_limits() {
        assert!(ADMIN_WORDS.len() < 25);
        for locale in Locale::ALL {
            let told = table(locale, true).expect("a command");
            for sub in told["options"].as_array().expect("subcommands") {
                let about = sub["description"].as_str().unwrap_or_default();
                assert!((1..=100).contains(&about.chars().count()), "{sub}");
                let required: Vec<bool> = sub["options"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|option| option["required"] == Value::Bool(true))
                    .collect();
                assert!(required.is_sorted_by(|before, after| before >= after), "{sub}");
            }
        }
    }
}
