//! What may come in place of a page or of JSON, over real connections, and what dishes may be called.

use std::time::Duration;

use bapsang::{
    dish,
    photo::{
        DishKey, Setup,
        net::Answer,
        source::{FieldName, Kind, SourceOptions, Verdict},
    },
};
use proptest::prelude::*;

use super::{
    Gallery, Plan, cases, inspected, jpeg, kimchi_stew, list, plain_source, setup, shipped, shipped_source,
    with_sources,
};

/// A source that reads pictures out of a page.
fn page_source(gallery: &Gallery) -> SourceOptions {
    let plain = plain_source("one", gallery);
    let fields = [(FieldName::Image, "@src"), (FieldName::Title, "@alt")];
    SourceOptions {
        kind: Kind::Html,
        rows: "img".to_owned(),
        expects: vec!["h1".to_owned()],
        blocked_in_page: vec!["captcha".to_owned()],
        blocked_in_url: vec!["/sorry/".to_owned()],
        fields: fields.into_iter().map(|(name, place)| (name, vec![place.to_owned()])).collect(),
        ..plain
    }
}

async fn verdict_of(source: impl Fn(&Gallery) -> SourceOptions, plan: Plan) -> Verdict {
    let gallery = Gallery::open().await;
    gallery.plan("/one/list", plan);
    let options = with_sources(vec![("one".to_owned(), source(&gallery))]);
    inspected(&options, &gallery).await.reading.verdict
}

fn json(body: &str) -> Plan {
    Plan::ok("application/json", body)
}

fn html(body: impl Into<Vec<u8>>) -> Plan {
    Plan::ok("text/html", body)
}

fn plain(gallery: &Gallery) -> SourceOptions {
    plain_source("one", gallery)
}

#[tokio::test(flavor = "multi_thread")]
async fn case_24_what_is_no_address_on_the_web_is_dropped_before_it_is_fetched() {
    let gallery = Gallery::open().await;
    let images = ["data:image/gif;base64,R0lGODlh", "javascript:alert(1)", "blob:x", "", "about:blank", "http://["];
    gallery.plan("/one/list", json(&list(&images)));
    let options = with_sources(vec![("one".to_owned(), plain(&gallery))]);
    let inspection = inspected(&options, &gallery).await;
    assert_eq!((inspection.judged.len(), inspection.reading.dropped.len()), (0, 6), "{:?}", inspection.reading);
    assert_eq!(gallery.connections(), 1, "nothing but the list was asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_25_addresses_are_joined_and_encoded_once() {
    let gallery = Gallery::open().await;
    let twice = "/img/%25B1%25E8%25C4%25A1.jpg";
    let korean = gallery.at("images.test", "/사진/김치 찌개.jpg");
    let images = ["//images.test/x.jpg", "../up.jpg", "/a?b=1&amp;c=2", twice, &korean];
    let rows: Vec<String> = images.iter().map(|image| format!("<img src=\"{image}\" alt=\"김치찌개\">")).collect();
    let rows = rows.concat();
    gallery.plan("/one/list", html(format!("<h1>x</h1>{rows}")));
    let options = with_sources(vec![("one".to_owned(), page_source(&gallery))]);
    let inspection = inspected(&options, &gallery).await;
    let mut found: Vec<String> = inspection
        .judged
        .iter()
        .map(|(candidate, _)| candidate.images[0].as_str().replace(&format!(":{}", gallery.address().port()), ""))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "http://images.test/%EC%82%AC%EC%A7%84/%EA%B9%80%EC%B9%98%20%EC%B0%8C%EA%B0%9C.jpg",
            "http://images.test/x.jpg",
            "http://one.test/a?b=1&c=2",
            "http://one.test/img/%25B1%25E8%25C4%25A1.jpg",
            "http://one.test/up.jpg",
        ]
    );
    assert_eq!(gallery.times("/img/%25B1"), 1, "{:?}", gallery.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_28_titles_are_readable_whatever_they_are_written_in() {
    let page =
        "<html><head><title>밥상 사진 모음 맛있는 음식 이야기</title></head><h1>사진</h1><img src=/x.jpg alt=김치찌개>";
    let euc_kr = encoding_rs::EUC_KR.encode(page).0.into_owned();
    for (kind, body) in [
        ("text/html", euc_kr.clone()),
        ("text/html; charset=euc-kr", euc_kr.clone()),
        ("text/html; charset=utf-8", euc_kr),
        ("text/html; charset=euc-kr", format!("\u{feff}{page}").into_bytes()),
        ("text/html", [page.as_bytes(), b"\xff\xfe\xc3\x28"].concat()),
    ] {
        let gallery = Gallery::open().await;
        gallery.plan("/one/list", Plan::ok(kind, body));
        let options = with_sources(vec![("one".to_owned(), page_source(&gallery))]);
        let inspection = inspected(&options, &gallery).await;
        assert_eq!(
            inspection.judged.first().map(|(candidate, _)| candidate.title.as_str()),
            Some("김치찌개"),
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_29_monstrous_pages_are_left_unread() {
    for body in [
        "<div>".repeat(100_000),
        format!("<h1>x</h1><a href=\"{}\">", "x".repeat(2_000_000)),
        "\0".repeat(100_000),
        "no page at all".to_owned(),
        "<circle>".repeat(200_000),
        "<a><b>".repeat(60_000),
    ] {
        let verdict = verdict_of(page_source, html(body)).await;
        assert!(matches!(verdict, Verdict::LayoutChanged | Verdict::Empty), "{verdict:?}");
    }
    let rows: String = (0..10_000).map(|_| "<img src=/x.jpg alt=김치찌개>").collect();
    let gallery = Gallery::open().await;
    gallery.plan("/one/list", html(rows));
    let options = with_sources(vec![("one".to_owned(), page_source(&gallery))]);
    assert_eq!(inspected(&options, &gallery).await.reading.rows, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_31_and_33_what_is_no_answer_has_a_name() {
    for (body, expected) in [
        ("<html><body>Are you a robot?</body></html>", "blocked"),
        ("null", "layout changed"),
        ("[]", "layout changed"),
        ("{\"items\": null}", "empty"),
        ("{\"items\": []}", "empty"),
        ("{\"items\": {\"a\": 1}}", "layout changed"),
        ("{\"items\": [null, 7, \"x\", [], {}]}", "layout changed"),
        ("{\"error\": {\"code\": \"ratelimited\"}}", "the source says: ratelimited"),
        ("{\"errorCode\": \"SE01\", \"errorMessage\": \"x\"}", "the source says: SE01"),
        ("{\"items\": ", "layout changed"),
        ("", "layout changed"),
    ] {
        let verdict = verdict_of(plain, json(body)).await.to_string();
        assert!(verdict.starts_with(expected), "{body}: {verdict}");
    }
    let long = format!("{{\"items\": [\"{}\"]}}", "x".repeat(4_000_000));
    assert!(matches!(verdict_of(plain, json(&long)).await, Verdict::Failed(_)), "longer than three megabytes");
    let captcha = "<h1>x</h1><p>Please solve this CAPTCHA</p>";
    assert_eq!(verdict_of(page_source, html(captcha)).await, Verdict::Blocked("captcha".to_owned()));
    let good = "<script>captcha()</script><h1>x</h1><img src=/x.jpg alt=x>";
    assert_eq!(verdict_of(page_source, html(good)).await, Verdict::Ok, "the word alone means nothing");
    let sorry = Plan::to("/sorry/index?continue=x");
    assert_eq!(verdict_of(page_source, sorry).await, Verdict::Blocked("/sorry/".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_32_every_status_has_a_verdict_and_what_it_asks_for_is_read() {
    let busy = |value: &str| Plan::answer(429, &[("retry-after", value)], "");
    let seconds = |number| Verdict::TooMany(Some(Duration::from_secs(number)));
    for (plan, expected) in [
        (busy("86400"), seconds(86_400)),
        (busy(" 7 "), seconds(7)),
        (busy("-1"), Verdict::TooMany(None)),
        (busy("Wed, 21 Oct 2026 07:28:00 GMT"), Verdict::TooMany(None)),
        (busy("soon"), Verdict::TooMany(None)),
        (Plan::answer(403, &[], ""), Verdict::Status(403)),
        (Plan::answer(503, &[], ""), Verdict::Status(503)),
        (Plan::answer(202, &[], ""), Verdict::Blocked("status 202".to_owned())),
    ] {
        assert_eq!(verdict_of(plain, plan).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_35_whatever_a_dish_is_called_only_its_own_place_changes() {
    let long = "밥".repeat(5000);
    for name in [
        "",
        &long,
        "🍲🍲",
        "\u{202e}찌개",
        "밥\r\nX-Evil: 1",
        "../../etc/passwd",
        "\"><script>",
        "site:evil.com",
        "{en}",
        "%00",
        "?&#",
    ] {
        let gallery = Gallery::open().await;
        gallery.plan("/one/list", json("{\"items\": []}"));
        let options = with_sources(vec![("one".to_owned(), plain(&gallery))]);
        let setup = setup(&options, &gallery);
        let source = setup.sources()[0].clone();
        let names = dish::Names { ko: name.to_owned(), en: "x".to_owned() };
        setup.inspect(&source, &names).await;
        for asked in gallery.asked() {
            let url = url::Url::parse(&format!("http://one.test{}", asked.path)).expect("an address");
            assert_eq!(url.path(), "/one/list", "{name}");
            let keys: Vec<_> = url.query_pairs().map(|(key, _)| key.into_owned()).collect();
            assert_eq!(keys, ["q", "e"], "{name}");
            assert!(asked.path.len() < 1000 && !asked.head.contains("X-Evil: 1"), "{name}");
        }
    }
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("김치찌개").collect();
    assert_eq!(DishKey::of(&decomposed), DishKey::of("김치 찌개"));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_36_what_strangers_call_themselves_is_text_and_short() {
    let gallery = Gallery::open().await;
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(800, 600)));
    let item = serde_json::json!({
        "image": gallery.at("images.test", "/picture"),
        "title": "<b>김치찌개</b> [x](http://evil.test) @everyone",
        "author": format!("\u{202e}<script>alert(1)</script>\n{}", "가".repeat(500)),
        "licence": "CC BY\u{0}-SA",
        "page": "javascript:alert(1)",
    });
    gallery.plan("/one/list", json(&serde_json::json!({ "items": [item] }).to_string()));
    let options = with_sources(vec![("one".to_owned(), plain(&gallery))]);
    let inspection = inspected(&options, &gallery).await;
    let credit = inspection.picked[0].credit.clone().expect("a credit");
    let author = credit.author.expect("an author");
    assert!(author.starts_with("<script>") && author.chars().count() <= 60, "{author}");
    assert_eq!((credit.licence.as_deref(), credit.page), (Some("CC BY-SA"), None));
}

#[test]
fn json_in_a_script_is_found_between_its_markers() {
    let naver = shipped().sources.into_iter().find(|(name, _)| name == "naver").expect("a source").1;
    let fields = [(FieldName::Image, "$.originalUrl"), (FieldName::Title, "$.title | plain")];
    let source = SourceOptions {
        kind: Kind::Script,
        script: vec!["var imageSearchTabData=".to_owned(), "</script>".to_owned()],
        rows: "$.content.items[*]".to_owned(),
        expects: vec!["$.content".to_owned()],
        fields: fields.into_iter().map(|(name, place)| (name, vec![place.to_owned()])).collect(),
        ..naver
    };
    let setup = Setup::new(&with_sources(vec![("script".to_owned(), source)])).expect("a way out");
    let compiled = setup.sources().first().unwrap_or_else(|| panic!("{:?}", setup.idle));
    let read = |page: &str| {
        let body = page.as_bytes().to_vec().into();
        let url = "https://search.example/".parse().expect("an address");
        setup.replay(compiled, &Answer { status: 200, url, retry_after: None, charset: None, body }, &kimchi_stew())
    };
    let row = r#"{"originalUrl": "https://a.example/x.jpg", "title": "<b>김치찌개</b> </scr" }"#;
    let (reading, judged) =
        read(&format!("<script>var imageSearchTabData={{\"content\":{{\"items\":[{row}]}}}}</script>"));
    assert_eq!((reading.verdict, judged[0].0.title.as_str()), (Verdict::Ok, "김치찌개"));
    assert_eq!(
        read("<html><script>var other={}</script>").0.verdict,
        Verdict::Blocked("a page in place of JSON".to_owned())
    );
}

/// Every shipped source, and an answer of its own.
fn samples() -> Vec<(Setup, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/photo/fixtures");
    let sample = |(name, source): (String, SourceOptions)| {
        let read = |ending: &str| std::fs::read_to_string(folder.join(&name).join(format!("hostile.{ending}"))).ok();
        let body = read("json").or_else(|| read("html"))?;
        let options = with_sources(vec![(name.clone(), SourceOptions { enabled: true, ..source })]);
        Some((Setup::new(&options).expect("a way out"), body.chars().take(20_000).collect()))
    };
    shipped().sources.into_iter().filter_map(sample).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(12), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_in_an_answer_no_reader_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "\\PC|[<>\"{}\\[\\],:\\\\&;]"), 0..20),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        for (setup, body) in samples() {
            let mut letters: Vec<char> = body.chars().collect();
            for (at, letter) in &changes {
                let at = at.index(letters.len());
                letters[at] = letter.chars().next().unwrap_or(' ');
            }
            if is_cut {
                letters.truncate(cut.index(letters.len()));
            }
            let body: String = letters.into_iter().collect();
            let source = &setup.sources()[0];
            let url = "https://images.example/".parse().expect("an address");
            let answer = Answer { status: 200, url, retry_after: None, charset: None, body: body.into_bytes().into() };
            let (reading, judged) = setup.replay(source, &answer, &kimchi_stew());
            prop_assert!(reading.rows <= 200 && judged.len() <= 200);
            for (candidate, judgement) in judged {
                prop_assert!(candidate.title.chars().count() <= 301);
                prop_assert!(judgement.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
                prop_assert!(candidate.images.iter().all(|url| matches!(url.scheme(), "http" | "https")));
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in ["bing", "commons", "wikipedia_page"] {
            let source = shipped().sources.into_iter().find(|(known, _)| known == name).expect("a source");
            let source = (source.0, SourceOptions { enabled: true, ..source.1 });
            let setup = Setup::new(&with_sources(vec![source])).expect("a way out");
            let url = "https://images.example/".parse().expect("an address");
            let answer = Answer { status: 200, url, retry_after: None, charset: None, body: body.clone().into() };
            setup.replay(&setup.sources()[0], &answer, &kimchi_stew());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bing_rows_that_do_not_read_are_skipped_and_the_others_kept() {
    let gallery = Gallery::open().await;
    let row = |json: &str| format!("<a class=iusc m='{}'></a>", json.replace('\'', "&#39;"));
    let rows = [
        row("no json"),
        row(r#"{"t": "김치찌개"}"#),
        row(r#"{"murl": 7, "t": "김치찌개"}"#),
        row(r#"{"murl": ["http://x.test/a.jpg"], "t": "김치찌개"}"#),
        row(&format!("{{\"murl\": \"{}\", \"t\": \"\u{e000}김치\u{e001}찌개\"}}", gallery.at("x.test", "/good.jpg"))),
        "<a class=iusc></a>".to_owned(),
    ];
    gallery.plan("/images/async", html(format!("<div id=b_content>{}</div>", rows.concat())));
    let options = with_sources(vec![("bing".to_owned(), shipped_source("bing", &gallery))]);
    let inspection = inspected(&options, &gallery).await;
    assert_eq!((inspection.reading.rows, inspection.reading.dropped.len()), (6, 5), "{:?}", inspection.reading);
    let best = &inspection.judged[0].0;
    assert_eq!((best.title.as_str(), best.images[0].path()), ("김치찌개", "/good.jpg"));
}
