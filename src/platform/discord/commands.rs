//! Slash commands, from the one table of commands: what Discord is told of them, and what one that was given means
//! (<https://discord.com/developers/docs/interactions/application-commands>).

use serde_json::Value;
use serenity::all::{
    CommandData, CommandDataOptionValue, CommandOptionType, CommandType, CreateCommand, CreateCommandOption, GuildId,
    InstallationContext, InteractionContext,
};

use super::{
    Door, admin,
    send::{Again, Trouble, send},
    text::{begin, word},
};
use crate::{
    chat::{ADMIN, COMMANDS, Command, CommandSpec, Event, Keyword, Locale, Phrase, Topic},
    i18n,
    order::{Filters, Line, Wish},
};

/// A description (`description`).
pub(super) const MOST_DESCRIPTION: usize = 100;

/// What can be chosen with /recommend besides the lines.
const SHARE: &str = "share";

/// The languages of Discord's clients that speak one of ours (<https://discord.com/developers/docs/reference#locales>).
fn clients(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::Ko => &["ko"],
        Locale::En => &["en-US", "en-GB"],
    }
}

/// The name of an option, as the table of commands names its argument.
fn option_name(argument: &'static str) -> &'static str {
    argument.strip_prefix("argument-").unwrap_or(argument)
}

/// A sentence in every language of ours, with the first for all others.
pub(super) struct Words {
    pub(super) first: String,
    pub(super) others: Vec<(&'static str, String)>,
}

impl Words {
    pub(super) fn of(default: Locale, say: impl Fn(Locale) -> String) -> Self {
        let others = |locale: Locale| clients(locale).iter().map(move |client| (*client, locale));
        let others = Locale::ALL.into_iter().flat_map(others).map(|(client, locale)| (client, say(locale))).collect();
        Self { first: say(default), others }
    }
}

/// How an option is filled in.
enum Filling {
    /// With what is typed, at most so many characters; own dishes are suggested where it `suggests`.
    Text { most: usize, suggests: bool },
    /// With one of these: value and label.
    OneOf(Vec<(String, Phrase)>),
    /// With yes or no.
    Switch,
}

struct Option_ {
    name: &'static str,
    filling: Filling,
}

/// What a command can be given.
fn options(spec: &CommandSpec) -> Vec<Option_> {
    let argument = spec.argument.map(option_name);
    let filling = argument.map(|name| match name {
        "wish" => Filling::Text { most: Wish::MAX_CHARACTERS, suggests: false },
        "keyword" | "number" => Filling::Text { most: Keyword::MAX_CHARACTERS, suggests: true },
        "language" => {
            Filling::OneOf(Locale::ALL.map(|locale| (locale.id().to_owned(), Phrase::new(locale.label()))).to_vec())
        }
        // A topic is found by its name.
        "topic" => Filling::OneOf(
            Topic::ALL
                .map(|topic| (word(Locale::En, &Phrase::new(topic.label())), Phrase::new(topic.label())))
                .to_vec(),
        ),
        _ => Filling::Text { most: Keyword::MAX_CHARACTERS, suggests: false },
    });
    let own = argument.zip(filling).map(|(name, filling)| Option_ { name, filling });
    let lines = Line::ALL.into_iter().filter(|line| spec.name == "recommend" && *line != Line::Wish).map(|line| {
        let values = line.values().iter().map(|value| (value.id.to_owned(), Phrase::new(value.label)));
        Option_ { name: line.id(), filling: Filling::OneOf(values.collect()) }
    });
    let share = (spec.name == "recommend").then_some(Option_ { name: SHARE, filling: Filling::Switch });
    lines.chain(own).chain(share).collect()
}

/// How a command or an option is called; the keys are made of the names in the table of commands and of the lines of an
/// order.
fn named(kind: &str, name: &str, locale: Locale) -> String {
    let key = KEYS.iter().find(|known| **known == format!("discord-{kind}-{name}"));
    key.map_or_else(|| name.to_owned(), |key| i18n::word(locale, key))
}

/// A text in which commands are called as people see them in that language.
pub(super) fn localised(locale: Locale, text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, after) = rest.split_at(at + 1);
        said.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len());
        let name = &after[..end];
        // A path in an address is no command.
        let begins = !before[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | ':'));
        rest = &after[end..];
        match COMMANDS.iter().find(|spec| begins && spec.name == name) {
            Some(spec) => {
                let name = named("name", spec.name, locale);
                let (name, after) = if name == spec.name { (name, rest) } else { i18n::with_its_particle(&name, rest) };
                said.push_str(&name);
                rest = after;
            }
            None => said.push_str(name),
        }
    }
    said + rest
}

/// Every locale key that is made of a name.
const KEYS: &[&str] = &[
    "discord-name-start",
    "discord-name-recommend",
    "discord-name-again",
    "discord-name-cancel",
    "discord-name-history",
    "discord-name-favourites",
    "discord-name-dish",
    "discord-name-tickets",
    "discord-name-profile",
    "discord-name-language",
    "discord-name-link",
    "discord-name-unlink",
    "discord-name-news",
    "discord-name-privacy",
    "discord-name-export",
    "discord-name-forget",
    "discord-name-help",
    "discord-option-difficulty",
    "discord-option-theme",
    "discord-option-cuisine",
    "discord-option-main",
    "discord-option-method",
    "discord-option-wish",
    "discord-option-share",
    "discord-option-keyword",
    "discord-option-number",
    "discord-option-language",
    "discord-option-topic",
    "discord-option-code",
    "discord-option-difficulty-about",
    "discord-option-theme-about",
    "discord-option-cuisine-about",
    "discord-option-main-about",
    "discord-option-method-about",
    "discord-option-wish-about",
    "discord-option-share-about",
    "discord-option-keyword-about",
    "discord-option-number-about",
    "discord-option-language-about",
    "discord-option-topic-about",
    "discord-option-code-about",
];

/// The whole table as Discord is told it; a command of one server alone has no contexts.
fn table(default: Locale, everywhere: bool) -> Vec<Value> {
    COMMANDS
        .iter()
        .filter_map(|spec| serde_json::to_value(command(spec, default, everywhere)).ok())
        .map(pruned)
        .collect()
}

fn command(spec: &CommandSpec, default: Locale, everywhere: bool) -> CreateCommand {
    let about = Words::of(default, |locale| begin(&word(locale, &Phrase::new(spec.about)), MOST_DESCRIPTION));
    let names = Words::of(Locale::En, |locale| named("name", spec.name, locale));
    let mut command = CreateCommand::new(spec.name).kind(CommandType::ChatInput).description(about.first);
    for (client, name) in names.others.into_iter().filter(|(_, name)| name != spec.name) {
        command = command.name_localized(client, name);
    }
    for (client, about) in about.others {
        command = command.description_localized(client, about);
    }
    if everywhere {
        let contexts = vec![InteractionContext::Guild, InteractionContext::BotDm, InteractionContext::PrivateChannel];
        command =
            command.integration_types(vec![InstallationContext::Guild, InstallationContext::User]).contexts(contexts);
    }
    options(spec).into_iter().fold(command, |command, option| command.add_option(told(option, default)))
}

fn told(option: Option_, default: Locale) -> CreateCommandOption {
    let Option_ { name, filling } = option;
    let about = |locale: Locale| {
        let key = format!("{name}-about");
        begin(&named("option", &key, locale), MOST_DESCRIPTION)
    };
    let kind = match filling {
        Filling::Switch => CommandOptionType::Boolean,
        _ => CommandOptionType::String,
    };
    let about = Words::of(default, about);
    let names = Words::of(Locale::En, |locale| named("option", name, locale));
    let mut told = CreateCommandOption::new(kind, name, about.first);
    for (client, name) in names.others {
        told = told.name_localized(client, name);
    }
    for (client, about) in about.others {
        told = told.description_localized(client, about);
    }
    match filling {
        Filling::Switch => told,
        Filling::Text { most, suggests } => {
            let most = u16::try_from(most).unwrap_or(u16::MAX);
            told.max_length(most).set_autocomplete(suggests)
        }
        Filling::OneOf(values) => values.into_iter().fold(told, |told, (value, label)| {
            let labels = Words::of(default, |locale| word(locale, &label));
            told.add_string_choice_localized(labels.first, value, labels.others)
        }),
    }
}

/// What is not said is the same as nothing: without nulls, empty lists and tables, and switches that are off.
pub(super) fn pruned(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            let kept = table.into_iter().map(|(name, value)| (name, pruned(value)));
            let is_said = |value: &Value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::Array(items) => !items.is_empty(),
                Value::Object(table) => !table.is_empty(),
                _ => true,
            };
            Value::Object(kept.filter(|(_, value)| is_said(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(pruned).collect()),
        value => value,
    }
}

/// What a command that Discord knows has of what is told of one, in a form that can be compared.
fn comparable(known: &Value) -> Value {
    const TOLD: [&str; 9] = [
        "type",
        "name",
        "name_localizations",
        "description",
        "description_localizations",
        "options",
        "integration_types",
        "contexts",
        "default_member_permissions",
    ];
    let table = known.as_object().into_iter().flatten().filter(|(name, _)| TOLD.contains(&name.as_str()));
    let mut table: serde_json::Map<String, Value> =
        table.map(|(name, value)| (name.clone(), pruned(value.clone()))).collect();
    table.sort_keys();
    sorted(pruned(Value::Object(table)))
}

/// The same with the keys of every table in order.
fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

impl Door {
    /// Tells Discord the commands of each place, in one request, where it knows others; gives whether it did.
    pub(super) async fn tell_commands(&self) -> Result<bool, Trouble> {
        let mut told = false;
        for (guild, wanted) in self.places() {
            told |= self.tell_commands_of(guild, wanted).await?;
        }
        Ok(told)
    }

    /// The commands of everywhere, or of the one server that they are tried out in; and those of the admins' servers.
    fn places(&self) -> Vec<(Option<u64>, Vec<Value>)> {
        let (options, default) = (&self.options, self.options.default_locale);
        let mut everywhere = table(default, options.test_guild.is_none());
        if options.test_guild.is_none() && !options.admins.is_empty() {
            everywhere.extend(admin::table(default, false));
        }
        let mut places = vec![(options.test_guild, everywhere)];
        for guild in &options.admin_guilds {
            let own = admin::table(default, true);
            match places.iter_mut().find(|(place, _)| *place == Some(*guild)) {
                Some((_, commands)) => commands.extend(own),
                None => places.push((Some(*guild), own.into_iter().collect())),
            }
        }
        places
    }

    async fn tell_commands_of(&self, guild: Option<u64>, wanted: Vec<Value>) -> Result<bool, Trouble> {
        let guild = guild.map(|guild| GuildId::new(guild.max(1)));
        let (http, guard) = (&self.http, &self.guard);
        let known = match guild {
            Some(guild) => send(guard, Again::Same, || http.get_guild_commands_with_localizations(guild)).await?,
            None => send(guard, Again::Same, || http.get_global_commands_with_localizations()).await?,
        };
        let in_order = |commands: &[Value]| {
            let mut commands: Vec<Value> = commands.iter().map(comparable).collect();
            commands.sort_by_key(|command| command["name"].to_string());
            commands
        };
        let known: Vec<Value> = known.iter().filter_map(|known| serde_json::to_value(known).ok()).collect();
        if in_order(&known) == in_order(&wanted) {
            return Ok(false);
        }
        match guild {
            Some(guild) => send(guard, Again::Same, || http.create_guild_commands(guild, &wanted)).await?,
            None => send(guard, Again::Same, || http.create_global_commands(&wanted)).await?,
        };
        Ok(true)
    }
}

/// What a command that was given means, and whether everyone is to see what comes of it.
pub(super) fn event(data: &CommandData) -> Option<(Event, bool)> {
    if data.name == ADMIN {
        return Some((Event::Command(Command::Admin { line: admin::line(&data.options) }), false));
    }
    let text = |name: &str| {
        data.options.iter().find(|option| option.name == name).and_then(|option| match &option.value {
            CommandDataOptionValue::String(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let spec = COMMANDS.iter().find(|spec| spec.name == data.name)?;
    let argument = spec.argument.map(option_name).and_then(text).unwrap_or_default();
    let mut command = Command::parse(&format!("/{} {argument}", spec.name))?;
    let shares = data
        .options
        .iter()
        .any(|option| option.name == SHARE && matches!(option.value, CommandDataOptionValue::Boolean(true)));
    if let Command::Recommend { filters, .. } = &mut command {
        let mut chosen = Filters::default();
        for line in Line::ALL {
            let value = text(line.id()).and_then(|id| line.values().iter().find(|value| value.id == id));
            if let Some(value) = value.filter(|_| line != Line::Wish) {
                chosen.set(line, Some(value.id));
            }
        }
        *filters = chosen;
    }
    Some((Event::Command(command), shares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_words_in_both_languages_within_the_limits() {
        for spec in COMMANDS {
            for locale in Locale::ALL {
                let name = named("name", spec.name, locale);
                assert!((1..=32).contains(&name.chars().count()) && !name.contains(' '), "{name}");
                assert!(!name.starts_with("discord-"), "{name}");
                let about = word(locale, &Phrase::new(spec.about));
                assert!(about.chars().count() <= MOST_DESCRIPTION, "{about}");
                for option in options(spec) {
                    for key in [option.name.to_owned(), format!("{}-about", option.name)] {
                        let said = named("option", &key, locale);
                        assert!(!said.starts_with("discord-") && said.chars().count() <= MOST_DESCRIPTION, "{said}");
                    }
                }
            }
        }
    }

    #[test]
    fn commands_are_called_as_people_see_them() {
        assert_eq!(localised(Locale::Ko, "/recommend 로 골라요. /help 를 봐요."), "/추천으로 골라요. /도움말을 봐요.");
        assert_eq!(localised(Locale::Ko, "/history 나 /favourites 에 /recommend"), "/기록이나 /즐겨찾기에 /추천");
        let text = "/recommend, /unlink 1/2 /nosuch https://x.org/dish/";
        assert_eq!(localised(Locale::Ko, text), "/추천, /연결끊기 1/2 /nosuch https://x.org/dish/");
        assert_eq!(localised(Locale::En, text), text);
    }

    #[test]
    fn what_discord_gives_back_with_more_around_it_is_the_same_command() {
        for wanted in table(Locale::Ko, true) {
            let mut known = wanted.clone();
            for (name, value) in [("id", "1".into()), ("version", "2".into()), ("nsfw", false.into())] {
                known[name] = value;
            }
            known["dm_permission"] = true.into();
            for option in known["options"].as_array_mut().into_iter().flatten() {
                option["required"] = false.into();
                option["name_localized"] = Value::Null;
            }
            assert_eq!(comparable(&known), comparable(&wanted));
            known["description"] = "다른 말".into();
            assert_ne!(comparable(&known), comparable(&wanted));
        }
    }
}
