//! The methods of the Bot API, on what the fake knows.

use std::{collections::HashMap, time::Instant};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    rules,
    world::{BOT, Message, Notice, USERNAME, World},
};

/// A refusal: the code, the description, and parameters.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) String, pub(super) Value);

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self(400, format!("Bad Request: {reason}"), Value::Null)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// One request: its fields, and files by the name of their part.
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) fields: Map<String, Value>,
    pub(super) files: HashMap<String, (String, Bytes)>,
    pub(super) form: bool,
}

impl Call {
    fn value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    fn number(&self, name: &str) -> Option<i64> {
        let value = self.fields.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl World {
    pub(super) fn call(&mut self, call: &Call) -> Result<Value, Refusal> {
        rules::check_fields(call.method, &call.fields, call.form)?;
        let counts = call.method.starts_with("send") || call.method.starts_with("edit");
        if counts {
            let chat = call.number("chat_id").unwrap_or_default();
            self.is_open(chat)?;
            if let Err(seconds) = self.taken.take(chat) {
                let said = format!("Too Many Requests: retry after {seconds}");
                return Err(Refusal(429, said, json!({"retry_after": seconds})));
            }
        }
        match call.method {
            "getMe" => Ok(json!({"id": BOT, "is_bot": true, "first_name": "밥상", "username": USERNAME,
                "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": true,
                "can_connect_to_business": false, "has_main_web_app": false})),
            "setWebhook" => {
                self.webhook = Some(call.value());
                Ok(true.into())
            }
            "deleteWebhook" => {
                self.webhook = None;
                Ok(true.into())
            }
            "sendMessage" | "sendPhoto" | "sendDocument" => self.send(call),
            "sendChatAction" => Ok(true.into()),
            "editMessageText" | "editMessageCaption" | "editMessageMedia" | "editMessageReplyMarkup" => self.edit(call),
            "answerCallbackQuery" => self.answer_callback(call),
            "answerInlineQuery" => self.answer_inline(call),
            _ => Ok(self.get_or_set(call)),
        }
    }

    fn is_open(&self, chat: i64) -> Result<(), Refusal> {
        let Some(there) = self.chats.get(&chat) else { return Err("chat not found".into()) };
        if let Some(to) = there.moved_to {
            let said = "Bad Request: group chat was upgraded to a supergroup chat".to_owned();
            return Err(Refusal(400, said, json!({"migrate_to_chat_id": to})));
        }
        there.shut.map_or(Ok(()), |reason| Err(Refusal(403, format!("Forbidden: {reason}"), Value::Null)))
    }

    /// Commands and descriptions: what was set is given back.
    fn get_or_set(&mut self, call: &Call) -> Value {
        let scope = call.fields.get("scope").map(Value::to_string).unwrap_or_default();
        let key = |what: &str| format!("{what} {scope} {}", call.text("language_code"));
        match call.method {
            "setMyCommands" => {
                self.set.insert(key("commands"), call.fields["commands"].clone());
                true.into()
            }
            "getMyCommands" => self.set.get(&key("commands")).cloned().unwrap_or_else(|| json!([])),
            "setMyName" => {
                self.set.insert(key("name"), call.fields["name"].clone());
                true.into()
            }
            "getMyName" => json!({"name": self.set.get(&key("name")).cloned().unwrap_or_else(|| "밥상".into())}),
            "setMyDescription" | "setMyShortDescription" => {
                let name = if call.method == "setMyDescription" { "description" } else { "short_description" };
                self.set.insert(key(name), call.fields[name].clone());
                true.into()
            }
            "getMyDescription" => json!({"description": self.set.get(&key("description")).cloned().unwrap_or_default()
                .as_str().unwrap_or_default()}),
            "getMyShortDescription" => json!({"short_description": self.set.get(&key("short_description")).cloned()
                .unwrap_or_default().as_str().unwrap_or_default()}),
            other => panic!("the fake does not know {other}"),
        }
    }

    /// The picture that a field names: one that was sent along, or one that is known.
    fn picture(&mut self, call: &Call, field: &str) -> Result<String, Refusal> {
        if let Some(part) = field.strip_prefix("attach://") {
            let (_, bytes) = call.files.get(part).ok_or("the file part is missing")?;
            let is_picture = bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG");
            if !is_picture || bytes.len() > 10 * 1024 * 1024 {
                return Err("IMAGE_PROCESS_FAILED".into());
            }
            let id = self.fresh("file");
            self.files.insert(id.clone(), bytes.len());
            return Ok(id);
        }
        if self.files.contains_key(field) {
            Ok(field.to_owned())
        } else {
            Err("wrong file identifier/HTTP URL specified".into())
        }
    }

    fn send(&mut self, call: &Call) -> Result<Value, Refusal> {
        let chat = call.number("chat_id").ok_or("chat not found")?;
        let fields = call.value();
        let mut message = Message { keyboard: keyboard(&fields)?, ..Message::default() };
        message.thread = call.number("message_thread_id");
        if message.thread.is_some_and(|thread| !self.chat(chat).threads.contains(&thread)) {
            return Err("message thread not found".into());
        }
        if let Some(reply) = fields.get("reply_parameters").map(json_or_text) {
            let id = reply["message_id"].as_i64().unwrap_or_default();
            let there = self.chat(chat).messages.contains_key(&id);
            if !there && reply["allow_sending_without_reply"] != true {
                return Err("message to be replied not found".into());
            }
            message.reply_to = there.then_some(id);
        }
        match call.method {
            "sendMessage" => message.text = rules::text(&fields, "text", 4096)?,
            "sendPhoto" => {
                message.text = rules::text(&fields, "caption", 1024)?;
                message.photo = Some(self.picture(call, call.text("photo"))?);
            }
            _ => {
                message.text = rules::text(&fields, "caption", 1024)?;
                let part = call.text("document").strip_prefix("attach://").ok_or("no file")?;
                let (name, bytes) = call.files.get(part).ok_or("the file part is missing")?;
                message.document = Some((name.clone(), String::from_utf8_lossy(bytes).into_owned()));
            }
        }
        let id = self.add(chat, message);
        Ok(self.message_json(chat, &self.chats[&chat].messages[&id]))
    }

    fn edit(&mut self, call: &Call) -> Result<Value, Refusal> {
        let chat = call.number("chat_id").ok_or("chat not found")?;
        let id = call.number("message_id").unwrap_or_default();
        let fields = call.value();
        let before = self.chat(chat).messages.get(&id).cloned().ok_or("message to edit not found")?;
        if before.from != 0 {
            return Err("message can't be edited".into());
        }
        let mut after = Message { keyboard: keyboard(&fields)?, ..before.clone() };
        match call.method {
            "editMessageText" if before.photo.is_some() || before.document.is_some() => {
                return Err("there is no text in the message to edit".into());
            }
            "editMessageText" => after.text = rules::text(&fields, "text", 4096)?,
            "editMessageCaption" if before.photo.is_none() => {
                return Err("there is no caption in the message to edit".into());
            }
            "editMessageCaption" => after.text = rules::text(&fields, "caption", 1024)?,
            "editMessageMedia" => {
                let media = json_or_text(&fields["media"]);
                after.text = rules::text(&media, "caption", 1024)?;
                after.photo = Some(self.picture(call, media["media"].as_str().unwrap_or_default())?);
            }
            _ => {}
        }
        if after == before {
            return Err(
                "message is not modified: specified new message content and reply markup are exactly the same \
                as a current content and reply markup of the message"
                    .into(),
            );
        }
        after.edits += 1;
        self.chat(chat).messages.insert(id, after.clone());
        if call.method != "editMessageReplyMarkup" {
            self.edited(chat, &after);
        }
        Ok(self.message_json(chat, &after))
    }

    fn answer_callback(&mut self, call: &Call) -> Result<Value, Refusal> {
        let (text, url) = (call.text("text").to_owned(), call.text("url").to_owned());
        if text.encode_utf16().count() > 200 {
            return Err("MESSAGE_TOO_LONG".into());
        }
        if !url.is_empty() && !url.starts_with(&format!("https://t.me/{USERNAME}?start=")) {
            return Err("URL_INVALID".into());
        }
        let late = "query is too old and response timeout expired or query id is invalid";
        let patience = self.callback_patience;
        let callback = self.callbacks.get_mut(call.text("callback_query_id")).ok_or(late)?;
        if callback.answered.is_some() || callback.since.elapsed() > patience {
            return Err(late.into());
        }
        callback.answered = Some(Instant::now());
        let (user, chat, took) = (callback.user, callback.chat, callback.since.elapsed());
        self.answered.push(took);
        if !text.is_empty() || !url.is_empty() {
            let name = self.guests[&user].name.clone();
            self.log(chat, &format!("(to {name}: {text}{url})"));
            self.notices.push(Notice { user, text, url });
        }
        Ok(true.into())
    }

    fn answer_inline(&mut self, call: &Call) -> Result<Value, Refusal> {
        let results = call.fields["results"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<&str> = results.iter().filter_map(|result| result["id"].as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if results.len() > 50 || ids.len() != results.len() || ids.iter().any(|id| id.is_empty() || id.len() > 64) {
            return Err("RESULT_ID_DUPLICATE or too many".into());
        }
        for result in &results {
            if let Some(file) = result["photo_file_id"].as_str().filter(|file| !self.files.contains_key(*file)) {
                return Err(format!("wrong file identifier {file}").into());
            }
            rules::text(result, "caption", 1024)?;
            if result["type"] == "article" {
                rules::text(
                    &json!({"text": result["input_message_content"]["message_text"],
                    "parse_mode": result["input_message_content"]["parse_mode"]}),
                    "text",
                    4096,
                )?;
            }
        }
        let query = self.queries.get_mut(call.text("inline_query_id"));
        let query = query.filter(|answer| answer.is_none()).ok_or("query is too old and response timeout expired")?;
        *query = Some(call.value());
        Ok(true.into())
    }
}

/// A form says objects as text.
fn json_or_text(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

fn keyboard(fields: &Value) -> Result<Vec<Vec<Value>>, Refusal> {
    Ok(rules::keyboard(&json_or_text(&fields["reply_markup"]))?)
}
