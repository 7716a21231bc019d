//! What a choice means, as a short text that survives a platform's button.

use crate::{
    chat::{LinkCode, Locale, ShareCode, Topic},
    dish::{Allergen, Servings},
    order::{Line, OrderId, Value},
    profile::{Field, Naming, WordMark},
};

/// One menu that was shown; a press on an older one is answered "that menu is old".
///
/// A random number, so that an old menu cannot be taken for a new one after a fresh start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct MenuId(pub u64);

impl std::fmt::Display for MenuId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// What pressing a choice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Sets a line to a value, or opens it (상관없음).
    Pick(Line, Option<&'static Value>),
    /// One step back.
    Back,
    /// Leaves the line as it is and goes on.
    Skip,
    /// Leaves everything else open and goes to the summary.
    Surprise,
    /// Ends the dialogue.
    Cancel,
    /// Changes one line of the summary.
    Edit(Line),
    /// Orders.
    Confirm,
    /// Begins to choose.
    Begin,
    /// The last order once more.
    Again,
    /// The dishes so far, from the first page.
    History,
    /// Stops this order, if it is still in the making.
    Stop(OrderId),
    /// A page of the history that is being read, from 1.
    Page(u32),
    /// A dish by its number.
    Open(u32),
    /// Speaks another language.
    Speak(Locale),
    /// Whether a dish is a favourite, by its number.
    Favourite(u32, bool),
    /// A dish by its number, for so many.
    Serve(u32, Servings),
    /// Shares a dish, by its number.
    Share(u32),
    /// Takes that back.
    Unshare(u32),
    /// Keeps a copy of a dish that someone shared.
    Copy(ShareCode),
    /// Looks for a dish by what is typed next; among favourites alone, or all.
    Search(bool),
    /// The profile.
    Profile,
    /// Writes a field of the profile.
    Write(Field),
    /// Empties a field of the profile.
    Clear(Field),
    /// Whether one of the list is not eaten.
    Avoid(Allergen, bool),
    /// One avoided word less.
    DropWord(WordMark),
    /// All that is kept about the person, as a file.
    Export,
    /// Asks whether to delete all of it.
    AskToForget,
    /// Deletes all that is kept about the person; only from the menu that asked.
    Forget,
    /// Deletes nothing.
    Keep,
    /// Joins whoever offered a code; whose name stays, where both have one.
    Link(LinkCode, Naming),
    /// Joins nobody.
    StayApart,
    /// Parts this platform from the others.
    Unlink,
    /// Parts nothing.
    StayTogether,
    /// What a topic of the help is about.
    Help(Topic),
    /// Does what an admin was asked about; the menu is what it is known by.
    AdminYes,
    /// Does not do it.
    AdminNo,
    /// A page of what admins did, from 1.
    AdminLog(u32),
    /// Goes on with the last message to everyone, or stops it.
    AdminGoOn(bool),
    /// Whether the person wants to hear of news.
    News(bool),
}

impl Action {
    /// What a choice leads to that is answered only where nobody else reads: the word that a link brings to `/start`.
    pub fn in_private(self) -> Option<&'static str> {
        Some(match self {
            Self::History | Self::Page(_) | Self::Open(_) | Self::Search(_) => "history",
            Self::Profile | Self::Write(_) | Self::Clear(_) | Self::Avoid(..) | Self::DropWord(_) => "profile",
            Self::Link(..) | Self::StayApart => "link",
            Self::Unlink | Self::StayTogether => "unlink",
            Self::Export => "export",
            Self::AskToForget | Self::Forget | Self::Keep => "forget",
            Self::AdminYes | Self::AdminNo | Self::AdminLog(_) | Self::AdminGoOn(_) => super::ADMIN,
            _ => return None,
        })
    }
}

/// A choice's token: the menu it was shown in and what it does, as ASCII of at most 52 bytes: a button holds 64
/// (`callback_data` of the Telegram Bot API; Discord's `custom_id` takes 100), of which a door may need some for whose
/// menu it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The menu.
    pub menu: MenuId,
    /// The meaning.
    pub action: Action,
}

impl Token {
    /// The longest token in bytes.
    pub const MAX_BYTES: usize = 52;

    /// Writes `MENU.ACTION[.ARGUMENT[.ARGUMENT]]`.
    pub fn encode(self) -> String {
        let menu = self.menu;
        match self.action {
            Action::Pick(line, value) => format!("{menu}.pick.{}.{}", line.id(), value.map_or("any", |value| value.id)),
            Action::Back => format!("{menu}.back"),
            Action::Skip => format!("{menu}.skip"),
            Action::Surprise => format!("{menu}.surprise"),
            Action::Cancel => format!("{menu}.cancel"),
            Action::Edit(line) => format!("{menu}.edit.{}", line.id()),
            Action::Confirm => format!("{menu}.confirm"),
            Action::Begin => format!("{menu}.begin"),
            Action::Again => format!("{menu}.again"),
            Action::History => format!("{menu}.history"),
            Action::Stop(order) => format!("{menu}.stop.{order}"),
            Action::Page(page) => format!("{menu}.page.{page}"),
            Action::Open(number) => format!("{menu}.open.{number}"),
            Action::Speak(locale) => format!("{menu}.speak.{}", locale.id()),
            Action::Favourite(number, on) => format!("{menu}.favourite.{number}.{}", switch(on)),
            Action::Serve(number, servings) => format!("{menu}.serve.{number}.{}", servings.number()),
            Action::Share(number) => format!("{menu}.share.{number}"),
            Action::Unshare(number) => format!("{menu}.unshare.{number}"),
            Action::Copy(code) => format!("{menu}.copy.{code}"),
            Action::Search(favourites) => format!("{menu}.search.{}", switch(favourites)),
            Action::Profile => format!("{menu}.profile"),
            Action::Write(field) => format!("{menu}.write.{}", field.id()),
            Action::Clear(field) => format!("{menu}.clear.{}", field.id()),
            Action::Avoid(allergen, on) => format!("{menu}.avoid.{}.{}", allergen.id(), switch(on)),
            Action::DropWord(WordMark(mark)) => format!("{menu}.drop.{mark:x}"),
            Action::Export => format!("{menu}.export"),
            Action::AskToForget => format!("{menu}.erase"),
            Action::Forget => format!("{menu}.forget"),
            Action::Keep => format!("{menu}.keep"),
            Action::Link(code, naming) => format!("{menu}.link.{}.{}", code.letters(), naming_id(naming)),
            Action::StayApart => format!("{menu}.apart"),
            Action::Unlink => format!("{menu}.unlink"),
            Action::StayTogether => format!("{menu}.together"),
            Action::Help(topic) => format!("{menu}.help.{}", topic.id()),
            Action::AdminYes => format!("{menu}.admin.yes"),
            Action::AdminNo => format!("{menu}.admin.no"),
            Action::AdminLog(page) => format!("{menu}.admin.log.{page}"),
            Action::AdminGoOn(on) => format!("{menu}.admin.go.{}", switch(on)),
            Action::News(on) => format!("{menu}.news.{}", switch(on)),
        }
    }

    /// Reads what [`Token::encode`] wrote; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_BYTES {
            return None;
        }
        let mut parts = text.split('.');
        let menu = MenuId(u64::from_str_radix(parts.next()?, 16).ok()?);
        let word = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        let action = match (word, arguments.as_slice()) {
            ("pick", [line, value]) => {
                let line = Line::from_id(line)?;
                let value = match *value {
                    "any" => None,
                    id => Some(line.values().iter().find(|value| value.id == id)?),
                };
                Action::Pick(line, value)
            }
            ("back", []) => Action::Back,
            ("skip", []) => Action::Skip,
            ("surprise", []) => Action::Surprise,
            ("cancel", []) => Action::Cancel,
            ("edit", [line]) => Action::Edit(Line::from_id(line)?),
            ("confirm", []) => Action::Confirm,
            ("begin", []) => Action::Begin,
            ("again", []) => Action::Again,
            ("history", []) => Action::History,
            ("stop", [order]) => Action::Stop(OrderId(order.parse().ok()?)),
            ("page", [page]) => Action::Page(page.parse().ok()?),
            ("open", [number]) => Action::Open(number.parse().ok()?),
            ("speak", [locale]) => Action::Speak(Locale::ALL.into_iter().find(|known| known.id() == *locale)?),
            ("favourite", [number, on]) => Action::Favourite(number.parse().ok()?, is_on(on)?),
            ("serve", [number, servings]) => {
                Action::Serve(number.parse().ok()?, Servings::from_number(servings.parse().ok()?)?)
            }
            ("share", [number]) => Action::Share(number.parse().ok()?),
            ("unshare", [number]) => Action::Unshare(number.parse().ok()?),
            ("copy", [code]) => Action::Copy(ShareCode::parse(code)?),
            ("search", [favourites]) => Action::Search(is_on(favourites)?),
            ("profile", []) => Action::Profile,
            ("write", [field]) => Action::Write(Field::from_id(field)?),
            ("clear", [field]) => Action::Clear(Field::from_id(field)?),
            ("avoid", [allergen, on]) => Action::Avoid(Allergen::from_id(allergen)?, is_on(on)?),
            ("drop", [mark]) => Action::DropWord(WordMark(u32::from_str_radix(mark, 16).ok()?)),
            ("export", []) => Action::Export,
            ("erase", []) => Action::AskToForget,
            ("forget", []) => Action::Forget,
            ("keep", []) => Action::Keep,
            ("link", [code, naming]) => Action::Link(LinkCode::parse(code)?, naming_of(naming)?),
            ("apart", []) => Action::StayApart,
            ("unlink", []) => Action::Unlink,
            ("together", []) => Action::StayTogether,
            ("admin", ["yes"]) => Action::AdminYes,
            ("admin", ["no"]) => Action::AdminNo,
            ("admin", ["go", on]) => Action::AdminGoOn(is_on(on)?),
            ("news", [on]) => Action::News(is_on(on)?),
            ("admin", ["log", page]) => Action::AdminLog(page.parse().ok()?),
            ("help", [topic]) => Action::Help(Topic::ALL.into_iter().find(|known| known.id() == *topic)?),
            _ => return None,
        };
        Some(Self { menu, action })
    }
}

fn naming_id(naming: Naming) -> &'static str {
    match naming {
        Naming::Unsaid => "any",
        Naming::Offering => "theirs",
        Naming::Taking => "mine",
    }
}

fn naming_of(id: &str) -> Option<Naming> {
    [Naming::Unsaid, Naming::Offering, Naming::Taking].into_iter().find(|naming| naming_id(*naming) == id)
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn is_on(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_action() -> impl Strategy<Value = Action> {
        let line = prop::sample::select(&Line::ALL[..]);
        let pick = (line.clone(), any::<prop::sample::Index>()).prop_map(|(line, index)| {
            let values = line.values();
            let at = index.index(values.len() + 1);
            Action::Pick(line, values.get(at))
        });
        prop_oneof![
            pick,
            line.prop_map(Action::Edit),
            any::<u32>().prop_map(Action::Page),
            any::<u32>().prop_map(Action::Open),
            any::<i64>().prop_map(|order| Action::Stop(OrderId(order))),
            prop::sample::select(&Locale::ALL[..]).prop_map(Action::Speak),
            any::<(u32, bool)>().prop_map(|(number, on)| Action::Favourite(number, on)),
            (any::<u32>(), prop::sample::select(&Servings::ALL[..])).prop_map(|(number, of)| Action::Serve(number, of)),
            any::<u32>().prop_map(Action::Share),
            any::<u32>().prop_map(Action::Unshare),
            any::<bool>().prop_map(Action::Search),
            prop::sample::select(&Field::ALL[..]).prop_map(Action::Write),
            prop::sample::select(&Field::ALL[..]).prop_map(Action::Clear),
            (prop::sample::select(Allergen::ALL), any::<bool>()).prop_map(|(allergen, on)| Action::Avoid(allergen, on)),
            any::<u32>().prop_map(|mark| Action::DropWord(WordMark(mark))),
            prop::sample::select(&Topic::ALL[..]).prop_map(Action::Help),
            any::<u32>().prop_map(Action::AdminLog),
            any::<bool>().prop_map(Action::AdminGoOn),
            any::<bool>().prop_map(Action::News),
            prop::sample::select(&[
                Action::Back,
                Action::Skip,
                Action::Surprise,
                Action::Cancel,
                Action::Confirm,
                Action::Begin,
                Action::Again,
                Action::History,
                Action::Profile,
                Action::Export,
                Action::AskToForget,
                Action::Forget,
                Action::Keep,
                Action::AdminYes,
                Action::AdminNo
            ]),
        ]
    }

    proptest! {
        #[test]
        fn a_copy_survives_its_round_trip(code in any::<u128>()) {
            // It means the same in every menu.
            let token = Token { menu: MenuId(0), action: Action::Copy(ShareCode(code)) };
            prop_assert!(token.encode().len() <= Token::MAX_BYTES);
            prop_assert_eq!(Token::decode(&token.encode()), Some(token));
        }

        #[test]
        fn a_token_survives_its_round_trip_within_its_bytes(menu in any::<u64>(), action in any_action()) {
            let token = Token { menu: MenuId(menu), action };
            let text = token.encode();
            prop_assert!(text.len() <= Token::MAX_BYTES && text.is_ascii());
            prop_assert_eq!(Token::decode(&text), Some(token));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,80}") {
            let _ = Token::decode(&text);
        }
    }
}
