//! The webhook: Telegram brings an update, and hears 200 when what it caused is committed.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::StatusCode,
    routing::post,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use teloxide::types::Update;
use tokio::{sync::Semaphore, time::timeout};

use super::Door;

/// The header with the secret (`setWebhook`).
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// An update is some kilobytes long; nothing that Telegram brings is longer.
const MOST_BYTES: usize = 1024 * 1024;

/// Updates in hand at the same time. Telegram brings up to [`super::menus::BROUGHT_AT_ONCE`], also where several processes
/// share them.
const AT_ONCE: usize = 64;

/// What comes on top waits this long for room, and is then brought again later.
const PATIENCE: Duration = Duration::from_secs(2);

/// An update takes no longer to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

struct Reception {
    door: Arc<Door>,
    secret: String,
    room: Semaphore,
}

/// What Telegram is to send along: made of the token, so that every process of a bot has the same.
pub(super) fn secret(token: &SecretString) -> String {
    let token = token.expose_secret().as_bytes();
    // HMAC takes a key of any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(token) else { return String::new() };
    hex::encode(mac.chain_update("telegram webhook").finalize().into_bytes())
}

/// Answers at the path of `telegram.webhook_url`.
pub(super) fn router(door: Arc<Door>) -> Router {
    let path = door.options.webhook_url.as_ref().map_or("/", url::Url::path).to_owned();
    let reception = Reception { secret: secret(&door.token), door, room: Semaphore::new(AT_ONCE) };
    Router::new().route(&path, post(bring)).layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(Arc::new(reception))
}

/// Nothing is read from someone who does not know the secret, nor where there is no room for it.
async fn bring(State(reception): State<Arc<Reception>>, request: Request) -> StatusCode {
    let given = request.headers().get(SECRET).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(given.ct_eq(reception.secret.as_bytes())) {
        return StatusCode::UNAUTHORIZED;
    }
    if reception.door.username.get().is_none() {
        // Who is meant in a group, and where links lead, is known only once Telegram said who the bot is.
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let Ok(Ok(_room)) = timeout(PATIENCE, reception.room.acquire()).await else {
        tracing::warn!("an update is to be brought again later: there is too much to do");
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let body = match timeout(ARRIVAL, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => body,
        Ok(Err(refused)) => return refused.status(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    if let Ok(update) = serde_json::from_slice::<Update>(&body) {
        reception.door.take(update).await;
    } else {
        // It would be no better the next time.
        tracing::warn!("something that is no update was brought");
    }
    StatusCode::OK
}
