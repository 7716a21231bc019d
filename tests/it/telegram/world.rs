//! What the fake knows: chats, messages, people, updates. What people do, and what can be read of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    fmt::Write as _,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    official,
    pace::{Pace, Taken},
};

pub(crate) const BOT: i64 = 4242;
pub(crate) const USERNAME: &str = "bapsang_test_bot";
pub(crate) const TOKEN: &str = "4242:TEST-token_of-the-fake-server";

/// Someone with a phone.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) language: Option<&'static str>,
}

impl Guest {
    pub(crate) fn new(id: i64, name: &str, language: Option<&'static str>) -> Self {
        Self { id, name: name.to_owned(), language }
    }

    pub(super) fn json(&self) -> Value {
        let mut user = json!({"id": self.id, "is_bot": false, "first_name": self.name});
        if let Some(language) = self.language {
            user["language_code"] = language.into();
        }
        user
    }
}

/// A message as people see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: i64,
    /// Who wrote it; 0 for the bot.
    pub(crate) from: i64,
    pub(crate) text: String,
    pub(crate) photo: Option<String>,
    pub(crate) document: Option<(String, String)>,
    /// Rows of buttons.
    pub(crate) keyboard: Vec<Vec<Value>>,
    pub(crate) thread: Option<i64>,
    pub(crate) reply_to: Option<i64>,
    pub(crate) edits: u32,
}

impl Message {
    pub(crate) fn labels(&self) -> Vec<&str> {
        self.keyboard.iter().flatten().filter_map(|button| button["text"].as_str()).collect()
    }

    fn shown(&self) -> String {
        let mut lines = Vec::new();
        if self.photo.is_some() {
            lines.push("(photo)".to_owned());
        }
        if let Some((name, _)) = &self.document {
            lines.push(format!("(file {name})"));
        }
        lines.extend(self.text.lines().map(str::to_owned));
        let row = |row: &Vec<Value>| {
            let link = |button: &Value| if button["url"].is_string() { "→" } else { "" };
            let labels =
                row.iter().map(|button| format!("[{}{}]", button["text"].as_str().unwrap_or_default(), link(button)));
            labels.collect::<Vec<_>>().join(" ")
        };
        lines.extend(self.keyboard.iter().map(row));
        lines.iter().map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

#[derive(Debug)]
pub(super) struct Chat {
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) messages: BTreeMap<i64, Message>,
    pub(super) next_message: i64,
    pub(super) threads: HashSet<i64>,
    /// Why the bot cannot write there.
    pub(super) shut: Option<&'static str>,
    pub(super) moved_to: Option<i64>,
    log: String,
}

/// What was said in the answer to a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) user: i64,
    pub(crate) text: String,
    pub(crate) url: String,
}

/// A callback that waits for its answer.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) user: i64,
    pub(super) chat: i64,
    pub(super) since: Instant,
    pub(super) answered: Option<Instant>,
}

/// Something that goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends before anything is done.
    DropBefore,
    /// It is done, and the connection ends without an answer.
    DropAfter,
    /// 429 with so many seconds, which are enforced.
    TooMany(u64),
    /// A page instead of an answer.
    BadGateway,
    /// A reason that nobody has heard of.
    Strange,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) chats: HashMap<i64, Chat>,
    pub(super) guests: HashMap<i64, Guest>,
    pub(super) updates: VecDeque<(i64, Value)>,
    /// Updates that were confirmed, for when they are sent again.
    pub(super) past: Vec<Value>,
    pub(super) next_update: i64,
    pub(super) confirmed: usize,
    pub(super) reversed: bool,
    pub(super) callbacks: HashMap<String, Callback>,
    pub(super) answered: Vec<Duration>,
    pub(super) notices: Vec<Notice>,
    pub(super) queries: HashMap<String, Option<Value>>,
    pub(super) files: HashMap<String, usize>,
    /// What was set by setMy…, by method, scope and language.
    pub(super) set: HashMap<String, Value>,
    pub(super) webhook: Option<Value>,
    pub(super) polls: u64,
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    pub(super) calls: HashMap<String, usize>,
    pub(super) refused: Vec<String>,
    pub(super) tolerated: Vec<String>,
    pub(super) taken: Taken,
    /// How long a callback can be answered; and whether nothing is written down, since there is too much.
    pub(super) callback_patience: Duration,
    pub(super) quiet: bool,
    /// Chats in which the bot said something since they were last looked at.
    pub(super) touched: HashSet<i64>,
    next_chat: i64,
    next_id: u64,
}

impl World {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            chats: HashMap::new(),
            guests: HashMap::new(),
            updates: VecDeque::new(),
            past: Vec::new(),
            next_update: 1000,
            confirmed: 0,
            reversed: false,
            callbacks: HashMap::new(),
            answered: Vec::new(),
            notices: Vec::new(),
            queries: HashMap::new(),
            files: HashMap::new(),
            set: HashMap::new(),
            webhook: None,
            polls: 0,
            faults: HashMap::new(),
            calls: HashMap::new(),
            refused: Vec::new(),
            tolerated: Vec::new(),
            taken: Taken::new(pace),
            callback_patience: Duration::from_secs(15),
            quiet: false,
            touched: HashSet::new(),
            next_chat: -1_001_000_000_000,
            next_id: 0,
        }
    }

    pub(super) fn fresh(&mut self, what: &str) -> String {
        self.next_id += 1;
        format!("{what}{}", self.next_id)
    }

    pub(super) fn push(&mut self, kind: &str, value: &Value) {
        let update = json!({"update_id": self.next_update, kind: value});
        self.refused.extend(official::update(&update));
        self.push_anything(update);
    }

    /// Queues what Telegram may send one day, or never.
    pub(super) fn push_anything(&mut self, mut update: Value) {
        update["update_id"] = self.next_update.into();
        self.updates.push_back((self.next_update, update));
        self.next_update += 1;
    }

    pub(super) fn new_chat(&mut self, kind: &'static str, title: &str) -> i64 {
        self.next_chat -= 1;
        let id = if kind == "group" { self.next_chat + 1_000_000_000_000 } else { self.next_chat };
        self.add_chat(id, kind, title);
        id
    }

    pub(super) fn add_chat(&mut self, id: i64, kind: &'static str, title: &str) {
        let chat = Chat {
            kind,
            title: title.to_owned(),
            messages: BTreeMap::new(),
            next_message: 1,
            threads: HashSet::new(),
            shut: None,
            moved_to: None,
            log: String::new(),
        };
        self.chats.entry(id).or_insert(chat);
    }

    pub(super) fn chat(&mut self, id: i64) -> &mut Chat {
        self.chats.get_mut(&id).expect("a chat")
    }

    pub(super) fn log(&mut self, chat: i64, line: &str) {
        if self.quiet {
            return;
        }
        let _ = writeln!(self.chat(chat).log, "{line}");
    }

    pub(super) fn transcript(&self, chat: i64) -> String {
        self.chats.get(&chat).map(|chat| chat.log.clone()).unwrap_or_default()
    }

    /// Adds a message and gives its number.
    pub(super) fn add(&mut self, chat: i64, mut message: Message) -> i64 {
        let there = self.chat(chat);
        message.id = there.next_message;
        there.next_message += 1;
        let id = message.id;
        there.messages.insert(id, message.clone());
        if message.from == 0 {
            let thread = message.thread.map(|thread| format!(" in topic {thread}")).unwrap_or_default();
            let reply = message.reply_to.map(|reply| format!(" to #{reply}")).unwrap_or_default();
            self.touched.insert(chat);
            self.log(chat, &format!("bot #{id}{thread}{reply}:\n{}", message.shown()));
        } else {
            let name = self.guests[&message.from].name.clone();
            self.log(chat, &format!("{name} #{id}: {}", message.text));
        }
        id
    }

    pub(super) fn edited(&mut self, chat: i64, message: &Message) {
        self.touched.insert(chat);
        self.log(chat, &format!("bot changes #{}:\n{}", message.id, message.shown()));
    }

    pub(super) fn chat_json(&self, id: i64) -> Value {
        let chat = &self.chats[&id];
        match chat.kind {
            "private" => json!({"id": id, "type": "private", "first_name": chat.title}),
            "forum" => json!({"id": id, "type": "supergroup", "title": chat.title, "is_forum": true}),
            kind => json!({"id": id, "type": kind, "title": chat.title}),
        }
    }

    pub(super) fn user_json(&self, id: i64) -> Value {
        match self.guests.get(&id) {
            Some(guest) => guest.json(),
            None => json!({"id": BOT, "is_bot": true, "first_name": "밥상", "username": USERNAME}),
        }
    }

    pub(super) fn message_json(&self, chat: i64, message: &Message) -> Value {
        let mut json = json!({
            "message_id": message.id,
            "date": 1_795_000_000,
            "chat": self.chat_json(chat),
            "from": self.user_json(message.from),
        });
        if let Some(photo) = &message.photo {
            let size = self.files.get(photo).copied().unwrap_or_default();
            let sizes = [320, 1200].map(|width| {
                let file = if width == 1200 { photo.clone() } else { format!("{photo}-small") };
                json!({"file_id": file, "file_unique_id": format!("u{file}"), "width": width, "height": 2 * width / 3,
                    "file_size": size})
            });
            json["photo"] = json!(sizes);
            json["caption"] = message.text.clone().into();
        } else if let Some((name, text)) = &message.document {
            json["document"] = json!({"file_id": format!("doc{}", message.id), "file_unique_id": "d", "file_name": name,
                "file_size": text.len()});
            json["caption"] = message.text.clone().into();
        } else if message.text.is_empty() {
            json["dice"] = json!({"emoji": "🎲", "value": 3});
        } else {
            json["text"] = message.text.clone().into();
        }
        if !message.keyboard.is_empty() {
            json["reply_markup"] = json!({"inline_keyboard": message.keyboard});
        }
        if let Some(thread) = message.thread {
            json["message_thread_id"] = thread.into();
            json["is_topic_message"] = true.into();
        }
        if let Some(there) = message.reply_to.and_then(|id| self.chats[&chat].messages.get(&id)) {
            let bare = Message { reply_to: None, ..there.clone() };
            json["reply_to_message"] = self.message_json(chat, &bare);
        }
        json
    }
}
