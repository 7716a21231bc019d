//! Choices as rows of buttons and menus to select from
//! (<https://discord.com/developers/docs/components/reference>).

use serenity::all::{
    ButtonStyle, CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption,
};

use super::{
    spot::{Reach, Spot},
    text::{begin, word},
};
use crate::{
    chat::{Action, Choice, Facts, Locale, MenuId, Phrase, Reply, Token, Tone},
    order::Line,
    platform::owned,
    profile::Field,
};

/// Rows in a message.
const MOST_ROWS: usize = 5;

/// Buttons in a row.
const MOST_IN_A_ROW: usize = 5;

/// Lines to select from.
const MOST_OPTIONS: usize = 25;

/// A label on a button.
const MOST_LABEL: usize = 80;

/// A label or description of a line to select.
const MOST_OPTION: usize = 100;

/// Where a page of a dish follows the token of a button.
const PAGE: char = '/';

/// For whom a message's buttons are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Whose they are.
    pub(super) owner: u64,
    /// Whether anyone may press them: what stands under a shared dish is for whoever wants it.
    pub(super) anyone: bool,
    /// Whether others read there.
    pub(super) public: bool,
    /// Whether it is the conversation with the bot alone.
    pub(super) direct: bool,
}

impl Setting {
    /// At a spot, for its owner.
    pub(super) fn at(spot: &Spot, public: bool) -> Self {
        Self { owner: spot.owner, anyone: false, public, direct: spot.reach == Reach::Direct }
    }
}

/// What a button of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) owner: u64,
    /// Whether it opens a form.
    pub(super) form: bool,
    pub(super) token: String,
    /// The page that it leads to, from 0.
    pub(super) page: usize,
}

/// Reads the `custom_id` of a button or form, or the value of a selected line.
pub(super) fn read(data: &str) -> Option<Data> {
    let (owner, mark, rest) = owned::read(data)?;
    let (token, page) = rest.split_once(PAGE).unwrap_or((rest, "0"));
    Some(Data { owner, form: mark == owned::FORM, token: token.to_owned(), page: page.parse().ok()? })
}

/// Whether a choice is made by filling in a form.
pub(super) fn has_form(action: Action) -> bool {
    matches!(
        action,
        Action::Edit(Line::Wish) | Action::Write(Field::Nickname | Field::Introduction) | Action::Search(_)
    )
}

/// The rows under a message: what a reply offers, and the pages of a long dish.
pub(super) fn rows(reply: &Reply, page: usize, pages: usize, setting: Setting) -> Vec<CreateActionRow> {
    let locale = reply.locale;
    let offered = |choice: &&Choice| match Token::decode(&choice.token).map(|token| token.action) {
        // Where it is alone with the bot there is nobody to share with; where others read it is shared.
        Some(Action::Share(_)) => !setting.public && !setting.direct,
        _ => true,
    };
    let choices: Vec<&Choice> = reply.choices.iter().filter(offered).collect();
    let (listed, pressed): (Vec<&Choice>, Vec<&Choice>) =
        choices.into_iter().partition(|choice| is_listed(&reply.facts, choice));
    let mut rows: Vec<CreateActionRow> =
        listed.chunks(MOST_OPTIONS).enumerate().map(|(at, part)| menu(reply, at, part, setting)).collect();
    let mut buttons: Vec<(Tone, CreateButton)> = Vec::new();
    buttons.extend(form_of(reply, setting).map(|button| (Tone::Answer, button)));
    buttons.extend(turning(reply, page, pages, setting).into_iter().map(|button| (Tone::Answer, button)));
    buttons.extend(pressed.into_iter().map(|choice| (choice.tone, button(locale, choice, setting))));
    for group in buttons.chunk_by(|(one, _), (next, _)| one == next) {
        let buttons: Vec<CreateButton> = group.iter().map(|(_, button)| button.clone()).collect();
        rows.extend(buttons.chunks(MOST_IN_A_ROW).map(|row| CreateActionRow::Buttons(row.to_vec())));
    }
    merged(rows)
}

/// Where there are too many rows, those with few buttons are put together.
fn merged(rows: Vec<CreateActionRow>) -> Vec<CreateActionRow> {
    let mut merged: Vec<CreateActionRow> = Vec::new();
    let too_many = rows.len() > MOST_ROWS;
    for row in rows {
        match (merged.last_mut(), row) {
            (Some(CreateActionRow::Buttons(last)), CreateActionRow::Buttons(more))
                if too_many && last.len() + more.len() <= MOST_IN_A_ROW =>
            {
                last.extend(more);
            }
            (_, row) => merged.push(row),
        }
    }
    merged.truncate(MOST_ROWS);
    merged
}

/// Whether a choice is one of a list to select from, and not a button.
fn is_listed(facts: &Facts, choice: &Choice) -> bool {
    let action = Token::decode(&choice.token).map(|token| token.action);
    match facts {
        Facts::Question { .. } => choice.tone == Tone::Answer,
        // A line that opens a form could be picked once: the same line twice is no choice to Discord's clients.
        Facts::Summary { .. } => matches!(action, Some(Action::Edit(line)) if line != Line::Wish),
        Facts::ProfileQuestion { .. } => matches!(action, Some(Action::Avoid(..) | Action::DropWord(_))),
        _ => false,
    }
}

fn data(choice: &Choice, setting: Setting) -> String {
    let action = Token::decode(&choice.token).map(|token| token.action);
    let owner = if setting.anyone { owned::ANYONE } else { setting.owner };
    let mark = if action.is_some_and(has_form) { owned::FORM } else { owned::PRESS };
    owned::write(owner, mark, &choice.token)
}

fn menu(reply: &Reply, at: usize, choices: &[&Choice], setting: Setting) -> CreateActionRow {
    let locale = reply.locale;
    let option = |choice: &&Choice| {
        let label = begin(&word(locale, &choice.label), MOST_OPTION);
        let option = CreateSelectMenuOption::new(label, data(choice, setting));
        match &choice.about {
            Some(about) => option.description(begin(&word(locale, about), MOST_OPTION)),
            None => option,
        }
    };
    let placeholder = match reply.facts {
        Facts::Summary { .. } => "pick-line",
        Facts::ProfileQuestion { field: Field::Allergens, .. } => "pick-allergen",
        Facts::ProfileQuestion { .. } => "pick-other",
        _ => "pick-value",
    };
    let kind = CreateSelectMenuKind::String { options: choices.iter().map(option).collect() };
    let id = owned::write(setting.owner, owned::PRESS, &format!("list{at}"));
    CreateActionRow::SelectMenu(CreateSelectMenu::new(id, kind).placeholder(word(locale, &Phrase::new(placeholder))))
}

/// One choice as a button.
pub(super) fn button(locale: Locale, choice: &Choice, setting: Setting) -> CreateButton {
    let action = Token::decode(&choice.token).map(|token| token.action);
    let style = match (choice.tone, action) {
        (_, Some(Action::Stop(_) | Action::Forget | Action::Unlink)) => ButtonStyle::Danger,
        (Tone::Primary, _) => ButtonStyle::Primary,
        _ => ButtonStyle::Secondary,
    };
    CreateButton::new(data(choice, setting)).label(begin(&word(locale, &choice.label), MOST_LABEL)).style(style)
}

/// The button that opens the form for what is asked, where something is to be written.
fn form_of(reply: &Reply, setting: Setting) -> Option<CreateButton> {
    let action = match reply.facts {
        Facts::Question { line: Line::Wish, .. } => Action::Edit(Line::Wish),
        Facts::ProfileQuestion { field, .. } if field != Field::Allergens => Action::Write(field),
        _ => return None,
    };
    // It counts as long as the menu that it stands in.
    let menu =
        reply.choices.first().and_then(|choice| Token::decode(&choice.token)).map_or(MenuId(0), |token| token.menu);
    let id = owned::write(setting.owner, owned::FORM, &Token { menu, action }.encode());
    let label = word(reply.locale, &Phrase::new("choice-write"));
    Some(CreateButton::new(id).label(label).style(ButtonStyle::Primary))
}

/// The way to the other pages of a dish of one's own.
fn turning(reply: &Reply, page: usize, pages: usize, setting: Setting) -> Vec<CreateButton> {
    let Facts::Dish(served) = &reply.facts else { return Vec::new() };
    let Some(number) = served.number.filter(|_| pages > 1) else { return Vec::new() };
    let token = Token { menu: MenuId(0), action: Action::Serve(number, served.servings) }.encode();
    let button = |key: &'static str, to: usize| {
        let id = format!("{}{PAGE}{to}", owned::write(setting.owner, owned::PRESS, &token));
        CreateButton::new(id).label(word(reply.locale, &Phrase::new(key))).style(ButtonStyle::Secondary)
    };
    let previous = page.checked_sub(1).map(|to| button("dish-page-previous", to));
    let next = (page + 1 < pages).then(|| button("dish-page-next", page + 1));
    previous.into_iter().chain(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_whose_it_is_what_it_does_and_which_page_it_leads_to() {
        let token = Token { menu: MenuId(0), action: Action::Serve(7, crate::dish::Servings::One) }.encode();
        let id = format!("{}/2", owned::write(9, owned::PRESS, &token));
        assert_eq!(read(&id), Some(Data { owner: 9, form: false, token: token.clone(), page: 2 }));
        let id = owned::write(9, owned::FORM, &token);
        assert_eq!(read(&id), Some(Data { owner: 9, form: true, token, page: 0 }));
        assert_eq!(read("0~0.begin/x"), None);
    }

    #[test]
    fn many_rows_of_few_buttons_become_few_of_many() {
        let row = |n: usize| CreateActionRow::Buttons((0..n).map(|at| CreateButton::new(at.to_string())).collect());
        let sizes = |rows: Vec<CreateActionRow>| {
            let size = |row: &CreateActionRow| match row {
                CreateActionRow::Buttons(buttons) => buttons.len(),
                _ => 0,
            };
            rows.iter().map(size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(merged(vec![row(1), row(2)])), [1, 2]);
        assert_eq!(sizes(merged((0..6).map(|_| row(2)).collect())), [4, 4, 4]);
    }
}
