//! The one table of commands: it feeds /help, the parser, and every platform's menu.

use super::text::{clean, clean_lines, fold};
use crate::order::Filters;

/// One command as people see it.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// Without the slash; 1 to 32 of `[a-z0-9_]` (`BotCommand` of the Telegram Bot API, and Discord's
    /// application command names).
    pub name: &'static str,
    /// Where it stands in /help.
    pub topic: Topic,
    /// The locale key of the line about it in /help.
    pub about: &'static str,
    /// The locale key of its argument's name, if it takes one.
    pub argument: Option<&'static str>,
    /// Plain words, in both languages, that mean the same when they are all that is typed.
    pub words: &'static [&'static str],
    make: fn(String) -> Command,
}

impl CommandSpec {
    /// Whether it is answered only where nobody else reads.
    pub fn is_private(&self) -> bool {
        (self.make)(String::new()).in_private().is_some()
    }
}

/// What commands are about; /help shows one after another, or one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Choosing and ordering.
    Order,
    /// The dishes so far.
    Dishes,
    /// The person: profile, tickets, language.
    You,
    /// What is kept, and how it is deleted.
    Privacy,
}

impl Topic {
    /// As they stand in /help.
    pub const ALL: [Self; 4] = [Self::Order, Self::Dishes, Self::You, Self::Privacy];

    /// The word in tokens; ASCII.
    pub fn id(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Dishes => "dishes",
            Self::You => "you",
            Self::Privacy => "privacy",
        }
    }

    /// The locale key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Order => "topic-order",
            Self::Dishes => "topic-dishes",
            Self::You => "topic-you",
            Self::Privacy => "topic-privacy",
        }
    }

    /// The locale key of a few sentences about it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Order => "topic-order-about",
            Self::Dishes => "topic-dishes-about",
            Self::You => "topic-you-about",
            Self::Privacy => "topic-privacy-about",
        }
    }
}

/// What a person can command. Arguments are as typed, cleaned but not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Greets, and begins or goes on; a word that a link brought along leads elsewhere.
    Start {
        /// The word, possibly empty.
        payload: String,
    },
    /// Begins to choose; a wish, or a choice, goes straight to the summary.
    Recommend {
        /// The wish, possibly empty.
        wish: String,
        /// What was chosen with the command.
        filters: Filters,
    },
    /// The last order once more.
    Again,
    /// The dishes so far.
    History {
        /// What to search for, possibly empty.
        keyword: String,
    },
    /// Favourite dishes.
    Favourites {
        /// What to search for, possibly empty.
        keyword: String,
    },
    /// One dish.
    Dish {
        /// Its number, as typed.
        number: String,
    },
    /// Tickets left.
    Tickets,
    /// What the person says of themselves and does not eat.
    Profile,
    /// Another language.
    Language {
        /// Its name or tag, possibly empty.
        language: String,
    },
    /// Offers a code that joins the same person on two platforms, or takes one up.
    Link {
        /// The code, possibly empty.
        code: String,
    },
    /// Parts the platforms again.
    Unlink,
    /// What is kept about people, and why.
    Privacy,
    /// All that is kept about the person, as a file.
    Export,
    /// Deletes all that is kept about the person.
    Forget,
    /// What admins do, at the counter.
    Admin {
        /// What follows the word.
        line: String,
    },
    /// What can be done.
    Help {
        /// About what, possibly empty.
        topic: String,
    },
    /// Whether the person wants to hear of news.
    News,
    /// Stops what is open.
    Cancel,
    /// A slash and a name that is in no table.
    Unknown {
        /// The name, shortened.
        name: String,
    },
}

/// The command that stands in no table, since it is shown to admins alone.
pub const ADMIN: &str = "admin";

/// Every command, in the order in which menus show it.
pub const COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        name: "start",
        topic: Topic::Order,
        about: "command-start",
        argument: None,
        words: &["시작", "안녕", "start", "hello", "hi"],
        make: |payload| Command::Start { payload },
    },
    CommandSpec {
        name: "recommend",
        topic: Topic::Order,
        about: "command-recommend",
        argument: Some("argument-wish"),
        words: &["추천", "추천해줘", "recommend"],
        make: |wish| Command::Recommend { wish, filters: Filters::default() },
    },
    CommandSpec {
        name: "again",
        topic: Topic::Order,
        about: "command-again",
        argument: None,
        words: &["다시", "다시하기", "again"],
        make: |_| Command::Again,
    },
    CommandSpec {
        name: "cancel",
        topic: Topic::Order,
        about: "command-cancel",
        argument: None,
        words: &["취소", "그만", "cancel", "stop"],
        make: |_| Command::Cancel,
    },
    CommandSpec {
        name: "history",
        topic: Topic::Dishes,
        about: "command-history",
        argument: Some("argument-keyword"),
        words: &["기록", "내 기록", "history", "my history"],
        make: |keyword| Command::History { keyword },
    },
    CommandSpec {
        name: "favourites",
        topic: Topic::Dishes,
        about: "command-favourites",
        argument: Some("argument-keyword"),
        words: &["즐겨찾기", "favourites", "favorites"],
        make: |keyword| Command::Favourites { keyword },
    },
    CommandSpec {
        name: "dish",
        topic: Topic::Dishes,
        about: "command-dish",
        argument: Some("argument-number"),
        words: &[],
        make: |number| Command::Dish { number },
    },
    CommandSpec {
        name: "tickets",
        topic: Topic::You,
        about: "command-tickets",
        argument: None,
        words: &["식권", "tickets"],
        make: |_| Command::Tickets,
    },
    CommandSpec {
        name: "profile",
        topic: Topic::You,
        about: "command-profile",
        argument: None,
        words: &["프로필", "내 프로필", "내 정보", "profile", "my profile"],
        make: |_| Command::Profile,
    },
    CommandSpec {
        name: "language",
        topic: Topic::You,
        about: "command-language",
        argument: Some("argument-language"),
        words: &["언어", "language"],
        make: |language| Command::Language { language },
    },
    CommandSpec {
        name: "link",
        topic: Topic::You,
        about: "command-link",
        argument: Some("argument-code"),
        words: &["연결", "link"],
        make: |code| Command::Link { code },
    },
    CommandSpec {
        name: "unlink",
        topic: Topic::You,
        about: "command-unlink",
        argument: None,
        words: &["연결 끊기", "unlink"],
        make: |_| Command::Unlink,
    },
    CommandSpec {
        name: "news",
        topic: Topic::You,
        about: "command-news",
        argument: None,
        words: &["소식", "news"],
        make: |_| Command::News,
    },
    CommandSpec {
        name: "privacy",
        topic: Topic::Privacy,
        about: "command-privacy",
        argument: None,
        words: &["개인정보", "privacy"],
        make: |_| Command::Privacy,
    },
    CommandSpec {
        name: "export",
        topic: Topic::Privacy,
        about: "command-export",
        argument: None,
        words: &["내보내기", "export"],
        make: |_| Command::Export,
    },
    CommandSpec {
        name: "forget",
        topic: Topic::Privacy,
        about: "command-forget",
        argument: None,
        words: &["모두 잊어 줘", "forget me"],
        make: |_| Command::Forget,
    },
    CommandSpec {
        name: "help",
        topic: Topic::You,
        about: "command-help",
        argument: Some("argument-topic"),
        words: &["도움말", "도움", "help"],
        make: |topic| Command::Help { topic },
    },
];

impl Command {
    /// A command that is answered only where nobody else reads: the word for it, which a link can bring to `/start`.
    pub fn in_private(&self) -> Option<&'static str> {
        Some(match self {
            Self::History { .. } => "history",
            Self::Favourites { .. } => "favourites",
            Self::Dish { .. } => "dish",
            Self::Tickets => "tickets",
            Self::News => "news",
            Self::Profile => "profile",
            Self::Link { .. } => "link",
            Self::Unlink => "unlink",
            Self::Export => "export",
            Self::Forget => "forget",
            Self::Admin { .. } => ADMIN,
            _ => return None,
        })
    }

    /// The command that a word of [`Command::in_private`] stands for.
    pub fn from_link(word: &str) -> Option<Self> {
        let command = Self::parse(&format!("/{word}"))?;
        command.in_private().filter(|own| *own == word).map(|_| command)
    }

    /// Reads `/name argument`, also `/name@bot argument`; `None` for a text without a leading slash.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = text.trim_start();
        let text = clean(text);
        let rest = text.strip_prefix('/')?;
        let (name, argument) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = name.split('@').next().unwrap_or_default().to_lowercase();
        Some(match COMMANDS.iter().find(|spec| spec.name == name) {
            Some(spec) => (spec.make)(argument.trim().to_owned()),
            // What admins tell everyone may have lines.
            None if name == ADMIN => Self::Admin {
                line: whole.split_once(char::is_whitespace).map_or_else(String::new, |(_, line)| clean_lines(line)),
            },
            None => Self::Unknown { name: super::shorten(&name, 32) },
        })
    }

    /// Understands a plain word that means a command, such as 취소.
    pub fn from_word(text: &str) -> Option<Self> {
        let word = fold(text);
        let spec = COMMANDS.iter().find(|spec| spec.words.iter().any(|known| fold(known) == word))?;
        Some((spec.make)(String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_with_its_argument_and_without_the_bots_name() {
        assert_eq!(
            Command::parse("/recommend@bapsang_bot  매운 국물 "),
            Some(Command::Recommend { wish: "매운 국물".into(), filters: Filters::default() })
        );
        assert_eq!(Command::parse("/HELP"), Some(Command::Help { topic: String::new() }));
        let lines = Command::Admin { line: "broadcast 안녕\n하세요".to_owned() };
        assert_eq!(Command::parse("/admin  broadcast 안녕\r\n하세요"), Some(lines));
        assert_eq!(Command::parse("help"), None);
        assert_eq!(Command::parse("/nosuch"), Some(Command::Unknown { name: "nosuch".into() }));
    }

    #[test]
    fn plain_words_mean_commands_in_both_languages() {
        assert_eq!(Command::from_word(" 취소 "), Some(Command::Cancel));
        assert_eq!(Command::from_word("Cancel"), Some(Command::Cancel));
        assert_eq!(Command::from_word("김치"), None);
    }

    #[test]
    fn names_fit_both_platforms_and_no_word_means_two_commands() {
        let mut words = Vec::new();
        for spec in COMMANDS {
            assert!((1..=32).contains(&spec.name.len()));
            assert!(spec.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
            words.extend(spec.words.iter().map(|word| fold(word)));
        }
        let all = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
