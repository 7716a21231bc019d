//! Bytes of a page as text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// So much of a page is looked through for what it says of its encoding (HTML, 13.2.3.2).
const HEAD: usize = 1024;

/// The deepest nesting and the most elements that are read. Real pages stay below a hundred and thirty thousand; building the
/// tree of a deeper one takes quadratic time.
const DEEPEST: i32 = 600;
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

/// Whether elements are more, or nested more deeply, than in any real page.
pub(super) fn is_monstrous(page: &str) -> bool {
    let (bytes, mut depth, mut elements) = (page.as_bytes(), 0, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let after = bytes.get(at + 1..).unwrap_or_default();
        let (closes, name) = match after.first() {
            Some(b'/') => (true, after.get(1..).unwrap_or_default()),
            Some(letter) if letter.is_ascii_alphabetic() => (false, after),
            _ => continue,
        };
        elements += 1;
        let end = name.iter().take(16).position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(16.min(name.len()));
        let name = name.get(..end).unwrap_or_default().to_ascii_lowercase();
        if !ENDLESS.contains(&name.as_slice()) && !SHAPES.contains(&name.as_slice()) {
            depth = (depth + if closes { -1 } else { 1 }).max(0);
        }
        if depth > DEEPEST || elements > 2 * MOST_ELEMENTS {
            return true;
        }
    }
    false
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
        assert!(!is_monstrous(&flat) && !is_monstrous("a < b </p></div></div> <"));
    }
}
