//! Discord: the real door and the real client, against a stand-in for Discord over real HTTP and WebSocket.

pub(crate) mod api;
mod counter;
mod faults;
mod gateway;
mod official;
mod people;
mod photos;
mod program;
mod rest;
mod rules;
mod stories;
pub(crate) mod world;

use std::{sync::Arc, time::Duration};

use bapsang::{
    bot::{Admins, Bell, Bot},
    chat::{Locale, PersonId, Platform},
    clock::{Clock, Fixed},
    kitchen::{Equipment, Kitchen, Pace},
    photo::{Fonts, Photos},
    platform::discord::{Discord, Mode, Options, PublicKey},
};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::{
    api::DiscordApi,
    world::{Guest, Message, TOKEN},
};
use crate::support::{Db, Mood, Moody, evening, rules as house_rules, sqlite};

/// A bot on Discord, as one process has it.
pub(crate) struct Shop {
    pub(crate) api: DiscordApi,
    pub(crate) db: Arc<Db>,
    pub(crate) clock: Arc<Fixed>,
    pub(crate) kitchen: Arc<Moody>,
    pub(crate) discord: Discord,
    options: Options,
    running: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    kitchen_stop: CancellationToken,
    media: Arc<TempDir>,
    pub(crate) photos: Arc<Photos>,
}

/// How the door is run in a test.
pub(crate) fn options(api: &DiscordApi) -> Options {
    Options {
        api_url: api.url().parse().expect("an address"),
        mode: Mode::Gateway,
        public_key: PublicKey::parse(&DiscordApi::public_key()),
        endpoint_path: "/discord".to_owned(),
        test_guild: None,
        admins: Vec::new(),
        admin_guilds: Vec::new(),
        default_locale: Locale::Ko,
    }
}

impl Shop {
    /// Opens on a fresh database, and waits until it is connected.
    pub(crate) async fn open() -> Self {
        let api = DiscordApi::start().await;
        let options = options(&api);
        Self::open_with(api, Arc::new(sqlite().await), options).await
    }

    pub(crate) async fn open_with(api: DiscordApi, db: Arc<Db>, options: Options) -> Self {
        let (clock, kitchen) = (Arc::new(Fixed::at(evening())), Moody::new(Mood::Serves));
        let media = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::begin(api, db, clock, kitchen, media, options).await
    }

    async fn begin(
        api: DiscordApi,
        db: Arc<Db>,
        clock: Arc<Fixed>,
        kitchen: Arc<Moody>,
        media: Arc<TempDir>,
        options: Options,
    ) -> Self {
        // Where a test fails, its log lines tell more.
        crate::support::log("warn,bapsang=debug");
        let photos = Arc::new(Photos::with_fonts(media.path().to_path_buf(), Fonts::none()));
        let (bell, time) = (Arc::new(Bell::default()), Arc::clone(&clock) as Arc<dyn Clock>);
        let rules = house_rules();
        let bot = Bot::new(db.store.clone(), Arc::clone(&time), rules, Arc::clone(&bell), Arc::clone(&photos))
            .with_admins(Admins::new(&[], &options.admins));
        bot.ask_at(Arc::new(crate::admin::Desk::default()) as _);
        let discord = Discord::new(Arc::new(bot), &SecretString::from(TOKEN), options.clone()).expect("the door");
        let recommender = Arc::clone(&kitchen) as _;
        let equipment = Equipment {
            store: db.store.clone(),
            clock: time,
            bell,
            recommender,
            budget: None,
            photos: Arc::clone(&photos),
        };
        let doors = vec![(discord.key(), Arc::new(discord.clone()) as _)];
        let pace = Pace { lease: Duration::from_secs(300), at_once: 64 };
        let (stop, kitchen_stop) = (CancellationToken::new(), CancellationToken::new());
        let cooking = Arc::new(Kitchen::new(equipment, rules, pace, doors));
        let mut running = vec![tokio::spawn(cooking.run(kitchen_stop.clone()))];
        let (door, stopped, mode) = (discord.clone(), stop.clone(), options.mode);
        match mode {
            Mode::Gateway => {
                let before = api.identifies();
                running.push(tokio::spawn(async move {
                    if door.open(&stopped).await {
                        door.connect(&stopped).await;
                    }
                }));
                api.until("the bot is connected", |api| api.identifies() > before).await;
            }
            Mode::Endpoint => {
                assert!(door.open(&stopped).await);
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let url = format!("http://{}{}", listener.local_addr().expect("an address"), options.endpoint_path);
                let served = bapsang::http::serve(listener, door.endpoint(), stopped);
                running.push(tokio::spawn(async move { served.await.expect("it serves") }));
                api.deliver_to(&url);
            }
        }
        Self { api, db, clock, kitchen, discord, options, running, stop, kitchen_stop, media, photos }
    }

    /// Stops in order, as at SIGTERM.
    pub(crate) async fn close(&mut self) {
        self.stop.cancel();
        // The door closes before the kitchen.
        for task in self.running.drain(..).rev() {
            task.await.expect("no panic");
            self.kitchen_stop.cancel();
        }
        self.discord.close().await;
    }

    /// Another process takes over where this one stopped.
    pub(crate) async fn reopened(mut self) -> Self {
        self.close().await;
        let Self { api, db, clock, kitchen, options, media, .. } = self;
        Self::begin(api, db, clock, kitchen, media, options).await
    }

    /// Mina, once she has done something.
    pub(crate) async fn person(&self) -> PersonId {
        self.db.store.find_person(Platform::Discord, "7").await.expect("an answer").expect("a person").id
    }

    /// Everything that was sent was as Discord wants it, everything was acknowledged, and the books agree.
    pub(crate) async fn is_sound(&self) {
        self.api.until("everything is acknowledged", |api| api.unacknowledged() == 0).await;
        assert_eq!(self.api.refused(), Vec::<String>::new());
        self.db.is_sound().await;
    }
}

/// A Korean guest.
pub(crate) fn mina() -> Guest {
    Guest::new(7, "미나", "ko")
}

/// An English guest.
pub(crate) fn tom() -> Guest {
    Guest::new(8, "Tom", "en-US")
}

/// A talk in one channel that waits for each answer.
pub(crate) struct Talk {
    pub(crate) api: DiscordApi,
    pub(crate) guest: Guest,
    pub(crate) channel: u64,
}

impl Talk {
    pub(crate) fn new(api: &DiscordApi, guest: &Guest, channel: u64) -> Self {
        Self { api: api.clone(), guest: guest.clone(), channel }
    }

    /// Waits until the last message that the guest sees says `answer`, and nothing is thought about any more.
    pub(crate) async fn hears(&self, answer: &str) -> Message {
        let heard = |api: &DiscordApi| {
            last(api, self).is_some_and(|it| crate::support::tells(&it.text(), answer)) && api.thinking() == 0
        };
        self.api.until(answer, heard).await;
        last(&self.api, self).expect("a message")
    }

    /// The same for what is said or changed after `before`.
    async fn hears_after(&self, before: Option<Message>, answer: &str) -> Message {
        self.api.until(answer, |api| last(api, self) != before).await;
        self.hears(answer).await
    }

    /// Gives a command, and waits until the last message says `answer`.
    pub(crate) async fn says(&self, name: &str, options: &[(&str, serde_json::Value)], answer: &str) -> Message {
        options.iter().filter_map(|(_, value)| value.as_str()).for_each(crate::support::keep_typed);
        let before = last(&self.api, self);
        self.api.slash(self.channel, &self.guest, name, options);
        self.hears_after(before, answer).await
    }

    /// Presses a button under the last message, and waits until the last message says `answer`.
    pub(crate) async fn presses(&self, label: &str, answer: &str) -> Message {
        let before = last(&self.api, self).expect("a message");
        self.api.presses(self.channel, &self.guest, before.id, label);
        self.hears_after(Some(before), answer).await
    }

    /// Selects a line under the last message, and waits until the last message says `answer`.
    pub(crate) async fn picks(&self, label: &str, answer: &str) -> Message {
        let before = last(&self.api, self).expect("a message");
        self.api.picks(self.channel, &self.guest, before.id, label);
        self.hears_after(Some(before), answer).await
    }

    /// Opens a form by a button or line under the last message, fills it in, and waits for the answer.
    pub(crate) async fn writes(&self, label: &str, text: &str, answer: &str) -> Message {
        let before = last(&self.api, self).expect("a message");
        if before.labels().iter().any(|one| one.contains(label)) {
            self.api.presses(self.channel, &self.guest, before.id, label);
        } else {
            self.api.picks(self.channel, &self.guest, before.id, label);
        }
        self.api.until("a form opens", |api| api.opened(self.channel, &self.guest).is_some()).await;
        crate::support::keep_typed(text);
        self.api.fills(self.channel, &self.guest, text);
        self.hears_after(Some(before), answer).await
    }

    /// Orders a soup, and waits for the dish.
    pub(crate) async fn orders(&self) -> Message {
        self.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
        self.presses("추천 받기", "만드는 법").await
    }
}

/// The last message in the channel that the guest sees.
fn last(api: &DiscordApi, talk: &Talk) -> Option<Message> {
    api.seen_by(talk.channel, &talk.guest).into_iter().rfind(|message| message.author == 0)
}
