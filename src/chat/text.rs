//! Chat text is untrusted: what is kept of it, and how two texts are compared.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// More is never read of one message; the rest is dropped before anything looks at it.
const MAX_BYTES: usize = 16 * 1024;

/// The text as it may be stored and shown: NFC, one line, single spaces, without control characters,
/// escape sequences, direction overrides or invisible fillers. Emoji joiners stay.
pub fn clean(text: &str) -> String {
    // Most of what people and models write: nothing in it is dropped or composed.
    if text.len() <= MAX_BYTES && text.chars().all(|c| matches!(c, ' '..='~' | '가'..='힣')) {
        let ends = text.starts_with(' ') || text.ends_with(' ');
        if !ends && !text.contains("  ") {
            return text.to_owned();
        }
        return text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    }
    // Composed last: what is dropped in between may have kept two parts of a syllable from each other.
    let text: String = strip_escapes(&text[..end_of(text)])
        .chars()
        .map(|c| if c.is_whitespace() || c == '\u{feff}' { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .nfc()
        .collect();
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The same with its line breaks, and one empty line at most between two others.
pub fn clean_lines(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text[..end_of(text)].lines().map(clean) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned()
}

/// Where the part of a text that is read ends.
fn end_of(text: &str) -> usize {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Direction marks, overrides and isolates (UAX #9), zero-width space, word joiner, soft hyphen, the
/// Hangul filler, tag characters. Not the zero-width joiner, which emoji need.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffd}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Drops ANSI escape sequences whole (ECMA-48 CSI and OSC), so that `[31m` is not left behind.
fn strip_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.peek() == Some(&'[') => {
                chars.next();
                while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
                chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
            }
            '\u{1b}' if chars.peek() == Some(&']') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// The text for comparing: cleaned, lower case, without spaces.
pub fn fold(text: &str) -> String {
    clean(text).to_lowercase().split(' ').collect()
}

/// The number that a menu is answered with: `3`, `3.`, `3)`, `3번`, also in full-width digits. One that is too
/// large for any menu is the largest there is.
pub fn number(text: &str) -> Option<usize> {
    let text = fold(text);
    let digits = text.trim_end_matches(['.', ')', '번']);
    let digit = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => c.is_ascii_digit().then_some(c),
    };
    let digits: String = digits.chars().map(digit).collect::<Option<_>>()?;
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(usize::MAX))
}

/// A number that stands for a text: FNV-1a of its folded form, 64 bits. Not for secrets: whoever wants two texts with the
/// same number finds them.
pub fn fingerprint(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    fold(text).bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// At most `characters` user-perceived characters, with … where something was cut.
pub fn shorten(text: &str, characters: usize) -> String {
    match text.grapheme_indices(true).nth(characters) {
        None => text.to_owned(),
        Some(_) => text.graphemes(true).take(characters.saturating_sub(1)).chain(["…"]).collect(),
    }
}

/// Whether a text is one of these spellings, but for case, spaces and form.
pub fn is_one_of(text: &str, spellings: &[String]) -> bool {
    let text = fold(text);
    spellings.iter().any(|spelling| fold(spelling) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(clean("\u{1b}[31m빨강\u{1b}[0m"), "빨강");
        assert_eq!(clean("\u{1b}]0;title\u{7}밥\u{0}\u{8}\r\n상"), "밥 상");
        assert_eq!(clean("a\u{202e}b\u{2066}c"), "abc");
        assert_eq!(clean("\u{9b}31m"), "31m");
    }

    #[test]
    fn decomposed_hangul_is_composed() {
        assert_eq!(clean("\u{1100}\u{1175}\u{11b7}치"), "김치");
    }

    #[test]
    fn right_to_left_words_and_joined_emoji_stay() {
        assert_eq!(clean("שלום 👩‍🍳"), "שלום 👩‍🍳");
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for text in [
            "ㄱ\u{1100}\u{200b}\u{1161}",
            "\u{1b}[3\u{1b}[1mx",
            "e\u{200b}\u{301}",
            " \u{feff} a\u{a0}b ",
            "\u{1b}\u{1b}[m[",
        ] {
            assert_eq!(clean(&clean(text)), clean(text), "{text:?}");
        }
    }

    #[test]
    fn lines_stay_lines_and_empty_ones_do_not_pile_up() {
        assert_eq!(clean_lines("\n 하나  둘 \r\n\n\n\u{202e}셋\n \n"), "하나 둘\n\n셋");
        assert_eq!(clean_lines(" \n\n"), "");
    }

    #[test]
    fn a_megabyte_is_cut_at_a_character() {
        assert!(clean(&"밥".repeat(400_000)).len() <= MAX_BYTES);
    }

    #[test]
    fn a_number_is_read_in_the_ways_people_write_it() {
        for text in ["3", " 3 ", "3.", "3)", "3번", "３", "３번", "03"] {
            assert_eq!(number(text), Some(3), "{text}");
        }
        assert_eq!(number("99999999999999999999999999"), Some(usize::MAX));
        for text in ["", "번", "-3", "3인분", "셋", "3 4번째", "½"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn shortening_counts_what_people_see() {
        assert_eq!(shorten("👩‍🍳👩‍🍳👩‍🍳", 2), "👩‍🍳…");
        assert_eq!(shorten("밥상", 2), "밥상");
    }
}
