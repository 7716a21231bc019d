//! What the bot hands to a door: facts, never markup. The door words, escapes and places them.

use super::{Action, Credit, Locale, MenuId, Picture, Report, ShareCode, Token, Topic};
use crate::{
    clock::Moment,
    dish::{Dish, Found, Names, Servings},
    order::{Line, OrderId, Stage, Wanted},
    profile::{Field, Profile},
    ticket::TicketsLeft,
};

/// A sentence: its locale key and what goes into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// The Fluent key.
    pub key: &'static str,
    /// The placeables by name.
    pub args: Vec<(&'static str, Arg)>,
}

/// What a sentence is filled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// Text, untrusted; doors escape it.
    Text(String),
    /// A number; chooses plural forms.
    Number(i64),
    /// Another sentence.
    Phrase(Box<Phrase>),
    /// Several sentences, joined by commas.
    List(Vec<Phrase>),
    /// A moment, as people say when it is.
    Moment(Moment),
    /// The day of a moment.
    Day(Moment),
}

impl Phrase {
    /// A sentence without placeables.
    pub fn new(key: &'static str) -> Self {
        Self { key, args: Vec::new() }
    }

    /// The sentence for a wish of too many characters.
    pub fn wish_too_long(characters: usize) -> Self {
        Self::new("lead-wish-too-long")
            .count("characters", characters)
            .count("most", crate::order::Wish::MAX_CHARACTERS)
    }

    /// The sentence for a number that is on none of so many choices.
    pub fn out_of_range(choices: usize) -> Self {
        Self::new("lead-out-of-range").count("last", choices)
    }

    fn with(mut self, name: &'static str, arg: Arg) -> Self {
        self.args.push((name, arg));
        self
    }

    /// Fills in untrusted text.
    pub fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Arg::Text(text.into()))
    }

    /// Fills in a number.
    pub fn number(self, name: &'static str, number: impl Into<i64>) -> Self {
        self.with(name, Arg::Number(number.into()))
    }

    /// Fills in how many there are.
    pub fn count(self, name: &'static str, count: usize) -> Self {
        self.number(name, i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Fills in another sentence.
    pub fn phrase(self, name: &'static str, phrase: Self) -> Self {
        self.with(name, Arg::Phrase(Box::new(phrase)))
    }

    /// Fills in several sentences.
    pub fn list(self, name: &'static str, phrases: Vec<Self>) -> Self {
        self.with(name, Arg::List(phrases))
    }

    /// How many tickets are left today.
    pub fn tickets(tickets: &TicketsLeft) -> Self {
        match (tickets.left.saturating_sub(tickets.extra), tickets.limit) {
            (left, limit) if tickets.extra > 0 => {
                Self::new("tickets-extra").number("left", left).number("limit", limit).number("extra", tickets.extra)
            }
            (_, 0) => Self::new("tickets-closed"),
            (left, limit) if left == limit => Self::new("tickets-full").number("limit", limit),
            (0, limit) => Self::new("tickets-none-left").number("limit", limit),
            (left, limit) => Self::new("tickets-left").number("left", left).number("limit", limit),
        }
    }

    /// Something that is not eaten, by its name.
    pub fn found(found: &Found) -> Self {
        match found {
            Found::Allergen(allergen) => Self::new(allergen.label()),
            Found::Word(word) => Self::new("word-as-it-is").text("word", word.as_str()),
        }
    }

    /// Fills in a moment.
    pub fn moment(self, name: &'static str, moment: Moment) -> Self {
        self.with(name, Arg::Moment(moment))
    }

    /// Fills in the day of a moment.
    pub fn day(self, name: &'static str, moment: Moment) -> Self {
        self.with(name, Arg::Day(moment))
    }
}

/// How a choice stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// One of the answers.
    Answer,
    /// The way on.
    Primary,
    /// Ways round: back, skip, cancel.
    Way,
}

/// Something that can be pressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The text of a [`super::Token`].
    pub token: String,
    /// What stands on it.
    pub label: Phrase,
    /// One line about it.
    pub about: Option<Phrase>,
    /// How it stands out.
    pub tone: Tone,
}

/// Who may see a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone in the place.
    Everyone,
    /// The person alone, where the platform can.
    OnlyThem,
}

/// Where a reply goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// A message of its own.
    New,
    /// It takes the place of the menu that was pressed.
    PressedMenu,
    /// It says what came of the choice that was pressed; its first choice takes that one's place.
    PressedChoice,
    /// It is, or takes the place of, the order's waiting message.
    Waiting(OrderId),
    /// It takes the place of the order's dish, which was told: the picture is another one. Where that message cannot be
    /// changed any more, nothing is said.
    Dish(OrderId),
    /// It is one of many to everyone, and goes out behind everything that people wait for. The number is the same for all
    /// of them.
    News(i64),
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// How far it is.
    pub stage: Stage,
    /// The dish's name, once known.
    pub names: Option<Names>,
    /// The dish's introduction, once known.
    pub introduction: Option<String>,
    /// How many orders are asked for before it; 0 where none are.
    pub ahead: u32,
    /// What is said in place of all that, where it is something else than an order.
    pub other: Option<Phrase>,
}

impl Waiting {
    /// At this stage, and nothing else is known.
    pub fn at(stage: Stage) -> Self {
        Self { stage, names: None, introduction: None, ahead: 0, other: None }
    }

    /// Something else that takes a while.
    pub fn with(other: Phrase) -> Self {
        Self { other: Some(other), ..Self::at(Stage::Queued) }
    }
}

/// A dish with what is said around it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedDish {
    /// Its number among the person's dishes, from 1; `None` for one that someone else shared.
    pub number: Option<u32>,
    /// The dish, with amounts for `servings`.
    pub dish: Dish,
    /// For how many.
    pub servings: Servings,
    /// Whether an amount was rounded up to what can be bought.
    pub rounded: bool,
    /// What it answers.
    pub wanted: Wanted,
    /// When it was served.
    pub served_at: Moment,
    /// Whether it is one of the person's favourites.
    pub favourite: bool,
    /// What the person does not eat and was found in it; `None` where they eat everything.
    pub found: Option<Vec<Found>>,
    /// Tickets left, and when they return; only right after an order.
    pub tickets: Option<(TicketsLeft, Moment)>,
    /// Where its photo comes from, where that has to be said.
    pub credit: Option<Credit>,
}

/// One dish in a page of history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Its number among the person's dishes.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Its first ingredients.
    pub ingredients: Vec<String>,
    /// When it was served.
    pub served_at: Moment,
    /// Whether it is one of the person's favourites.
    pub favourite: bool,
}

/// A page of history, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// At most three.
    pub entries: Vec<HistoryEntry>,
    /// From 1.
    pub page: u32,
    /// Pages in all.
    pub pages: u32,
    /// Dishes in all.
    pub total: u32,
    /// What was searched for, if it was a search.
    pub keyword: Option<String>,
    /// Whether only favourites are shown.
    pub favourites: bool,
}

/// A profile as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePage {
    /// Sentences before it.
    pub lead: Vec<Phrase>,
    /// The profile.
    pub profile: Profile,
    /// When it was last changed.
    pub changed_at: Option<Moment>,
    /// Tickets left today.
    pub tickets: TicketsLeft,
}

/// A file for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// A name for it; letters, digits, hyphens and a dot.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Facts {
    /// Sentences, one paragraph each.
    Lines(Vec<Phrase>),
    /// A step of the dialogue.
    Question {
        /// Sentences before it.
        lead: Vec<Phrase>,
        /// Which line is asked for.
        line: Line,
        /// What was chosen so far.
        wanted: Wanted,
    },
    /// All lines before ordering.
    Summary {
        /// Sentences before it.
        lead: Vec<Phrase>,
        /// What was chosen.
        wanted: Wanted,
    },
    /// The kitchen is at work.
    Waiting(Waiting),
    /// A dish.
    Dish(Box<ServedDish>),
    /// A page of history.
    History(HistoryPage),
    /// A profile.
    Profile(Box<ProfilePage>),
    /// A field of the profile is asked for.
    ProfileQuestion {
        /// Sentences before it.
        lead: Vec<Phrase>,
        /// Which one.
        field: Field,
        /// The profile as it is.
        profile: Profile,
    },
    /// A dish is shared: whoever opens the code sees it.
    Shared {
        /// Its name.
        name: String,
        /// What it is opened by; the door makes a link of it.
        code: ShareCode,
    },
    /// This is answered only where nobody else reads; the word that `/start` is followed by there.
    InPrivate(&'static str),
    /// A file, and a sentence about it.
    Attachment(Phrase, Attachment),
    /// The table of commands, or what one of its topics is about.
    Help(Option<Topic>),
    /// What an admin asked for.
    Report(Box<Report>),
}

/// One message to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The language to say it in.
    pub locale: Locale,
    /// What is said.
    pub facts: Facts,
    /// What can be pressed, in order.
    pub choices: Vec<Choice>,
    /// What is shown with it.
    pub picture: Option<Picture>,
    /// Who sees it.
    pub audience: Audience,
    /// Where it goes.
    pub placing: Placing,
}

impl Reply {
    /// A message of its own, for everyone, without choices.
    pub fn new(locale: Locale, facts: Facts) -> Self {
        Self { locale, facts, choices: Vec::new(), picture: None, audience: Audience::Everyone, placing: Placing::New }
    }

    /// One sentence.
    pub fn line(locale: Locale, phrase: Phrase) -> Self {
        Self::new(locale, Facts::Lines(vec![phrase]))
    }

    /// The same with choices.
    pub fn with_choices(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        self
    }

    /// The same with a picture, if there is one.
    pub fn with_picture(mut self, picture: Option<Picture>) -> Self {
        self.picture = picture;
        self
    }

    /// The same, placed elsewhere.
    pub fn placed(mut self, placing: Placing) -> Self {
        self.placing = placing;
        self
    }

    /// The same where others read: what someone does not eat, and how many tickets they have, is nobody else's business.
    pub fn as_others_read(mut self) -> Self {
        match &mut self.facts {
            Facts::Dish(served) => (served.found, served.tickets) = (None, None),
            // Nor that there was something that they do not eat; the way to their profile would say so as well.
            Facts::Lines(lines) if lines.iter().any(|line| line.key == "failed-avoided") => {
                *lines = vec![Phrase::new("failed-no-dish")];
                let token = Token { menu: MenuId(0), action: Action::Again }.encode();
                let label = Phrase::new("choice-again");
                self.choices = vec![Choice { token, label, about: None, tone: Tone::Primary }];
            }
            _ => {}
        }
        self
    }

    /// The same, for the person alone.
    pub fn only_them(mut self) -> Self {
        self.audience = Audience::OnlyThem;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_others_read_neither_words_nor_buttons_say_what_someone_does_not_eat() {
        let to_profile = Choice {
            token: Token { menu: MenuId(0), action: Action::Profile }.encode(),
            label: Phrase::new("choice-profile"),
            about: None,
            tone: Tone::Way,
        };
        let reply = Reply::line(Locale::Ko, Phrase::new("failed-avoided")).with_choices(vec![to_profile.clone()]);
        let shown = reply.as_others_read();
        assert_eq!(shown.facts, Facts::Lines(vec![Phrase::new("failed-no-dish")]));
        assert!(!shown.choices.contains(&to_profile) && shown.choices.len() == 1);
        let other = Reply::line(Locale::Ko, Phrase::new("failed-no-dish")).with_choices(vec![to_profile]);
        assert_eq!(other.clone().as_others_read(), other);
    }
}
