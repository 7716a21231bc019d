//! Updates, whatever is in them (see [`crate::fuzzing`]).

use teloxide::types::{Message, Update, UpdateKind};

use super::{Spot, changes_dish, is_anonymous, lane, meaning, owned, sender, spot, user, with_numbers};
use crate::chat::{Address, Command, Event};

/// An update in JSON; else what a button carries, or where an answer goes.
pub(crate) fn update(bytes: &[u8]) {
    match serde_json::from_slice::<Update>(bytes) {
        Ok(update) => taken(&update),
        Err(_) => kept(&String::from_utf8_lossy(bytes)),
    }
}

fn taken(update: &Update) {
    let (chat, person) = lane(update);
    assert!(!meaning(update).is_empty(), "an update of {person} in {chat} means nothing");
    match &update.kind {
        UpdateKind::Message(message) => heard(message),
        UpdateKind::CallbackQuery(query) => {
            assert!(!user(&query.from).id.is_empty());
            if let Some(data) = &query.data {
                let _ = changes_dish(data);
                kept(data);
            }
            if let Some(message) = query.regular_message() {
                let _ = (message.photo(), message.reply_markup(), message.reply_to_message());
                heard(message);
            }
        }
        UpdateKind::InlineQuery(query) => assert!(!user(&query.from).id.is_empty()),
        UpdateKind::MyChatMember(change) => {
            let _ = (change.new_chat_member.kind.is_present(), change.chat.is_group());
        }
        _ => {}
    }
}

fn heard(message: &Message) {
    let _ = (is_anonymous(message), message.migrate_to_chat_id(), message.migrate_from_chat_id());
    let spot = spot(message, sender(message).map_or(0, |from| from.id.0));
    let _ = spot.is_group();
    let address = spot.address();
    assert_eq!(Spot::read(&address).map(|spot| spot.address()), Some(address), "an answer loses its way");
    let text = message.text().unwrap_or_default();
    let written = with_numbers(message, text);
    assert!(text.starts_with('/') || written == text, "a text that is no command was changed");
    let event = Command::parse(&written).map_or(Event::Other, Event::Command);
    assert!(!event.kind().is_empty());
}

fn kept(text: &str) {
    if let Some(spot) = Spot::read(&Address(text.to_owned())) {
        let _ = spot.is_group();
        assert_eq!(Spot::read(&spot.address()), Some(spot));
    }
    if let Some((owner, mark, token)) = owned::read(text) {
        assert_eq!(owned::read(&owned::write(owner, mark, token)), Some((owner, mark, token)));
    }
}
