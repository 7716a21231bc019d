//! A stateful stand-in for Discord, over real HTTP and WebSocket. It refuses what Discord refuses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Multipart, Request, State},
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use super::{
    gateway, official,
    rest::{Call, Refusal},
    rules,
    world::{Fault, World},
};

/// What interactions are signed with.
const KEY: [u8; 32] = [7; 32];

/// The server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DiscordApi {
    inner: Arc<Inner>,
}

struct Inner {
    world: Mutex<World>,
    changed: Notify,
    port: u16,
    /// Where interactions are brought, if not over the gateway.
    endpoint: Mutex<Option<String>>,
    serving: Mutex<Vec<JoinHandle<()>>>,
}

impl DiscordApi {
    pub(crate) async fn start() -> Self {
        let http = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let sockets = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut world = World::new();
        world.gateway.port = sockets.local_addr().expect("an address").port();
        world.gateway.heartbeat = 41_250;
        let inner = Inner {
            world: Mutex::new(world),
            changed: Notify::new(),
            port: http.local_addr().expect("an address").port(),
            endpoint: Mutex::default(),
            serving: Mutex::default(),
        };
        let api = Self { inner: Arc::new(inner) };
        let router = Router::new().fallback(answer).with_state(api.clone());
        let serving = tokio::spawn(async move { axum::serve(http, router).await.expect("it serves") });
        let connecting = tokio::spawn(gateway::serve(api.clone(), sockets));
        api.inner.serving.lock().expect("no panic").extend([serving, connecting]);
        api
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.inner.port)
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().expect("no panic")
    }

    pub(super) fn changed(&self) {
        self.inner.changed.notify_waiters();
    }

    /// Waits until it is so. The transcripts of all channels tell why it is not.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if is_so(self) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let world = self.world();
                let channels: Vec<String> = world.channels.keys().map(|id| world.transcript(*id)).collect();
                panic!("{what}: it is not so.\nrefused: {:?}\n{}", world.refused, channels.join("\n---\n"));
            }
            // Some things are seen in time alone.
            let _ = tokio::time::timeout(left.min(Duration::from_millis(50)), changed).await;
        }
    }

    /// What an endpoint checks signatures with, in hexadecimal.
    pub(crate) fn public_key() -> String {
        hex::encode(SigningKey::from_bytes(&KEY).verifying_key().to_bytes())
    }

    /// Interactions are brought there from now on.
    pub(crate) fn deliver_to(&self, url: &str) {
        *self.inner.endpoint.lock().expect("no panic") = Some(url.to_owned());
    }

    pub(crate) fn endpoint(&self) -> Option<String> {
        self.inner.endpoint.lock().expect("no panic").clone()
    }

    /// Brings an interaction over the gateway, or to the endpoint, whose answer is its acknowledgement.
    pub(super) fn bring(&self, id: u64) {
        let body = self.world().interactions[&id].body.clone();
        let Some(url) = self.endpoint() else {
            self.world().gateway.dispatch("INTERACTION_CREATE", &body);
            self.changed();
            return;
        };
        let api = self.clone();
        tokio::spawn(async move {
            let token = body["token"].as_str().unwrap_or_default().to_owned();
            let answer = api.post_signed(&url, &body.to_string(), true).await;
            if answer.as_ref().is_none_or(|(status, _)| *status != 200) {
                let status = answer.as_ref().map(|(status, _)| *status);
                api.world().refused.push(format!("endpoint: an interaction was answered by {status:?}"));
            }
            if let Some((200, said)) = answer
                && let Ok(said) = serde_json::from_str::<Value>(&said)
            {
                let number = id.to_string();
                let path = ["interactions", &number, &token, "callback"].map(str::to_owned);
                let wrong = official::request("POST", &path, &[], &rules::as_described(&said));
                let mut world = api.world();
                world.refused.extend(wrong);
                let route = "POST /interactions/{interaction_id}/{interaction_token}/callback";
                let checked = rules::check(route, &said).map_err(Refusal::from);
                let heard = checked.and_then(|()| world.acknowledge(id, &token, &said));
                if let Err(Refusal(_, code, reason)) = heard
                    && code != 40060
                {
                    world.refused.push(format!("endpoint: {reason}"));
                }
                drop(world);
                api.changed();
            }
        });
    }

    /// Posts a body with its signature, or a wrong one; gives status and body.
    pub(crate) async fn post_signed(&self, url: &str, body: &str, well: bool) -> Option<(u16, String)> {
        let timestamp = "1795435200";
        let key = SigningKey::from_bytes(&KEY);
        let signed = if well { format!("{timestamp}{body}") } else { format!("{timestamp}{body} ") };
        let signature = hex::encode(key.sign(signed.as_bytes()).to_bytes());
        let headers = format!("X-Signature-Ed25519: {signature}\r\nX-Signature-Timestamp: {timestamp}\r\n");
        post(url, &headers, body).await
    }
}

/// Posts by hand, and gives status and body; `None` where there was no answer.
pub(crate) async fn post(url: &str, headers: &str, body: &str) -> Option<(u16, String)> {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).await.ok()?;
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         {headers}Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// What may be refused without our being wrong.
const TOLERATED: [u64; 7] = [10008, 10015, 10062, 40060, 50001, 50007, 10003];

/// Answers one request, or lets the connection fall.
async fn answer(State(api): State<DiscordApi>, request: Request) -> Response {
    let Some(call) = read(request).await else {
        // Whoever dies while asking has not asked; whoever asks in no form that is known is wrong.
        api.world().tolerated.push("a request that does not read".to_owned());
        return fallen();
    };
    let route = call.route();
    let wrong = official::request(&call.method, &call.path, &call.query, &rules::as_described(&call.body));
    let (fault, waits) = {
        let mut world = api.world();
        world.refused.extend(wrong);
        *world.calls.entry(route.to_owned()).or_default() += 1;
        let waits = world.waits.get(route).is_some_and(|until| Instant::now() < *until);
        let fault =
            if waits { None } else { world.faults.get_mut(route).and_then(std::collections::VecDeque::pop_front) };
        if let Some(Fault::TooMany(milliseconds)) = fault {
            world.waits.insert(route, Instant::now() + Duration::from_millis(milliseconds));
        }
        (fault, waits)
    };
    match fault {
        Some(Fault::DropBefore) => return fallen(),
        Some(Fault::BadGateway) => return (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response(),
        _ if waits || matches!(fault, Some(Fault::TooMany(_))) => {
            let said = json!({"message": "You are being rate limited.", "retry_after": 0.5, "global": false});
            return said_as(StatusCode::TOO_MANY_REQUESTS, &said);
        }
        Some(Fault::Strange) => {
            let said = json!({"code": 50035, "message": "Invalid Form Body"});
            return said_as(StatusCode::BAD_REQUEST, &said);
        }
        _ => {}
    }
    let done = api.world().call(&call);
    if let Err(Refusal(status, code, reason)) = &done {
        let mut world = api.world();
        let line = format!("{route}: {status} {code} {reason}");
        if TOLERATED.contains(code) || *status == 401 { world.tolerated.push(line) } else { world.refused.push(line) }
    }
    api.changed();
    if fault == Some(Fault::DropAfter) {
        return fallen();
    }
    match done {
        Ok(Value::Null) => StatusCode::NO_CONTENT.into_response(),
        Ok(value) => said_as(StatusCode::OK, &value),
        Err(Refusal(status, code, message)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            said_as(status, &json!({"code": code, "message": message}))
        }
    }
}

fn said_as(status: StatusCode, value: &Value) -> Response {
    let limits = [
        (CONTENT_TYPE.as_str(), "application/json"),
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "4"),
        ("x-ratelimit-reset-after", "1"),
        ("x-ratelimit-bucket", "stand-in"),
    ];
    (status, limits, value.to_string()).into_response()
}

/// A body that breaks off before its first byte ends the connection.
fn fallen() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Response::new(Body::new(Broken(Some(broken))))
}

struct Broken(Option<std::io::Error>);

impl axum::body::HttpBody for Broken {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(Err))
    }
}

async fn read(request: Request) -> Option<Call> {
    let method = request.method().to_string();
    let path = request.uri().path().strip_prefix("/api/v10/")?;
    let path: Vec<String> = path.split('/').map(|part| part.replace("%40", "@")).collect();
    let query = request.uri().query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let token = request.headers().get(AUTHORIZATION).and_then(|token| token.to_str().ok()).map(str::to_owned);
    let form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart"));
    let (mut body, mut files) = (Value::Null, HashMap::new());
    if form {
        let mut parts = Multipart::from_request(request, &()).await.ok()?;
        while let Some(part) = parts.next_field().await.ok()? {
            let name = part.name()?.to_owned();
            if name == "payload_json" {
                body = serde_json::from_str(&part.text().await.ok()?).ok()?;
            } else {
                let number = name.strip_prefix("files[")?.strip_suffix(']')?.to_owned();
                let file = part.file_name()?.to_owned();
                files.insert(number, (file, part.bytes().await.ok()?));
            }
        }
    } else {
        let bytes = axum::body::to_bytes(request.into_body(), 1 << 24).await.ok()?;
        if !bytes.is_empty() {
            body = serde_json::from_slice(&bytes).ok()?;
        }
    }
    Some(Call { method, path, query, token, body, files })
}

impl Drop for Inner {
    fn drop(&mut self) {
        for serving in self.serving.lock().expect("no panic").drain(..) {
            serving.abort();
        }
    }
}
