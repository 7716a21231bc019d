//! What each state offers.

use super::State;
use crate::{
    chat::{Action, Choice, Locale, MenuId, Phrase, Token, Tone},
    dish::Avoided,
    order::{Line, Wanted},
    profile::Naming,
};

/// The words on a choice.
pub fn label(action: Action) -> Phrase {
    Phrase::new(match action {
        Action::Pick(_, Some(value)) => value.label,
        Action::Pick(Line::Wish, None) => "choice-no-wish",
        Action::Pick(_, None) => "choice-any",
        Action::Back => "choice-back",
        Action::Skip => "choice-skip",
        Action::Surprise => "choice-surprise",
        Action::Cancel => "choice-cancel",
        Action::Edit(line) => line.label(),
        Action::Confirm => "choice-confirm",
        Action::Begin => "choice-begin",
        Action::Again => "choice-again",
        Action::History => "choice-history",
        Action::Stop(_) => "choice-stop",
        Action::Speak(locale) => Locale::label(locale),
        Action::Favourite(_, true) => "choice-favourite",
        Action::Favourite(_, false) => "choice-no-favourite",
        Action::Serve(_, servings) => return Phrase::new("choice-servings").number("servings", servings.number()),
        Action::Share(_) => "choice-share",
        Action::Unshare(_) => "choice-unshare",
        Action::Copy(_) => "choice-copy",
        Action::Search(_) => "choice-search",
        Action::Profile => "choice-profile",
        Action::Write(field) => field.label(),
        Action::Clear(_) => "choice-clear",
        Action::Avoid(allergen, true) => allergen.label(),
        Action::Avoid(allergen, false) => {
            return Phrase::new("choice-avoided").phrase("name", Phrase::new(allergen.label()));
        }
        Action::DropWord(_) => "choice-drop",
        Action::Export => "choice-export",
        Action::AskToForget => "choice-ask-to-forget",
        Action::Forget => "choice-forget",
        Action::Keep => "choice-keep",
        Action::Link(_, Naming::Unsaid) => "choice-link",
        Action::Link(_, Naming::Taking) => "choice-link-mine",
        Action::Link(_, Naming::Offering) => "choice-link-theirs",
        Action::StayApart => "choice-stay-apart",
        Action::Unlink => "choice-unlink",
        Action::StayTogether => "choice-stay-together",
        Action::Help(topic) => topic.label(),
        Action::AdminYes => "choice-admin-yes",
        Action::AdminNo => "choice-admin-no",
        Action::AdminGoOn(true) => "choice-admin-resume",
        Action::AdminGoOn(false) => "choice-admin-stop",
        Action::News(true) => "choice-news",
        Action::News(false) => "choice-no-news",
        Action::AdminLog(page) | Action::Page(page) => return Phrase::new("choice-page").number("page", page),
        Action::Open(number) => return Phrase::new("choice-dish").number("number", number),
    })
}

/// A choice with its own words.
pub fn choice(menu: MenuId, action: Action) -> Choice {
    let tone = match action {
        Action::Confirm | Action::Begin | Action::Again | Action::Copy(_) | Action::Link(..) | Action::AdminYes => {
            Tone::Primary
        }
        Action::Pick(..) | Action::Open(_) | Action::Speak(_) | Action::Write(_) | Action::Avoid(..) => Tone::Answer,
        _ => Tone::Way,
    };
    let about = match action {
        Action::Pick(_, Some(value)) => Some(Phrase::new(value.about)),
        Action::Pick(Line::Wish, None) => None,
        Action::Pick(_, None) => Some(Phrase::new("choice-any-about")),
        _ => None,
    };
    Choice { token: Token { menu, action }.encode(), label: label(action), about, tone }
}

/// What can be done in `state`, in the order in which it is numbered. A summary leads to the profile where it wants what
/// the person does not eat.
pub(super) fn actions(state: &State, avoided: &Avoided) -> Vec<Action> {
    match state {
        State::Idle => Vec::new(),
        State::Asking { line: Line::Wish, wanted, .. } => {
            let clear = wanted.wish.as_ref().map(|_| Action::Pick(Line::Wish, None));
            clear.into_iter().chain([Action::Skip, Action::Back, Action::Surprise, Action::Cancel]).collect()
        }
        State::Asking { line, .. } => {
            let values = line.values().iter().map(|value| Action::Pick(*line, Some(value)));
            values
                .chain([Action::Pick(*line, None), Action::Back, Action::Skip, Action::Surprise, Action::Cancel])
                .collect()
        }
        State::Summary { wanted } => std::iter::once(Action::Confirm)
            .chain(Line::ALL.map(Action::Edit))
            .chain([Action::Back, Action::Cancel])
            .chain((!avoided.against(wanted).is_empty()).then_some(Action::Profile))
            .collect(),
    }
}

/// The choices of `state` under the menu `menu`. A line of the summary shows what it is set to.
pub(super) fn choices(state: &State, menu: MenuId, avoided: &Avoided) -> Vec<Choice> {
    actions(state, avoided)
        .into_iter()
        .map(|action| {
            let mut choice = choice(menu, action);
            if let (Action::Edit(line), State::Summary { wanted }) = (action, state) {
                choice.about = Some(set_to(wanted, line));
            }
            choice
        })
        .collect()
}

fn set_to(wanted: &Wanted, line: Line) -> Phrase {
    match (line, &wanted.wish) {
        (Line::Wish, Some(wish)) => Phrase::new("wish-quoted").text("wish", wish.as_str()),
        (Line::Wish, None) => Phrase::new("choice-no-wish"),
        _ => wanted.filters.get(line).map_or(Phrase::new("choice-any"), |value| Phrase::new(value.label)),
    }
}
