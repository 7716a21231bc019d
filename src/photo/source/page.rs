//! Bytes of a page as text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// So much of a page is looked through for what it says of its encoding (HTML, 13.2.3.2).
const HEAD: usize = 1024;

/// The deepest nesting and the most elements that are read. Real pages stay below a hundred and thirty thousand; building the
/// tree of a deeper one takes quadratic time.
const DEEPEST: usize = 600;
const MOST_ELEMENTS: usize = 50_000;

/// Elements that have no end, or end by themselves where the next one begins.
const ENDLESS: [&[u8]; 29] = [
    b"area",
    b"base",
    b"br",
    b"col",
    b"embed",
    b"hr",
    b"img",
    b"input",
    b"link",
    b"meta",
    b"param",
    b"source",
    b"track",
    b"wbr",
    b"p",
    b"li",
    b"dt",
    b"dd",
    b"option",
    b"optgroup",
    b"tr",
    b"td",
    b"th",
    b"thead",
    b"tbody",
    b"tfoot",
    b"rp",
    b"rt",
    b"html",
];

/// Elements that hold text alone.
const RAW: [&[u8]; 4] = [b"script", b"style", b"textarea", b"title"];

/// Parts of drawings, which end themselves.
const SHAPES: [&[u8]; 9] = [b"path", b"use", b"circle", b"rect", b"line", b"polygon", b"polyline", b"ellipse", b"stop"];

/// The text of a page, by the byte order mark, else the header, else what the page says, else what it looks like. Bytes that
/// fit nowhere become marks.
pub(super) fn text(body: &[u8], said: Option<&str>) -> String {
    let header = said.and_then(|label| Encoding::for_label(label.as_bytes()));
    // A header that contradicts the page loses to it, where the page is sound UTF-8.
    let sound = is_nearly_utf8(body);
    let encoding = match header {
        _ if sound => UTF_8,
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => said_in(body).filter(|encoding| *encoding != UTF_8).unwrap_or_else(|| guessed(body)),
    };
    encoding.decode(body).0.into_owned()
}

/// Whether it is UTF-8 but for a few broken places.
fn is_nearly_utf8(body: &[u8]) -> bool {
    let broken = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    let letters = body.utf8_chunks().flat_map(|chunk| chunk.valid().chars()).filter(|c| !c.is_ascii()).count();
    broken == 0 || broken * 5 < letters
}

fn said_in(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(body.get(..HEAD).unwrap_or(body)).to_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

fn guessed(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    detector.guess(Some(b"kr"), Utf8Detection::Allow)
}

/// Whether elements are more, or nested more deeply, than in any real page. It goes through the page as a parser does: what
/// stands in tags, comments and scripts is no element, and an end without a beginning ends nothing.
pub(super) fn is_monstrous(page: &str) -> bool {
    let (bytes, mut open, mut elements, mut at) = (page.as_bytes(), Vec::new(), 0, 0);
    while let Some(found) = memchr::memchr(b'<', bytes.get(at..).unwrap_or_default()) {
        at += found + 1;
        let after = bytes.get(at..).unwrap_or_default();
        if after.starts_with(b"!--") {
            at += memchr::memmem::find(after, b"-->").unwrap_or(after.len());
            continue;
        }
        let (closes, name) = match after.first() {
            Some(b'/') => (true, after.get(1..).unwrap_or_default()),
            Some(letter) if letter.is_ascii_alphabetic() => (false, after),
            _ => continue,
        };
        elements += 1;
        let name: Vec<u8> = name.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric()).copied().collect();
        let name = name.to_ascii_lowercase();
        at += end_of_tag(after);
        if closes {
            if let Some(begun) = open.iter().rposition(|known| *known == name) {
                open.truncate(begun);
            }
        } else if RAW.contains(&name.as_slice()) {
            let rest = bytes.get(at..).unwrap_or_default();
            let is_end = |at: &usize| {
                let end = rest.get(at + 2..at + 2 + name.len()).unwrap_or_default();
                end.eq_ignore_ascii_case(&name)
            };
            at += memchr::memmem::find_iter(rest, b"</").find(is_end).unwrap_or(rest.len());
        } else if !ENDLESS.contains(&name.as_slice()) && !SHAPES.contains(&name.as_slice()) {
            open.push(name);
        }
        if open.len() > DEEPEST || elements > 2 * MOST_ELEMENTS {
            return true;
        }
    }
    false
}

/// Where a tag ends; a > between quotes does not end it. A quote is one where a value begins.
fn end_of_tag(tag: &[u8]) -> usize {
    let (mut quote, mut before) = (None, b' ');
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') if before == b'=' => quote = Some(*byte),
            (Some(begun), byte) if begun == *byte => quote = None,
            _ => {}
        }
        if quote.is_none() && !byte.is_ascii_whitespace() {
            before = *byte;
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_is_read_whatever_it_is_written_in() {
        let euc = encoding_rs::EUC_KR.encode("<html><title>김치찌개 사진 맛있는 음식</title>").0.into_owned();
        assert!(text(&euc, None).contains("김치찌개"), "guessed");
        assert!(text(&euc, Some("euc-kr")).contains("김치찌개"), "said by the header");
        assert!(text(&euc, Some("utf-8")).contains("김치찌개"), "the header is wrong");
        let meta = encoding_rs::EUC_KR.encode("<meta charset=\"ks_c_5601-1987\"><p>밥").0.into_owned();
        assert!(text(&meta, None).contains('밥'), "said by the page");
        assert!(text("\u{feff}<p>밥".as_bytes(), Some("euc-kr")).contains('밥'), "a byte order mark");
        assert!(text(b"<p>\xff\xfe\x00\xb9", Some("utf-8")).contains("<p>"), "bytes that fit nowhere");
    }

    #[test]
    fn only_nesting_that_no_page_has_is_monstrous() {
        assert!(is_monstrous(&"<div>".repeat(100_000)));
        assert!(is_monstrous(&"<X a=1>".repeat(601)));
        let flat = "<ul><li>a<li>b<p>c<br><img src=x></ul><table><tr><td>1<td>2<tr></table>".repeat(3000);
        assert!(is_monstrous(&"<circle>".repeat(100_001)));
        assert!(is_monstrous(&"<div a='</div>'>".repeat(601)), "an end inside a tag ends nothing");
        assert!(is_monstrous(&"<div></b>".repeat(601)), "nor one of something else");
        assert!(is_monstrous(&format!("<i x=it's>{}", "<div>".repeat(601))), "a quote inside a value opens nothing");
        assert!(!is_monstrous(&format!("<script>{}</script><!--{}-->", "<div>".repeat(900), "<div>".repeat(900))));
        assert!(!is_monstrous(&flat) && !is_monstrous("a < b </p></div></div> <"));
    }
}
