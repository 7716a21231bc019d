//! Where an answer goes, as it is kept with an order. What opens it, the interaction's token, is kept apart.

use crate::chat::Address;

/// Who reads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The person alone, in their conversation with the bot.
    Direct,
    /// The person alone, where others talk.
    Private,
    /// Everyone there.
    Public,
}

/// The message to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// None; a new one is sent.
    Nothing,
    /// What the interaction was answered with, or the message that it came from.
    Original,
    /// A later answer to the interaction.
    Later(u64),
}

/// A place for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) channel: u64,
    /// Whose buttons they are.
    pub(super) owner: u64,
    pub(super) reach: Reach,
    /// The interaction whose token opens it.
    pub(super) interaction: u64,
    pub(super) there: There,
}

impl Spot {
    /// The conversation with somebody, which has yet to be opened.
    pub(super) fn private(user: u64) -> Self {
        Self { channel: 0, owner: user, reach: Reach::Private, interaction: 0, there: There::Nothing }
    }

    pub(super) fn is_public(&self) -> bool {
        self.reach == Reach::Public
    }

    /// The conversation that is talked in there: what someone chooses in private is none of the one that everyone sees.
    pub(super) fn conversation(&self) -> String {
        if self.is_public() { format!("{}/public", self.channel) } else { self.channel.to_string() }
    }

    /// `CHANNEL/OWNER/REACH/INTERACTION/MESSAGE`.
    pub(super) fn address(&self) -> Address {
        let reach = match self.reach {
            Reach::Direct => "direct",
            Reach::Private => "private",
            Reach::Public => "public",
        };
        let there = match self.there {
            There::Nothing => "none".to_owned(),
            There::Original => "original".to_owned(),
            There::Later(message) => message.to_string(),
        };
        Address(format!("{}/{}/{reach}/{}/{there}", self.channel, self.owner, self.interaction))
    }

    /// Reads what [`Spot::address`] wrote.
    pub(super) fn read(address: &Address) -> Option<Self> {
        let parts: Vec<&str> = address.0.split('/').collect();
        let [channel, owner, reach, interaction, there] = parts.as_slice() else { return None };
        Some(Self {
            channel: channel.parse().ok()?,
            owner: owner.parse().ok()?,
            reach: match *reach {
                "direct" => Reach::Direct,
                "private" => Reach::Private,
                "public" => Reach::Public,
                _ => return None,
            },
            interaction: interaction.parse().ok()?,
            there: match *there {
                "none" => There::Nothing,
                "original" => There::Original,
                message => There::Later(message.parse().ok()?),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_survives_being_kept() {
        for reach in [Reach::Direct, Reach::Private, Reach::Public] {
            for there in [There::Nothing, There::Original, There::Later(u64::MAX)] {
                let spot = Spot { channel: 1, owner: 2, reach, interaction: u64::MAX, there };
                assert_eq!(Spot::read(&spot.address()), Some(spot));
            }
        }
        for other in ["", "here", "1/2/private/3", "1/2/secret/3/original", "1/2/public/3/x", "1/2/public/3/1/1"] {
            assert_eq!(Spot::read(&Address(other.to_owned())), None, "{other}");
        }
    }
}
