//! Text as Discord reads it: markup, escaping, lengths, and how pieces share a message.
//!
//! Limits are those of <https://discord.com/developers/docs/resources/message#embed-limits>. Lengths are counted in UTF-16
//! code units, of which there are never fewer than of what Discord counts.

use super::commands::localised;
use crate::{
    chat::{Arg, Locale, Phrase},
    i18n,
    platform::cut::cut,
};

/// The most that the plain text of a message holds.
pub(super) const MOST_CONTENT: usize = 2000;

/// The most that the description of an embed holds.
pub(super) const MOST_DESCRIPTION: usize = 4096;

/// The most that the title of an embed holds.
pub(super) const MOST_TITLE: usize = 256;

/// The most that all embeds of a message hold together.
pub(super) const MOST_EMBEDS: usize = 6000;

/// Stand around the seconds of a moment until the text around it is escaped. Cleaned text has neither.
const MOMENT: [char; 2] = ['\u{2}', '\u{3}'];

/// The name of an argument that is a moment in the future, which Discord counts down itself.
const COUNTED_DOWN: &str = "back";

pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text without any meaning of its own: every sign that may be markup, a mention or an emoji is escaped
/// (<https://discord.com/developers/docs/reference#message-formatting>).
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '#' | '[' | ']' | ':' | '@') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    // A list or small print at the beginning of a line.
    if escaped.starts_with(['-', '+']) {
        escaped.insert(0, '\\');
    }
    escaped
}

pub(super) fn bold(text: &str) -> String {
    within("**", &plain(text))
}

pub(super) fn italic(text: &str) -> String {
    within("*", &plain(text))
}

fn within(mark: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{mark}{text}{mark}") }
}

/// Text that leads to an address, where that is one on the web.
pub(super) fn link(text: &str, address: &str) -> String {
    let url = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else { return plain(text) };
    let address = url.as_str().replace('(', "%28").replace(')', "%29").replace(['<', '>', ' '], "");
    format!("[{}]({address})", plain(text))
}

/// A sentence in the words of this door, as it stands on a button: without markup.
pub(super) fn word(locale: Locale, phrase: &Phrase) -> String {
    localised(locale, &i18n::say_at("discord", locale, phrase))
}

/// A sentence as markup; moments that are waited for are counted down.
pub(super) fn say(locale: Locale, phrase: &Phrase) -> String {
    let mut phrase = phrase.clone();
    for (name, arg) in &mut phrase.args {
        if let (&mut COUNTED_DOWN, Arg::Moment(moment)) = (name, &*arg) {
            let [before, after] = MOMENT;
            *arg = Arg::Text(format!("{before}{}{after}", moment.instant.timestamp()));
        }
    }
    counted_down(&plain(&word(locale, &phrase)))
}

/// Puts Discord's own form of a moment where one was marked.
fn counted_down(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for (number, part) in text.split(MOMENT).enumerate() {
        if number % 2 == 1 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            said.push_str("<t:");
            said.push_str(part);
            said.push_str(":R>");
        } else {
            said.push_str(part);
        }
    }
    said
}

/// Untrusted text, escaped, in parts of at most `most` units.
pub(super) fn parts(text: &str, most: usize) -> Vec<String> {
    let fitting = |part: &str| {
        let whole = plain(part);
        if units(&whole) <= most { vec![whole] } else { cut(part, most / 2).into_iter().map(plain).collect() }
    };
    cut(text, most).into_iter().flat_map(fitting).collect()
}

/// The beginning of a text that fits into so many units, with … where something was cut.
pub(super) fn begin(text: &str, most: usize) -> String {
    match cut(text, most.saturating_sub(1)).as_slice() {
        [] => String::new(),
        [whole] => (*whole).to_owned(),
        [first, ..] => format!("{first}…"),
    }
}

/// A piece of a message that is not to be torn, and what stands before it when something does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) gap: &'static str,
    pub(super) text: String,
}

impl Piece {
    /// Under an empty line.
    pub(super) fn apart(text: impl Into<String>) -> Self {
        Self { gap: "\n\n", text: text.into() }
    }

    /// On the next line.
    pub(super) fn below(text: impl Into<String>) -> Self {
        Self { gap: "\n", text: text.into() }
    }
}

/// One box of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Embed {
    pub(super) title: String,
    pub(super) description: String,
}

impl Embed {
    pub(super) fn titled(title: &str) -> Self {
        Self { title: begin(title, MOST_TITLE / 2), description: String::new() }
    }

    fn units(&self) -> usize {
        units(&plain(&self.title)) + units(&self.description)
    }

    fn has_room_for(&self, piece: &Piece) -> bool {
        units(&self.description) + piece.gap.len() + units(&piece.text) <= MOST_DESCRIPTION
    }

    fn add(&mut self, piece: &Piece) {
        if !self.description.is_empty() {
            self.description.push_str(piece.gap);
        }
        self.description.push_str(&piece.text);
    }
}

/// The boxes of one message.
pub(super) type Page = Vec<Embed>;

/// Lays out boxes of pieces, in order, on as few messages as hold them. A box that is full goes on in the next, a message
/// that is full in the next. No piece may be longer than a description.
pub(super) fn pages(boxes: impl IntoIterator<Item = (Embed, Vec<Piece>)>) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for (embed, pieces) in boxes {
        place(&mut pages, embed);
        for piece in pieces.into_iter().filter(|piece| !piece.text.is_empty()) {
            let Some(page) = pages.last_mut() else { continue };
            let full =
                page.iter().map(Embed::units).sum::<usize>() + piece.gap.len() + units(&piece.text) > MOST_EMBEDS;
            match page.last_mut() {
                Some(last) if !full && last.has_room_for(&piece) => last.add(&piece),
                _ => place(&mut pages, Embed { title: String::new(), description: piece.text }),
            }
        }
    }
    for page in &mut pages {
        page.retain(|embed| !embed.title.is_empty() || !embed.description.is_empty());
    }
    pages.retain(|page| !page.is_empty());
    pages
}

/// Boxes in one message (`embeds`).
const MOST_BOXES: usize = 10;

fn place(pages: &mut Vec<Page>, embed: Embed) {
    match pages.last_mut() {
        Some(page)
            if page.len() < MOST_BOXES
                && page.iter().map(Embed::units).sum::<usize>() + embed.units() <= MOST_EMBEDS =>
        {
            page.push(embed);
        }
        _ => pages.push(vec![embed]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Moment;

    #[test]
    fn nothing_that_people_or_models_write_is_markup() {
        assert_eq!(plain("**b** _i_ <@1> @everyone"), r"\*\*b\*\* \_i\_ \<\@1\> \@everyone");
        assert_eq!(plain("- 목록"), r"\- 목록");
        assert_eq!(link("a]b", "https://x.org/a(b)"), r"[a\]b](https://x.org/a%28b%29)");
        assert_eq!(link("a", "javascript:alert(1)"), "a");
    }

    #[test]
    fn when_tickets_return_is_counted_down_and_nothing_else_is() {
        let at = "2026-11-24T00:00:00".parse::<chrono::NaiveDateTime>().expect("a time");
        let moment = Moment { instant: at.and_utc(), at, today: at.date() };
        let phrase = Phrase::new("tickets-back").moment("back", moment).number("limit", 5);
        for locale in Locale::ALL {
            assert!(say(locale, &phrase).contains("<t:1795478400:R>"), "{}", say(locale, &phrase));
        }
        assert_eq!(counted_down("\u{2}1x\u{3}"), "1x");
        assert_eq!(counted_down("a \u{2}12"), "a <t:12:R>");
    }

    proptest! {
        #[test]
        fn no_message_is_longer_than_it_may_be_and_nothing_is_lost(
            sizes in prop::collection::vec(prop::collection::vec(0usize..4096, 0..8), 0..12),
            title in "[가-힣*]{0,300}",
        ) {
            let boxes = sizes.iter().map(|sizes| {
                let pieces = sizes.iter().map(|size| Piece::apart("x".repeat(*size))).collect();
                (Embed::titled(&title), pieces)
            });
            let pages = pages(boxes);
            for page in &pages {
                prop_assert!(page.len() <= MOST_BOXES);
                prop_assert!(page.iter().map(Embed::units).sum::<usize>() <= MOST_EMBEDS);
                prop_assert!(page.iter().all(|embed| units(&embed.description) <= MOST_DESCRIPTION));
                prop_assert!(page.iter().all(|embed| units(&plain(&embed.title)) <= MOST_TITLE));
            }
            let letters: usize =
                pages.iter().flatten().map(|embed| embed.description.matches('x').count()).sum();
            prop_assert_eq!(letters, sizes.iter().flatten().sum::<usize>());
        }

        #[test]
        fn parts_hold_their_limit_when_they_are_escaped(text in "[a*가 \\\\]{0,300}", most in 4usize..60) {
            prop_assert!(parts(&text, most).iter().all(|part| units(part) <= most));
        }
    }
}
