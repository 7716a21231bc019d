//! The door of Telegram (Bot API).
//!
//! Updates come by polling or by webhook, and are confirmed when what they caused is committed. Each person's are handled
//! in order, different people's at the same time. Replies become messages within Telegram's limits.

mod answering;
mod inbound;
mod inline;
mod keyboard;
mod limiter;
mod listener;
mod menus;
mod orders;
mod outbound;
mod render;
mod send;
mod spot;
mod text;
mod webhook;

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
#[cfg(any(test, fuzzing))]
pub(crate) use inbound::fuzz;
use limiter::Limiter;
pub use limiter::Limits;
use moka::sync::Cache;
use orders::Waiting;
use secrecy::{ExposeSecret, SecretString};
use spot::Spot;
use teloxide::{net::default_reqwest_settings, requests::Requester, types::ChatId};
use tokio::sync::OnceCell;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    bot::{Bot, Outbox, SayError},
    chat::{Address, DoorKey, Facts, Locale, PictureHash, Reply},
    order::OrderId,
};

/// How long one call may take. teloxide itself waits ten seconds after an answer of 5xx.
const CALL: Duration = Duration::from_secs(17);

/// How long Telegram holds a poll open while nothing happens, in seconds.
const POLL_SECONDS: u32 = 25;

/// How long messages that are on their way may take when the door closes.
pub const LAST_MESSAGES: Duration = Duration::from_secs(10);

/// What was handled is known for so long, for when it comes again.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// A notice that came too late is not said again for so long.
const LATE_REMEMBERED: Duration = Duration::from_secs(60);

/// The messages of an order are known for so long after the last; no order takes longer.
const ORDERS_REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

/// How updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are asked for (`getUpdates`).
    Polling,
    /// Telegram brings them (`setWebhook`).
    Webhook,
}

/// How the door is run (`telegram.*` and `groups.*`).
#[derive(Debug, Clone)]
pub struct Options {
    /// The Bot API server.
    pub api_url: Url,
    /// How updates come.
    pub mode: Mode,
    /// Where Telegram brings them to.
    pub webhook_url: Option<Url>,
    /// What the bot is called; `None` leaves the name that it has.
    pub name: Option<String>,
    /// Telegram's numbers of the people who run the bot.
    pub admins: Vec<u64>,
    /// How fast messages go out.
    pub limits: Limits,
    /// Whether groups are served.
    pub groups: bool,
    /// The groups that are served; empty for all.
    pub allowed_groups: Vec<i64>,
    /// The language of menus for people whose own is not spoken.
    pub default_locale: Locale,
}

/// The bot's number, which its token begins with: a number, a colon and a secret. `None` where it is no token.
pub fn bot_id(token: &str) -> Option<u64> {
    let (id, secret) = token.split_once(':')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!secret.is_empty() && secret.chars().all(fits)).then(|| id.parse().ok()).flatten()
}

/// The open door, shared by everything that goes in and out.
struct Door {
    bot: teloxide::Bot,
    /// The same bot, with the patience of a long poll.
    poller: teloxide::Bot,
    core: Arc<Bot>,
    options: Options,
    token: SecretString,
    id: u64,
    allowed_groups: HashSet<i64>,
    username: OnceLock<String>,
    limiter: Limiter,
    /// What came in of late, and whether it is handled.
    handled: Cache<String, Arc<OnceCell<()>>>,
    /// Orders whose messages are changed.
    waiting: Cache<OrderId, Arc<Waiting>>,
    /// Messages whose buttons were pressed of late, and that may say something else since.
    changed: Cache<(ChatId, i32), ()>,
    /// The last notice to each person that was too late for a callback, and became a message.
    said_late: Cache<(ChatId, u64), Facts>,
    /// Messages on their way.
    tasks: TaskTracker,
}

/// The door of one bot. Cheap to clone.
#[derive(Clone)]
pub struct Telegram {
    door: Arc<Door>,
}

/// Asks Telegram once whose token it is; the bot's name with `@`, or why it is not known. Nothing is changed there.
pub async fn who_is(token: &SecretString, options: &Options) -> Result<String, String> {
    bot_id(token.expose_secret()).ok_or_else(|| OpenError::Token.to_string())?;
    let bot = client(token, options, CALL).map_err(|error| error.to_string())?;
    match bot.get_me().await {
        Ok(me) => Ok(format!("@{}", me.user.username.unwrap_or_default())),
        Err(error) => Err(send::trouble_of(&error).reason().to_owned()),
    }
}

fn client(token: &SecretString, options: &Options, patience: Duration) -> Result<teloxide::Bot, OpenError> {
    let client = default_reqwest_settings().timeout(patience).build().map_err(|_| OpenError::Client)?;
    Ok(teloxide::Bot::with_client(token.expose_secret(), client).set_api_url(options.api_url.clone()))
}

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The token is none.
    #[error("TELEGRAM_BOT_TOKEN is not a number, a colon and a secret, as BotFather gives them")]
    Token,
    /// There is no HTTP client.
    #[error("no HTTP client can be made for Telegram")]
    Client,
}

impl Telegram {
    /// A door through which `core` is reached, for the bot of this token. Nothing is sent yet.
    pub fn new(core: Arc<Bot>, token: &SecretString, options: Options) -> Result<Self, OpenError> {
        let id = bot_id(token.expose_secret()).ok_or(OpenError::Token)?;
        let bot = client(token, &options, CALL)?;
        let poller = client(token, &options, CALL + Duration::from_secs(POLL_SECONDS.into()))?;
        let door = Door {
            bot,
            poller,
            core,
            token: token.clone(),
            id,
            allowed_groups: options.allowed_groups.iter().copied().collect(),
            username: OnceLock::new(),
            limiter: Limiter::new(options.limits),
            handled: Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build(),
            waiting: Cache::builder().max_capacity(100_000).time_to_idle(ORDERS_REMEMBERED).build(),
            changed: Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build(),
            said_late: Cache::builder().max_capacity(10_000).time_to_live(LATE_REMEMBERED).build(),
            tasks: TaskTracker::new(),
            options,
        };
        Ok(Self { door: Arc::new(door) })
    }

    /// The key of the door: the same in every process of the bot.
    pub fn key(&self) -> DoorKey {
        self.door.key()
    }

    /// The bot's name, without `@`, once Telegram was asked.
    pub fn username(&self) -> Option<&str> {
        self.door.username.get().map(String::as_str)
    }

    /// From now on so many processes keep Telegram's limits together, this one included.
    pub fn share_limits(&self, processes: u32) {
        self.door.limiter.share(processes);
    }

    /// Whether updates are taken in.
    pub fn is_open(&self) -> bool {
        self.door.username.get().is_some()
    }

    /// Asks Telegram who the bot is, for as long as that takes, and brings its menus up to date. `false` where `stop`
    /// came first.
    pub async fn open(&self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = stop.cancelled() => false,
            () = self.door.introduce() => true,
        }
    }

    /// Polls for updates until `stop`, and finishes what is in hand.
    pub async fn poll(&self, stop: &CancellationToken) {
        self.door.poll(stop).await;
    }

    /// What answers Telegram's webhook, at the path of the address that Telegram was given.
    pub fn webhook(&self) -> axum::Router {
        webhook::router(Arc::clone(&self.door))
    }

    /// Waits for messages that are on their way, for [`LAST_MESSAGES`] at most.
    pub async fn close(&self) {
        self.door.tasks.close();
        if tokio::time::timeout(LAST_MESSAGES, self.door.tasks.wait()).await.is_err() {
            tracing::warn!(messages = self.door.tasks.len(), "the door closed with messages on their way");
        }
    }
}

/// What the kitchen says: how far an order is, and how it ended.
#[async_trait]
impl Outbox for Telegram {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        self.door.say_of_order(to, reply).await
    }

    fn direct(&self, user: &str) -> Option<Address> {
        Spot::private(user.parse().ok()?).map(|spot| spot.address())
    }
}

impl Door {
    fn key(&self) -> DoorKey {
        DoorKey(format!("telegram:{}", self.id))
    }

    fn username(&self) -> &str {
        self.username.get().map_or("", String::as_str)
    }

    /// Whether a group is served.
    fn serves(&self, group: i64) -> bool {
        self.options.groups && (self.allowed_groups.is_empty() || self.allowed_groups.contains(&group))
    }

    /// What Telegram calls a picture that it has.
    async fn uploaded(&self, picture: &PictureHash) -> Option<String> {
        let known = self.core.uploaded(&self.key(), picture).await;
        known.inspect_err(|error| tracing::warn!(%error, "an upload was not looked up")).ok().flatten()
    }

    async fn remember_upload(&self, picture: &PictureHash, file: &str) {
        if let Err(error) = self.core.remember_upload(&self.key(), picture, file).await {
            tracing::warn!(%error, "an upload was not remembered; it is made again");
        }
    }
}
