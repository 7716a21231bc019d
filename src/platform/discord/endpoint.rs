//! The interactions endpoint: Discord brings each interaction in a request of its own, and hears in its answer that it
//! arrived (<https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint>). Nothing is kept between
//! two of them, so any number of processes can stand behind one address.

use std::{sync::Arc, time::Duration};

pub(super) use axum::Router;
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::{DateTime, TimeDelta};
use serde_json::json;
use serenity::{all::Interaction, interactions_endpoint::Verifier};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::{Door, commands::pruned, inbound::Callback};

/// The signature of the raw body with the time before it, and that time (Ed25519, in hexadecimal; seconds since 1970).
const SIGNATURE: &str = "x-signature-ed25519";
const TIMESTAMP: &str = "x-signature-timestamp";

/// An interaction is some kilobytes long, with the message that it came from some tens of them.
const MOST_BYTES: usize = 256 * 1024;

/// A signature of longer ago was made for an interaction whose token is dead; it is brought by someone else.
const OLDEST: TimeDelta = TimeDelta::minutes(15);

/// Interactions whose acknowledgement is not made yet.
const AT_ONCE: usize = 1024;

/// Everything until the acknowledgement takes no longer; Discord waits three seconds.
const ACKNOWLEDGING: Duration = Duration::from_millis(2700);

struct Reception {
    door: Arc<Door>,
    verifier: Option<Verifier>,
    room: Semaphore,
}

/// Answers at `discord.endpoint_path`.
pub(super) fn router(door: Arc<Door>) -> Router {
    let path = door.options.endpoint_path.clone();
    let verifier = door.options.public_key.as_ref().and_then(|key| Verifier::try_new(key.0).ok());
    let reception = Reception { door, verifier, room: Semaphore::new(AT_ONCE) };
    Router::new().route(&path, post(bring)).layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(Arc::new(reception))
}

/// Nothing is read from someone who does not even look like Discord.
async fn bring(State(reception): State<Arc<Reception>>, request: Request) -> Response {
    if !may_be_of_discord(&reception, request.headers()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(_room) = reception.room.try_acquire() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    timeout(ACKNOWLEDGING, answer(&reception, request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

async fn answer(reception: &Reception, request: Request) -> Response {
    let headers = request.headers().clone();
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    if !is_of_discord(reception, &headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(interaction) = serde_json::from_slice::<Interaction>(&body) else {
        tracing::warn!("something that is no interaction was brought");
        return StatusCode::BAD_REQUEST.into_response();
    };
    if matches!(interaction, Interaction::Ping(_)) {
        return said(&json!({"type": 1}));
    }
    let (sender, acknowledged) = oneshot::channel();
    let door = Arc::clone(&reception.door);
    // It runs to its end, also when whoever brought it goes away.
    reception.door.tasks.spawn(async move { door.take(interaction, Callback::Answer(sender)).await });
    match acknowledged.await.ok().and_then(|response| serde_json::to_value(response).ok()) {
        Some(response) => said(&pruned(response)),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether there is a signature at all, and of a time that is not long ago.
fn may_be_of_discord(reception: &Reception, headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = header(SIGNATURE).len() == 128 && header(SIGNATURE).bytes().all(|byte| byte.is_ascii_hexdigit());
    let at = header(TIMESTAMP).parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    signed && at.is_some_and(|at| (reception.door.core.now() - at).abs() <= OLDEST)
}

/// Whether the signature is Discord's, over the body as it came.
fn is_of_discord(reception: &Reception, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (&reception.verifier, header(SIGNATURE), header(TIMESTAMP)) {
        (Some(verifier), Some(signature), Some(timestamp)) => verifier.verify(signature, timestamp, body).is_ok(),
        _ => false,
    }
}

fn said(value: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
