//! What people do on Discord, and what they see.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    api::DiscordApi,
    gateway::Out,
    world::{Fault, Guest, Kind, Message},
};

impl DiscordApi {
    /// The conversation of a person with the bot.
    pub(crate) fn dm(&self, guest: &Guest) -> u64 {
        let mut world = self.world();
        let there =
            world.channels.iter().find(|(_, channel)| channel.kind == Kind::Direct(guest.id)).map(|(id, _)| *id);
        there.unwrap_or_else(|| world.new_channel(Kind::Direct(guest.id), &guest.name))
    }

    /// A channel of a server that the bot is in.
    pub(crate) fn guild_channel(&self, name: &str) -> u64 {
        self.world().new_channel(Kind::Guild, name)
    }

    /// A channel of a server that the bot is not in.
    pub(crate) fn foreign_channel(&self, name: &str) -> u64 {
        self.world().new_channel(Kind::Foreign, name)
    }

    fn acts(&self, kind: u64, channel: u64, guest: &Guest, data: &Value, from: Option<u64>, line: &str) -> u64 {
        let id = {
            let mut world = self.world();
            world.log(channel, &format!("{} {line}", guest.name));
            world.begin(kind, channel, guest, data, from)
        };
        self.bring(id);
        id
    }

    /// The data of a command, as it was told to Discord.
    fn command(&self, channel: u64, name: &str, options: &[(&str, Value)], focused: Option<&str>) -> Value {
        let world = self.world();
        let kind = world.channels[&channel].kind;
        let (context, owner) = match kind {
            Kind::Direct(_) => (1, 1),
            Kind::Guild => (0, 0),
            Kind::Foreign => (0, 1),
        };
        let holds = |command: &Value, name: &str, wanted: u64| {
            command[name].as_array().is_none_or(|all| all.iter().any(|one| one.as_u64() == Some(wanted)))
        };
        let here = world.commands.iter().filter(|(scope, _)| scope.is_empty() || kind == Kind::Guild);
        let command = here.flat_map(|(_, all)| all).find(|one| {
            one["name"] == name && holds(one, "contexts", context) && holds(one, "integration_types", owner)
        });
        let command = command.unwrap_or_else(|| panic!("/{name} is not to be had here"));
        let given: Vec<Value> = options
            .iter()
            .map(|(option, value)| {
                let known = command["options"].as_array().into_iter().flatten().find(|known| known["name"] == *option);
                let known = known.unwrap_or_else(|| panic!("/{name} has no option {option}"));
                let choices = known["choices"].as_array().cloned().unwrap_or_default();
                let offered = choices.is_empty() || choices.iter().any(|choice| choice["value"] == *value);
                assert!(offered, "/{name} does not offer {value} as {option}: {choices:?}");
                let mut given = json!({"name": option, "type": known["type"], "value": value});
                if focused == Some(*option) {
                    assert_eq!(known["autocomplete"], true, "/{name} suggests nothing for {option}");
                    given["focused"] = true.into();
                }
                given
            })
            .collect();
        json!({"id": command["id"], "name": name, "type": 1, "options": given})
    }

    /// Gives a command.
    pub(crate) fn slash(&self, channel: u64, guest: &Guest, name: &str, options: &[(&str, Value)]) -> u64 {
        let data = self.command(channel, name, options, None);
        let said: Vec<String> =
            options.iter().map(|(name, value)| format!(" {name}:{}", value.to_string().trim_matches('"'))).collect();
        self.acts(2, channel, guest, &data, None, &format!("gives /{name}{}", said.concat()))
    }

    /// Types into an option of a command.
    pub(crate) fn types(&self, channel: u64, guest: &Guest, name: &str, option: &str, text: &str) -> u64 {
        let data = self.command(channel, name, &[(option, text.into())], Some(option));
        self.acts(4, channel, guest, &data, None, &format!("types /{name} {option}:{text}"))
    }

    /// What was suggested to whoever types.
    pub(crate) fn offered(&self, interaction: u64) -> Option<Vec<(String, Value)>> {
        self.world().interactions[&interaction].offered.clone()
    }

    fn part(&self, message: u64, label: &str, listed: bool) -> (String, String) {
        let message = self.message(message);
        let parts = message.parts();
        let found = parts.iter().find(|(known, _, is_listed)| known.contains(label) && *is_listed == listed);
        let (label, data, _) = found.unwrap_or_else(|| panic!("{label} is not among {parts:?}"));
        ((*label).to_owned(), (*data).to_owned())
    }

    /// Presses a button.
    pub(crate) fn presses(&self, channel: u64, guest: &Guest, message: u64, label: &str) -> u64 {
        let (label, id) = self.part(message, label, false);
        self.presses_as(channel, guest, message, &id, &label)
    }

    /// Presses whatever carries this.
    pub(crate) fn presses_as(&self, channel: u64, guest: &Guest, message: u64, id: &str, label: &str) -> u64 {
        let data = json!({"custom_id": id, "component_type": 2});
        self.acts(3, channel, guest, &data, Some(message), &format!("presses [{label}]"))
    }

    /// Selects a line of a menu.
    pub(crate) fn picks(&self, channel: u64, guest: &Guest, message: u64, label: &str) -> u64 {
        let (label, value) = self.part(message, label, true);
        let data = json!({"custom_id": "list", "component_type": 3, "values": [value]});
        self.acts(3, channel, guest, &data, Some(message), &format!("picks {{{label}}}"))
    }

    /// The form that is open before a person.
    pub(crate) fn opened(&self, channel: u64, guest: &Guest) -> Option<Value> {
        self.world().forms.get(&(channel, guest.id)).map(|(form, _)| form.clone())
    }

    /// Fills in the open form.
    pub(crate) fn fills(&self, channel: u64, guest: &Guest, text: &str) -> u64 {
        let (form, from) = self.world().forms.remove(&(channel, guest.id)).expect("a form is open");
        self.fills_in(channel, guest, &form, from, text)
    }

    /// Fills in a form that was opened, also once more.
    pub(crate) fn fills_in(&self, channel: u64, guest: &Guest, form: &Value, from: Option<u64>, text: &str) -> u64 {
        let input = &form["components"][0]["components"][0];
        let written = json!({"type": 4, "custom_id": input["custom_id"], "value": text});
        let data = json!({"custom_id": form["custom_id"], "components": [{"type": 1, "components": [written]}]});
        let title = form["title"].as_str().unwrap_or_default().to_owned();
        self.acts(5, channel, guest, &data, from, &format!("writes into {title}: {text}"))
    }

    pub(crate) fn message(&self, id: u64) -> Message {
        self.world().messages.get(&id).cloned().expect("a message")
    }

    /// The messages that a person sees in a channel.
    pub(crate) fn seen_by(&self, channel: u64, guest: &Guest) -> Vec<Message> {
        let sees = |message: &&Message| message.seen_by.is_none_or(|alone| alone == guest.id);
        self.messages(channel).iter().filter(sees).cloned().collect()
    }

    pub(crate) fn messages(&self, channel: u64) -> Vec<Message> {
        self.world().messages.values().filter(|message| message.channel == channel).cloned().collect()
    }

    /// The message goes away, as one that was put away.
    pub(crate) fn puts_away(&self, message: u64) {
        self.world().messages.remove(&message);
    }

    pub(crate) fn transcript(&self, channel: u64) -> String {
        self.world().transcript(channel)
    }

    /// The same interaction once more.
    pub(crate) fn again(&self, interaction: u64) {
        self.bring(interaction);
    }

    /// As it goes over the wire.
    pub(crate) fn body(&self, interaction: u64) -> String {
        self.world().interactions[&interaction].body.to_string()
    }

    /// Its token opens nothing any more.
    pub(crate) fn expire(&self, interaction: u64) {
        self.world().interactions.get_mut(&interaction).expect("an interaction").expired = true;
    }

    /// The type of the acknowledgement of an interaction.
    pub(crate) fn acknowledged(&self, interaction: u64) -> Option<u64> {
        self.world().interactions[&interaction].acknowledged.map(|(kind, _)| kind)
    }

    /// How long each interaction waited.
    pub(crate) fn acknowledgements(&self) -> Vec<Duration> {
        self.world().waited()
    }

    pub(crate) fn unacknowledged(&self) -> usize {
        self.world().waiting()
    }

    /// Interactions of which people still see that they are thought about.
    pub(crate) fn thinking(&self) -> usize {
        self.world().interactions.values().filter(|one| one.thinking).count()
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.world().refused.clone()
    }

    pub(crate) fn calls(&self, route: &str) -> usize {
        self.world().calls.get(route).copied().unwrap_or_default()
    }

    pub(crate) fn fault(&self, route: &str, fault: Fault) {
        self.world().faults.entry(route.to_owned()).or_default().push_back(fault);
    }

    /// A person takes no direct messages.
    pub(crate) fn closes_dms(&self, guest: &Guest) {
        self.world().shut.push(guest.id);
    }

    /// Nothing is written down, since there is too much.
    pub(crate) fn quiet(&self) {
        self.world().quiet = true;
    }

    pub(crate) fn gateway_port(&self) -> u16 {
        self.world().gateway.port
    }

    /// Where the gateway is said to be from now on.
    pub(crate) fn moves_the_gateway(&self, to: u16) {
        self.world().gateway.port = to;
    }

    pub(crate) fn identifies(&self) -> usize {
        self.world().gateway.identifies
    }

    pub(crate) fn resumes(&self) -> usize {
        self.world().gateway.resumes
    }

    pub(crate) fn heartbeats(&self) -> usize {
        self.world().gateway.heartbeats
    }

    pub(crate) fn beats_every(&self, milliseconds: u64) {
        self.world().gateway.heartbeat = milliseconds;
    }

    /// The connection falls.
    pub(crate) fn drop_connection(&self) {
        self.world().gateway.out(Out::Fall);
    }

    /// Discord closes the connection.
    pub(crate) fn closes(&self, code: u16) {
        self.world().gateway.out(Out::Close(code));
    }

    /// Discord asks to connect anew.
    pub(crate) fn asks_to_reconnect(&self) {
        self.world().gateway.out(Out::Say(json!({"op": 7, "d": null})));
    }

    /// The session ends.
    pub(crate) fn invalidates(&self) {
        let mut world = self.world();
        world.gateway.forget();
        world.gateway.out(Out::Say(json!({"op": 9, "d": false})));
    }
}
