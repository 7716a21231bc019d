//! Updates as events: who did what, where.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

use std::{
    convert::Infallible,
    ops::{ControlFlow, Range},
    sync::{Arc, LazyLock},
};

use teloxide::{
    dispatching::UpdateFilterExt,
    dptree::{self, Handler},
    types::{
        AllowedUpdate, CallbackQuery, ChatId, ChatMemberUpdated, InlineQuery, MaybeInaccessibleMessage, Message,
        MessageEntityKind, MessageKind, Update, UpdateKind, User as TelegramUser,
    },
};
use tokio::sync::OnceCell;

use super::{
    Door,
    answering::{Answering, Notice, Pressed},
    outbound::There,
    render::word,
    spot::Spot,
};
use crate::{
    bot::Outbox,
    chat::{Action, Command, Event, Incoming, Locale, LocaleHint, Phrase, Place, Platform, Reply, Token, User},
    platform::owned,
};

/// Waits for Telegram that are worth a word.
const LONG_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

type Endpoint = Handler<'static, Result<(), Infallible>, teloxide::dispatching::DpHandlerDescription>;

/// Which kinds of updates are asked for: those that are understood below.
pub(super) const KINDS: [AllowedUpdate; 4] =
    [AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::InlineQuery, AllowedUpdate::MyChatMember];

/// Made once: it is the same for every update.
static HANDLER: LazyLock<Endpoint> = LazyLock::new(handler);

/// From an update to what it means.
fn handler() -> Endpoint {
    dptree::entry()
        .branch(Update::filter_message().endpoint(message))
        .branch(Update::filter_callback_query().endpoint(button))
        .branch(Update::filter_inline_query().endpoint(typing))
        .branch(Update::filter_my_chat_member().endpoint(membership))
}

/// Whose update it is and where: updates with the same answer are handled one after another.
pub(super) fn lane(update: &Update) -> (i64, u64) {
    let (chat, person) = (update.chat().map(|chat| chat.id.0), update.from().map(|from| from.id.0));
    (chat.unwrap_or_default(), person.unwrap_or_default())
}

/// What an update means, whatever its number: the same message or press may come again under another one.
fn meaning(update: &Update) -> String {
    match &update.kind {
        UpdateKind::Message(message) => format!("m{}/{}", message.chat.id, message.id),
        UpdateKind::CallbackQuery(query) => format!("c{}", query.id.0),
        UpdateKind::InlineQuery(query) => format!("i{}", query.id.0),
        _ => format!("u{}", update.id.0),
    }
}

impl Door {
    /// Handles one update, unless it was handled before; returns when what it caused is committed. Whoever hands it in
    /// a second time meanwhile waits for the first.
    pub(super) async fn take(self: &Arc<Self>, update: Update) {
        let number = update.id.0;
        if matches!(update.kind, UpdateKind::Error(_)) {
            tracing::warn!(update = number, "an update was not understood; it is passed over");
            return;
        }
        let done: Arc<OnceCell<()>> = self.handled.get_with(meaning(&update), Arc::default);
        let door = Arc::clone(self);
        // It runs to its end, also when whoever waits for it goes away.
        let handling = tokio::spawn(async move {
            let handling = async {
                let handled = HANDLER.dispatch(dptree::deps![update, door]).await;
                if let ControlFlow::Continue(_) = handled {
                    tracing::debug!(update = number, "an update of a kind that was not asked for");
                }
            };
            done.get_or_init(|| handling).await;
        });
        if let Err(panic) = handling.await {
            tracing::error!(panicked = panic.is_panic(), update = number, "handling an update panicked");
        }
    }

    fn place(chat: ChatId) -> Place {
        Place { platform: Platform::Telegram, conversation: chat.to_string() }
    }

    fn incoming(&self, spot: Spot, user: User, message: Option<i64>, event: Event) -> Incoming {
        Incoming {
            place: Self::place(spot.chat),
            others_read: spot.is_group(),
            message,
            user,
            door: self.key(),
            address: spot.address(),
            event,
        }
    }

    async fn receive(self: &Arc<Self>, incoming: Incoming, answering: &Arc<Answering>) {
        let outbox = Arc::clone(answering) as Arc<dyn Outbox>;
        answering
            .while_receiving(async {
                self.core.receive(incoming, outbox).await;
            })
            .await;
    }

    /// Says why a command in a group is not followed.
    async fn refuse(self: &Arc<Self>, spot: Spot, locale: Locale, why: &'static str) {
        let reply = Reply::line(locale, Phrase::new(why));
        if Answering::new(self, spot, None).say(&spot.address(), reply).await.is_err() {
            tracing::debug!(why, "a refusal was not heard");
        }
    }
}

/// The person behind a Telegram user.
pub(super) fn user(user: &TelegramUser) -> User {
    let tag = user.language_code.as_deref();
    User { id: user.id.0.to_string(), locale: LocaleHint::Weak(tag.and_then(Locale::from_tag)) }
}

/// A command in which somebody without a user name is mentioned has their number in that place
/// (<https://core.telegram.org/bots/api#messageentity>, `text_mention`).
fn with_numbers(message: &Message, text: &str) -> String {
    if !text.starts_with('/') {
        return text.to_owned();
    }
    let mentions = message.entities().unwrap_or_default().iter().filter_map(|entity| match &entity.kind {
        MessageEntityKind::TextMention { user } => Some((range(text, entity.offset, entity.length)?, user.id)),
        _ => None,
    });
    let mut mentions: Vec<_> = mentions.collect();
    mentions.sort_by_key(|(range, _)| range.start);
    let (mut written, mut done) = (String::with_capacity(text.len()), 0);
    for (range, user) in mentions {
        // One that begins within another is no name of its own.
        if range.start >= done {
            written.extend([&text[done..range.start], "telegram:", &user.to_string()]);
            done = range.end;
        }
    }
    written + &text[done..]
}

/// The bytes of a part of a text whose place is given in UTF-16 units; `None` where it is no part of that text, which
/// teloxide's own reading panics at.
fn range(text: &str, offset: usize, length: usize) -> Option<Range<usize>> {
    Some(byte_at(text, offset)?..byte_at(text, offset.checked_add(length)?)?)
}

/// Where the character begins that is so many UTF-16 units into a text; `None` in the middle of one and behind the end.
fn byte_at(text: &str, unit: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == unit).then_some(text.len())
}

/// An admin of a group who writes in its name.
fn is_anonymous(message: &Message) -> bool {
    let of_group = message.sender_chat.as_ref().is_some_and(|sender| sender.id == message.chat.id);
    of_group && !message.chat.is_private() && !message.chat.is_channel()
}

/// Someone of their own, and not a channel, a bot or an anonymous admin.
fn sender(message: &Message) -> Option<&TelegramUser> {
    let from = message.from.as_ref()?;
    let is_person = !from.is_bot && message.sender_chat.is_none() && !from.is_anonymous() && !from.is_telegram();
    is_person.then_some(from)
}

fn spot(message: &Message, owner: u64) -> Spot {
    let thread = message.thread_id.filter(|_| message.is_topic_message);
    Spot {
        chat: message.chat.id,
        owner,
        thread: thread.map(|thread| thread.0.0),
        reply_to: (!message.chat.is_private()).then_some(message.id.0),
        message: None,
        said: 0,
    }
}

async fn message(door: Arc<Door>, message: Message) -> Result<(), Infallible> {
    if let Some(to) = message.migrate_to_chat_id() {
        door.group_moved(message.chat.id, *to).await;
    } else if let Some(from) = message.migrate_from_chat_id() {
        door.group_moved(*from, message.chat.id).await;
    } else if is_anonymous(&message) {
        door.said_by_nobody(&message).await;
    } else if let (Some(from), MessageKind::Common(_) | MessageKind::Dice(_)) = (sender(&message), &message.kind) {
        let own = message.via_bot.as_ref().is_some_and(|bot| bot.id.0 == door.id);
        if !own && !message.chat.is_channel() {
            door.said(&message, from).await;
        }
    }
    Ok(())
}

impl Door {
    /// An admin who hides behind the group has no tickets and no history; who asks for something anyway hears why.
    async fn said_by_nobody(self: &Arc<Self>, message: &Message) {
        let (spot, Some(text)) = (spot(message, 0), message.text()) else { return };
        if text.starts_with('/') && self.is_meant(message, text) && self.serves(message.chat.id.0) {
            self.refuse(spot, self.options.default_locale, "anonymous").await;
        }
    }

    async fn said(self: &Arc<Self>, message: &Message, from: &TelegramUser) {
        let text = message.text();
        let spot = spot(message, from.id.0);
        let is_group = spot.is_group();
        let event = match text {
            Some(text) if !is_group || self.is_meant(message, text) => Event::Text(with_numbers(message, text)),
            None if !is_group => Event::Other,
            _ => return,
        };
        if is_group && !self.serves(message.chat.id.0) {
            if text.is_some_and(|text| text.starts_with('/')) {
                let locale = self.core.language(Platform::Telegram, &user(from)).await;
                self.refuse(spot, locale, "group-closed").await;
            }
            return;
        }
        let answering = Answering::new(self, spot, None);
        self.receive(self.incoming(spot, user(from), Some(message.id.0.into()), event), &answering).await;
    }

    /// In a group, a command to this bot and a reply to it count; what others say to each other does not.
    fn is_meant(&self, message: &Message, text: &str) -> bool {
        if text.starts_with('/') {
            let name = text.split_whitespace().next().unwrap_or_default();
            return match name.split_once('@') {
                Some((_, bot)) => bot.eq_ignore_ascii_case(self.username()),
                // Other bots may well have a command for admins.
                None => !matches!(Command::parse(text), None | Some(Command::Unknown { .. } | Command::Admin { .. })),
            };
        }
        let answered = message.reply_to_message().and_then(|answered| answered.from.as_ref());
        answered.is_some_and(|author| author.id.0 == self.id)
    }

    async fn group_moved(&self, from: ChatId, to: ChatId) {
        let moved = self.core.moved(&Self::place(from), &Self::place(to), &Spot::prefix(from), &Spot::prefix(to)).await;
        if let Err(error) = moved {
            tracing::error!(%error, "a group moved, and its dialogues did not");
        }
    }

    /// A chat that the bot is no longer in: what is open there ends.
    pub(super) async fn leave(&self, chat: ChatId) {
        if let Err(error) = self.core.left(&Self::place(chat)).await {
            tracing::error!(%error, "a chat that was left was not tidied up");
        }
    }

    async fn pressed(self: &Arc<Self>, query: CallbackQuery, message: &MaybeInaccessibleMessage) {
        let data = query.data.unwrap_or_default();
        let who = user(&query.from);
        let (there, keyboard, spot) = match message {
            MaybeInaccessibleMessage::Regular(message) => {
                let there = if message.photo().is_some() { There::Picture } else { There::Text };
                let answered = message.reply_to_message().map(|answered| answered.id.0);
                let spot = Spot { reply_to: answered, ..spot(message, query.from.id.0) };
                (there(message.id.0), message.reply_markup().cloned().unwrap_or_default(), spot)
            }
            MaybeInaccessibleMessage::Inaccessible(message) => {
                let chat = message.chat.id;
                let spot = Spot { chat, owner: query.from.id.0, thread: None, reply_to: None, message: None, said: 0 };
                (There::Text(message.message_id.0), teloxide::types::InlineKeyboardMarkup::default(), spot)
            }
        };
        let spot = Spot { message: Some(there.id().0), ..spot };
        let text = message.regular_message().and_then(Message::text).unwrap_or_default().to_owned();
        let pressed = Pressed { id: query.id, data: data.clone(), there, text, keyboard };
        if changes_dish(&data) {
            self.changed.insert((spot.chat, there.id().0), ());
        }
        let answering = Answering::new(self, spot, Some(pressed));
        let refusal = match owned::read(&data) {
            _ if spot.is_group() && !self.serves(spot.chat.0) => Some("group-closed"),
            Some((owner, ..)) if owner != query.from.id.0 => Some("menu-foreign"),
            _ => None,
        };
        if let Some(key) = refusal {
            let locale = self.core.language(Platform::Telegram, &who).await;
            answering.answer(Notice::Text(word(locale, &Phrase::new(key))));
            return;
        }
        if let Some(wait) = self.limiter.waits(spot.chat).filter(|wait| *wait > LONG_WAIT)
            && self.limiter.tell_once(spot.chat, spot.owner)
        {
            let locale = self.core.language(Platform::Telegram, &who).await;
            let minutes = i64::try_from(wait.as_secs().div_ceil(60)).unwrap_or(i64::MAX);
            let phrase = Phrase::new("slowed-down").number("minutes", minutes);
            answering.in_passing(word(locale, &phrase));
        }
        let token = owned::read(&data).map(|(_, _, token)| token.to_owned()).unwrap_or_default();
        self.receive(self.incoming(spot, who, None, Event::Press(token)), &answering).await;
    }
}

/// Whether a button under a dish was pressed; the message says something else from then on.
fn changes_dish(data: &str) -> bool {
    let token = owned::read(data).and_then(|(_, _, token)| Token::decode(token));
    token.is_some_and(|token| matches!(token.action, Action::Serve(..) | Action::Favourite(..)))
}

async fn button(door: Arc<Door>, query: CallbackQuery) -> Result<(), Infallible> {
    if let Some(message) = query.message.clone() {
        door.pressed(query, &message).await;
    } else {
        // A message that someone sent by inline mode: it has no buttons of ours.
        door.answer_callback(query.id, Notice::Nothing, None);
    }
    Ok(())
}

async fn typing(door: Arc<Door>, query: InlineQuery) -> Result<(), Infallible> {
    door.offer(query).await;
    Ok(())
}

async fn membership(door: Arc<Door>, change: ChatMemberUpdated) -> Result<(), Infallible> {
    // A group that becomes a supergroup is left as well, and goes on there; where it was left for good, the next message
    // to it says so.
    if !change.new_chat_member.kind.is_present() && !change.chat.is_group() {
        door.leave(change.chat.id).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a text in which each of these numbers is mentioned, from an offset on and so long.
    fn read(text: &str, mentions: &[(u64, usize, usize)]) -> String {
        let mention = |(id, offset, length): &(u64, usize, usize)| {
            let user = serde_json::json!({"id": id, "is_bot": false, "first_name": "민지"});
            serde_json::json!({"type": "text_mention", "offset": offset, "length": length, "user": user})
        };
        let entities: Vec<serde_json::Value> = mentions.iter().map(mention).collect();
        let chat = serde_json::json!({"id": 1, "type": "private", "first_name": "지기"});
        let message = serde_json::json!({"message_id": 1, "date": 0, "chat": chat, "text": text, "entities": entities});
        let message: Message = serde_json::from_value(message).expect("a message");
        with_numbers(&message, text)
    }

    #[test]
    fn whoever_is_mentioned_without_a_user_name_is_their_number() {
        let both = [(77, 13, 2), (8, 16, 3)];
        assert_eq!(read("/admin grant 민지 kim 3", &both), "/admin grant telegram:77 telegram:8 3");
        assert_eq!(read("/admin grant 민지 kim 3", &[both[1], both[0]]), "/admin grant telegram:77 telegram:8 3");
        assert_eq!(read("/admin 🍚 민지", &[(77, 10, 2)]), "/admin 🍚 telegram:77");
        assert_eq!(read("민지 안녕", &[(77, 0, 2)]), "민지 안녕");
    }

    #[test]
    fn a_mention_that_does_not_fit_its_text_is_passed_over() {
        let text = "/admin 🍚 민지";
        for (offset, length) in [(8, 2), (7, 1), (10, 3), (13, 0), (usize::MAX, 1), (1, usize::MAX)] {
            assert_eq!(read(text, &[(77, offset, length)]), text, "{offset} {length}");
            assert_eq!(read(text, &[(77, offset, length), (8, 10, 2)]), "/admin 🍚 telegram:8", "{offset} {length}");
        }
    }

    #[test]
    fn of_mentions_that_overlap_the_first_counts() {
        assert_eq!(read("/admin kim min", &[(7, 7, 5), (8, 9, 3)]), "/admin telegram:7in");
        assert_eq!(read("/admin kim min", &[(7, 7, 3), (8, 7, 7)]), "/admin telegram:7 min");
    }
}
