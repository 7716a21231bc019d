//! The door of Discord (HTTP API v10).
//!
//! Interactions come over the gateway or to an endpoint. Each is acknowledged before anything else is done, and handled
//! then. Replies become messages within Discord's limits, for the person alone unless they share them.

mod admin;
mod answering;
mod commands;
mod components;
mod endpoint;
mod forms;
mod gateway;
mod inbound;
mod orders;
mod outbound;
mod render;
mod send;
mod spot;
mod text;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use endpoint::Router;
#[cfg(any(test, fuzzing))]
pub(crate) use inbound::fuzz;
use moka::sync::Cache;
use orders::Waiting;
use secrecy::{ExposeSecret, SecretString};
use send::{Again, Guard, Trouble, send};
use serenity::{
    all::ApplicationId,
    http::{Http, HttpBuilder},
};
use spot::Spot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    bot::{Bot, Outbox, SayError},
    chat::{Address, DoorKey, Locale, Reply},
    order::OrderId,
};

/// Where Discord itself is spoken to; there serenity keeps its limits.
const DISCORD: &str = "https://discord.com/";

/// How long messages that are on their way may take when the door closes.
pub const LAST_MESSAGES: Duration = Duration::from_secs(10);

/// The token of an interaction opens its place for fifteen minutes; this is left of them for the way.
const TOKEN_LIVES: TimeDelta = TimeDelta::seconds(15 * 60 - 10);

/// What came in is known for so long, for when it comes again.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// The messages of an order are known for so long after the last; no order takes longer.
const ORDERS_REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

/// The longest pause before the commands are told again.
const COMMANDS_AGAIN: Duration = Duration::from_secs(15 * 60);

/// That an answer was told is noted a moment after it was; until then another process may tell it again in its place.
const NOTED_WITHIN: Duration = Duration::from_secs(5);

/// The longest pause before Discord is asked again who the bot is.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How interactions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Over a connection that is kept open.
    Gateway,
    /// Discord brings them.
    Endpoint,
}

/// What Discord signs what it brings with (Ed25519).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Reads the 64 hexadecimal digits of the developer portal; `None` where they are no key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key).ok()?;
        serenity::interactions_endpoint::Verifier::try_new(key).ok()?;
        Some(Self(key))
    }
}

/// How the door is run (`discord.*`).
#[derive(Debug, Clone)]
pub struct Options {
    /// Where Discord's API is: an origin.
    pub api_url: Url,
    /// How interactions come.
    pub mode: Mode,
    /// What they are signed with, where Discord brings them.
    pub public_key: Option<PublicKey>,
    /// The path that they are brought to.
    pub endpoint_path: String,
    /// The server that alone has the commands, while they are tried out.
    pub test_guild: Option<u64>,
    /// Discord's numbers of the people who run the bot.
    pub admins: Vec<u64>,
    /// The servers that have the admins' commands.
    pub admin_guilds: Vec<u64>,
    /// The language of descriptions for people whose own is not spoken.
    pub default_locale: Locale,
}

/// The bot's number, which its token begins with in Base64: three parts with dots between them. `None` where it is no
/// token (<https://discord.com/developers/docs/reference#authentication>).
pub fn bot_id(token: &str) -> Option<u64> {
    let mut parts = token.split('.');
    let (id, time, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_token =
        parts.next().is_none() && [time, secret].iter().all(|part| !part.is_empty() && part.chars().all(fits));
    let id = STANDARD_NO_PAD.decode(id.trim_end_matches('=')).ok().filter(|_| is_token)?;
    String::from_utf8(id).ok()?.parse().ok()
}

/// What opens the place of an interaction's answers, and until when.
#[derive(Clone)]
struct Key {
    token: SecretString,
    until: DateTime<Utc>,
}

/// The open door, shared by everything that goes in and out.
struct Door {
    /// For everything that Discord limits for the bot as a whole.
    http: Http,
    /// For acknowledgements and answers, which are limited for each interaction by itself: serenity would count those of
    /// all people as one.
    replies: Http,
    core: Arc<Bot>,
    options: Options,
    token: SecretString,
    id: u64,
    name: OnceLock<String>,
    guard: Guard,
    /// Interactions that came in of late.
    handled: Cache<u64, ()>,
    /// What opens the places of their answers.
    keys: Cache<u64, Key>,
    /// When the gateway was asked who we are.
    identified: gateway::Identified,
    /// Orders whose messages are changed.
    waiting: Cache<OrderId, Arc<Waiting>>,
    /// Dishes whose buttons were pressed of late, and that may say something else since.
    changed: Cache<u64, ()>,
    /// Interactions whose tokens are about to be forgotten.
    forgetting: Mutex<HashSet<u64>>,
    /// Whether a connection to the gateway stands.
    connected: AtomicBool,
    /// Interactions in hand, and messages on their way.
    tasks: TaskTracker,
}

/// The door of one bot. Cheap to clone.
#[derive(Clone)]
pub struct Discord {
    door: Arc<Door>,
}

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The token is none.
    #[error("DISCORD_TOKEN is not three parts with dots between them, as the developer portal gives them")]
    Token,
}

impl Discord {
    /// A door through which `core` is reached, for the bot of this token. Nothing is sent yet.
    pub fn new(core: Arc<Bot>, token: &SecretString, options: Options) -> Result<Self, OpenError> {
        let id = bot_id(token.expose_secret()).ok_or(OpenError::Token)?;
        let door = Door {
            http: http(token, &options, true),
            replies: http(token, &options, false),
            core,
            token: token.clone(),
            id,
            name: OnceLock::new(),
            guard: Guard::default(),
            handled: Cache::builder().max_capacity(200_000).time_to_live(REMEMBERED).build(),
            identified: gateway::Identified::default(),
            keys: Cache::builder().max_capacity(200_000).time_to_live(REMEMBERED).build(),
            waiting: Cache::builder().max_capacity(100_000).time_to_idle(ORDERS_REMEMBERED).build(),
            changed: Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build(),
            forgetting: Mutex::default(),
            connected: AtomicBool::new(false),
            tasks: TaskTracker::new(),
            options,
        };
        Ok(Self { door: Arc::new(door) })
    }

    /// The key of the door: the same in every process of the bot.
    pub fn key(&self) -> DoorKey {
        self.door.key()
    }

    /// What the application is called, once Discord was asked.
    pub fn name(&self) -> Option<&str> {
        self.door.name.get().map(String::as_str)
    }

    /// Whether interactions come in.
    pub fn is_open(&self) -> bool {
        let connected = self.door.options.mode == Mode::Endpoint || self.door.connected.load(Ordering::Relaxed);
        self.door.name.get().is_some() && connected
    }

    /// Asks Discord who the bot is, for as long as that takes, and brings its commands up to date. `false` where `stop`
    /// came first.
    pub async fn open(&self, stop: &CancellationToken) -> bool {
        let Some(told) = stop.run_until_cancelled(self.door.introduce()).await else { return false };
        if !told {
            // People who know the commands already need not wait for that.
            let (door, stop) = (Arc::clone(&self.door), stop.clone());
            tokio::spawn(async move { stop.run_until_cancelled(door.keep_telling_commands()).await });
        }
        true
    }

    /// Takes interactions over the gateway until `stop`.
    pub async fn connect(&self, stop: &CancellationToken) {
        self.door.connect(stop).await;
    }

    /// What answers Discord at [`Options::endpoint_path`].
    pub fn endpoint(&self) -> Router {
        endpoint::router(Arc::clone(&self.door))
    }

    /// Waits for what is in hand and on its way, for [`LAST_MESSAGES`] at most.
    pub async fn close(&self) {
        self.door.tasks.close();
        if tokio::time::timeout(LAST_MESSAGES, self.door.tasks.wait()).await.is_err() {
            tracing::warn!(messages = self.door.tasks.len(), "the door closed with messages on their way");
        }
        let told: Vec<u64> = self.door.forgetting().drain().collect();
        for interaction in told {
            self.door.forget_token(interaction).await;
        }
    }
}

/// What the kitchen says: how far an order is, and how it ended.
#[async_trait]
impl Outbox for Discord {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        self.door.say_of_order(to, reply).await
    }

    fn direct(&self, user: &str) -> Option<Address> {
        Some(Spot::private(user.parse().ok()?).address())
    }
}

/// A client that keeps Discord's limits where it is `limited` and Discord itself is spoken to.
/// Asks Discord once whose token it is; what the application is called, or why it is not known. Nothing is changed there.
pub async fn who_is(token: &SecretString, options: &Options) -> Result<String, String> {
    bot_id(token.expose_secret()).ok_or_else(|| OpenError::Token.to_string())?;
    let http = http(token, options, true);
    let asked = send(&Guard::default(), Again::Never, || http.get_current_application_info()).await;
    asked.map(|application| application.name).map_err(|trouble| match trouble {
        Trouble::Token => "Discord does not know this DISCORD_TOKEN".to_owned(),
        other => other.reason().to_owned(),
    })
}

fn http(token: &SecretString, options: &Options, limited: bool) -> Http {
    let builder = HttpBuilder::new(token.expose_secret());
    if options.api_url.as_str() == DISCORD {
        builder.ratelimiter_disabled(!limited).build()
    } else {
        // serenity asks there only where it keeps no limits itself; whoever answers there does.
        builder.proxy(options.api_url.as_str().trim_end_matches('/')).ratelimiter_disabled(true).build()
    }
}

impl Door {
    fn key(&self) -> DoorKey {
        DoorKey(format!("discord:{}", self.id))
    }

    /// A client like ours, for the gateway, which wants one of its own.
    fn make_http(&self) -> Http {
        http(&self.token, &self.options, true)
    }

    /// The application that answers go out for; an interaction names it before Discord was asked.
    fn application_is(&self, id: u64) {
        for client in [&self.http, &self.replies] {
            if client.application_id().is_none() {
                client.set_application_id(ApplicationId::new(id.max(1)));
            }
        }
    }

    /// Makes the commands as they should be, for as long as that takes.
    async fn keep_telling_commands(&self) {
        let mut pause = Duration::from_secs(2);
        loop {
            tokio::time::sleep(pause).await;
            if self.commands_are_told().await {
                return;
            }
            pause = (pause * 2).min(COMMANDS_AGAIN);
        }
    }

    /// Makes the commands as they should be; whether they are.
    async fn commands_are_told(&self) -> bool {
        match self.tell_commands().await {
            Ok(true) => tracing::info!("the commands were brought up to date"),
            Ok(false) => {}
            Err(trouble) => {
                let reason = trouble.reason();
                tracing::error!(reason, "the commands were not brought up to date; it is tried again");
                return false;
            }
        }
        true
    }

    /// Asks who the bot is until Discord says it, and tells it the commands; whether it took them.
    async fn introduce(&self) -> bool {
        let (mut pause, mut complained) = (Duration::from_millis(500), false);
        loop {
            match send(&self.guard, Again::Never, || self.http.get_current_application_info()).await {
                Ok(application) => {
                    self.application_is(application.id.get());
                    // It is the same each time.
                    let _ = self.name.set(application.name);
                    break;
                }
                Err(trouble) if !complained => {
                    complained = true;
                    if trouble == Trouble::Token {
                        tracing::error!("Discord does not know this DISCORD_TOKEN; it is tried again");
                    } else {
                        let reason = trouble.reason();
                        tracing::error!(reason, "Discord does not say who the bot is; it is tried again");
                    }
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.commands_are_told().await
    }

    /// Knows what opens the place of an interaction's answers.
    fn remember_token(&self, interaction: u64, token: &str) {
        let key = Key { token: SecretString::from(token), until: self.core.now() + TOKEN_LIVES };
        self.keys.insert(interaction, key);
    }

    /// Keeps it for whoever answers when this process is gone.
    async fn keep_token(&self, interaction: u64) {
        let Some(Key { token, until }) = self.keys.get(&interaction) else { return };
        let (door, name) = (self.key(), interaction.to_string());
        if let Err(error) = self.core.keep_reply_key(&door, &name, token.expose_secret(), until).await {
            tracing::warn!(%error, "what opens the place of an answer was not kept");
        }
    }

    /// What opens the place of an interaction's answers.
    async fn token_of(&self, interaction: u64) -> Result<String, Trouble> {
        let key = match self.keys.get(&interaction) {
            // A clock that jumped makes it no worse; Discord says whether it still opens anything.
            Some(key) => Some(key),
            None => self.kept_token(interaction).await?,
        };
        let key = key.ok_or(Trouble::Expired)?;
        Ok(key.token.expose_secret().to_owned())
    }

    /// Whether an interaction came so short a while ago that Discord may not know yet that it was acknowledged.
    fn is_early(&self, interaction: u64) -> bool {
        let left = self.keys.get(&interaction).map(|key| key.until - self.core.now());
        self.options.mode == Mode::Endpoint && left.is_some_and(|left| left > TOKEN_LIVES - TimeDelta::seconds(3))
    }

    async fn kept_token(&self, interaction: u64) -> Result<Option<Key>, Trouble> {
        let kept = self.core.reply_key(&self.key(), &interaction.to_string()).await.map_err(|error| {
            tracing::warn!(%error, "what opens the place of an answer was not looked up");
            Trouble::Later
        })?;
        let key = kept.map(|(token, until)| Key { token: SecretString::from(token), until });
        if let Some(key) = &key {
            self.keys.insert(interaction, key.clone());
        }
        Ok(key)
    }

    /// The answer is there; nobody else needs to know what opened its place, once it is noted that it was told.
    fn forget_token_soon(self: &Arc<Self>, interaction: u64) {
        self.forgetting().insert(interaction);
        let door = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(NOTED_WITHIN).await;
            if door.forgetting().remove(&interaction) {
                door.forget_token(interaction).await;
            }
        });
    }

    fn forgetting(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.forgetting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forget_token(&self, interaction: u64) {
        if let Err(error) = self.core.drop_reply_key(&self.key(), &interaction.to_string()).await {
            tracing::warn!(%error, "what opened the place of an answer is dropped later");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bots_number_stands_in_its_token() {
        assert_eq!(bot_id("NDI0Mg.test.discord-token"), Some(4242));
        for other in ["", "NDI0Mg", "NDI0Mg.a", "NDI0Mg.a.b.c", "????.a.b", "NDI0Mg..b", "YWJj.a.b", "4242:secret"] {
            assert_eq!(bot_id(other), None, "{other}");
        }
    }
}
