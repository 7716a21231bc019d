//! A stand-in for the Bot API server that does as little as one can: it keeps what people see, and hands out what they do.
//! What Telegram refuses is held against us by the tests; here only its limits are kept, where a scenario asks for them.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::body::Body;
use hyper::Response;
use serde_json::Value;
use tokio::sync::Notify;

use super::{
    call::Call,
    http::{self, Asked, Line, Served},
    pace::{Pace, Taken},
    wire::{Message, buttons, chat_json, said, user_json},
};

pub(crate) const TOKEN: &str = "4242:TEST-token_of-the-fake-server";
const ME: &str = r#"{"id":4242,"is_bot":true,"first_name":"밥상","username":"bapsang_test_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":true,"can_connect_to_business":false,"has_main_web_app":false}"#;

/// What a message shows to whoever it is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) message: i64,
    pub(crate) photo: bool,
    /// Labels and data of its buttons.
    pub(crate) buttons: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Shown {
    pub(crate) fn button(&self, label: &str) -> Option<&str> {
        self.buttons.iter().find(|(known, _)| known == label).map(|(_, data)| data.as_str())
    }
}

/// What one person sees in one chat.
#[derive(Debug, Default)]
struct Talk {
    shown: Shown,
    /// Grows with each message that is sent or changed.
    version: u64,
    at: Option<Instant>,
    /// The press that is not answered yet.
    pressed: Option<(u64, Instant)>,
    /// What the answer to the last press said.
    notice: String,
    heard: Arc<Notify>,
}

#[derive(Debug, Default)]
struct World {
    talks: HashMap<(i64, i64), Talk>,
    messages: HashMap<(i64, i64), Message>,
    next_message: i64,
    next_update: i64,
    next_callback: u64,
    updates: VecDeque<(i64, String)>,
    callbacks: HashMap<u64, (i64, i64, Instant)>,
    /// What came of presses: to the answer of the callback, and to the message.
    answered: Vec<Duration>,
    shown: Vec<Duration>,
    /// Updates that were confirmed.
    confirmed: u64,
    next_file: u64,
    secret: String,
    taken: Option<Taken>,
    /// When each message was taken, where that is asked for.
    kept: Option<Vec<(Instant, i64)>>,
    /// Each so many-th call is refused, with so many seconds to wait.
    storm: Option<(u64, u64)>,
    sent: u64,
    refused: u64,
    polled: bool,
}

/// The server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct BotApi {
    world: Arc<Mutex<World>>,
    updates: Arc<Notify>,
    polled: Arc<Notify>,
    brought: Arc<Mutex<Option<Arc<async_queue::Queue>>>>,
    pub(crate) served: Served,
}

/// What a measurement of presses says.
#[derive(Debug, Default, Clone)]
pub(crate) struct Times {
    pub(crate) answered: Vec<Duration>,
    pub(crate) shown: Vec<Duration>,
}

/// Updates on their way to webhooks.
mod async_queue {
    use std::{collections::VecDeque, sync::Mutex};

    use tokio::sync::Notify;

    #[derive(Debug, Default)]
    pub(super) struct Queue {
        waiting: Mutex<VecDeque<String>>,
        some: Notify,
    }

    impl Queue {
        pub(super) fn push(&self, update: String) {
            self.waiting.lock().expect("no panic").push_back(update);
            self.some.notify_one();
        }

        pub(super) async fn pop(&self) -> String {
            loop {
                if let Some(update) = self.waiting.lock().expect("no panic").pop_front() {
                    return update;
                }
                self.some.notified().await;
            }
        }
    }
}

impl BotApi {
    /// A server that keeps these limits, or none.
    pub(crate) async fn start(pace: Option<Pace>) -> Self {
        let world = World { taken: pace.map(Taken::new), next_message: 1, next_update: 1000, ..World::default() };
        let world = Arc::new(Mutex::new(world));
        let (updates, polled) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (known, some, asked_for) = (Arc::clone(&world), Arc::clone(&updates), Arc::clone(&polled));
        let served = http::serve(move |asked| {
            let (world, updates, polled) = (Arc::clone(&known), Arc::clone(&some), Arc::clone(&asked_for));
            async move { answer(&world, &updates, &polled, asked).await }
        })
        .await;
        Self { world, updates, polled, brought: Arc::default(), served }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no panic")
    }

    pub(crate) fn url(&self) -> String {
        self.served.url()
    }

    /// Waits until updates are asked for.
    pub(crate) async fn is_polled(&self) {
        loop {
            let polled = self.polled.notified();
            if self.world().polled {
                return;
            }
            polled.await;
        }
    }

    /// From now on updates are brought to these in turn, over so many connections to each.
    pub(crate) fn bring(&self, to: &[SocketAddr], connections: usize) {
        let queue = Arc::new(async_queue::Queue::default());
        *self.brought.lock().expect("no panic") = Some(Arc::clone(&queue));
        for address in to.iter().flat_map(|address| std::iter::repeat_n(*address, connections)) {
            let (queue, api) = (Arc::clone(&queue), self.clone());
            tokio::spawn(async move {
                let mut line = Line::to(address);
                loop {
                    let update = queue.pop().await;
                    let secret = format!("x-telegram-bot-api-secret-token: {}\r\n", api.world().secret);
                    while line.post("/telegram", &secret, update.as_bytes()).await != Some(200) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    api.world().confirmed += 1;
                }
            });
        }
    }

    fn push(&self, kind: &str, value: &str) {
        let mut world = self.world();
        world.next_update += 1;
        let number = world.next_update;
        let update = format!(r#"{{"update_id":{number},"{kind}":{value}}}"#);
        if let Some(queue) = self.brought.lock().expect("no panic").as_ref() {
            queue.push(update);
            return;
        }
        world.updates.push_back((number, update));
        drop(world);
        self.updates.notify_one();
    }

    /// Somebody writes; gives the version that was shown before.
    pub(crate) fn says(&self, chat: i64, user: i64, text: &str) -> u64 {
        let (message, version) = {
            let mut world = self.world();
            let message = world.fresh_message();
            // Who wrote it is who is answered.
            let mine = Message { owner: user, photo: false, text: String::new(), markup: String::new() };
            if chat < 0 {
                world.messages.insert((chat, message), mine);
            }
            (message, world.talks.entry((chat, user)).or_default().version)
        };
        let entities = if text.starts_with('/') {
            let length = text.split(' ').next().unwrap_or(text).len();
            format!(r#","entities":[{{"type":"bot_command","offset":0,"length":{length}}}]"#)
        } else {
            String::new()
        };
        let text = Value::from(text);
        self.push(
            "message",
            &format!(
                r#"{{"message_id":{message},"date":1795000000,"chat":{},"from":{},"text":{text}{entities}}}"#,
                chat_json(chat),
                user_json(user)
            ),
        );
        version
    }

    /// Somebody presses a button with this data under what they were shown; gives the version that was shown before.
    pub(crate) fn presses(&self, chat: i64, user: i64, data: &str) -> u64 {
        let (update, version) = {
            let mut world = self.world();
            world.next_callback += 1;
            let callback = world.next_callback;
            let now = Instant::now();
            world.callbacks.insert(callback, (chat, user, now));
            let talk = world.talks.entry((chat, user)).or_default();
            talk.pressed = Some((callback, now));
            talk.notice.clear();
            let (version, id) = (talk.version, talk.shown.message);
            let message = world.messages.get(&(chat, id)).map(|message| said(chat, id, message, "file0"));
            let update = format!(
                r#"{{"id":"{callback}","from":{},"chat_instance":"1","data":{},"message":{}}}"#,
                user_json(user),
                Value::from(data),
                message.unwrap_or_else(|| "null".to_owned())
            );
            (update, version)
        };
        self.push("callback_query", &update);
        version
    }

    /// What somebody is shown after this version, or `None` after so long.
    pub(crate) async fn after(&self, chat: i64, user: i64, version: u64, patience: Duration) -> Option<(Shown, u64)> {
        let heard = Arc::clone(&self.world().talks.entry((chat, user)).or_default().heard);
        let looking = async {
            loop {
                let changed = heard.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                {
                    let world = self.world();
                    let talk = &world.talks[&(chat, user)];
                    if talk.version > version {
                        return (talk.shown.clone(), talk.version);
                    }
                }
                changed.await;
            }
        };
        tokio::time::timeout(patience, looking).await.ok()
    }

    /// What the answer to somebody's last press said.
    pub(crate) fn notice(&self, chat: i64, user: i64) -> String {
        self.world().talks.get(&(chat, user)).map(|talk| talk.notice.clone()).unwrap_or_default()
    }

    /// How long presses took since this was asked the last time.
    pub(crate) fn times(&self) -> Times {
        let mut world = self.world();
        Times { answered: std::mem::take(&mut world.answered), shown: std::mem::take(&mut world.shown) }
    }

    /// Updates that were confirmed, messages that were sent or changed, and calls that were refused with 429.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let world = self.world();
        (world.confirmed, world.sent, world.refused)
    }

    /// Refuses each so many-th call and asks to wait for so many seconds, or no longer does.
    pub(crate) fn storms(&self, storm: Option<(u64, u64)>) {
        self.world().storm = storm;
    }

    /// Keeps the moments at which messages are taken from now on.
    pub(crate) fn keeps_moments(&self) {
        self.world().kept = Some(Vec::new());
    }

    pub(crate) fn moments(&self) -> Vec<(Instant, i64)> {
        self.world().kept.take().unwrap_or_default()
    }
}

impl World {
    fn fresh_message(&mut self) -> i64 {
        self.next_message += 1;
        self.next_message
    }

    fn seen(&mut self, chat: i64, id: i64) {
        let Some(message) = self.messages.get(&(chat, id)).cloned() else { return };
        let talk = self.talks.entry((chat, message.owner)).or_default();
        let now = Instant::now();
        talk.shown = Shown {
            message: id,
            photo: message.photo,
            buttons: buttons(&message.markup),
            text: serde_json::from_str(&message.text).unwrap_or_default(),
        };
        (talk.version, talk.at) = (talk.version + 1, Some(now));
        let pressed = talk.pressed.take();
        talk.heard.notify_waiters();
        self.shown.extend(pressed.map(|(_, since)| now - since));
    }

    fn takes(&mut self, chat: i64) -> Result<(), u64> {
        self.sent += 1;
        if let Some((every, seconds)) = self.storm
            && self.sent.is_multiple_of(every)
        {
            self.refused += 1;
            return Err(seconds);
        }
        if let Some(taken) = &mut self.taken {
            taken.take(chat).inspect_err(|_| self.refused += 1)?;
        }
        if let Some(kept) = &mut self.kept {
            kept.push((Instant::now(), chat));
        }
        Ok(())
    }

    fn call(&mut self, method: &str, call: Call) -> Result<String, (u16, String)> {
        let chat = call.chat;
        if method.starts_with("send") || method.starts_with("edit") {
            self.takes(chat).map_err(|seconds| {
                let said = format!(
                    r#"{{"ok":false,"error_code":429,"description":"Too Many Requests: retry after {seconds}","parameters":{{"retry_after":{seconds}}}}}"#
                );
                (429, said)
            })?;
        }
        Ok(match method {
            "sendmessage" | "sendphoto" | "senddocument" => {
                let id = self.fresh_message();
                let answered = call.reply_to.and_then(|to| self.messages.get(&(chat, to)));
                let owner = answered.map_or(chat, |message| message.owner);
                let message = Message { owner, photo: method == "sendphoto", text: call.text, markup: call.markup };
                let file = self.file(&call.file);
                let said = said(chat, id, &message, &file);
                self.messages.insert((chat, id), message);
                self.seen(chat, id);
                said
            }
            "editmessagetext" | "editmessagecaption" | "editmessagemedia" | "editmessagereplymarkup" => {
                let file = self.file(&call.file);
                let Some(message) = self.messages.get_mut(&(chat, call.message)) else {
                    let said =
                        r#"{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}"#;
                    return Err((400, said.to_owned()));
                };
                message.photo |= method == "editmessagemedia";
                message.markup = call.markup;
                if method != "editmessagereplymarkup" {
                    message.text = call.text;
                }
                let said = said(chat, call.message, message, &file);
                self.seen(chat, call.message);
                said
            }
            "answercallbackquery" => {
                if let Some((chat, user, since)) = self.callbacks.remove(&call.callback) {
                    self.answered.push(since.elapsed());
                    let talk = self.talks.entry((chat, user)).or_default();
                    talk.notice = serde_json::from_str(&call.text).unwrap_or_default();
                    if !talk.notice.is_empty() {
                        // Where a sentence is the answer, no message follows.
                        let pressed = talk.pressed.take();
                        talk.version += 1;
                        talk.heard.notify_waiters();
                        self.shown.extend(pressed.map(|(_, since)| since.elapsed()));
                    }
                }
                "true".to_owned()
            }
            "getme" => ME.to_owned(),
            "setwebhook" => {
                self.secret = call.secret;
                "true".to_owned()
            }
            "getmycommands" => "[]".to_owned(),
            "getmyname" => r#"{"name":"밥상"}"#.to_owned(),
            "getmydescription" => r#"{"description":""}"#.to_owned(),
            "getmyshortdescription" => r#"{"short_description":""}"#.to_owned(),
            _ => "true".to_owned(),
        })
    }

    fn file(&mut self, file: &str) -> String {
        if file.is_empty() || file.starts_with("attach:") {
            self.next_file += 1;
            return format!("file{}", self.next_file);
        }
        file.to_owned()
    }

    fn batch(&mut self, offset: i64, limit: usize) -> Option<String> {
        while self.updates.front().is_some_and(|(id, _)| *id < offset) {
            self.updates.pop_front();
            self.confirmed += 1;
        }
        if self.updates.is_empty() {
            return None;
        }
        let mut batch = String::with_capacity(4096);
        batch.push('[');
        for (_, update) in self.updates.iter().take(limit) {
            if batch.len() > 1 {
                batch.push(',');
            }
            batch.push_str(update);
        }
        batch.push(']');
        Some(batch)
    }
}

async fn answer(world: &Mutex<World>, updates: &Notify, polled: &Notify, asked: Asked) -> Response<Body> {
    let method = asked.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let Some(call) = Call::read(&asked.kind, &asked.body) else { return http::json(400, "{}".to_owned()) };
    let ok = |result: String| http::json(200, format!(r#"{{"ok":true,"result":{result}}}"#));
    if method != "getupdates" {
        let done = world.lock().expect("no panic").call(&method, call);
        return match done {
            Ok(result) => ok(result),
            Err((status, said)) => http::json(status, said),
        };
    }
    let until = tokio::time::Instant::now() + Duration::from_secs(call.timeout);
    let mut offset = call.offset;
    loop {
        let some = updates.notified();
        tokio::pin!(some);
        some.as_mut().enable();
        {
            let mut world = world.lock().expect("no panic");
            if !world.polled {
                world.polled = true;
                polled.notify_waiters();
            }
            if let Some(batch) = world.batch(offset, call.limit) {
                return ok(batch);
            }
        }
        offset = offset.max(0);
        if tokio::time::timeout_at(until, some).await.is_err() {
            return ok("[]".to_owned());
        }
    }
}
