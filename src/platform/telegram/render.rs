//! Facts as messages for Telegram.

mod dish;

use super::text::{MOST_CAPTION, MOST_TEXT, Piece, Text, pages};
use crate::{
    chat::{
        Attachment, COMMANDS, Choice, CommandSpec, Credit, Facts, HistoryPage, Locale, Phrase, Picture, ProfilePage,
        Reply, Report, ServedDish, Topic,
    },
    i18n,
    order::{Line, Wanted},
    platform::cut::cut,
    profile::{Field, Profile},
};

/// A reply as messages: each part is one, the first the caption of the picture or of the file where there is one. The
/// keyboard belongs under the last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rendered {
    pub(super) parts: Vec<Text>,
    pub(super) picture: Option<Picture>,
    pub(super) file: Option<Attachment>,
    /// Buttons that lead out of the chat: label and address.
    pub(super) links: Vec<(String, String)>,
}

/// What a reply is made into messages for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// The bot's name, without `@`.
    pub(super) username: &'a str,
    /// Whether others read there.
    pub(super) in_group: bool,
    /// Whether it takes the place of a text that stands under a picture, which stays.
    pub(super) under_picture: bool,
}

/// A link that opens the chat with the bot, and says `/start PAYLOAD` there
/// (<https://core.telegram.org/bots/features#deep-linking>).
pub(super) fn deep_link(username: &str, payload: &str) -> String {
    format!("https://t.me/{username}?start={payload}")
}

/// Name, introduction and facts of a dish, short enough for a caption.
pub(super) fn dish_in_short(locale: Locale, served: &ServedDish) -> Text {
    dish::parts(locale, served, true, false).into_iter().next().unwrap_or_default()
}

/// The reply as messages.
pub(super) fn rendered(reply: &Reply, setting: Setting<'_>) -> Rendered {
    let locale = reply.locale;
    let picture = reply.picture.clone().filter(|_| !setting.under_picture);
    let most = if picture.is_some() { MOST_CAPTION } else { MOST_TEXT };
    let mut ways_out = Vec::new();
    let mut file = None;
    let parts = match &reply.facts {
        Facts::Dish(served) => dish::parts(locale, served, picture.is_some(), setting.under_picture),
        Facts::History(page) => pages(history(locale, page), most),
        Facts::Lines(lines) => paragraphs(locale, lines),
        Facts::Question { lead, line, wanted } => {
            let hint = (setting.in_group && *line == Line::Wish).then(|| Phrase::new("reply-hint"));
            let pieces = question(locale, *line, wanted, &reply.choices);
            let hint = hint.map(|hint| Piece::apart(say(locale, &hint)));
            pages(leading(locale, lead).into_iter().chain(pieces).chain(hint), MOST_TEXT)
        }
        Facts::Summary { lead, .. } => {
            pages(leading(locale, lead).into_iter().chain(summary(locale, &reply.choices)), MOST_TEXT)
        }
        Facts::Waiting(waiting) => paragraphs(locale, &waiting.lines(locale)),
        Facts::Profile(page) => pages(profile(locale, page), MOST_TEXT),
        Facts::ProfileQuestion { lead, field, profile } => {
            pages(leading(locale, lead).into_iter().chain(profile_question(locale, *field, profile)), MOST_TEXT)
        }
        Facts::Shared { name, code } => {
            let link = deep_link(setting.username, &code.payload());
            ways_out.push((i18n::word(locale, "share-send"), share_link(&link, name)));
            paragraphs(locale, &[Phrase::shared(name, link)])
        }
        Facts::InPrivate(word) => {
            ways_out.push((i18n::word(locale, "open-private"), deep_link(setting.username, word)));
            paragraphs(locale, &[Phrase::new("only-in-private")])
        }
        Facts::Attachment(phrase, attachment) => {
            file = Some(attachment.clone());
            vec![say(locale, phrase)]
        }
        Facts::Help(topic) => pages(help(locale, *topic), MOST_TEXT),
        Facts::Report(one) => pages(report(locale, one), most),
    };
    Rendered { parts, picture, file, links: ways_out }
}

/// A dish whose photo takes the place of its card: only what stands under the picture changes, so the messages below have to
/// be those that were said without a credit. Where the credit has no room there it is said in short; `None` where that has none
/// either.
pub(super) fn rendered_over_card(reply: &Reply, setting: Setting<'_>) -> Option<Rendered> {
    let crediting = |change: fn(Credit) -> Option<Credit>| {
        let mut reply = reply.clone();
        if let Facts::Dish(served) = &mut reply.facts {
            served.credit = served.credit.take().and_then(change);
        }
        rendered(&reply, setting)
    };
    let said = crediting(|_| None);
    let attempts = [crediting(Some), crediting(|credit| Some(Credit { author: None, licence: None, ..credit }))];
    attempts.into_iter().find(|made| made.parts.get(1..) == said.parts.get(1..))
}

/// Telegram's own window for sending a link to someone (<https://core.telegram.org/widgets/share>).
fn share_link(link: &str, name: &str) -> String {
    let address = url::Url::parse_with_params("https://t.me/share/url", [("url", link), ("text", name)]);
    address.map_or_else(|_| link.to_owned(), String::from)
}

/// A sentence, in the words of this door where it has some of its own.
pub(super) fn word(locale: Locale, phrase: &Phrase) -> String {
    i18n::say_at("telegram", locale, phrase)
}

fn say(locale: Locale, phrase: &Phrase) -> Text {
    Text::plain(&word(locale, phrase))
}

/// Sentences, one paragraph each; what is longer than a message goes on in the next.
fn paragraphs(locale: Locale, lines: &[Phrase]) -> Vec<Text> {
    let whole: Vec<String> = lines.iter().map(|line| word(locale, line)).collect();
    let pieces = whole.iter().flat_map(|line| cut(line, MOST_TEXT));
    pages(pieces.map(|part| Piece::apart(Text::plain(part))), MOST_TEXT)
}

fn leading(locale: Locale, lead: &[Phrase]) -> Vec<Piece> {
    lead.iter().map(|line| Piece::below(say(locale, line))).collect()
}

fn question(locale: Locale, line: Line, wanted: &Wanted, choices: &[Choice]) -> Vec<Piece> {
    let heading = Text::bold(&word(locale, &Phrase::question_heading(line)));
    let question = Piece::below(say(locale, &line.ask()));
    let chosen = Phrase::chosen(line, wanted).map(|chosen| Piece::below(Text::italic(&word(locale, &chosen))));
    let about = choices.iter().filter_map(|choice| {
        let label = Text::bold(&word(locale, &choice.label));
        let about = word(locale, choice.about.as_ref()?);
        Some(Piece::below(Text::plain("· ").then(&label).then(&Text::plain(&format!("  {about}")))))
    });
    let mut pieces = vec![Piece::apart(heading), question];
    pieces.extend(chosen);
    pieces.extend(first_apart(about.collect()));
    pieces
}

/// The first of a list stands under an empty line.
fn first_apart(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if let Some(first) = pieces.first_mut() {
        first.gap = "\n\n";
    }
    pieces
}

fn summary(locale: Locale, choices: &[Choice]) -> Vec<Piece> {
    let line = |choice: &Choice| {
        let value = choice.about.clone()?;
        let line = Phrase::new("summary-line").phrase("line", choice.label.clone()).phrase("value", value);
        Some(Piece::below(say(locale, &line)))
    };
    let mut pieces = vec![Piece::apart(Text::bold(&i18n::word(locale, "summary-heading")))];
    pieces.extend(choices.iter().filter_map(line));
    pieces.push(Piece::apart(Text::italic(&i18n::word(locale, "summary-hint"))));
    pieces
}

fn history(locale: Locale, page: &HistoryPage) -> Vec<Piece> {
    let mut pieces = vec![
        Piece::apart(Text::bold(&word(locale, &page.heading()))),
        Piece::below(Text::italic(&word(locale, &page.place()))),
    ];
    for entry in &page.entries {
        let star = if entry.favourite { "★ " } else { "" };
        let name = Text::bold(&format!("{star}{}", entry.name));
        let number = Text::plain(&format!(" #{}", entry.number));
        let about = Phrase::new("history-entry-about").day("at", entry.served_at);
        let about = about.text("ingredients", entry.ingredients.join(", "));
        // Three of them share one caption.
        let about = word(locale, &about);
        let about = cut(&about, 200).first().copied().unwrap_or_default().to_owned();
        pieces.push(Piece::apart(Text::joined([name.then(&number), Text::plain(&about)], "\n")));
    }
    pieces
}

fn profile(locale: Locale, page: &ProfilePage) -> Vec<Piece> {
    let row = |(name, value): (Phrase, Phrase)| {
        Piece::below(Text::bold(&word(locale, &name)).then(&Text::plain(": ")).then(&say(locale, &value)))
    };
    let mut pieces = leading(locale, &page.lead);
    pieces.push(Piece::apart(Text::bold(&i18n::word(locale, "profile-heading"))));
    pieces.extend(page.rows().into_iter().map(row));
    pieces.push(Piece::apart(say(locale, &Phrase::tickets(&page.tickets))));
    pieces
}

/// A report of the admins' counter.
fn report(locale: Locale, report: &Report) -> Vec<Piece> {
    let mut pieces = vec![Piece::apart(Text::bold(&word(locale, &report.heading)))];
    for section in &report.sections {
        let row = |(name, value): &(Phrase, Phrase)| {
            let value = word(locale, value);
            let value = cut(&value, MOST_CAPTION / 2).first().copied().unwrap_or_default().to_owned();
            Piece::below(say(locale, name).then(&Text::plain(": ")).then(&Text::plain(&value)))
        };
        let rows: Vec<Piece> = section.rows.iter().map(row).collect();
        match &section.title {
            Some(title) => {
                pieces.push(Piece::apart(Text::bold(&word(locale, title))));
                pieces.extend(rows);
            }
            None => pieces.extend(first_apart(rows)),
        }
    }
    pieces.extend(report.notes.iter().map(|note| Piece::apart(Text::italic(&word(locale, note)))));
    pieces
}

fn profile_question(locale: Locale, field: Field, profile: &Profile) -> Vec<Piece> {
    let now = Phrase::holding_now(profile, field);
    vec![
        Piece::apart(Text::bold(&i18n::word(locale, field.label()))),
        Piece::below(say(locale, &Phrase::asking(field))),
        Piece::below(Text::italic(&word(locale, &now))),
    ]
}

fn help(locale: Locale, topic: Option<Topic>) -> Vec<Piece> {
    let topics: Vec<Topic> = topic.map_or_else(|| Topic::ALL.to_vec(), |topic| vec![topic]);
    let mut pieces = Vec::new();
    for one in topics {
        pieces.push(Piece::apart(Text::bold(&i18n::word(locale, one.label()))));
        let commands = COMMANDS.iter().filter(|spec| spec.topic == one);
        pieces.extend(commands.map(|spec| Piece::below(command(locale, spec))));
    }
    let footer = topic.map_or("help-footer", Topic::about);
    pieces.push(Piece::apart(say(locale, &Phrase::new(footer))));
    pieces
}

/// Telegram makes a link of a command that stands alone; what may follow it stands behind the line.
fn command(locale: Locale, spec: &CommandSpec) -> Text {
    let argument = spec.argument.map(|argument| format!(" [{}]", i18n::word(locale, argument))).unwrap_or_default();
    Text::plain(&format!("/{}{argument} – {}", spec.name, i18n::word(locale, spec.about)))
}
