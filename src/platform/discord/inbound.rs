//! Interactions as events: each is acknowledged first, from what it carries alone, and handled then
//! (<https://discord.com/developers/docs/interactions/receiving-and-responding>).

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

use std::{sync::Arc, time::Duration};

use serenity::all::{
    CommandInteraction, ComponentInteraction, ComponentInteractionDataKind, CreateAllowedMentions,
    CreateAutocompleteResponse, CreateInteractionResponse, CreateInteractionResponseMessage, Interaction,
    InteractionContext, Message, MessageFlags, ModalInteraction, User as DiscordUser,
};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{
    Door, Mode, TOKEN_LIVES,
    answering::{Answering, Deferred, Pressed},
    commands,
    components::{self, Data},
    forms,
    outbound::Known,
    send::{Again, Trouble, send},
    spot::{Reach, Spot, There},
    text::{begin, word},
};
use crate::{
    bot::{Asked, Outbox},
    chat::{Action, Event, Facts, Incoming, Keyword, Locale, LocaleHint, Phrase, Place, Platform, Token, User},
    platform::owned,
};

/// An interaction that was not acknowledged within three seconds is lost; this is left of them for the way.
const ACKNOWLEDGING: Duration = Duration::from_millis(2700);

/// Suggestions that come later are of no use to whoever types.
const SUGGESTING: Duration = Duration::from_secs(1);

/// Suggestions at a time, and the most that one says (`ApplicationCommandOptionChoice`).
const MOST_SUGGESTIONS: u32 = 25;
const MOST_SUGGESTION: usize = 100;

/// What the name of a form begins with, by where it was opened.
const DIRECT: &str = "direct:";
const ELSEWHERE: &str = "elsewhere:";

/// By which way an interaction is acknowledged.
pub(super) enum Callback {
    /// By a request of its own.
    Request,
    /// In the answer to the request that brought it.
    Answer(oneshot::Sender<CreateInteractionResponse>),
}

/// What an interaction comes to.
enum Plan {
    /// It is answered at once, and that is all.
    Answered(Box<CreateInteractionResponse>),
    /// Something is suggested to whoever types.
    Suggest(Box<CommandInteraction>),
    /// It is handled.
    Handle(Box<Handling>),
}

struct Handling {
    deferred: Deferred,
    spot: Spot,
    user: User,
    pressed: Option<Pressed>,
    event: Event,
}

impl Door {
    /// Acknowledges and handles one interaction; one that came before is acknowledged at most.
    pub(super) async fn take(self: &Arc<Self>, interaction: Interaction, callback: Callback) {
        let (id, token) = match &interaction {
            Interaction::Command(one) | Interaction::Autocomplete(one) => (one.id.get(), one.token.clone()),
            Interaction::Component(one) => (one.id.get(), one.token.clone()),
            Interaction::Modal(one) => (one.id.get(), one.token.clone()),
            _ => return,
        };
        let first = self.handled.entry(id).or_insert(()).is_fresh();
        // Whoever brought it first acknowledges it; only a request is answered once more.
        if !first && matches!(callback, Callback::Request) {
            return;
        }
        let plan = Self::plan(self.options.default_locale, &interaction);
        self.application_is(interaction.application_id().get());
        match plan {
            Plan::Answered(response) => {
                self.acknowledge(id, &token, *response, callback).await;
            }
            Plan::Suggest(command) => {
                let suggested = timeout(SUGGESTING, self.suggest(&command)).await.unwrap_or_default();
                let response = CreateInteractionResponse::Autocomplete(suggested);
                self.acknowledge(id, &token, response, callback).await;
            }
            Plan::Handle(handling) => {
                self.remember_token(id, &token);
                let message = |alone: bool| CreateInteractionResponseMessage::new().ephemeral(alone);
                let response = match handling.deferred {
                    Deferred::Thinking { public } => CreateInteractionResponse::Defer(message(!public)),
                    Deferred::Silently => CreateInteractionResponse::Acknowledge,
                };
                if self.acknowledge(id, &token, response, callback).await && first && self.is_ours(id).await {
                    self.handle(*handling).await;
                }
            }
        }
    }

    /// Tells Discord that the interaction arrived; whether it heard so.
    async fn acknowledge(&self, id: u64, token: &str, response: CreateInteractionResponse, callback: Callback) -> bool {
        let answer = match callback {
            Callback::Answer(answer) => return answer.send(response).is_ok(),
            Callback::Request => response,
        };
        let until = Instant::now() + ACKNOWLEDGING;
        let (mut unsure, mut pause) = (false, Duration::from_millis(100));
        loop {
            let call = || self.replies.create_interaction_response(id.into(), token, &answer, Vec::new());
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, send(&self.guard, Again::Never, call)).await {
                Ok(Ok(())) => return true,
                // One whose answer was lost has arrived; else another process has it.
                Ok(Err(Trouble::Answered)) => return unsure,
                Ok(Err(trouble @ (Trouble::Later | Trouble::Unknown))) if Instant::now() + pause < until => {
                    unsure |= trouble == Trouble::Unknown;
                    sleep(pause).await;
                    pause *= 2;
                }
                // Whether Discord heard it is not known; whoever pressed meant it in any case.
                Ok(Err(Trouble::Unknown)) | Err(_) => {
                    tracing::warn!("it is not known whether an interaction was acknowledged");
                    return true;
                }
                Ok(Err(_)) if unsure => return true,
                Ok(Err(trouble)) => {
                    tracing::warn!(reason = trouble.reason(), "an interaction was not acknowledged; it is lost");
                    return false;
                }
            }
        }
    }

    /// Whether no other process has it: what is brought to an address may be brought to two of them.
    async fn is_ours(&self, id: u64) -> bool {
        if self.options.mode == Mode::Gateway {
            return true;
        }
        let claimed = self.core.claim_once(&self.key(), &id.to_string(), self.core.now() + TOKEN_LIVES).await;
        // Where the database does not answer, whoever pressed is told so.
        claimed.unwrap_or(true)
    }

    async fn handle(self: &Arc<Self>, handling: Handling) {
        let Handling { deferred, spot, user, pressed, event } = handling;
        let action = match &event {
            Event::Press(token) => Token::decode(token).map(|token| token.action),
            _ => None,
        };
        match (action, &pressed) {
            // An order may outlive this process; what opens the place of its answer has to as well.
            (Some(Action::Confirm), _) => self.keep_token(spot.interaction).await,
            (Some(Action::Serve(..) | Action::Favourite(..)), Some(pressed)) => {
                self.changed.insert(pressed.message, ());
            }
            _ => {}
        }
        let answering = Answering::new(self, spot, pressed, deferred);
        let incoming = Incoming {
            place: Place { platform: Platform::Discord, conversation: spot.conversation() },
            others_read: spot.is_public(),
            message: None,
            user,
            door: self.key(),
            address: spot.address(),
            event,
        };
        self.core.receive(incoming, Arc::clone(&answering) as Arc<dyn Outbox>).await;
        answering.finish().await;
    }

    fn plan(default: Locale, interaction: &Interaction) -> Plan {
        match interaction {
            Interaction::Command(command) => Self::commanded(default, command),
            Interaction::Autocomplete(command) => Plan::Suggest(Box::new(command.clone())),
            Interaction::Component(component) => Self::pressed(default, component),
            Interaction::Modal(modal) => Self::filled_in(default, modal),
            _ => Plan::Answered(Box::new(CreateInteractionResponse::Acknowledge)),
        }
    }

    /// A sentence for the person alone, from what the interaction carries.
    fn notice(default: Locale, locale: &str, key: &'static str) -> Plan {
        let locale = Locale::from_tag(locale).unwrap_or(default);
        let message = CreateInteractionResponseMessage::new()
            .content(word(locale, &Phrase::new(key)))
            .allowed_mentions(CreateAllowedMentions::new())
            .ephemeral(true);
        Plan::Answered(Box::new(CreateInteractionResponse::Message(message)))
    }

    fn commanded(default: Locale, command: &CommandInteraction) -> Plan {
        let Some((event, share)) = commands::event(&command.data) else {
            return Self::notice(default, &command.locale, "unknown-command-here");
        };
        let reach = match (is_direct(command.context), share) {
            (true, _) => Reach::Direct,
            (_, true) => Reach::Public,
            _ => Reach::Private,
        };
        let spot = Spot {
            channel: command.channel_id.get(),
            owner: command.user.id.get(),
            reach,
            interaction: command.id.get(),
            there: There::Original,
        };
        let deferred = Deferred::Thinking { public: reach != Reach::Private };
        let user = user(&command.user, &command.locale);
        Plan::Handle(Box::new(Handling { deferred, spot, user, pressed: None, event }))
    }

    fn pressed(default: Locale, component: &ComponentInteraction) -> Plan {
        let pressed = match &component.data.kind {
            ComponentInteractionDataKind::StringSelect { values } => values.first().map_or("", String::as_str),
            _ => &component.data.custom_id,
        };
        let Some(Data { owner, form, token, page }) = components::read(pressed) else {
            return Self::notice(default, &component.locale, "menu-old");
        };
        if owner != owned::ANYONE && owner != component.user.id.get() {
            return Self::notice(default, &component.locale, "menu-foreign");
        }
        if form {
            let locale = Locale::from_tag(&component.locale).unwrap_or(default);
            // Where a form was filled in does not say whether others are there; where its button was pressed does.
            let id = format!("{}{pressed}", if is_direct(component.context) { DIRECT } else { ELSEWHERE });
            return match forms::form(locale, &id, &token) {
                Some(form) => Plan::Answered(Box::new(CreateInteractionResponse::Modal(form))),
                None => Self::notice(default, &component.locale, "menu-old"),
            };
        }
        let place = (component.channel_id.get(), component.user.id.get(), component.id.get());
        let (spot, own) = spot_of(place, is_direct(component.context), &component.message, owner, &token);
        let pressed = own.then(|| Pressed { page, data: pressed.to_owned(), ..came_from(&component.message) });
        let (user, event) = (user(&component.user, &component.locale), Event::Press(token));
        Plan::Handle(Box::new(Handling { deferred: Deferred::Silently, spot, user, pressed, event }))
    }

    fn filled_in(default: Locale, modal: &ModalInteraction) -> Plan {
        let id = &modal.data.custom_id;
        let direct = id.strip_prefix(DIRECT);
        let data = direct.or_else(|| id.strip_prefix(ELSEWHERE)).and_then(components::read);
        let (Some(Data { owner, token, .. }), Some(message)) = (data, &modal.message) else {
            return Self::notice(default, &modal.locale, "menu-old");
        };
        let place = (modal.channel_id.get(), modal.user.id.get(), modal.id.get());
        let (text, user) = (forms::written(&modal.data), user(&modal.user, &modal.locale));
        let event = Event::Form { token: token.clone(), text };
        let (spot, own) = spot_of(place, direct.is_some(), message, owner, &token);
        let pressed = own.then(|| came_from(message));
        Plan::Handle(Box::new(Handling { deferred: Deferred::Silently, spot, user, pressed, event }))
    }

    /// One's own dishes with what was typed in them.
    async fn suggest(&self, command: &CommandInteraction) -> CreateAutocompleteResponse {
        let mut response = CreateAutocompleteResponse::new();
        let Some(option) = command.data.autocomplete() else { return response };
        let user = user(&command.user, &command.locale);
        let favourites = command.data.name == "favourites";
        let asked = Asked { typed: option.value, favourites, page: 1, per_page: MOST_SUGGESTIONS };
        let offered = self.core.offer(Platform::Discord, &user, asked).await;
        let offered = match offered {
            Ok(offered) => offered,
            Err(error) => {
                tracing::warn!(%error, "dishes were not looked for");
                return response;
            }
        };
        let mut said = Vec::new();
        for (reply, _) in &offered.dishes {
            let Facts::Dish(served) = &reply.facts else { continue };
            let Some(number) = served.number else { continue };
            let name = served.dish.names.get(offered.locale);
            let (label, value) = match option.name {
                "number" => (format!("#{number} {name}"), number.to_string()),
                _ => (name.to_owned(), name.chars().take(Keyword::MAX_CHARACTERS).collect()),
            };
            let label = begin(&label, MOST_SUGGESTION);
            if !said.contains(&label) {
                response = response.add_string_choice(label.clone(), value);
                said.push(label);
            }
        }
        response
    }
}

/// The person behind a Discord user, whose client's language is the first that is spoken with them.
fn user(user: &DiscordUser, locale: &str) -> User {
    User { id: user.id.get().to_string(), locale: LocaleHint::Weak(Locale::from_tag(locale)) }
}

/// Whether it is the conversation with the bot alone.
fn is_direct(context: Option<InteractionContext>) -> bool {
    context == Some(InteractionContext::BotDm)
}

/// Where the answer to a press goes, and whether it may take the place of what was pressed. What concerns its owner alone
/// is not said where others read.
fn spot_of(
    (channel, owner, interaction): (u64, u64, u64),
    direct: bool,
    message: &Message,
    of: u64,
    token: &str,
) -> (Spot, bool) {
    let alone = message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
    // What someone chose before may have been in private, so it is not taken up where others read.
    let private = Token::decode(token).is_some_and(|token| {
        token.action.in_private().is_some() || matches!(token.action, Action::Again | Action::Begin)
    });
    let (reach, own) = match (direct, alone) {
        (true, _) => (Reach::Direct, true),
        (_, true) => (Reach::Private, true),
        _ if private || of == owned::ANYONE => (Reach::Private, false),
        _ => (Reach::Public, true),
    };
    let there = if own { There::Original } else { There::Nothing };
    (Spot { channel, owner, reach, interaction, there }, own)
}

fn came_from(message: &Message) -> Pressed {
    Pressed {
        message: message.id.get(),
        components: serde_json::to_value(&message.components).unwrap_or_default(),
        data: String::new(),
        files: Known::of(message),
        page: 0,
    }
}
