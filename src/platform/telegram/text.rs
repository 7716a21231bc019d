//! Text with markup as Telegram reads it, and its length as Telegram counts it.
//!
//! Only three characters mean anything in Telegram's HTML and are escaped
//! (<https://core.telegram.org/bots/api#html-style>). Lengths are UTF-16 code units after entity parsing.

/// The most that one message holds (`sendMessage`).
pub(super) const MOST_TEXT: usize = 4096;

/// The most that the caption of a photo holds (`sendPhoto`).
pub(super) const MOST_CAPTION: usize = 1024;

/// A text whose markup is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text {
    html: String,
    units: usize,
}

impl Text {
    pub(super) fn plain(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                c => html.push(c),
            }
        }
        Self { html, units: text.encode_utf16().count() }
    }

    pub(super) fn bold(text: &str) -> Self {
        Self::plain(text).within("b")
    }

    pub(super) fn italic(text: &str) -> Self {
        Self::plain(text).within("i")
    }

    /// Text that leads to an address, where that is one on the web.
    pub(super) fn link(text: &str, address: &str) -> Self {
        let plain = Self::plain(text);
        let Some(url) = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return plain;
        };
        let address = Self::plain(url.as_str()).html.replace('"', "&quot;");
        Self { html: format!("<a href=\"{address}\">{}</a>", plain.html), units: plain.units }
    }

    fn within(self, tag: &str) -> Self {
        if self.units == 0 { self } else { Self { html: format!("<{tag}>{}</{tag}>", self.html), units: self.units } }
    }

    /// Both, one after the other.
    pub(super) fn then(mut self, other: &Self) -> Self {
        self.html.push_str(&other.html);
        self.units += other.units;
        self
    }

    /// Those that are not empty, with `gap` between them.
    pub(super) fn joined(texts: impl IntoIterator<Item = Self>, gap: &str) -> Self {
        let gap = Self::plain(gap);
        texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .fold(Self::default(), |joined, text| if joined.is_empty() { text } else { joined.then(&gap).then(&text) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.units == 0
    }

    /// Its length in UTF-16 code units, without markup.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    pub(super) fn html(&self) -> &str {
        &self.html
    }
}

/// A piece of a message that is not to be torn, and what stands before it when something does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) gap: &'static str,
    pub(super) text: Text,
}

impl Piece {
    /// Under an empty line.
    pub(super) fn apart(text: Text) -> Self {
        Self { gap: "\n\n", text }
    }

    /// On the next line.
    pub(super) fn below(text: Text) -> Self {
        Self { gap: "\n", text }
    }
}

/// Lays pieces out on as few pages as hold them in order, each of at most `most` units. No piece may be longer: cut it by
/// [`super::super::cut::cut`] before.
pub(super) fn pages(pieces: impl IntoIterator<Item = Piece>, most: usize) -> Vec<Text> {
    let mut pages: Vec<Text> = Vec::new();
    for Piece { gap, text } in pieces.into_iter().filter(|piece| !piece.text.is_empty()) {
        match pages.last_mut() {
            Some(page) if page.units + gap.len() + text.units <= most => {
                *page = std::mem::take(page).then(&Text::plain(gap)).then(&text);
            }
            _ => pages.push(text),
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_and_models_write_is_never_markup() {
        let text = Text::bold("<b>1 & 2</b>");
        assert_eq!(text.html(), "<b>&lt;b&gt;1 &amp; 2&lt;/b&gt;</b>");
        assert_eq!(text.units(), 12);
    }

    #[test]
    fn an_emoji_counts_as_telegram_counts_it() {
        assert_eq!(Text::plain("밥🍚").units(), 3);
    }

    #[test]
    fn a_page_ends_between_pieces() {
        let piece = |n: usize| Piece::below(Text::plain(&"가".repeat(n)));
        let sizes = |pages: Vec<Text>| pages.iter().map(Text::units).collect::<Vec<_>>();
        assert_eq!(sizes(pages([piece(4), piece(5)], 10)), [10]);
        assert_eq!(sizes(pages([piece(4), piece(6), piece(1)], 10)), [4, 8]);
    }

    proptest! {
        #[test]
        fn no_page_is_longer_than_it_may_be(sizes in prop::collection::vec(0usize..50, 0..40)) {
            let pieces = sizes.iter().map(|size| Piece::apart(Text::plain(&"x".repeat(*size))));
            let pages = pages(pieces, 50);
            prop_assert!(pages.iter().all(|page| (1..=50).contains(&page.units())));
            let letters: usize = pages.iter().map(|page| page.html().matches('x').count()).sum();
            prop_assert_eq!(letters, sizes.iter().sum::<usize>());
        }
    }
}
