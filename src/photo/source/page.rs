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

/// Parts of drawings, which may end themselves there; anywhere else they are like any other element.
const SHAPES: [&[u8]; 9] = [b"path", b"use", b"circle", b"rect", b"line", b"polygon", b"polyline", b"ellipse", b"stop"];

/// What parts of drawings stand in.
const GROUPS: [&[u8]; 8] =
    [b"g", b"defs", b"symbol", b"mask", b"marker", b"clippath", b"lineargradient", b"radialgradient"];

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
        let (length, ends) = end_of_tag(after);
        at += length;
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
        } else if !ends_at_once(&name, ends, &open) {
            open.push(name);
        }
        if open.len() > DEEPEST || elements > 2 * MOST_ELEMENTS {
            return true;
        }
    }
    false
}

/// Whether nothing goes into an element, whose tag may say that it `ends` there. In an svg only a shape does that, and none
/// behind an element that may have led out of it (HTML, 13.2.6.5); what has no end in a page may well have one there.
fn ends_at_once(name: &[u8], ends: bool, open: &[Vec<u8>]) -> bool {
    let Some(svg) = open.iter().rposition(|known| *known == b"svg") else { return ENDLESS.contains(&name) };
    let is_drawing = |known: &Vec<u8>| SHAPES.contains(&known.as_slice()) || GROUPS.contains(&known.as_slice());
    ends && SHAPES.contains(&name) && open.iter().skip(svg + 1).all(is_drawing)
}

/// Where a tag ends, and whether it says that its element ends there as well. A > between quotes does not end it. A quote is
/// one where a value begins, and a / is part of a value without quotes.
fn end_of_tag(tag: &[u8]) -> (usize, bool) {
    let (mut quote, mut bare, mut before) = (None, false, b' ');
    for (at, byte) in tag.iter().enumerate() {
        let begins = before == b'=' && !bare;
        match (quote, byte) {
            (None, b'>') => return (at, !bare && tag.get(..at).is_some_and(|tag| tag.ends_with(b"/"))),
            (None, b'"' | b'\'') if begins => quote = Some(*byte),
            (Some(begun), byte) if begun == *byte => quote = None,
            (None, byte) => bare = !byte.is_ascii_whitespace() && (bare || begins),
            _ => {}
        }
        if quote.is_none() && !byte.is_ascii_whitespace() {
            before = *byte;
        }
    }
    (tag.len(), false)
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

    #[test]
    fn shapes_end_themselves_in_a_drawing_alone() {
        let drawing = |shape: &str| format!("<svg><g fill='a>b'>{}</g></svg>", shape.repeat(5_000));
        for shape in ["<path d=\"M0 0\"/>", "<circle r=1 />", "<use\nhref='#a'/>", "<rect></rect>"] {
            assert!(!is_monstrous(&drawing(shape)), "{shape}");
        }
        for shape in ["<path>", "<path / >", "<path d=M0/>", "<path d=a\"/>", "<td>", "<input>"] {
            assert!(is_monstrous(&drawing(shape)), "{shape}");
        }
        let outside = ["<path>", "<path/>"].map(|shape| shape.repeat(50_000) + &"<hr>".repeat(50_000));
        assert!(outside.iter().all(|page| is_monstrous(page)), "a page knows no shapes");
        assert!(is_monstrous(&format!("<svg></svg>{}", "<path/>".repeat(601))), "behind a drawing");
        assert!(is_monstrous(&format!("<svg><br>{}", "<path/>".repeat(601))), "where a page goes on");
        assert!(is_monstrous(&format!("<svg><div>{}", "<path/>".repeat(601))), "also within something");
    }
}
