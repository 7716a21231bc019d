//! What sources of photos answer.

use std::sync::LazyLock;

use bytes::Bytes;
use secrecy::SecretString;
use url::Url;

use super::settings;
use crate::{
    dish::Names,
    photo::{
        net::Answer,
        source::{Candidate, Source, Words},
    },
};

/// Sources of every kind that the manual has no example of.
const MORE: &str = r#"
[photos]
order = ["script", "rows"]

[photos.sources.script]
kind = "script"
url = "https://script.example/search?q={ko}"
script = ["<script>photos=", ";</script>"]
rows = "$..photo"
expects = ["$.found"]
image = ["$.src | srcset", "$.src"]
page = ["$.at"]
title = ["$.title | plain"]
author = ["$.by"]
rank = ["$.rank | int"]
file = ["$.file | decode"]
credit = "Script"
cache_hours = 1
weight = 0.5

[photos.sources.script.details]
url = "https://script.example/about?file={file}"
rows = "$.about"
author = ["$.by | plain"]
licence = ["$.licence | cc"]

[photos.sources.rows]
kind = "html"
url = "https://rows.example/{en}"
rows = "li"
expects = ["h1"]
blocked_in_page = ["captcha"]
image = ["img @srcset | srcset", "img @src"]
page = ["a @href", "^a @href"]
title = ["img @alt", "a"]
text = ["^title"]
width = ["@data-size | match ^(\\d+)x"]
height = ["@data-size | match x(\\d+)$"]
sensitive = ["@data-adult"]
credit = "Rows"
cache_hours = 1
weight = 0.5
"#;

/// Sources of the manual, also those that are off, and the ones above; and the words that they are judged by.
static SOURCES: LazyLock<(Vec<Source>, Words)> = LazyLock::new(|| {
    let (mut sources, mut words) = (Vec::new(), Words::default());
    for photos in ["", MORE].into_iter().filter_map(|text| settings::read(text, &[]).ok()).map(|one| one.photos) {
        let key = |_: &str| Some(SecretString::from("key"));
        let compiled = photos.sources.iter().map(|(name, options)| Source::compile(name, options, false, key));
        sources.extend(compiled.filter_map(Result::ok));
        words = photos.words;
    }
    assert!(sources.len() > 10, "most sources do not compile");
    (sources, words)
});

/// The most characters of a text, and rows of a page (`photo/source/reader.rs`).
const MOST_TEXT: usize = 300;
const MOST_ROWS: usize = 200;

pub(super) fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let head = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = Bytes::copy_from_slice(parts.next().unwrap_or_default());
    let mut words = head.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (name, status, charset, dish) = (word(), word(), word(), word());
    let (sources, words) = &*SOURCES;
    let Some(source) = sources.iter().find(|source| source.name == name) else { return };
    let dish = if dish.is_empty() { "x" } else { dish };
    let names = Names { ko: dish.to_owned(), en: dish.to_owned() };
    let Some(url) = asked(source, &names) else { return };
    let charset = Some(charset.to_owned()).filter(|charset| !charset.is_empty());
    let answer = Answer { status: status.parse().unwrap_or(200), url, retry_after: None, charset, body };
    let reading = source.read(&answer);
    assert!(reading.rows <= MOST_ROWS && reading.candidates.len() + reading.dropped.len() == reading.rows);
    for candidate in &reading.candidates {
        offered(candidate);
        let judgement = source.judge(candidate, &names, words);
        assert!(judgement.score.is_none_or(|score| (0.0..=1.0).contains(&score)), "{judgement:?}");
    }
    if let Some(candidate) = reading.candidates.into_iter().next() {
        if let Some(get) = source.details_request(&names, &candidate) {
            let is_own = get.url.origin() == answer.url.origin();
            assert!(is_own || get.headers.is_empty(), "a key goes along to {}", get.url);
        }
        if let Some(candidate) = source.read_details(&answer, candidate) {
            offered(&candidate);
        }
    }
}

/// The address that a source is asked at: the same server, as many parts of a path and the same parameters, whatever a
/// dish is called.
fn asked(source: &Source, names: &Names) -> Option<Url> {
    let of = |names: &Names| Some(source.request(names)?.url);
    let url = of(names)?;
    let plain = of(&Names { ko: "x".to_owned(), en: "x".to_owned() })?;
    let keys = |url: &Url| url.query_pairs().map(|(key, _)| key.into_owned()).collect::<Vec<_>>();
    assert_eq!((url.origin(), keys(&url), url.fragment()), (plain.origin(), keys(&plain), None), "{names:?}");
    let parts = |url: &Url| url.path().split('/').map(str::is_empty).collect::<Vec<_>>();
    assert_eq!(parts(&url), parts(&plain), "{names:?}");
    Some(url)
}

fn offered(candidate: &Candidate) {
    assert!(!candidate.images.is_empty(), "it offers nothing");
    for url in candidate.images.iter().chain(&candidate.page) {
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
    }
    let more = [&candidate.author, &candidate.licence, &candidate.site].into_iter().flatten();
    for text in more.chain([&candidate.title, &candidate.text]) {
        assert!(text.chars().count() <= MOST_TEXT && !text.contains(char::is_control), "{text:?}");
    }
    assert!(candidate.size.is_none_or(|(width, height)| width > 0 && height > 0));
}
