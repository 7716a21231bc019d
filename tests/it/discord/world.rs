//! What the fake knows: people, channels, messages, interactions.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt::Write,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The bot's token; its first part is the bot's number in Base64.
pub(crate) const TOKEN: &str = "NDI0Mg.test.discord-token";

/// The bot, which is the application as well.
pub(super) const BOT: u64 = 4242;

/// Wire numbers are large.
const FIRST: u64 = 1_300_000_000_000_000_000;

/// Whoever sees this message alone is shown it; 64 of the flags says so.
const EPHEMERAL: u64 = 64;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The language of their client.
    pub(crate) locale: &'static str,
}

impl Guest {
    pub(crate) fn new(id: u64, name: &str, locale: &'static str) -> Self {
        Self { id, name: name.to_owned(), locale }
    }
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) bytes: usize,
}

pub(super) fn is_photo(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|kind| kind == "jpg")
}

/// A message as people see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: u64,
    /// Who wrote it; 0 for the bot.
    pub(crate) author: u64,
    pub(crate) channel: u64,
    pub(crate) content: String,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) files: Vec<File>,
    /// Who alone sees it.
    pub(crate) seen_by: Option<u64>,
    pub(crate) nonce: Option<String>,
    pub(crate) edits: u32,
}

impl Message {
    /// Its text and that of its boxes, as it is read.
    pub(crate) fn text(&self) -> String {
        let boxes = self.embeds.iter().flat_map(|embed| [&embed["title"], &embed["description"]]);
        let parts = boxes.filter_map(Value::as_str).filter(|part| !part.is_empty());
        std::iter::once(self.content.as_str()).chain(parts).collect::<Vec<_>>().join("\n").replace('\\', "")
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Everything that can be pressed or selected: what stands on it, and what it carries.
    pub(super) fn parts(&self) -> Vec<(&str, &str, bool)> {
        let mut parts = Vec::new();
        for part in self.components.iter().flat_map(|row| row["components"].as_array().into_iter().flatten()) {
            match part["type"].as_u64() {
                Some(3) => parts.extend(part["options"].as_array().into_iter().flatten().map(|option| {
                    (option["label"].as_str().unwrap_or_default(), option["value"].as_str().unwrap_or_default(), true)
                })),
                _ => parts.push((
                    part["label"].as_str().unwrap_or_default(),
                    part["custom_id"].as_str().unwrap_or_default(),
                    false,
                )),
            }
        }
        parts
    }

    /// What stands on its buttons.
    pub(crate) fn labels(&self) -> Vec<&str> {
        self.parts().into_iter().filter(|(_, _, listed)| !listed).map(|(label, ..)| label).collect()
    }

    pub(crate) fn photo(&self) -> Option<&File> {
        self.files.iter().find(|file| is_photo(&file.name))
    }

    fn shown(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for file in &self.files {
            let kind = if is_photo(&file.name) { "photo".to_owned() } else { format!("file {}", file.name) };
            lines.push(format!("({kind})"));
        }
        lines.extend(self.content.lines().map(str::to_owned));
        for embed in &self.embeds {
            lines.push(format!("┌ {}", embed["title"].as_str().unwrap_or_default()));
            let description = embed["description"].as_str().unwrap_or_default();
            lines.extend(description.lines().map(|line| format!("│ {line}")));
        }
        for row in &self.components {
            let parts = row["components"].as_array().cloned().unwrap_or_default();
            let mut buttons = Vec::new();
            for part in parts {
                let text = |name: &str| part[name].as_str().unwrap_or_default().to_owned();
                if part["type"] == 3 {
                    lines.push(format!("{{{}}}", text("placeholder")));
                    for option in part["options"].as_array().into_iter().flatten() {
                        let about = option["description"].as_str().map(|about| format!(" — {about}"));
                        let label = option["label"].as_str().unwrap_or_default();
                        lines.push(format!("  - {label}{}", about.unwrap_or_default()));
                    }
                } else {
                    buttons.push(format!("[{}]", text("label")));
                }
            }
            if !buttons.is_empty() {
                lines.push(buttons.join(" "));
            }
        }
        lines.iter().map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The conversation of a person with the bot.
    Direct(u64),
    /// A server that the bot is in.
    Guild,
    /// A server that the bot is not in; people have it in their accounts.
    Foreign,
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) kind: Kind,
    log: String,
}

/// Something that a person did.
#[derive(Debug, Clone)]
pub(super) struct Interaction {
    pub(super) token: String,
    /// 2 for a command, 3 for a press, 4 for typing, 5 for a form.
    pub(super) kind: u64,
    pub(super) user: u64,
    pub(super) channel: u64,
    pub(super) since: Instant,
    pub(super) acknowledged: Option<(u64, Duration)>,
    /// The message that it is answered with, or came from.
    pub(super) original: Option<u64>,
    /// Whether the deferred answer is for the person alone.
    pub(super) alone: bool,
    /// People see that something is being thought about.
    pub(super) thinking: bool,
    pub(super) expired: bool,
    pub(super) follow_ups: usize,
    pub(super) offered: Option<Vec<(String, Value)>>,
    /// As it goes over the wire.
    pub(super) body: Value,
}

/// Something that goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends before anything is done.
    DropBefore,
    /// It is done, and the connection ends without an answer.
    DropAfter,
    /// 429, for so many milliseconds, which are enforced.
    TooMany(u64),
    /// A page instead of an answer.
    BadGateway,
    /// What is asked for is not taken.
    Strange,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) guests: HashMap<u64, Guest>,
    pub(super) channels: BTreeMap<u64, Channel>,
    pub(super) messages: BTreeMap<u64, Message>,
    pub(super) interactions: BTreeMap<u64, Interaction>,
    /// Forms that are open, by channel and person: the form, and the message that it was opened from.
    pub(super) forms: HashMap<(u64, u64), (Value, Option<u64>)>,
    /// Commands by scope: empty for everywhere, else a server.
    pub(super) commands: HashMap<String, Vec<Value>>,
    pub(super) shut: Vec<u64>,
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    pub(super) calls: HashMap<String, usize>,
    /// Routes that are not to be asked yet.
    pub(super) waits: HashMap<&'static str, Instant>,
    pub(super) refused: Vec<String>,
    pub(super) tolerated: Vec<String>,
    /// How long an interaction may wait for its acknowledgement.
    pub(super) patience: Duration,
    pub(super) gateway: super::gateway::Gateway,
    pub(super) quiet: bool,
    /// What messages are called in transcripts.
    numbers: BTreeMap<u64, usize>,
    next: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            guests: HashMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            forms: HashMap::new(),
            commands: HashMap::new(),
            shut: Vec::new(),
            faults: HashMap::new(),
            calls: HashMap::new(),
            waits: HashMap::new(),
            refused: Vec::new(),
            tolerated: Vec::new(),
            patience: Duration::from_secs(3),
            gateway: super::gateway::Gateway::default(),
            quiet: false,
            numbers: BTreeMap::new(),
            next: FIRST,
        }
    }

    /// A number that nothing has yet.
    pub(super) fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn new_channel(&mut self, kind: Kind, name: &str) -> u64 {
        let id = self.fresh();
        self.channels.insert(id, Channel { kind, log: format!("({name})\n") });
        id
    }

    pub(super) fn log(&mut self, channel: u64, line: &str) {
        if let Some(channel) = self.channels.get_mut(&channel).filter(|_| !self.quiet) {
            let _ = writeln!(channel.log, "{line}");
        }
    }

    /// What was said there, with small numbers for messages.
    pub(super) fn transcript(&self, channel: u64) -> String {
        let log = self.channels.get(&channel).map(|channel| channel.log.clone()).unwrap_or_default();
        let numbers = self.numbers.iter();
        numbers.fold(log, |log, (id, number)| log.replace(&format!("#{id}"), &format!("#{number}")))
    }

    fn whom(&self, message: &Message) -> String {
        let alone = message.seen_by.and_then(|guest| self.guests.get(&guest));
        alone.map(|guest| format!(" to {} alone", guest.name)).unwrap_or_default()
    }

    pub(super) fn add(&mut self, mut message: Message) -> u64 {
        message.id = self.fresh();
        let id = message.id;
        self.numbers.insert(id, self.numbers.len() + 1);
        let line = format!("bot #{id}{}:\n{}", self.whom(&message), message.shown());
        self.log(message.channel, &line);
        self.messages.insert(id, message);
        id
    }

    pub(super) fn change(&mut self, message: Message) {
        let line = format!("bot changes #{}{}:\n{}", message.id, self.whom(&message), message.shown());
        self.log(message.channel, &line);
        self.messages.insert(message.id, Message { edits: message.edits + 1, ..message });
    }

    pub(super) fn user_json(&self, id: u64) -> Value {
        let (name, bot) = match self.guests.get(&id) {
            Some(guest) => (guest.name.clone(), false),
            None => ("밥상".to_owned(), true),
        };
        let id = if bot { BOT } else { id };
        json!({"id": id.to_string(), "username": name, "discriminator": "0", "global_name": name, "avatar": null,
            "bot": bot})
    }

    pub(super) fn message_json(&self, message: &Message) -> Value {
        let file = |file: &File| {
            json!({"id": file.id.to_string(), "filename": file.name, "size": file.bytes, "url": "https://cdn.invalid/f",
                "proxy_url": "https://cdn.invalid/f", "content_type": "image/jpeg"})
        };
        let embeds: Vec<Value> = message
            .embeds
            .iter()
            .map(|embed| {
                let mut embed = embed.clone();
                embed["type"] = "rich".into();
                embed
            })
            .collect();
        let mut json = json!({
            "id": message.id.to_string(),
            "channel_id": message.channel.to_string(),
            "author": self.user_json(message.author),
            "content": message.content,
            "timestamp": "2026-11-23T12:00:00.000000+00:00",
            "edited_timestamp": null,
            "tts": false,
            "mention_everyone": false,
            "mentions": [],
            "mention_roles": [],
            "attachments": message.files.iter().map(file).collect::<Vec<_>>(),
            "embeds": embeds,
            "pinned": false,
            "type": 0,
            "flags": if message.seen_by.is_some() { EPHEMERAL } else { 0 },
            "components": message.components,
        });
        if let Some(nonce) = &message.nonce {
            json["nonce"] = nonce.clone().into();
        }
        json
    }

    /// An interaction as it goes over the wire, and taken down.
    pub(super) fn begin(&mut self, kind: u64, channel: u64, guest: &Guest, data: &Value, from: Option<u64>) -> u64 {
        self.guests.entry(guest.id).or_insert_with(|| guest.clone());
        let id = self.fresh();
        let token = format!("interaction-token-{id}-{}", "x".repeat(80));
        let where_ = self.channels[&channel].kind;
        let context = match where_ {
            Kind::Guild | Kind::Foreign => 0,
            Kind::Direct(_) => 1,
        };
        let user = self.user_json(guest.id);
        let mut body = json!({
            "id": id.to_string(),
            "application_id": BOT.to_string(),
            "type": kind,
            "data": data,
            "channel_id": channel.to_string(),
            "channel": {"id": channel.to_string(), "type": context, "permissions": "0"},
            "token": token,
            "version": 1,
            "app_permissions": "0",
            "locale": guest.locale,
            "entitlements": [],
            "attachment_size_limit": 10_485_760,
            "context": context,
        });
        match where_ {
            Kind::Direct(_) => {
                body["user"] = user;
                body["authorizing_integration_owners"] = json!({"1": guest.id.to_string()});
            }
            Kind::Guild | Kind::Foreign => {
                body["guild_id"] = "77".into();
                body["guild_locale"] = "en-US".into();
                body["member"] = json!({"user": user, "roles": [], "joined_at": "2026-01-01T00:00:00.000000+00:00",
                    "deaf": false, "mute": false, "flags": 0, "permissions": "0", "nick": null, "avatar": null});
                let owner = if where_ == Kind::Guild { json!({"0": "77"}) } else { json!({"1": guest.id.to_string()}) };
                body["authorizing_integration_owners"] = owner;
            }
        }
        if let Some(message) = from.and_then(|id| self.messages.get(&id)) {
            body["message"] = self.message_json(message);
        }
        let interaction = Interaction {
            token,
            kind,
            user: guest.id,
            channel,
            since: Instant::now(),
            acknowledged: None,
            original: from,
            alone: false,
            thinking: false,
            expired: false,
            follow_ups: 0,
            offered: None,
            body,
        };
        self.interactions.insert(id, interaction);
        id
    }
}
