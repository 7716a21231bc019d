//! The gateway: Discord brings interactions over a connection that is kept open
//! (<https://discord.com/developers/docs/events/gateway>). serenity identifies, shards and resumes.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serenity::{
    Client, Error,
    all::{EventHandler, GatewayIntents, Interaction},
    async_trait,
    client::ClientBuilder,
    gateway::{ConnectionStage, GatewayError, ShardStageUpdateEvent},
    prelude::Context,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Door,
    inbound::Callback,
    send::{Again, Trouble, send},
};

/// Pauses before Discord is asked again grow up to this: identifying more than a thousand times a day resets the token.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The first pause after trouble.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// serenity tries to connect for as long as it takes, and says nothing; after this all of it begins anew.
const CONNECTING: Duration = Duration::from_secs(60);

/// How often it is looked whether there is a connection.
const LOOKING: Duration = Duration::from_secs(5);

/// A shard identifies at most so often in this time, which is far from a thousand times a day.
const MOST_IDENTIFIES: usize = 10;
const OF_LATE: Duration = Duration::from_secs(15 * 60);

/// How long closing the connection may take.
const CLOSING: Duration = Duration::from_secs(6);

/// When shards identified of late, however often the connection began anew.
#[derive(Debug, Default)]
pub(super) struct Identified(Mutex<VecDeque<Instant>>);

impl Identified {
    fn note(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(Instant::now());
    }

    fn is_too_often(&self, shards: u32) -> bool {
        let most = MOST_IDENTIFIES.saturating_mul(usize::try_from(shards).unwrap_or(usize::MAX));
        let mut of_late = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while of_late.front().is_some_and(|at| at.elapsed() > OF_LATE) {
            of_late.pop_front();
        }
        of_late.len() > most
    }
}

struct Handler {
    door: Arc<Door>,
    /// Shards that are connected.
    up: AtomicUsize,
    /// Whether one ever was.
    was_up: AtomicBool,
}

impl Handler {
    fn new(door: &Arc<Door>) -> Arc<Self> {
        Arc::new(Self { door: Arc::clone(door), up: AtomicUsize::new(0), was_up: AtomicBool::new(false) })
    }

    /// Watches over what serenity says nothing of: a connection that does not come, and one that falls again and again.
    async fn watch(&self, shards: u32) -> Ill {
        let mut down_since = Instant::now();
        loop {
            sleep(LOOKING).await;
            if self.up.load(Ordering::Relaxed) > 0 {
                down_since = Instant::now();
            }
            if down_since.elapsed() > CONNECTING {
                return Ill::Unreachable;
            }
            if self.door.identified.is_too_often(shards) {
                return Ill::Often;
            }
        }
    }
}

#[async_trait]
impl EventHandler for Handler {
    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        if self.door.tasks.is_closed() {
            return;
        }
        let door = Arc::clone(&self.door);
        // It runs to its end, also when the connection falls.
        self.door.tasks.spawn(async move { door.take(interaction, Callback::Request).await });
    }

    async fn shard_stage_update(&self, _: Context, event: ShardStageUpdateEvent) {
        let shard = event.shard_id.0;
        match (event.old, event.new) {
            (_, ConnectionStage::Identifying) => {
                self.door.identified.note();
            }
            (ConnectionStage::Connected, _) => {
                let _ = self.up.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |up| up.checked_sub(1));
                tracing::warn!(shard, "the connection to Discord fell; it is taken up again");
            }
            (_, ConnectionStage::Connected) => {
                self.up.fetch_add(1, Ordering::Relaxed);
                self.was_up.store(true, Ordering::Relaxed);
                tracing::info!(shard, "connected to Discord");
            }
            _ => {}
        }
        self.door.connected.store(self.up.load(Ordering::Relaxed) > 0, Ordering::Relaxed);
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    Token,
    Intents,
    Unreachable,
    /// It falls again and again.
    Often,
}

impl Ill {
    fn complain(self) {
        match self {
            Self::Token => tracing::error!("Discord does not know this DISCORD_TOKEN; it is tried again"),
            Self::Intents => tracing::error!("Discord does not allow the bot's gateway intents; it is tried again"),
            Self::Unreachable => tracing::error!("Discord's gateway cannot be reached; it is tried again"),
            Self::Often => {
                tracing::error!("Discord's gateway was asked too often; it is left alone for a quarter of an hour");
            }
        }
    }
}

impl Door {
    /// Keeps the connection until `stop`. Each kind of trouble is one line until all was well again, and pauses grow.
    pub(super) async fn connect(self: &Arc<Self>, stop: &CancellationToken) {
        let (mut pause, mut last) = (FIRST_PAUSE, None);
        loop {
            let handler = Handler::new(self);
            let Some(ill) = self.stay_connected(&handler, stop).await else { return };
            if handler.was_up.load(Ordering::Relaxed) {
                (pause, last) = (FIRST_PAUSE, None);
            }
            if last != Some(ill) {
                ill.complain();
            }
            last = Some(ill);
            let rest = if ill == Ill::Often { OF_LATE } else { pause };
            if stop.run_until_cancelled(sleep(rest)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` where `stop` came.
    async fn stay_connected(self: &Arc<Self>, handler: &Arc<Handler>, stop: &CancellationToken) -> Option<Ill> {
        let (shards, mut client) = match stop.run_until_cancelled(self.client(handler)).await? {
            Ok(ready) => ready,
            Err(ill) => return Some(ill),
        };
        if self.identified.is_too_often(shards) {
            return Some(Ill::Often);
        }
        let manager = Arc::clone(&client.shard_manager);
        let ended = tokio::select! {
            ill = handler.watch(shards) => Some(Err(ill)),
            () = stop.cancelled() => None,
            ended = client.start_shards(shards) => Some(Ok(ended)),
        };
        // Where nothing is connected there is nothing to wait for.
        let _ = timeout(CLOSING, manager.shutdown_all()).await;
        Some(match ended? {
            Err(ill) => ill,
            Ok(Err(Error::Gateway(GatewayError::InvalidAuthentication))) => Ill::Token,
            Ok(Err(Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents))) => {
                Ill::Intents
            }
            Ok(Ok(()) | Err(_)) => Ill::Unreachable,
        })
    }

    /// A client for the gateway that Discord names, and how many shards it is to open.
    async fn client(&self, handler: &Arc<Handler>) -> Result<(u32, Client), Ill> {
        let ill = |trouble: Trouble| if trouble == Trouble::Token { Ill::Token } else { Ill::Unreachable };
        let (http, guard) = (&self.http, &self.guard);
        // serenity would go to the public gateway where nobody says which it is.
        let gateway = send(guard, Again::Same, || http.get_gateway()).await.map_err(ill)?;
        let asked = send(guard, Again::Same, || http.get_bot_gateway()).await.map_err(ill)?;
        let shards = asked.shards.max(1);
        if asked.session_start_limit.remaining < u64::from(shards) {
            return Err(Ill::Often);
        }
        // Commands and buttons need no intents.
        let building = ClientBuilder::new_with_http(self.make_http(), GatewayIntents::empty());
        let client = building.event_handler_arc(Arc::clone(handler)).await.map_err(|_| Ill::Unreachable)?;
        *client.ws_url.lock().await = gateway.url;
        Ok((shards, client))
    }
}
