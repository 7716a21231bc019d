//! Bytes of a page as text.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink},
};
use scraper::{Html, HtmlTreeSink};

/// So much of a page is looked through for what it says of its encoding (HTML, 13.2.3.2).
const HEAD: usize = 1024;

/// The deepest nesting and the most nodes that are read: several times what any real page has.
const DEEPEST: usize = 600;
const MOST_NODES: usize = 150_000;

/// So many bytes are read between two looks at how deep a page is by now.
const PIECE: usize = 4096;

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

/// The tree of a page; `None` where it has more nodes, or deeper ones, than any real page. It is looked at while it grows:
/// the parser alone knows which tag ends what, and whatever comes into a deep tree takes as long as that is deep.
pub(super) fn tree(page: &str) -> Option<Html> {
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let (mut rest, mut known) = (page, 0);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(StrTendril::from(piece));
        rest = after;
        let html = parser.tokenizer.sink.sink.0.borrow();
        let nodes = html.tree.nodes();
        let (all, new) = (nodes.len(), nodes.len() - known);
        known = all;
        if all > MOST_NODES || nodes.rev().take(new).any(|node| node.ancestors().nth(DEEPEST).is_some()) {
            return None;
        }
    }
    Some(parser.finish())
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

    fn is_monstrous(page: &str) -> bool {
        tree(page).is_none()
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
        assert!(is_monstrous(&"<img>".repeat(150_001)), "nor so many elements");
    }

    #[test]
    fn shapes_end_themselves_in_a_drawing_alone() {
        let drawing = format!("<svg><g>{}</g></svg>", "<path d=\"M0 0\"/><circle r=1 />".repeat(5_000));
        assert!(!is_monstrous(&drawing));
        for shape in ["<path>", "<path / >", "<path d=M0/>"] {
            assert!(is_monstrous(&format!("<svg>{}", shape.repeat(700))), "{shape}");
        }
        let outside = ["<path>", "<path/>"].map(|shape| shape.repeat(50_000) + &"<hr>".repeat(50_000));
        assert!(outside.iter().all(|page| is_monstrous(page)), "a page knows no shapes");
    }

    #[test]
    fn what_is_never_ended_is_monstrous_however_it_looks() {
        for page in ["<li><dd>", "<span><div></span>", "<b><div></b>", "<table><tr><td></div>", "<svg><td>", "<rt>"] {
            assert!(is_monstrous(&page.repeat(20_000)), "{page}");
        }
        let reopened: Vec<String> = (0..20_000).map(|number| format!("<p><b a={number}>x</p>")).collect();
        let reopened = reopened.concat();
        assert!(is_monstrous(&reopened), "what is bold goes on in the next paragraph");
        let hidden = ["<!x <script>", "<!-- --!>", "<svg><title>", "<svg><![CDATA[ <!-- ]]>"];
        assert!(hidden.iter().all(|before| is_monstrous(&format!("{before}{}", "<div>".repeat(601)))), "behind it");
    }
}
