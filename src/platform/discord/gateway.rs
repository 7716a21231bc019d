//! The gateway: Discord brings interactions over a connection that is kept open
//! (<https://discord.com/developers/docs/events/gateway>). serenity identifies, shards and resumes.

use std::{sync::Arc, time::Duration};

use serenity::{
    Error,
    all::{EventHandler, GatewayIntents, Interaction},
    async_trait,
    client::ClientBuilder,
    gateway::{ConnectionStage, GatewayError, ShardStageUpdateEvent},
    prelude::Context,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    Door,
    inbound::Callback,
    send::{Again, Trouble, send},
};

/// Pauses before Discord is asked again grow up to this: identifying more than a thousand times a day resets the token.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long closing the connection may take.
const CLOSING: Duration = Duration::from_secs(3);

struct Handler(Arc<Door>);

#[async_trait]
impl EventHandler for Handler {
    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let door = Arc::clone(&self.0);
        // It runs to its end, also when the connection falls.
        self.0.tasks.spawn(async move { door.take(interaction, Callback::Request).await });
    }

    async fn shard_stage_update(&self, _: Context, event: ShardStageUpdateEvent) {
        match (event.old, event.new) {
            (ConnectionStage::Connected, ConnectionStage::Disconnected) => {
                tracing::warn!(shard = event.shard_id.0, "the connection to Discord fell; it is taken up again");
            }
            (_, ConnectionStage::Connected) => {
                tracing::info!(shard = event.shard_id.0, "connected to Discord");
            }
            _ => {}
        }
    }
}

/// Why there is no connection.
enum Ill {
    Token,
    Intents,
    Unreachable,
}

impl Door {
    /// Keeps the connection until `stop`.
    pub(super) async fn connect(self: &Arc<Self>, stop: &CancellationToken) {
        let mut pause = Duration::from_secs(1);
        while !stop.is_cancelled() {
            match self.stay_connected(stop).await {
                None => return,
                Some(Ill::Token) => tracing::error!("Discord does not know this DISCORD_TOKEN; it is tried again"),
                Some(Ill::Intents) => {
                    tracing::error!("Discord does not allow the bot's gateway intents; it is tried again");
                }
                Some(Ill::Unreachable) => tracing::error!("Discord's gateway cannot be reached; it is tried again"),
            }
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn stay_connected(self: &Arc<Self>, stop: &CancellationToken) -> Option<Ill> {
        let (http, guard) = (&self.http, &self.guard);
        // serenity would go to the public gateway where nobody says which it is.
        let gateway = send(guard, Again::Same, || http.get_gateway()).await;
        let shards = send(guard, Again::Same, || http.get_bot_gateway()).await;
        let (gateway, shards) = match (gateway, shards) {
            (Ok(gateway), Ok(shards)) => (gateway, shards),
            (Err(Trouble::Token), _) | (_, Err(Trouble::Token)) => return Some(Ill::Token),
            _ => return Some(Ill::Unreachable),
        };
        // Commands and buttons need no intents.
        let building = ClientBuilder::new_with_http(self.make_http(), GatewayIntents::empty())
            .event_handler(Handler(Arc::clone(self)));
        let Ok(mut client) = building.await else { return Some(Ill::Unreachable) };
        *client.ws_url.lock().await = gateway.url;
        let manager = Arc::clone(&client.shard_manager);
        let ended = tokio::select! {
            ended = client.start_shards(shards.shards.max(1)) => ended,
            () = stop.cancelled() => {
                // Where nothing is connected yet there is nothing to wait for.
                let _ = timeout(CLOSING, manager.shutdown_all()).await;
                return None;
            }
        };
        match ended {
            Err(Error::Gateway(GatewayError::InvalidAuthentication)) => Some(Ill::Token),
            Err(Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents)) => {
                Some(Ill::Intents)
            }
            Ok(()) | Err(_) => Some(Ill::Unreachable),
        }
    }
}
