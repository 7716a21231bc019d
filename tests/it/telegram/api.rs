//! A stateful stand-in for the Bot API server, over real HTTP. It refuses what Telegram refuses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequest, Multipart, Path, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use super::{
    official,
    pace::Pace,
    rules,
    server::{Call, Refusal},
    world::{Fault, TOKEN, World},
};

/// The server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct BotApi {
    inner: Arc<Inner>,
}

struct Inner {
    world: Mutex<World>,
    changed: Notify,
    port: u16,
    serving: Mutex<Option<JoinHandle<()>>>,
}

/// What a press led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    Callback(String),
    Url(String),
}

impl BotApi {
    pub(crate) async fn start(pace: Pace) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner =
            Inner { world: Mutex::new(World::new(pace)), changed: Notify::new(), port, serving: Mutex::default() };
        let api = Self { inner: Arc::new(inner) };
        api.serve(listener);
        api
    }

    fn serve(&self, listener: TcpListener) {
        let router = Router::new().route("/{bot}/{method}", any(answer)).with_state(self.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        *self.inner.serving.lock().expect("no panic") = Some(serving);
    }

    /// Nobody can connect any more.
    pub(crate) fn vanish(&self) {
        if let Some(serving) = self.inner.serving.lock().expect("no panic").take() {
            serving.abort();
        }
    }

    pub(crate) async fn come_back(&self) {
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", self.inner.port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.serve(listener);
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

    /// Waits until it is so. The transcripts of all chats tell why it is not.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        self.until_within(Duration::from_secs(30), what, &mut is_so).await;
    }

    pub(crate) async fn until_within(&self, patience: Duration, what: &str, is_so: &mut impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + patience;
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
                let chats: Vec<String> = world.chats.keys().take(5).map(|chat| world.transcript(*chat)).collect();
                panic!("{what}: it is not so.\nrefused: {:?}\n{}", world.refused, chats.join("\n---\n"));
            }
            // Some things are seen in time alone.
            let _ = tokio::time::timeout(left.min(Duration::from_millis(50)), changed).await;
        }
    }

    /// Starts to bring updates to the webhook, several at a time, again until each was taken.
    pub(crate) fn deliver(&self) -> JoinHandle<()> {
        let api = self.clone();
        tokio::spawn(async move {
            loop {
                let (next, webhook) = {
                    let world = api.world();
                    (world.updates.front().cloned(), world.webhook.clone())
                };
                let (Some((id, update)), Some(webhook)) = (next, webhook) else {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                };
                let url = webhook["url"].as_str().expect("an address").to_owned();
                let secret = webhook["secret_token"].as_str().unwrap_or_default().to_owned();
                match post(&url, &secret, &update.to_string()).await {
                    Some(200) => api.confirm(id + 1),
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        })
    }

    fn confirm(&self, before: i64) {
        let mut world = self.world();
        while world.updates.front().is_some_and(|(id, _)| *id < before) {
            let update = world.updates.pop_front().expect("an update").1;
            world.past.push(update);
            world.confirmed += 1;
        }
        drop(world);
        self.changed();
    }

    async fn get_updates(&self, call: &Call) -> Result<Value, Refusal> {
        rules::check_fields("getUpdates", &call.fields, false)?;
        let number = |name: &str| call.fields.get(name).and_then(Value::as_i64).unwrap_or_default();
        self.confirm(number("offset"));
        let mine = {
            let mut world = self.world();
            if world.webhook.is_some() {
                let said = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first";
                return Err(Refusal(409, said.to_owned(), Value::Null));
            }
            world.polls += 1;
            world.polls
        };
        self.changed();
        let until = Instant::now() + Duration::from_secs(u64::try_from(number("timeout")).expect("a time"));
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let world = self.world();
                if world.polls != mine {
                    let said = "Conflict: terminated by other getUpdates request; make sure that only one bot instance \
                        is running";
                    return Err(Refusal(409, said.to_owned(), Value::Null));
                }
                let most = usize::try_from(number("limit").clamp(1, 100)).expect("a number");
                let mut batch: Vec<Value> = world.updates.iter().take(most).map(|(_, update)| update.clone()).collect();
                if world.reversed {
                    batch.reverse();
                }
                if !batch.is_empty() || Instant::now() >= until {
                    return Ok(batch.into());
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            let _ = tokio::time::timeout(left, changed).await;
        }
    }
}

/// Answers one request, or lets the connection fall.
async fn answer(State(api): State<BotApi>, Path((bot, method)): Path<(String, String)>, request: Request) -> Response {
    if bot != format!("bot{TOKEN}") {
        return refused(&Refusal(401, "Unauthorized".to_owned(), Value::Null));
    }
    let Some(method) = rules::method(&method) else {
        return refused(&Refusal(404, "Not Found".to_owned(), Value::Null));
    };
    // Whoever dies while asking has not asked.
    let Some(call) = read(method, request).await else { return fallen() };
    let wrong = official::request(method, &call.fields, call.form);
    api.world().refused.extend(wrong);
    *api.world().calls.entry(method.to_owned()).or_default() += 1;
    let fault = api.world().faults.get_mut(method).and_then(std::collections::VecDeque::pop_front);
    match fault {
        Some(Fault::DropBefore) => return fallen(),
        Some(Fault::BadGateway) => return (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response(),
        Some(Fault::TooMany(seconds)) => {
            let chat = call.fields.get("chat_id").map(Value::to_string).unwrap_or_default();
            let chat = chat.trim_matches('"').parse().unwrap_or_default();
            api.world().taken.refuse(chat, Duration::from_secs(seconds));
            let said = format!("Too Many Requests: retry after {seconds}");
            return refused(&Refusal(429, said, json!({"retry_after": seconds})));
        }
        Some(Fault::Strange) => return refused(&Refusal(400, "Bad Request: STRANGE".to_owned(), Value::Null)),
        Some(Fault::DropAfter) | None => {}
    }
    let done = if method == "getUpdates" { api.get_updates(&call).await } else { api.world().call(&call) };
    if let Err(Refusal(400, reason, Value::Null)) = &done {
        let known = ["not modified", "message to edit not found", "query is too old", "wrong file identifier"];
        let mut world = api.world();
        let line = format!("{method}: {reason}");
        if known.iter().any(|known| reason.contains(known)) {
            world.tolerated.push(line);
        } else {
            world.refused.push(line);
        }
    }
    if method != "getUpdates" {
        if let Ok(result) = &done {
            let wrong = official::answer(method, result);
            api.world().refused.extend(wrong);
        }
        api.changed();
    }
    if fault == Some(Fault::DropAfter) {
        return fallen();
    }
    match done {
        Ok(result) => json_answer(StatusCode::OK, &json!({"ok": true, "result": result})),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(Refusal(code, description, parameters): &Refusal) -> Response {
    let mut said = json!({"ok": false, "error_code": code, "description": description});
    if !parameters.is_null() {
        said["parameters"] = parameters.clone();
    }
    json_answer(StatusCode::from_u16(*code).expect("a code"), &said)
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// A body that breaks off before its first byte ends the connection.
fn fallen() -> Response {
    struct Broken;
    impl axum::body::HttpBody for Broken {
        type Data = bytes::Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            std::task::Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
        }
    }
    Response::new(Body::new(Broken))
}

async fn read(method: &'static str, request: Request) -> Option<Call> {
    let form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart"));
    let (mut fields, mut files) = (Map::new(), HashMap::new());
    if form {
        let mut parts = Multipart::from_request(request, &()).await.ok()?;
        while let Some(part) = parts.next_field().await.ok()? {
            let name = part.name()?.to_owned();
            if let Some(file) = part.file_name().map(str::to_owned) {
                files.insert(name, (file, part.bytes().await.ok()?));
            } else {
                let text = part.text().await.ok()?;
                // Objects and lists are said as JSON.
                let value =
                    serde_json::from_str(&text).ok().filter(|value: &Value| value.is_object() || value.is_array());
                fields.insert(name, value.unwrap_or(Value::String(text)));
            }
        }
    } else {
        let bytes = axum::body::to_bytes(request.into_body(), 1 << 24).await.ok()?;
        if !bytes.is_empty() {
            fields = serde_json::from_slice(&bytes).ok()?;
        }
    }
    Some(Call { method, fields, files, form })
}

/// Posts by hand, and gives the status; `None` where there was no answer.
pub(crate) async fn post(url: &str, secret: &str, body: &str) -> Option<u16> {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).await.ok()?;
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-Telegram-Bot-Api-Secret-Token: {secret}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.lock().expect("no panic").take() {
            serving.abort();
        }
    }
}
