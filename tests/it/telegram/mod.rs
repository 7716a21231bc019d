//! Telegram: the real door and the real client, against a stand-in for the Bot API server over real HTTP.

pub(crate) mod api;
pub(crate) mod counter;
mod faults;
mod groups;
mod html;
mod load;
mod official;
pub(crate) mod pace;
mod people;
mod photos;
mod processes;
mod program;
mod rules;
mod server;
mod sharing;
mod stories;
mod webhooks;
pub(crate) mod world;

use std::{sync::Arc, time::Duration};

use bapsang::{
    bot::{Admins, Bell, Bot, Rules},
    chat::{Locale, PersonId, Platform},
    clock::{Clock, Fixed},
    kitchen::{Equipment, Kitchen, Pace as KitchenPace},
    photo::{Fonts, Photos},
    platform::telegram::{Limits, Mode, Options, Telegram},
};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::{
    api::BotApi,
    pace::Pace,
    world::{Guest, Message, TOKEN},
};
use crate::support::{Db, Mood, Moody, evening, rules as house_rules, sqlite};

/// So much that the door never waits.
pub(crate) const RAISED: Limits =
    Limits { per_second: 50_000, chat_per_second: 1_000, chat_burst: 2_000, group_per_minute: 50_000 };

/// As Telegram wants it, and as `bot.toml` says.
pub(crate) const OFFICIAL: Limits = Limits { per_second: 30, chat_per_second: 1, chat_burst: 3, group_per_minute: 20 };

/// A bot on Telegram, as one process has it.
pub(crate) struct Shop {
    pub(crate) api: BotApi,
    pub(crate) db: Arc<Db>,
    pub(crate) clock: Arc<Fixed>,
    pub(crate) kitchen: Arc<Moody>,
    pub(crate) telegram: Telegram,
    options: Options,
    rules: Rules,
    running: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    kitchen_stop: CancellationToken,
    media: Arc<TempDir>,
    pub(crate) photos: Arc<Photos>,
}

/// How the door is run in a test.
pub(crate) fn options(api: &BotApi, limits: Limits) -> Options {
    Options {
        api_url: api.url().parse().expect("an address"),
        mode: Mode::Polling,
        webhook_url: None,
        name: None,
        admins: Vec::new(),
        limits,
        groups: true,
        allowed_groups: Vec::new(),
        default_locale: Locale::Ko,
    }
}

impl Shop {
    /// Opens on a fresh database, with a server that takes everything.
    pub(crate) async fn open() -> Self {
        let api = BotApi::start(Pace::generous()).await;
        let options = options(&api, RAISED);
        Self::open_with(api, Arc::new(sqlite().await), options)
    }

    pub(crate) fn open_with(api: BotApi, db: Arc<Db>, options: Options) -> Self {
        let (clock, kitchen) = (Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves));
        let media = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::begin(api, db, clock, kitchen, media, options, house_rules())
    }

    fn begin(
        api: BotApi,
        db: Arc<Db>,
        clock: Arc<Fixed>,
        kitchen: Arc<Moody>,
        media: Arc<TempDir>,
        options: Options,
        rules: Rules,
    ) -> Self {
        // Where a test fails, its log lines tell more.
        crate::support::log("warn,bapsang=debug");
        let photos = Arc::new(Photos::with_fonts(media.path().to_path_buf(), Fonts::none()));
        let (bell, time) = (Arc::new(Bell::default()), Arc::clone(&clock) as Arc<dyn Clock>);
        let bot = Bot::new(db.store.clone(), Arc::clone(&time), rules, Arc::clone(&bell), Arc::clone(&photos))
            .with_admins(Admins::new(&options.admins, &[]));
        bot.ask_at(Arc::new(crate::admin::Desk::default()) as _);
        let telegram = Telegram::new(Arc::new(bot), &SecretString::from(TOKEN), options.clone()).expect("the door");
        let recommender = Arc::clone(&kitchen) as _;
        let equipment = Equipment {
            store: db.store.clone(),
            clock: time,
            bell,
            recommender,
            budget: None,
            photos: Arc::clone(&photos),
        };
        let doors = vec![(telegram.key(), Arc::new(telegram.clone()) as _)];
        let pace = KitchenPace { lease: Duration::from_secs(300), at_once: 64 };
        let (stop, kitchen_stop) = (CancellationToken::new(), CancellationToken::new());
        let cooking = Arc::new(Kitchen::new(equipment, rules, pace, doors));
        let mut running = vec![tokio::spawn(cooking.run(kitchen_stop.clone()))];
        let (door, stopped, mode) = (telegram.clone(), stop.clone(), options.mode);
        running.push(tokio::spawn(async move {
            if door.open(&stopped).await && mode == Mode::Polling {
                door.poll(&stopped).await;
            }
        }));
        Self { api, db, clock, kitchen, telegram, options, rules, running, stop, kitchen_stop, media, photos }
    }

    /// Stops in order, as at SIGTERM.
    pub(crate) async fn close(&mut self) {
        self.stop.cancel();
        // The door closes before the kitchen.
        for task in self.running.drain(..).rev() {
            task.await.expect("no panic");
            self.kitchen_stop.cancel();
        }
        self.telegram.close().await;
    }

    /// Another process takes over where this one stopped.
    pub(crate) async fn reopened(mut self) -> Self {
        self.close().await;
        let Self { api, db, clock, kitchen, options, rules, media, .. } = self;
        Self::begin(api, db, clock, kitchen, media, options, rules)
    }

    /// Where pictures are kept.
    pub(crate) fn media(&self) -> &std::path::Path {
        self.media.path()
    }

    /// Mina, once she has said something.
    pub(crate) async fn person(&self) -> PersonId {
        self.db.store.find_person(Platform::Telegram, "7").await.expect("an answer").expect("a person").id
    }

    /// Waits until it is noted what Telegram calls the photo of a dish, which is a moment after it was sent.
    pub(crate) async fn knows_the_photo_of(&self, number: u32) {
        let dish = self.db.store.dish(self.person().await, number).await.expect("an answer").expect("a dish");
        let picture = dish.picture.expect("a picture");
        while self.db.store.uploaded(&self.telegram.key(), &picture).await.expect("an answer").is_none() {
            tokio::task::yield_now().await;
        }
    }

    /// Everything that was sent was as Telegram wants it, everything pressed was answered, and the books agree.
    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.api.refused(), Vec::<String>::new());
        self.api.until("every press is answered", |api| api.unanswered() == 0).await;
        self.db.is_sound().await;
    }
}

/// A Korean guest.
pub(crate) fn mina() -> Guest {
    Guest::new(7, "미나", Some("ko"))
}

/// An English guest.
pub(crate) fn tom() -> Guest {
    Guest::new(8, "Tom", Some("en"))
}

/// Whether the bot's last message says this.
pub(crate) fn says(api: &BotApi, chat: i64, text: &str) -> bool {
    crate::support::tells(&api.last(chat).text, text)
}

/// A talk in a private chat that waits for each answer.
pub(crate) struct Talk<'a> {
    pub(crate) api: &'a BotApi,
    pub(crate) guest: Guest,
    pub(crate) chat: i64,
}

impl<'a> Talk<'a> {
    pub(crate) fn with(api: &'a BotApi, guest: &Guest) -> Self {
        Self { chat: api.private(guest), api, guest: guest.clone() }
    }

    pub(crate) fn in_chat(api: &'a BotApi, guest: &Guest, chat: i64) -> Self {
        api.private(guest);
        Self { chat, api, guest: guest.clone() }
    }

    /// Says it, and waits until the bot's last message says `answer`.
    pub(crate) async fn says(&self, text: &str, answer: &str) -> Message {
        crate::support::keep_typed(text);
        let said = self.api.says(self.chat, &self.guest, text);
        self.api.until(answer, |api| api.last(self.chat).id > said && says(api, self.chat, answer)).await;
        self.api.last(self.chat)
    }

    pub(crate) async fn hears(&self, answer: &str) -> Message {
        self.api.until(answer, |api| says(api, self.chat, answer)).await;
        self.api.last(self.chat)
    }

    /// Presses a button under the last message, and waits until the last message says `answer`.
    pub(crate) async fn presses(&self, label: &str, answer: &str) -> Message {
        let last = self.api.last(self.chat);
        self.api.presses(self.chat, &self.guest, last.id, label);
        self.api.until(answer, |api| api.last(self.chat) != last && says(api, self.chat, answer)).await;
        self.api.last(self.chat)
    }

    /// Presses a button under the last message that has it, and waits for the notice.
    pub(crate) async fn is_told(&self, label: &str, notice: &str) {
        let last = self.api.last(self.chat);
        self.api.presses(self.chat, &self.guest, last.id, label);
        self.api.until(notice, |api| api.notices().iter().any(|said| said.text.contains(notice))).await;
    }

    /// Orders a soup, and waits for the dish.
    pub(crate) async fn orders(&self) -> Message {
        self.says("/recommend 국물", "이대로 주문할까요?").await;
        self.presses("추천 받기", "만드는 법").await
    }
}
