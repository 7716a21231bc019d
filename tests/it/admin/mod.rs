//! The admins' counter, whatever the door: each rule on both databases.

mod broadcasts;
mod grants;
mod house;
mod killed;
mod notices;
mod people;
mod program;
mod who_may;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bapsang::{
    bot::{Admins, Bell, Bot, Check, Office, Reloaded, SourceStanding, SourceState},
    chat::{
        Action, Address, Choice, DoorKey, Event, Facts, Incoming, Locale, LocaleHint, PersonId, Phrase, Place,
        Platform, Report, Token, User,
    },
    clock::{Clock, Fixed},
    i18n,
    photo::{Fonts, Photos},
};
use tempfile::TempDir;

use crate::support::{Db, Ear, evening, rules, said};

/// The admin of these tests, on Telegram.
pub(crate) const ADMIN: &str = "1";

/// The rest of the program, as far as a test asks for it.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) off: Mutex<HashSet<String>>,
    pub(crate) mistakes: Mutex<Vec<String>>,
}

#[async_trait]
impl Office for Desk {
    fn recommenders(&self) -> Vec<SourceStanding> {
        let standing = |name: &str| SourceStanding { name: name.to_owned(), state: SourceState::Well, asked: None };
        ["model:openai", "cookbook"].map(standing).to_vec()
    }

    fn switch_off(&self, names: &HashSet<String>) {
        self.off.lock().expect("no panic").clone_from(names);
    }

    fn config(&self) -> String {
        "tickets.daily_limit = 5\n".to_owned()
    }

    async fn reload(&self) -> Result<Reloaded, Vec<String>> {
        let mistakes = self.mistakes.lock().expect("no panic").clone();
        let after_restart = vec!["tickets.daily_limit".to_owned()];
        if mistakes.is_empty() { Ok(Reloaded { counting: Vec::new(), after_restart }) } else { Err(mistakes) }
    }

    async fn health(&self) -> Vec<Check> {
        let check = |is_well| Check { what: Phrase::new("health-queue"), is_well, said: Phrase::new("admin-everyone") };
        vec![check(true), check(false)]
    }
}

/// A bot with one admin, without a kitchen.
pub(crate) struct House {
    pub(crate) db: Arc<Db>,
    pub(crate) clock: Arc<Fixed>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) bot: Arc<Bot>,
    pub(crate) photos: Arc<Photos>,
    media: Arc<TempDir>,
}

impl House {
    pub(crate) fn open(db: Db) -> Self {
        Self::begin(Arc::new(db), Arc::new(Fixed::at(evening())), Arc::new(tempfile::tempdir().expect("a folder")))
    }

    fn begin(db: Arc<Db>, clock: Arc<Fixed>, media: Arc<TempDir>) -> Self {
        let photos = Arc::new(Photos::with_fonts(media.path().to_path_buf(), Fonts::none()));
        let (bell, time) = (Arc::new(Bell::default()), Arc::clone(&clock) as Arc<dyn Clock>);
        let bot = Bot::new(db.store.clone(), time, rules(), bell, Arc::clone(&photos));
        let bot = bot.with_admins(Admins::new(&[ADMIN.parse().expect("a number")], &[]));
        let desk = Arc::new(Desk::default());
        bot.ask_at(Arc::clone(&desk) as _);
        Self { db, clock, desk, bot: Arc::new(bot), photos, media }
    }

    /// One more process on the same database.
    pub(crate) fn beside(&self) -> Self {
        Self::begin(Arc::clone(&self.db), Arc::clone(&self.clock), Arc::clone(&self.media))
    }

    /// Another process on the same database.
    pub(crate) fn reopened(self) -> Self {
        Self::begin(self.db, self.clock, self.media)
    }

    /// Somebody does something, and this is what the bot says.
    pub(crate) async fn does(&self, platform: Platform, user: &str, event: Event) -> Vec<Heard> {
        self.does_where(platform, user, event, false).await
    }

    pub(crate) async fn does_where(&self, platform: Platform, user: &str, event: Event, others: bool) -> Vec<Heard> {
        let ear = Arc::new(Ear::default());
        let incoming = Incoming {
            place: Place { platform, conversation: if others { "group".to_owned() } else { user.to_owned() } },
            others_read: others,
            message: None,
            user: User { id: user.to_owned(), locale: LocaleHint::Weak(Some(Locale::En)) },
            door: DoorKey(format!("{}:9", platform.id())),
            address: Address(format!("{}/here", platform.id())),
            event,
        };
        self.bot.receive(incoming, Arc::clone(&ear) as _).await;
        ear.heard()
            .into_iter()
            .map(|reply| Heard { text: told(&reply), choices: reply.choices.clone(), reply })
            .collect()
    }

    /// The admin writes a line, and this is the last thing that the bot says.
    pub(crate) async fn admin(&self, line: &str) -> Heard {
        last(self.does(Platform::Telegram, ADMIN, Event::Text(format!("/admin {line}"))).await)
    }

    /// The same with the question answered by its button.
    pub(crate) async fn admin_does(&self, line: &str) -> Heard {
        let asked = self.admin(line).await;
        assert!(asked.token(Action::AdminYes).is_some(), "{line} is not asked about: {}", asked.text);
        self.presses(&asked, Action::AdminYes).await
    }

    pub(crate) async fn presses(&self, heard: &Heard, action: Action) -> Heard {
        let token = heard.token(action).expect("a button");
        last(self.does(Platform::Telegram, ADMIN, Event::Press(token)).await)
    }

    /// A person of Telegram, who was here.
    pub(crate) async fn person(&self, user: &str) -> PersonId {
        self.db.store.person_for(Platform::Telegram, user, self.clock.now()).await.expect("a person").id
    }

    /// What the log says, newest first: word, state and outcome.
    pub(crate) async fn log(&self) -> Vec<(String, bapsang::store::AdminState, String)> {
        let (entries, _) = self.db.store.admin_log(1, 100).await.expect("a log");
        entries.into_iter().map(|entry| (entry.word, entry.state, entry.outcome)).collect()
    }
}

/// What was said once.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) reply: bapsang::chat::Reply,
}

impl Heard {
    pub(crate) fn token(&self, action: Action) -> Option<String> {
        let mut tokens = self.choices.iter().map(|choice| choice.token.clone());
        tokens.find(|token| Token::decode(token).is_some_and(|token| token.action == action))
    }

    pub(crate) fn says(&self, part: &str) {
        assert!(self.text.contains(part), "{part:?} is not in {:?}", self.text);
    }
}

pub(crate) fn last(mut heard: Vec<Heard>) -> Heard {
    heard.pop().expect("an answer")
}

/// A reply as text, a report with its rows.
fn told(reply: &bapsang::chat::Reply) -> String {
    let say = |phrase: &Phrase| i18n::say(reply.locale, phrase);
    match &reply.facts {
        Facts::Report(report) => {
            let Report { heading, sections, notes } = &**report;
            let rows = sections.iter().flat_map(|section| {
                let rows = section.rows.iter().map(|(name, value)| format!("{}: {}", say(name), say(value)));
                section.title.iter().map(say).chain(rows).collect::<Vec<_>>()
            });
            std::iter::once(say(heading)).chain(rows).chain(notes.iter().map(say)).collect::<Vec<_>>().join("\n")
        }
        Facts::Waiting(waiting) => waiting.lines(reply.locale).iter().map(say).collect::<Vec<_>>().join("\n"),
        _ => said(reply),
    }
}
