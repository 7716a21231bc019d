//! What admins can command: one table for the reader, the help, Discord's subcommands and the terminal.

mod words;

pub use words::ADMIN_WORDS;

use super::{Locale, PersonId, Platform, clean_lines, number, shorten};
use crate::{order::OrderId, ticket::Day};

/// Stands for something that may be left out, and is.
pub const LEFT_OUT: &str = "-";

/// One word of `/admin`.
#[derive(Debug, Clone, Copy)]
pub struct AdminSpec {
    /// The word; lower-case letters.
    pub word: &'static str,
    /// The locale key of the line about it.
    pub about: &'static str,
    /// What follows it, in this order.
    pub arguments: &'static [AdminArgument],
    make: fn(&Given) -> Option<AdminCommand>,
}

impl AdminSpec {
    fn wrong(&self, argument: Option<&AdminArgument>) -> AdminMistake {
        let most = argument.and_then(|argument| match argument.kind {
            ArgumentKind::Number(most) | ArgumentKind::Count(most) => {
                usize::try_from(most).ok().filter(|_| most < u32::MAX)
            }
            ArgumentKind::Text(most) => Some(most),
            _ => None,
        });
        AdminMistake::Wrong { word: self.word, argument: argument.map_or("", |argument| argument.label), most }
    }
}

/// What may follow a word of `/admin`.
#[derive(Debug, Clone, Copy)]
pub struct AdminArgument {
    /// Its name; lower-case letters.
    pub name: &'static str,
    /// The locale key of its name.
    pub label: &'static str,
    /// What it may be.
    pub kind: ArgumentKind,
    /// Whether it has to be there.
    pub required: bool,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Somebody; everyone as well where it may be.
    Who {
        /// Whether `all` counts.
        everyone: bool,
    },
    /// A whole number up to this.
    Number(u32),
    /// A whole number from 1 up to this.
    Count(u32),
    /// A day, `YYYY-MM-DD`.
    Day,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One word of any kind.
    Word,
    /// All that is left, at most so many characters.
    Text(usize),
}

/// Whom a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Everyone.
    Everyone,
    /// One person.
    One(Who),
}

/// How a person is named: `#12`, `telegram:123`, `123`, a mention of Discord's, or a nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By our own number.
    Person(PersonId),
    /// By a platform's number; without a platform by any.
    User(Option<Platform>, String),
    /// By what they call themselves.
    Name(String),
}

impl Who {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"').trim();
        if let Some(own) = text.strip_prefix('#').and_then(|own| own.parse().ok()) {
            return Some(Self::Person(PersonId(own)));
        }
        for platform in [Platform::Telegram, Platform::Discord, Platform::Console] {
            let user = text.strip_prefix(platform.id()).and_then(|rest| rest.strip_prefix(':'));
            if let Some(user) = user.filter(|user| !user.is_empty()) {
                return Some(Self::User(Some(platform), user.to_owned()));
            }
        }
        // https://discord.com/developers/docs/reference#message-formatting
        let mention = text.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
        if let Some(user) = mention.map(|user| user.trim_start_matches('!')).filter(|user| is_digits(user)) {
            return Some(Self::User(Some(Platform::Discord), user.to_owned()));
        }
        match text {
            // No platform tells whose such a name is, and anyone may call themselves so.
            _ if text.is_empty() || text.starts_with('@') => None,
            digits if is_digits(digits) => Some(Self::User(None, digits.to_owned())),
            name => Some(Self::Name(name.to_owned())),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What admins can command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminCommand {
    /// What can be commanded.
    Help,
    /// The days in numbers.
    Stats,
    /// What is known of a person.
    Person(Who),
    /// More tickets.
    Grant {
        /// For whom.
        whom: Whom,
        /// How many.
        tickets: u32,
        /// Each day, or once.
        daily: bool,
        /// The last day.
        until: Option<Day>,
    },
    /// Another daily limit.
    Limit {
        /// For whom.
        whom: Whom,
        /// How many; `None` for the one of the settings.
        tickets: Option<u32>,
        /// The last day.
        until: Option<Day>,
    },
    /// A ticket for the one that an order spent.
    Refund(OrderId),
    /// Serves somebody no more.
    Ban {
        /// Whom.
        who: Who,
        /// The last day; `None` for good.
        until: Option<Day>,
        /// Why; they read it.
        reason: String,
    },
    /// Serves them again.
    Unban(Who),
    /// A message to everyone, or to those of a language.
    Broadcast {
        /// The language; `None` for all.
        locale: Option<Locale>,
        /// What is said.
        text: String,
    },
    /// How the last message to everyone stands.
    Broadcasts,
    /// Stops it, or goes on with it.
    GoOn(bool),
    /// Closes the house with a sentence, empty for the usual one; or opens it.
    Maintenance {
        /// Whether it is closed.
        on: bool,
        /// What people hear.
        sentence: String,
    },
    /// Who makes dishes and who finds photos, and how it stands with them.
    Sources,
    /// Asks one of them no more, or again.
    Switch {
        /// Which, as `sources` names it.
        name: String,
        /// Whether it is asked.
        on: bool,
    },
    /// Takes down the photo of a dish; looks for another one, or for none.
    Photo {
        /// The dish's name.
        dish: String,
        /// Whether another one is looked for.
        replace: bool,
    },
    /// Reads the settings anew.
    Reload,
    /// The settings, without secrets.
    Config,
    /// Whether all is well.
    Health,
    /// What admins did, from 1.
    Audit(u32),
}

/// Why a line is no command of an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminMistake {
    /// There is no such word.
    NoSuchWord(String),
    /// This argument is missing, or is something else.
    Wrong {
        /// The word.
        word: &'static str,
        /// The locale key of the argument's name.
        argument: &'static str,
        /// The most that it may be, or characters that it may have.
        most: Option<usize>,
    },
    /// It goes on with something that nothing is known of.
    TooMuch {
        /// The word.
        word: &'static str,
        /// What it goes on with, shortened.
        rest: String,
    },
}

/// What an argument was given.
enum Value {
    Whom(Whom),
    Number(u32),
    Day(Day),
    Text(String),
}

/// What was given, by the arguments' names.
struct Given(Vec<(&'static str, Value)>);

impl Given {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    fn whom(&self) -> Option<Whom> {
        match self.get("who") {
            Some(Value::Whom(whom)) => Some(whom.clone()),
            _ => None,
        }
    }

    fn who(&self) -> Option<Who> {
        match self.whom() {
            Some(Whom::One(who)) => Some(who),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<u32> {
        match self.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn day(&self) -> Option<Day> {
        match self.get("until") {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl ArgumentKind {
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Who { everyone } => {
                let is_all = ["all", "everyone", "모두"].iter().any(|word| text.eq_ignore_ascii_case(word));
                if is_all {
                    return everyone.then_some(Value::Whom(Whom::Everyone));
                }
                Who::parse(text).map(|who| Value::Whom(Whom::One(who)))
            }
            Self::Number(most) | Self::Count(most) => {
                let number = number(text).and_then(|number| u32::try_from(number).ok());
                let least = u32::from(matches!(self, Self::Count(_)));
                number.filter(|number| (least..=most).contains(number)).map(Value::Number)
            }
            Self::Day => Day::parse(text).map(Value::Day),
            Self::OneOf(words) => {
                let word = words.iter().find(|word| text.eq_ignore_ascii_case(word));
                word.map(|word| Value::Text((*word).to_owned()))
            }
            Self::Word => Some(Value::Text(text.to_owned())),
            Self::Text(most) => (text.chars().count() <= most).then(|| Value::Text(text.to_owned())),
        }
    }

    /// Splits off what this argument may be: a word, or what stands in quotes, or all that is left.
    fn split(self, rest: &str, is_last: bool) -> (&str, &str) {
        let takes_all =
            (matches!(self, Self::Text(_)) && rest != LEFT_OUT) || (is_last && matches!(self, Self::Who { .. }));
        if takes_all {
            return (rest, "");
        }
        if let (Self::Who { .. }, Some(quoted)) = (self, rest.strip_prefix('"'))
            && let Some((name, after)) = quoted.split_once('"')
        {
            return (name, after.trim_start());
        }
        rest.split_once([' ', '\n']).map_or((rest, ""), |(word, after)| (word, after.trim_start()))
    }
}

impl AdminCommand {
    /// Reads what follows `/admin`.
    pub fn parse(line: &str) -> Result<(&'static str, Self), AdminMistake> {
        let line = clean_lines(line);
        let (word, mut rest) = line.split_once([' ', '\n']).unwrap_or((&line, ""));
        let word = word.to_lowercase();
        if word.is_empty() || word == "help" {
            return Ok(("help", Self::Help));
        }
        let Some(spec) = ADMIN_WORDS.iter().find(|spec| spec.word == word) else {
            return Err(AdminMistake::NoSuchWord(shorten(&word, 32)));
        };
        let mut given = Given(Vec::new());
        for (index, argument) in spec.arguments.iter().enumerate() {
            let (taken, after) = argument.kind.split(rest, index + 1 == spec.arguments.len());
            if taken == LEFT_OUT && !argument.required {
                rest = after;
                continue;
            }
            let value = (!taken.is_empty()).then(|| argument.kind.read(taken)).flatten();
            match value {
                Some(value) => {
                    given.0.push((argument.name, value));
                    rest = after;
                }
                None if argument.required || (matches!(argument.kind, ArgumentKind::Text(_)) && !taken.is_empty()) => {
                    return Err(spec.wrong(Some(argument)));
                }
                None => {}
            }
        }
        if !rest.is_empty() {
            return Err(AdminMistake::TooMuch { word: spec.word, rest: shorten(rest, 64) });
        }
        (spec.make)(&given).map(|command| (spec.word, command)).ok_or_else(|| spec.wrong(spec.arguments.last()))
    }

    /// The same about this very person, whatever they were called.
    #[must_use]
    pub fn about(mut self, person: PersonId) -> Self {
        match &mut self {
            Self::Person(who) | Self::Ban { who, .. } | Self::Unban(who) => *who = Who::Person(person),
            Self::Grant { whom, .. } | Self::Limit { whom, .. } => *whom = Whom::One(Who::Person(person)),
            _ => {}
        }
        self
    }

    /// Whether it is asked first, since it cannot be undone, or reaches people.
    pub fn asks(&self) -> bool {
        match self {
            Self::Grant { .. }
            | Self::Limit { .. }
            | Self::Refund(_)
            | Self::Ban { .. }
            | Self::Unban(_)
            | Self::Broadcast { .. }
            | Self::Photo { .. }
            | Self::Reload => true,
            Self::Maintenance { on, .. } => *on,
            Self::Switch { on, .. } => !*on,
            Self::Help
            | Self::Stats
            | Self::Person(_)
            | Self::Broadcasts
            | Self::GoOn(_)
            | Self::Sources
            | Self::Config
            | Self::Health
            | Self::Audit(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> AdminCommand {
        match AdminCommand::parse(line) {
            Ok((_, command)) => command,
            Err(mistake) => panic!("{line}: {mistake:?}"),
        }
    }

    fn user(platform: Option<Platform>, id: &str) -> Who {
        Who::User(platform, id.to_owned())
    }

    #[test]
    fn people_are_named_in_every_way_that_admins_know() {
        for (text, who) in [
            ("#12", Who::Person(PersonId(12))),
            ("telegram:77", user(Some(Platform::Telegram), "77")),
            ("discord:88", user(Some(Platform::Discord), "88")),
            ("console:kim", user(Some(Platform::Console), "kim")),
            ("<@88>", user(Some(Platform::Discord), "88")),
            ("<@!88>", user(Some(Platform::Discord), "88")),
            ("77", user(None, "77")),
            ("kim", Who::Name("kim".to_owned())),
            ("김 밥", Who::Name("김 밥".to_owned())),
        ] {
            assert_eq!(read(&format!("person {text}")), AdminCommand::Person(who), "{text}");
        }
    }

    #[test]
    fn arguments_are_read_in_their_order_and_those_that_may_be_left_out_may() {
        let day = Day::parse("2026-12-31");
        let grant = |whom, tickets, daily, until| AdminCommand::Grant { whom, tickets, daily, until };
        let kim = || Whom::One(Who::Name("김 밥".to_owned()));
        assert_eq!(read("grant \"김 밥\" 3"), grant(kim(), 3, false, None));
        assert_eq!(read("GRANT all 3 daily 2026-12-31"), grant(Whom::Everyone, 3, true, day));
        assert_eq!(read("grant 모두 3 2026-12-31"), grant(Whom::Everyone, 3, false, day));
        let limit = |tickets, until| AdminCommand::Limit { whom: Whom::Everyone, tickets, until };
        assert_eq!(read("limit all"), limit(None, None));
        assert_eq!(read("limit all 0 2026-12-31"), limit(Some(0), day));
        let ban = |until, reason: &str| AdminCommand::Ban { who: user(None, "7"), until, reason: reason.to_owned() };
        assert_eq!(read("ban 7 도배를 했어요"), ban(None, "도배를 했어요"));
        assert_eq!(read("ban 7 2026-12-31 도배"), ban(day, "도배"));
        let say = |locale, text: &str| AdminCommand::Broadcast { locale, text: text.to_owned() };
        assert_eq!(read("broadcast 안녕하세요 여러분"), say(None, "안녕하세요 여러분"));
        assert_eq!(read("broadcast en Hello all"), say(Some(Locale::En), "Hello all"));
        assert_eq!(read("broadcast en\nHello\n\nall"), say(Some(Locale::En), "Hello\n\nall"));
        assert_eq!(read("broadcast"), AdminCommand::Broadcasts);
        assert_eq!(read("broadcast stop"), AdminCommand::GoOn(false));
        assert_eq!(read("broadcast - Stop by on Friday"), say(None, "Stop by on Friday"));
        assert_eq!(read("ban 7 - 2026-12-31 부터"), ban(None, "2026-12-31 부터"));
        assert_eq!(read("sources"), AdminCommand::Sources);
        assert_eq!(read("audit"), AdminCommand::Audit(1));
        assert_eq!(read("audit 3"), AdminCommand::Audit(3));
        assert_eq!(read(""), AdminCommand::Help);
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let wrong = |line: &str| match AdminCommand::parse(line) {
            Err(AdminMistake::Wrong { argument, .. }) => argument,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(wrong("person"), "admin-argument-who");
        assert_eq!(wrong("person @kim"), "admin-argument-who");
        assert_eq!(wrong("person all"), "admin-argument-who");
        assert_eq!(wrong("grant 7"), "admin-argument-tickets");
        assert_eq!(wrong("grant 7 many"), "admin-argument-tickets");
        assert_eq!(wrong("grant 7 1001"), "admin-argument-tickets");
        assert_eq!(wrong("ban 7"), "admin-argument-reason");
        assert_eq!(wrong("ban 7 2026-12-31"), "admin-argument-reason");
        assert_eq!(wrong(&format!("ban 7 {}", "가".repeat(201))), "admin-argument-reason");
        assert_eq!(wrong(&format!("broadcast {}", "가".repeat(3001))), "admin-argument-text");
        assert_eq!(wrong("sources naver"), "admin-argument-switch");
        assert_eq!(wrong("maintenance maybe"), "admin-argument-switch");
        assert_eq!(wrong("broadcast Stop by on Friday"), "admin-argument-text");
        assert_eq!(wrong("grant 7 0"), "admin-argument-tickets");
        assert!(matches!(AdminCommand::parse("stats now"), Err(AdminMistake::TooMuch { .. })));
        assert!(matches!(AdminCommand::parse("grant 7 3 2026-13-01"), Err(AdminMistake::TooMuch { .. })));
        assert!(matches!(AdminCommand::parse("sudo"), Err(AdminMistake::NoSuchWord(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in "\\PC{0,120}") {
            let _ = AdminCommand::parse(&line);
        }
    }
}
