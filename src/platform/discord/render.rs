//! Facts as messages for Discord.

mod dish;

use super::{
    commands::localised,
    text::{
        Embed, MOST_CONTENT, MOST_DESCRIPTION, Page, Piece, begin, bold, italic, pages, parts, plain, say, units, word,
    },
};
use crate::{
    chat::{
        Attachment, COMMANDS, CommandSpec, Facts, HistoryPage, Locale, Phrase, Picture, ProfilePage, Reply, Report,
        Topic,
    },
    i18n,
    order::{Line, Wanted},
    profile::{Field, Profile},
};

/// A reply as messages.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendered {
    /// What stands above the boxes of the first message.
    pub(super) content: String,
    /// The boxes of each message.
    pub(super) pages: Vec<Page>,
    /// Shown in the first box of the first message.
    pub(super) picture: Option<Picture>,
    pub(super) file: Option<Attachment>,
}

/// The reply as messages.
pub(super) fn rendered(reply: &Reply) -> Rendered {
    let locale = reply.locale;
    let in_boxes = |boxes: Vec<(Embed, Vec<Piece>)>| Rendered {
        content: String::new(),
        pages: pages(boxes),
        picture: reply.picture.clone(),
        file: None,
    };
    let headed = |heading: &str, pieces: Vec<Piece>| in_boxes(vec![(Embed::titled(heading), pieces)]);
    match &reply.facts {
        Facts::Dish(served) => in_boxes(dish::boxes(locale, served)),
        Facts::Lines(lines) => sentences(locale, lines),
        Facts::Waiting(waiting) => sentences(locale, &waiting.lines(locale)),
        Facts::Shared { name, .. } => sentences(locale, &[Phrase::shared(name, "")]),
        Facts::InPrivate(_) => sentences(locale, &[Phrase::new("only-in-private")]),
        Facts::Attachment(phrase, file) => {
            Rendered { file: Some(file.clone()), ..sentences(locale, std::slice::from_ref(phrase)) }
        }
        Facts::Question { lead, line, wanted } => {
            let pieces = leading(locale, lead).into_iter().chain(question(locale, *line, wanted)).collect();
            headed(&word(locale, &Phrase::question_heading(*line)), pieces)
        }
        Facts::Summary { lead, .. } => {
            let lines = reply.choices.iter().filter_map(|choice| {
                let value = choice.about.clone()?;
                let (line, value) = (word(locale, &choice.label), word(locale, &value));
                Some(Piece::below(format!("{}  {}", bold(&line), plain(&value))))
            });
            let hint = Piece::apart(italic(&i18n::word(locale, "summary-hint")));
            let lines = first_apart(lines.collect()).into_iter().chain([hint]);
            let pieces = leading(locale, lead).into_iter().chain(lines).collect();
            headed(&i18n::word(locale, "summary-heading"), pieces)
        }
        Facts::History(page) => headed(&word(locale, &page.heading()), history(locale, page)),
        Facts::Profile(page) => headed(&i18n::word(locale, "profile-heading"), profile(locale, page)),
        Facts::ProfileQuestion { lead, field, profile } => {
            let pieces = leading(locale, lead).into_iter().chain(profile_question(locale, *field, profile)).collect();
            headed(&i18n::word(locale, field.label()), pieces)
        }
        Facts::Help(topic) => in_boxes(help(locale, *topic)),
        Facts::Report(one) => headed(&word(locale, &one.heading), report(locale, one)),
    }
}

/// Sentences, one paragraph each: as plain text where they are short, else in boxes.
fn sentences(locale: Locale, lines: &[Phrase]) -> Rendered {
    let whole = lines.iter().map(|line| say(locale, line)).collect::<Vec<_>>().join("\n\n");
    let none = Rendered { content: String::new(), pages: Vec::new(), picture: None, file: None };
    if units(&whole) <= MOST_CONTENT {
        return Rendered { content: whole, ..none };
    }
    let pieces = lines.iter().flat_map(|line| parts(&word(locale, line), MOST_DESCRIPTION)).map(Piece::apart).collect();
    Rendered { pages: pages([(Embed::default(), pieces)]), ..none }
}

fn leading(locale: Locale, lead: &[Phrase]) -> Vec<Piece> {
    lead.iter().map(|line| Piece::below(say(locale, line))).collect()
}

/// The first of a list stands under an empty line.
fn first_apart(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if let Some(first) = pieces.first_mut() {
        first.gap = "\n\n";
    }
    pieces
}

fn question(locale: Locale, line: Line, wanted: &Wanted) -> Vec<Piece> {
    let question = Piece::apart(say(locale, &line.ask()));
    let chosen = Phrase::chosen(line, wanted).map(|chosen| Piece::below(italic(&word(locale, &chosen))));
    std::iter::once(question).chain(chosen).collect()
}

fn history(locale: Locale, page: &HistoryPage) -> Vec<Piece> {
    let mut pieces = vec![Piece::below(italic(&word(locale, &page.place())))];
    for entry in &page.entries {
        let star = if entry.favourite { "★ " } else { "" };
        let name = format!("{} {}", bold(&format!("{star}{}", entry.name)), plain(&format!("#{}", entry.number)));
        let about = Phrase::new("history-entry-about").day("at", entry.served_at);
        let about = about.text("ingredients", entry.ingredients.join(", "));
        let about = begin(&word(locale, &about), MOST_DESCRIPTION / 16);
        pieces.push(Piece::apart(format!("{name}\n{}", plain(&about))));
    }
    pieces
}

fn profile(locale: Locale, page: &ProfilePage) -> Vec<Piece> {
    let row = |(name, value): (Phrase, Phrase)| {
        let (name, value) = (bold(&word(locale, &name)), word(locale, &value));
        let mut values = parts(&value, MOST_DESCRIPTION / 2).into_iter();
        let first = Piece::below(format!("{name}  {}", values.next().unwrap_or_default()));
        std::iter::once(first).chain(values.map(Piece::below)).collect::<Vec<_>>()
    };
    let rows = first_apart(page.rows().into_iter().flat_map(row).collect());
    let tickets = Piece::apart(say(locale, &Phrase::tickets(&page.tickets)));
    leading(locale, &page.lead).into_iter().chain(rows).chain([tickets]).collect()
}

/// A report of the admins' counter.
fn report(locale: Locale, report: &Report) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for section in &report.sections {
        let row = |(name, value): &(Phrase, Phrase)| {
            let value = begin(&word(locale, value), MOST_DESCRIPTION / 4);
            Piece::below(format!("{}  {}", plain(&word(locale, name)), plain(&value)))
        };
        let rows: Vec<Piece> = section.rows.iter().map(row).collect();
        match &section.title {
            Some(title) => {
                pieces.push(Piece::apart(bold(&word(locale, title))));
                pieces.extend(rows);
            }
            None => pieces.extend(first_apart(rows)),
        }
    }
    pieces.extend(report.notes.iter().map(|note| Piece::apart(italic(&word(locale, note)))));
    pieces
}

fn profile_question(locale: Locale, field: Field, profile: &Profile) -> Vec<Piece> {
    let now = word(locale, &Phrase::holding_now(profile, field));
    let now = parts(&now, MOST_DESCRIPTION / 2).into_iter().map(Piece::below);
    std::iter::once(Piece::apart(say(locale, &Phrase::asking(field)))).chain(now).collect()
}

fn help(locale: Locale, topic: Option<Topic>) -> Vec<(Embed, Vec<Piece>)> {
    let topics: Vec<Topic> = topic.map_or_else(|| Topic::ALL.to_vec(), |topic| vec![topic]);
    let footer = Piece::apart(say(locale, &Phrase::new(topic.map_or("help-footer", Topic::about))));
    let mut boxes: Vec<(Embed, Vec<Piece>)> = topics
        .into_iter()
        .map(|one| {
            let commands = COMMANDS.iter().filter(|spec| spec.topic == one);
            let lines = commands.map(|spec| Piece::below(command(locale, spec))).collect();
            (Embed::titled(&i18n::word(locale, one.label())), lines)
        })
        .collect();
    if let Some((_, last)) = boxes.last_mut() {
        last.push(footer);
    }
    boxes
}

fn command(locale: Locale, spec: &CommandSpec) -> String {
    let argument = spec.argument.map(|argument| format!(" [{}]", i18n::word(locale, argument))).unwrap_or_default();
    let name = localised(locale, &format!("/{}", spec.name));
    plain(&format!("{name}{argument} – {}", word(locale, &Phrase::new(spec.about))))
}
