//! The HTTP API, on what the fake knows. It refuses what Discord refuses.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    rules,
    world::{BOT, File, Interaction, Kind, Message, TOKEN, World, is_photo},
};

/// A refusal: the status, Discord's code, and the message.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) u64, pub(super) String);

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self(400, 50035, format!("Invalid Form Body: {reason}"))
    }
}

/// One request.
pub(super) struct Call {
    pub(super) method: String,
    /// Without `/api/v10/`.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) body: Value,
    /// Files by their number.
    pub(super) files: HashMap<String, (String, Bytes)>,
}

impl Call {
    /// What is called, with names in the place of numbers and tokens.
    pub(super) fn route(&self) -> &'static str {
        let parts: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match (self.method.as_str(), parts.as_slice()) {
            ("GET", ["gateway"]) => "GET /gateway",
            ("GET", ["gateway", "bot"]) => "GET /gateway/bot",
            ("GET", ["oauth2", "applications", "@me"]) => "GET /oauth2/applications/@me",
            ("GET", ["applications", _, "commands"]) => "GET /applications/{application_id}/commands",
            ("PUT", ["applications", _, "commands"]) => "PUT /applications/{application_id}/commands",
            ("GET", ["applications", _, "guilds", _, "commands"]) => {
                "GET /applications/{application_id}/guilds/{guild_id}/commands"
            }
            ("PUT", ["applications", _, "guilds", _, "commands"]) => {
                "PUT /applications/{application_id}/guilds/{guild_id}/commands"
            }
            ("POST", ["interactions", _, _, "callback"]) => {
                "POST /interactions/{interaction_id}/{interaction_token}/callback"
            }
            ("POST", ["webhooks", _, _]) => "POST /webhooks/{webhook_id}/{webhook_token}",
            ("PATCH", ["webhooks", _, _, "messages", "@original"]) => {
                "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
            }
            ("DELETE", ["webhooks", _, _, "messages", "@original"]) => {
                "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original"
            }
            ("PATCH", ["webhooks", _, _, "messages", _]) => {
                "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
            }
            ("POST", ["users", "@me", "channels"]) => "POST /users/@me/channels",
            ("POST", ["channels", _, "messages"]) => "POST /channels/{channel_id}/messages",
            _ => "?",
        }
    }

    fn number(&self, at: usize) -> u64 {
        self.path.get(at).and_then(|part| part.parse().ok()).unwrap_or_default()
    }
}

impl World {
    pub(super) fn call(&mut self, call: &Call) -> Result<Value, Refusal> {
        let route = call.route();
        // Whoever has an interaction's token needs no other.
        let needs_token = !matches!(call.path.first().map(String::as_str), Some("interactions" | "webhooks"));
        if needs_token && call.token.as_deref() != Some(&format!("Bot {TOKEN}")) {
            return Err(Refusal(401, 0, "401: Unauthorized".to_owned()));
        }
        if rules::has_body(route) {
            rules::check(route, &call.body)?;
        }
        match route {
            "GET /gateway" => Ok(json!({"url": format!("ws://127.0.0.1:{}", self.gateway.port)})),
            "GET /gateway/bot" => Ok(json!({"url": format!("ws://127.0.0.1:{}", self.gateway.port), "shards": 1,
                "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}})),
            "GET /oauth2/applications/@me" => Ok(json!({"id": BOT.to_string(), "name": "밥상", "icon": null,
                "description": "", "bot_public": true, "bot_require_code_grant": false, "verify_key": "0".repeat(64),
                "team": null, "flags": 0, "summary": "", "owner": self.user_json(0)})),
            "POST /interactions/{interaction_id}/{interaction_token}/callback" => {
                self.acknowledge(call.number(1), &call.path[2], &call.body).map(|()| Value::Null)
            }
            "POST /webhooks/{webhook_id}/{webhook_token}" => self.follow_up(call),
            "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original" => self.change_original(call),
            "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original" => {
                let id = self.of_token(&call.path[2])?;
                let interaction = self.interactions.get_mut(&id).expect("it is there");
                interaction.thinking = false;
                if let Some(original) = interaction.original.take() {
                    self.messages.remove(&original);
                }
                Ok(Value::Null)
            }
            "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}" => {
                self.of_token(&call.path[2])?;
                self.edit(call, call.number(4))
            }
            "POST /users/@me/channels" => Ok(self.direct(&call.body)),
            "POST /channels/{channel_id}/messages" => self.post(call),
            _ if route.ends_with("commands") => Ok(self.commands(call)),
            _ => Err(Refusal(404, 0, format!("404: Not Found {} {:?}", call.method, call.path))),
        }
    }

    fn commands(&mut self, call: &Call) -> Value {
        let scope = if call.path.len() > 3 { call.path[3].clone() } else { String::new() };
        if call.method == "PUT" {
            let told = call.body.as_array().cloned().unwrap_or_default();
            let known: Vec<Value> = told
                .into_iter()
                .map(|mut command| {
                    command["id"] = self.fresh().to_string().into();
                    command["version"] = self.fresh().to_string().into();
                    command["application_id"] = BOT.to_string().into();
                    command["nsfw"] = false.into();
                    if command.get("default_member_permissions").is_none() {
                        command["default_member_permissions"] = Value::Null;
                    }
                    command
                })
                .collect();
            self.commands.insert(scope.clone(), known);
        }
        self.commands.get(&scope).cloned().unwrap_or_default().into()
    }

    /// The first answer to an interaction.
    pub(super) fn acknowledge(&mut self, id: u64, token: &str, said: &Value) -> Result<(), Refusal> {
        let unknown = || Refusal(404, 10062, "Unknown interaction".to_owned());
        let patience = self.patience;
        let known = self.interactions.get(&id).filter(|known| known.token == token).ok_or_else(unknown)?;
        if known.acknowledged.is_some() {
            return Err(Refusal(400, 40060, "Interaction has already been acknowledged.".to_owned()));
        }
        if known.since.elapsed() > patience || known.expired {
            return Err(unknown());
        }
        let (kind, channel, user, from) = (known.kind, known.channel, known.user, known.original);
        let answer = said["type"].as_u64().unwrap_or_default();
        let fits = match answer {
            4 | 5 => kind != 4,
            6 | 7 => kind == 3 || (kind == 5 && from.is_some()),
            8 => kind == 4,
            9 => kind == 2 || kind == 3,
            _ => false,
        };
        if !fits {
            return Err(format!("an interaction of type {kind} is not answered by {answer}").into());
        }
        let alone = said["data"]["flags"].as_u64().unwrap_or_default() & 64 != 0;
        let mut original = from;
        match answer {
            4 => original = Some(self.message_of(&said["data"], channel, alone.then_some(user))?),
            9 => {
                self.forms.insert((channel, user), (said["data"].clone(), from));
                let form = &said["data"];
                let label = &form["components"][0]["components"][0]["label"];
                let line = format!("bot opens {}: {}", form["title"], label);
                self.log(channel, &line);
            }
            _ => {}
        }
        let interaction = self.interactions.get_mut(&id).expect("it is there");
        interaction.acknowledged = Some((answer, interaction.since.elapsed()));
        interaction.thinking = answer == 5;
        interaction.alone = alone;
        interaction.original = if answer == 5 { None } else { original };
        if answer == 8 {
            let choices = said["data"]["choices"].as_array().cloned().unwrap_or_default();
            let name = |choice: &Value| choice["name"].as_str().unwrap_or_default().to_owned();
            interaction.offered = Some(choices.iter().map(|one| (name(one), one["value"].clone())).collect());
        }
        Ok(())
    }

    fn message_of(&mut self, data: &Value, channel: u64, seen_by: Option<u64>) -> Result<u64, Refusal> {
        let message = Message { channel, seen_by, ..Message::default() };
        let message = self.filled(message, data, &HashMap::new())?;
        Ok(self.add(message))
    }

    /// The interaction whose token this is, while it opens anything.
    fn of_token(&self, token: &str) -> Result<u64, Refusal> {
        let open = |one: &&Interaction| !one.expired && one.acknowledged.is_some();
        let found = self.interactions.iter().find(|(_, one)| one.token == token && open(one));
        found.map(|(id, _)| *id).ok_or_else(|| Refusal(404, 10015, "Unknown Webhook".to_owned()))
    }

    fn follow_up(&mut self, call: &Call) -> Result<Value, Refusal> {
        let id = self.of_token(&call.path[2])?;
        let interaction = self.interactions[&id].clone();
        let foreign = self.channels[&interaction.channel].kind == Kind::Foreign;
        if foreign && interaction.follow_ups >= 5 {
            return Err(Refusal(400, 40094, "Too many follow-up messages".to_owned()));
        }
        let mut alone = call.body["flags"].as_u64().unwrap_or_default() & 64 != 0;
        // The first answer to what is being thought about is seen by whoever sees that.
        if interaction.thinking {
            alone = interaction.alone;
        }
        let message =
            Message { channel: interaction.channel, seen_by: alone.then_some(interaction.user), ..Message::default() };
        let message = self.filled(message, &call.body, &call.files)?;
        let message = self.add(message);
        let interaction = self.interactions.get_mut(&id).expect("it is there");
        interaction.follow_ups += 1;
        if interaction.thinking {
            interaction.thinking = false;
            interaction.original = Some(message);
        }
        Ok(self.message_json(&self.messages[&message]))
    }

    fn change_original(&mut self, call: &Call) -> Result<Value, Refusal> {
        let id = self.of_token(&call.path[2])?;
        let interaction = self.interactions[&id].clone();
        if interaction.thinking {
            let seen_by = interaction.alone.then_some(interaction.user);
            let message = Message { channel: interaction.channel, seen_by, ..Message::default() };
            let message = self.filled(message, &call.body, &call.files)?;
            let message = self.add(message);
            let interaction = self.interactions.get_mut(&id).expect("it is there");
            (interaction.thinking, interaction.original) = (false, Some(message));
            return Ok(self.message_json(&self.messages[&message]));
        }
        let Some(original) = interaction.original else {
            return Err(Refusal(404, 10008, "Unknown Message".to_owned()));
        };
        self.edit(call, original)
    }

    fn edit(&mut self, call: &Call, id: u64) -> Result<Value, Refusal> {
        let Some(message) = self.messages.get(&id).cloned() else {
            return Err(Refusal(404, 10008, "Unknown Message".to_owned()));
        };
        let message = self.filled(message, &call.body, &call.files)?;
        self.change(message);
        Ok(self.message_json(&self.messages[&id]))
    }

    fn direct(&mut self, body: &Value) -> Value {
        let user = body["recipient_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let there = self.channels.iter().find(|(_, channel)| channel.kind == Kind::Direct(user)).map(|(id, _)| *id);
        let id = there.unwrap_or_else(|| self.new_channel(Kind::Direct(user), "direct"));
        json!({"id": id.to_string(), "type": 1, "last_message_id": null, "recipients": [self.user_json(user)]})
    }

    fn post(&mut self, call: &Call) -> Result<Value, Refusal> {
        let channel = call.number(1);
        let Some(kind) = self.channels.get(&channel).map(|channel| channel.kind) else {
            return Err(Refusal(404, 10003, "Unknown Channel".to_owned()));
        };
        match kind {
            Kind::Direct(user) if self.shut.contains(&user) => {
                return Err(Refusal(403, 50007, "Cannot send messages to this user".to_owned()));
            }
            Kind::Foreign => return Err(Refusal(403, 50001, "Missing Access".to_owned())),
            Kind::Direct(_) | Kind::Guild => {}
        }
        let nonce = call.body["nonce"].as_str().map(str::to_owned);
        let same = |message: &&Message| message.channel == channel && nonce.is_some() && message.nonce == nonce;
        if let Some(there) = self.messages.values().find(same).filter(|_| call.body["enforce_nonce"] == true) {
            return Ok(self.message_json(there));
        }
        let message = Message { channel, nonce, ..Message::default() };
        let message = self.filled(message, &call.body, &call.files)?;
        let id = self.add(message);
        Ok(self.message_json(&self.messages[&id]))
    }

    /// A message with what a body says of it.
    fn filled(
        &mut self,
        mut message: Message,
        body: &Value,
        files: &HashMap<String, (String, Bytes)>,
    ) -> Result<Message, Refusal> {
        rules::check_message(body)?;
        if let Some(content) = body.get("content") {
            content.as_str().unwrap_or_default().clone_into(&mut message.content);
        }
        let list = |name: &str| body.get(name).and_then(Value::as_array).cloned();
        message.embeds = list("embeds").unwrap_or(message.embeds);
        message.components = list("components").unwrap_or(message.components);
        let sent = |number: &str, world: &mut Self| {
            let (name, bytes) = files.get(number)?;
            let is_picture = bytes.starts_with(&[0xff, 0xd8, 0xff]) || !is_photo(name);
            is_picture.then(|| File { id: world.fresh(), name: name.clone(), bytes: bytes.len() })
        };
        if let Some(listed) = list("attachments") {
            let mut there = Vec::new();
            for one in listed {
                let id = one["id"].as_str().unwrap_or_default().to_owned();
                let known = message.files.iter().find(|file| file.id.to_string() == id).cloned();
                match known.or_else(|| sent(&id, self)) {
                    Some(file) => there.push(file),
                    None => return Err(format!("attachments: {id} is neither sent nor there").into()),
                }
            }
            if files.len() > there.len() {
                return Err("a file was sent that is not listed".to_owned().into());
            }
            message.files = there;
        } else if !files.is_empty() {
            return Err("files without a list of attachments".to_owned().into());
        }
        for url in message.embeds.iter().filter_map(|embed| embed["image"]["url"].as_str()) {
            let name = url.strip_prefix("attachment://").unwrap_or_default();
            if !message.files.iter().any(|file| file.name == name) {
                return Err(format!("{url} is no attachment of the message").into());
            }
        }
        if message.content.is_empty() && message.embeds.is_empty() && message.files.is_empty() {
            return Err(Refusal(400, 50006, "Cannot send an empty message".to_owned()));
        }
        Ok(message)
    }

    /// How long each interaction waited for its acknowledgement.
    pub(super) fn waited(&self) -> Vec<std::time::Duration> {
        self.interactions.values().filter_map(|one| one.acknowledged).map(|(_, after)| after).collect()
    }

    /// Interactions that nobody acknowledged in time.
    pub(super) fn waiting(&self) -> usize {
        self.interactions.values().filter(|one| one.acknowledged.is_none()).count()
    }
}
