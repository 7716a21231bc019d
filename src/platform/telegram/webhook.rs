//! The webhook: Telegram brings an update, and hears 200 when what it caused is committed.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use teloxide::types::Update;
use tokio::sync::Semaphore;

use super::Door;

/// The header with the secret (`setWebhook`).
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// An update is some kilobytes long; nothing that Telegram brings is longer.
const MOST_BYTES: usize = 1024 * 1024;

/// Updates in hand at the same time; what comes on top is brought again later.
const AT_ONCE: usize = 1024;

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

async fn bring(State(reception): State<Arc<Reception>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get(SECRET).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(given.ct_eq(reception.secret.as_bytes())) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(_room) = reception.room.try_acquire() else {
        tracing::warn!("an update is to be brought again later: there is too much to do");
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    if let Ok(update) = serde_json::from_slice::<Update>(&body) {
        reception.door.take(update).await;
    } else {
        // It would be no better the next time.
        tracing::warn!("something that is no update was brought");
    }
    StatusCode::OK
}
