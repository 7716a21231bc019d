//! The way out for what one event caused: the callback is answered at once, then come the messages.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use teloxide::{
    payloads::AnswerCallbackQuerySetters,
    prelude::Requester,
    types::{CallbackQueryId, InlineKeyboardButtonKind, InlineKeyboardMarkup},
};
use tokio::time::timeout;

use super::{
    Door,
    keyboard::button,
    limiter::{InLine, Urgency},
    orders::failing,
    outbound::There,
    render::{deep_link, word},
    send::{Trouble, trouble_of},
    spot::Spot,
};
use crate::{
    bot::{Outbox, SayError},
    chat::{Address, Audience, Facts, Phrase, Placing, Reply},
    order::OrderId,
};

/// What one event waits for its messages; they go out later where Telegram's limits ask for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most that the answer to a callback says (`answerCallbackQuery`).
const MOST_NOTICE: usize = 200;

/// A longer notice stays until it is put away.
const SHORT_NOTICE: usize = 30;

/// A button that was pressed.
#[derive(Debug, Clone)]
pub(super) struct Pressed {
    pub(super) id: CallbackQueryId,
    /// The button's own data.
    pub(super) data: String,
    /// The message that it stands under.
    pub(super) there: There,
    /// What that message says.
    pub(super) text: String,
    pub(super) keyboard: InlineKeyboardMarkup,
}

/// The way out for one event.
pub(super) struct Answering {
    door: Arc<Door>,
    spot: Spot,
    pressed: Option<Pressed>,
    answered: AtomicBool,
    /// What the answer to the callback says besides.
    in_passing: OnceLock<String>,
}

/// What the answer to a callback says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    Nothing,
    Text(String),
    Link(String),
}

impl Answering {
    pub(super) fn new(door: &Arc<Door>, spot: Spot, pressed: Option<Pressed>) -> Arc<Self> {
        Arc::new(Self {
            door: Arc::clone(door),
            spot,
            pressed,
            answered: AtomicBool::new(false),
            in_passing: OnceLock::new(),
        })
    }

    /// Answers the callback, once; whether it was this. It counts for no limit and goes out beside everything else.
    pub(super) fn answer(&self, notice: Notice) -> bool {
        self.answer_or(notice, None)
    }

    /// The same; where the callback is too old to be answered, `reply` becomes a message.
    fn answer_or(&self, notice: Notice, reply: Option<Reply>) -> bool {
        let Some(pressed) = &self.pressed else { return false };
        if self.answered.swap(true, Ordering::Relaxed) {
            return false;
        }
        let notice = match (notice, self.in_passing.get()) {
            (Notice::Nothing, Some(passing)) => Notice::Text(passing.clone()),
            (Notice::Text(text), Some(passing)) => {
                let both = format!("{text}\n{passing}");
                Notice::Text(if fits(&both) { both } else { passing.clone() })
            }
            (notice, _) => notice,
        };
        self.door.answer_callback(pressed.id.clone(), notice, reply.map(|reply| (self.spot, reply)));
        true
    }

    /// What else to say with the answer to the callback.
    pub(super) fn in_passing(&self, text: String) {
        let _ = self.in_passing.set(text);
    }

    /// Where a reply goes that takes the place of the pressed menu. A dish takes only its own: its words under the same
    /// picture, or the whole of it; what is left of a longer one stays.
    fn place_of(&self, reply: &Reply) -> Option<There> {
        let pressed = self.pressed.as_ref()?;
        let (There::Text(id), Facts::Dish(served)) = (pressed.there, &reply.facts) else { return Some(pressed.there) };
        let mut lines = pressed.text.lines();
        if lines.next() != Some(served.dish.name()) {
            return None;
        }
        Some(if lines.next() == Some("") { There::Words(id) } else { There::Text(id) })
    }

    /// Runs `receive`, and answers the callback when it is done or takes longer than a moment.
    pub(super) async fn while_receiving(&self, receive: impl Future<Output = ()>) {
        tokio::pin!(receive);
        if timeout(PATIENCE, &mut receive).await.is_err() {
            self.answer(Notice::Nothing);
            receive.await;
        }
        self.answer(Notice::Nothing);
    }

    /// What fits into the answer to the callback needs no message.
    fn notice(&self, reply: &Reply) -> Option<Notice> {
        self.pressed.as_ref().filter(|_| !self.answered.load(Ordering::Relaxed))?;
        match (&reply.facts, reply.placing) {
            (Facts::InPrivate(payload), _) => Some(Notice::Link(deep_link(self.door.username(), payload))),
            (Facts::Lines(lines), Placing::PressedChoice) => text_notice(reply, lines),
            (Facts::Lines(lines), Placing::New) if reply.choices.is_empty() && reply.audience == Audience::OnlyThem => {
                text_notice(reply, lines)
            }
            _ => None,
        }
    }

    /// The pressed button gives way to the reply's first choice.
    fn exchange(&self, reply: &Reply) {
        let (Some(pressed), Some(choice)) = (&self.pressed, reply.choices.first()) else { return };
        let new = button(reply.locale, self.spot.owner, choice);
        let mut keyboard = pressed.keyboard.clone();
        let is_pressed = |kind: &InlineKeyboardButtonKind| matches!(kind, InlineKeyboardButtonKind::CallbackData(data) if *data == pressed.data);
        for one in keyboard.inline_keyboard.iter_mut().flatten().filter(|one| is_pressed(&one.kind)) {
            *one = new.clone();
        }
        let (door, spot, message) = (Arc::clone(&self.door), self.spot, pressed.there.id());
        self.door.tasks.spawn(async move {
            if let Err(trouble) = door.exchange_keyboard(spot, message, keyboard).await {
                tracing::warn!(reason = trouble.reason(), "a button was not exchanged");
            }
        });
    }

    /// Hands the message over to its own task, and waits for it for a moment.
    async fn send(&self, line: InLine, reply: Reply, order: Option<OrderId>) -> Result<Option<Spot>, SayError> {
        let there = match reply.placing {
            Placing::PressedMenu | Placing::Waiting(_) => self.place_of(&reply),
            _ => None,
        };
        let begun = match order.map(|order| self.door.begin(order)) {
            // It has ended meanwhile, and that is being said.
            Some(None) => return Ok(None),
            begun => begun.flatten(),
        };
        // Where messages wait already nothing is gained by waiting with them; an order's message is worth a moment, since
        // its end takes its place.
        let waits = order.is_some() || self.door.limiter.is_free(self.spot.chat);
        let (door, spot) = (Arc::clone(&self.door), self.spot);
        let task = self.door.tasks.spawn(async move {
            let said = match begun {
                Some(begun) => door.say_waiting(begun, line, spot, &reply, there).await,
                None => door.deliver(line, spot, &reply, there, None).await,
            };
            if let Err(trouble) = &said
                && *trouble != Trouble::Gone
            {
                tracing::warn!(reason = trouble.reason(), "an answer was not delivered");
            }
            said
        });
        match timeout(if waits { PATIENCE } else { Duration::ZERO }, task).await {
            Ok(Ok(said)) => said.map(Some).map_err(|trouble| failing(&trouble)),
            Ok(Err(panic)) => {
                tracing::error!(panicked = panic.is_panic(), "sending a message panicked");
                Err(SayError::Later)
            }
            // It goes out as soon as there is room.
            Err(_) => Ok(None),
        }
    }
}

/// One sentence that fits into the answer to a callback.
fn text_notice(reply: &Reply, lines: &[Phrase]) -> Option<Notice> {
    let [line] = lines else { return None };
    let text = word(reply.locale, line);
    fits(&text).then_some(Notice::Text(text))
}

fn fits(text: &str) -> bool {
    text.encode_utf16().count() <= MOST_NOTICE
}

#[async_trait]
impl Outbox for Answering {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        if let Some(notice) = self.notice(&reply)
            && self.answer_or(notice, Some(reply.clone().placed(Placing::New)))
        {
            if reply.placing == Placing::PressedChoice {
                self.exchange(&reply);
            }
            return Ok(None);
        }
        if let Placing::Waiting(_) = reply.placing
            && !matches!(reply.facts, Facts::Waiting(_))
        {
            self.answer(Notice::Nothing);
            // Where this takes longer the kitchen tells it, and hears that it was told.
            return timeout(PATIENCE, self.door.say_of_order(to, reply)).await.unwrap_or(Err(SayError::Later));
        }
        let line = self.door.line_up(self.spot, Urgency::Answer).await.inspect_err(|_| {
            self.answer(Notice::Text(word(reply.locale, &Phrase::new("chat-full"))));
        })?;
        self.answer(Notice::Nothing);
        match reply.placing {
            Placing::Waiting(order) => {
                let menu = self.pressed.as_ref().map(|pressed| pressed.there.id().0);
                let said = self.send(line, reply, Some(order)).await?;
                let message = said.and_then(|spot| spot.message).or(menu);
                Ok(Some(Spot { message, ..said.unwrap_or(self.spot) }.address()))
            }
            _ => self.send(line, reply, None).await.map(|_| None),
        }
    }
}

impl Door {
    /// Answers a callback. Where it is too old for that, `otherwise` becomes a message.
    pub(super) fn answer_callback(
        self: &Arc<Self>,
        id: CallbackQueryId,
        notice: Notice,
        otherwise: Option<(Spot, Reply)>,
    ) {
        let door = Arc::clone(self);
        self.tasks.spawn(async move {
            let answer = door.bot.answer_callback_query(id);
            let answered = match notice {
                Notice::Nothing => answer.await,
                Notice::Text(text) => {
                    let stays = text.chars().count() > SHORT_NOTICE;
                    answer.text(text).show_alert(stays).await
                }
                Notice::Link(link) => match link.parse() {
                    Ok(link) => answer.url(link).await,
                    Err(_) => answer.await,
                },
            };
            match answered.map_err(|error| trouble_of(&error)) {
                Ok(_) => {}
                Err(Trouble::Late) => {
                    if let Some((spot, reply)) = otherwise {
                        door.say_late(spot, &reply).await;
                    }
                }
                Err(trouble) => tracing::warn!(reason = trouble.reason(), "a callback was not answered"),
            }
        });
    }

    /// Says as a message what was to be a notice; once for many presses that were all too old.
    async fn say_late(self: &Arc<Self>, spot: Spot, reply: &Reply) {
        let Ok(line) = self.line_up(spot, Urgency::Answer).await else { return };
        if self.said_late.get(&(spot.chat, spot.owner)).as_ref() == Some(&reply.facts) {
            return;
        }
        self.said_late.insert((spot.chat, spot.owner), reply.facts.clone());
        if let Err(trouble) = self.deliver(line, spot, reply, None, None).await {
            tracing::warn!(reason = trouble.reason(), "a notice was not delivered");
        }
    }
}
