//! What people do on the stand-in, and what can be read there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    api::{BotApi, Pressed},
    world::{Callback, Fault, Guest, Message, Notice},
};

/// What people do.
impl BotApi {
    /// The chat of someone with the bot.
    pub(crate) fn private(&self, guest: &Guest) -> i64 {
        let mut world = self.world();
        world.guests.insert(guest.id, guest.clone());
        world.add_chat(guest.id, "private", &guest.name);
        guest.id
    }

    /// A `group`, a `supergroup` or a `forum`.
    pub(crate) fn group(&self, kind: &'static str, title: &str) -> i64 {
        self.world().new_chat(kind, title)
    }

    pub(crate) fn topic(&self, forum: i64) -> i64 {
        let mut world = self.world();
        let chat = world.chat(forum);
        let id = chat.next_message;
        chat.next_message += 1;
        chat.threads.insert(id);
        id
    }

    pub(crate) fn says(&self, chat: i64, guest: &Guest, text: &str) -> i64 {
        self.writes(chat, guest, Message { text: text.to_owned(), ..Message::default() })
    }

    pub(crate) fn writes(&self, chat: i64, guest: &Guest, message: Message) -> i64 {
        let mut world = self.world();
        world.guests.insert(guest.id, guest.clone());
        let id = world.add(chat, Message { from: guest.id, ..message });
        let json = world.message_json(chat, &world.chats[&chat].messages[&id].clone());
        world.push("message", &json);
        drop(world);
        self.changed();
        id
    }

    pub(crate) fn replies(&self, chat: i64, guest: &Guest, to: i64, text: &str) -> i64 {
        let thread = self.message(chat, to).thread;
        self.writes(chat, guest, Message { text: text.to_owned(), reply_to: Some(to), thread, ..Message::default() })
    }

    /// Presses the button with this label under a message.
    pub(crate) fn presses(&self, chat: i64, guest: &Guest, message: i64, label: &str) -> Pressed {
        let there = self.message(chat, message);
        let button = there.keyboard.iter().flatten().find(|button| button["text"] == label).cloned();
        let button = button.unwrap_or_else(|| panic!("no {label} under {there:#?}\n{}", self.transcript(chat)));
        match (button["callback_data"].as_str(), button["url"].as_str()) {
            (Some(data), _) => Pressed::Callback(self.presses_data(chat, guest, message, data, label)),
            (None, url) => Pressed::Url(url.expect("an address").to_owned()),
        }
    }

    pub(crate) fn presses_data(&self, chat: i64, guest: &Guest, message: i64, data: &str, label: &str) -> String {
        let mut world = self.world();
        world.guests.insert(guest.id, guest.clone());
        let id = world.fresh("callback");
        let there = world.chats[&chat].messages[&message].clone();
        world.log(chat, &format!("{} presses [{label}] on #{message}", guest.name));
        let callback = Callback { user: guest.id, chat, since: Instant::now(), answered: None };
        world.callbacks.insert(id.clone(), callback);
        let json = json!({"id": id, "from": guest.json(), "message": world.message_json(chat, &there),
            "chat_instance": "1", "data": data});
        world.push("callback_query", &json);
        drop(world);
        self.changed();
        id
    }

    pub(crate) fn types(&self, guest: &Guest, query: &str, offset: &str) -> String {
        let mut world = self.world();
        world.guests.insert(guest.id, guest.clone());
        let id = world.fresh("inline");
        world.queries.insert(id.clone(), None);
        world.push("inline_query", &json!({"id": id, "from": guest.json(), "query": query, "offset": offset}));
        drop(world);
        self.changed();
        id
    }

    /// The bot is blocked by someone, or removed from a group.
    pub(crate) fn shuts(&self, chat: i64, guest: &Guest, reason: &'static str, told: bool) {
        let mut world = self.world();
        world.chat(chat).shut = Some(reason);
        if told {
            let member = |status: &str| {
                let mut member = json!({"user": world.user_json(0), "status": status});
                if status == "kicked" {
                    member["until_date"] = 0.into();
                }
                member
            };
            let json = json!({"chat": world.chat_json(chat), "from": guest.json(), "date": 1_795_000_000,
                "old_chat_member": member("member"), "new_chat_member": member("kicked")});
            world.push("my_chat_member", &json);
        }
        drop(world);
        self.changed();
    }

    /// A group becomes a supergroup.
    pub(crate) fn migrates(&self, group: i64, guest: &Guest) -> i64 {
        let mut world = self.world();
        let title = world.chat(group).title.clone();
        let new = world.new_chat("supergroup", &title);
        world.chat(group).moved_to = Some(new);
        for (chat, key, other) in [(group, "migrate_to_chat_id", new), (new, "migrate_from_chat_id", group)] {
            let mut message = json!({"message_id": 900, "date": 1_795_000_000, "from": guest.json()});
            message["chat"] = world.chat_json(chat);
            message[key] = other.into();
            world.push("message", &message);
        }
        drop(world);
        self.changed();
        new
    }

    /// The last confirmed updates come again, under new numbers.
    pub(crate) fn resends(&self, last: usize) {
        let mut world = self.world();
        let again: Vec<Value> = world.past.iter().rev().take(last).rev().cloned().collect();
        for mut update in again {
            update["update_id"] = world.next_update.into();
            let id = world.next_update;
            world.updates.push_back((id, update));
            world.next_update += 1;
        }
        drop(world);
        self.changed();
    }

    pub(crate) fn pushes(&self, kind: &str, value: &Value) {
        self.world().push(kind, value);
        self.changed();
    }

    /// An update that is like none of today's.
    pub(crate) fn pushes_anything(&self, update: Value) {
        self.world().push_anything(update);
        self.changed();
    }

    /// Someone deletes a message of the bot's.
    pub(crate) fn deletes(&self, chat: i64, id: i64) {
        self.world().chats.get_mut(&chat).and_then(|chat| chat.messages.remove(&id)).expect("a message");
    }

    pub(crate) fn fault(&self, method: &str, fault: Fault) {
        self.world().faults.entry(method.to_owned()).or_default().push_back(fault);
    }
}

/// What can be read.
impl BotApi {
    pub(crate) fn message(&self, chat: i64, id: i64) -> Message {
        self.world().chats[&chat].messages.get(&id).cloned().expect("a message")
    }

    pub(crate) fn messages(&self, chat: i64) -> Vec<Message> {
        self.world().chats[&chat].messages.values().cloned().collect()
    }

    /// The last message of the bot's; an empty one before the first.
    pub(crate) fn last(&self, chat: i64) -> Message {
        let world = self.world();
        world.chats[&chat].messages.values().rev().find(|message| message.from == 0).cloned().unwrap_or_default()
    }

    pub(crate) fn transcript(&self, chat: i64) -> String {
        self.world().transcript(chat)
    }

    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.world().notices.clone()
    }

    /// Nothing is written down any more, since there is too much.
    pub(crate) fn quiet(&self) {
        self.world().quiet = true;
    }

    /// Chats in which the bot said something since this was last asked.
    pub(crate) fn touched(&self) -> Vec<i64> {
        self.world().touched.drain().collect()
    }

    /// How long each answer to a callback took.
    pub(crate) fn answer_times(&self) -> Vec<Duration> {
        self.world().answered.clone()
    }

    pub(crate) fn pending(&self) -> usize {
        self.world().updates.len()
    }

    pub(crate) fn unanswered(&self) -> usize {
        self.world().callbacks.values().filter(|callback| callback.answered.is_none()).count()
    }

    pub(crate) fn calls(&self, method: &str) -> usize {
        self.world().calls.get(method).copied().unwrap_or_default()
    }

    /// What Telegram would have refused; nothing of the bot's should ever be.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.world().refused.clone()
    }

    /// How often it was too much, and how often a wait was not kept.
    pub(crate) fn too_many(&self) -> (usize, usize) {
        let world = self.world();
        (world.taken.too_many, world.taken.violations)
    }
}
