//! Where an answer goes, as it is kept with an order.

use std::str::FromStr;

use teloxide::types::{ChatId, MessageId, ThreadId};

use crate::chat::{Address, Reply};

/// A place for messages in a chat, or one message there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) chat: ChatId,
    /// Whose buttons they are.
    pub(super) owner: u64,
    /// The topic of a forum.
    pub(super) thread: Option<i32>,
    /// The message that is answered, in a group.
    pub(super) reply_to: Option<i32>,
    /// The message to change, if there is one already.
    pub(super) message: Option<i32>,
    /// How many parts of an answer have been said.
    pub(super) said: usize,
}

impl Spot {
    /// The private chat with somebody, which has their own number.
    pub(super) fn private(user: u64) -> Option<Self> {
        let chat = ChatId(i64::try_from(user).ok()?);
        Some(Self { chat, owner: user, thread: None, reply_to: None, message: None, said: 0 })
    }

    /// `CHAT/OWNER/TOPIC/ANSWERED/MESSAGE/PARTS`; 0 for none. The chat comes first, so that it can be exchanged when a
    /// group moves ([`Spot::prefix`]).
    pub(super) fn address(&self) -> Address {
        let number = Option::unwrap_or_default;
        Address(format!(
            "{}{}/{}/{}/{}/{}",
            Self::prefix(self.chat),
            self.owner,
            number(self.thread),
            number(self.reply_to),
            number(self.message),
            self.said
        ))
    }

    /// What every address in a chat begins with.
    pub(super) fn prefix(chat: ChatId) -> String {
        format!("{chat}/")
    }

    /// Reads what [`Spot::address`] wrote.
    pub(super) fn read(address: &Address) -> Option<Self> {
        fn part<T: FromStr>(parts: &mut std::str::Split<'_, char>) -> Option<T> {
            parts.next()?.parse().ok()
        }
        let mut parts = address.0.split('/');
        let some = |number: i32| (number != 0).then_some(number);
        let spot = Self {
            chat: ChatId(part(&mut parts)?),
            owner: part(&mut parts)?,
            thread: some(part(&mut parts)?),
            reply_to: some(part(&mut parts)?),
            message: some(part(&mut parts)?),
            said: part(&mut parts)?,
        };
        parts.next().is_none().then_some(spot)
    }

    /// A reply as it may be shown there.
    pub(super) fn shown(&self, reply: &Reply) -> Reply {
        if self.is_group() { reply.clone().as_others_read() } else { reply.clone() }
    }

    /// Whether others read there.
    pub(super) fn is_group(&self) -> bool {
        is_group(self.chat)
    }

    pub(super) fn thread(&self) -> Option<ThreadId> {
        self.thread.map(|thread| ThreadId(MessageId(thread)))
    }
}

/// Whether others read in a chat: groups, supergroups and channels have negative numbers. More than the sign is not asked,
/// since teloxide panics at a number that it knows no kind for, and Telegram promises only that it has at most 52 bits
/// (<https://core.telegram.org/bots/api#chat>).
pub(super) fn is_group(chat: ChatId) -> bool {
    chat.0 < 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_number_says_whether_others_read_there_however_large_it_is() {
        for (number, expected) in [
            (7, false),
            (1 << 40, false),
            ((1 << 52) - 1, false),
            (i64::MAX, false),
            (-5, true),
            (-1_000_000_000_001, true),
            (-1_997_852_516_353, true),
            (i64::MIN, true),
        ] {
            let spot = Spot { chat: ChatId(number), owner: 7, thread: None, reply_to: None, message: None, said: 0 };
            assert_eq!(spot.is_group(), expected, "{number}");
        }
        assert!(!Spot::private(1 << 51).expect("a chat").is_group());
    }

    #[test]
    fn a_spot_survives_being_kept_and_its_chat_can_be_exchanged() {
        let spot = Spot { chat: ChatId(-42), owner: 7, thread: Some(3), reply_to: None, message: Some(9), said: 1 };
        let Address(text) = spot.address();
        assert_eq!(Spot::read(&Address(text.clone())), Some(spot));
        let moved = text.replace(&Spot::prefix(ChatId(-42)), &Spot::prefix(ChatId(-5)));
        assert_eq!(Spot::read(&Address(moved)), Some(Spot { chat: ChatId(-5), ..spot }));
        for other in ["", "here", "1/2/3", "1/2/3/4/5/6/7", "x/1/0/0/0/0"] {
            assert_eq!(Spot::read(&Address(other.to_owned())), None, "{other}");
        }
    }
}
