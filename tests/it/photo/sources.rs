//! Every shipped source: what it answers where all is well, where it has nothing, turns us away, is asked too often, looks
//! different all of a sudden, or is hostile.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use bapsang::photo::{
    Idle, Setup,
    source::{Details, FieldName, Kind, SourceOptions, Verdict},
};

use super::{Gallery, Plan, inspected, jpeg, kimchi_stew, setup, shipped, shipped_source, with_sources};

const STATES: [&str; 6] = ["ok", "empty", "blocked", "429", "changed", "hostile"];

fn fixture(source: &str, state: &str) -> (String, &'static str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/photo/fixtures").join(source);
    let kinds = [("json", "application/json"), ("html", "text/html; charset=utf-8")];
    let read = kinds.into_iter().find_map(|(ending, kind)| {
        Some((std::fs::read_to_string(folder.join(format!("{state}.{ending}"))).ok()?, kind))
    });
    read.unwrap_or_else(|| panic!("{source} has no fixture {state}"))
}

/// A gallery where a source answers in this way, and every picture is one.
async fn gallery(source: &str, state: &str) -> Gallery {
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::ok("image/jpeg", jpeg(800, 600)));
    let (body, kind) = fixture(source, state);
    let status = match (source, state) {
        (_, "429") => 429,
        ("wikipedia_page", "empty") => 404,
        _ => 200,
    };
    let url = shipped_source(source, &gallery).url;
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let host = host.split(':').next().unwrap_or_default();
    let path = path.split(['?', '{']).next().unwrap_or_default();
    let headers = [("content-type", kind), ("retry-after", "120")];
    let headers = if status == 429 { &headers[..] } else { &headers[..1] };
    gallery.plan(&format!("{host}/{path}"), Plan::answer(status, headers, gallery.here(&body)));
    if matches!(source, "wikipedia_ko" | "wikipedia_en" | "wikipedia_page") {
        let (details, kind) = fixture(source, "details");
        let details = Plan::ok(kind, gallery.here(&details));
        let host = if source == "wikipedia_page" { "commons.wikimedia.org" } else { host };
        gallery.plan(&format!("{host}/w/api.php?action=query&format=json&formatversion=2&prop=imageinfo"), details);
    }
    gallery
}

fn sources() -> Vec<String> {
    let remote = shipped().sources.into_iter().filter(|(_, source)| source.kind != Kind::Folder);
    remote.map(|(name, _)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_source_is_read_in_every_state() {
    let mut told = String::new();
    for source in sources() {
        for state in STATES {
            let gallery = gallery(&source, state).await;
            let options = with_sources(vec![(source.clone(), shipped_source(&source, &gallery))]);
            let inspection = inspected(&options, &gallery).await;
            let port = gallery.address().port();
            let anywhere = |text: &str| text.replace(&format!(":{port}"), "").replace(&format!("%3A{port}"), "");
            let _ = writeln!(
                told,
                "{source} {state}: {}, {} rows, {} candidates, {} dropped",
                inspection.reading.verdict,
                inspection.reading.rows,
                inspection.judged.len(),
                inspection.reading.dropped.len()
            );
            for (candidate, judgement) in inspection.judged.iter().filter(|(_, judged)| judged.score.is_some()).take(3)
            {
                let score = judgement.score.unwrap_or_default();
                let image = anywhere(candidate.images[0].as_str());
                let _ = writeln!(told, "  {score:.2} {:?} {:?} {image}", candidate.title, candidate.size);
            }
            if let Some(picked) = inspection.picked.last() {
                let came = picked.came.as_ref().map(|picture| picture.size).map_err(ToString::to_string);
                let credit = anywhere(&serde_json::to_string(&picked.credit).expect("JSON"));
                let _ = writeln!(told, "  {came:?} {credit}");
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_us_away_is_known_from_what_has_nothing() {
    for source in sources() {
        let mut verdicts = BTreeMap::new();
        for state in STATES {
            let gallery = gallery(&source, state).await;
            let options = with_sources(vec![(source.clone(), shipped_source(&source, &gallery))]);
            verdicts.insert(state, inspected(&options, &gallery).await.reading.verdict);
        }
        assert_eq!(verdicts["ok"], Verdict::Ok, "{source}");
        assert_eq!(verdicts["empty"], Verdict::Empty, "{source}");
        assert!(matches!(verdicts["blocked"], Verdict::Blocked(_) | Verdict::Error(_)), "{source} {verdicts:?}");
        assert_eq!(verdicts["429"], Verdict::TooMany(Some(std::time::Duration::from_secs(120))), "{source}");
        assert_eq!(verdicts["changed"], Verdict::LayoutChanged, "{source}");
        assert_eq!(verdicts["hostile"], Verdict::Ok, "{source}: the one good row is found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_lists_several_dishes_is_none() {
    for source in ["wikipedia_ko", "wikipedia_en"] {
        let gallery = Gallery::open().await;
        let (body, kind) = fixture(source, "disambiguation");
        gallery.plan("/w/api.php", Plan::ok(kind, body));
        let options = with_sources(vec![(source.to_owned(), shipped_source(source, &gallery))]);
        assert_eq!(inspected(&options, &gallery).await.reading.verdict, Verdict::Empty, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_its_own_server_and_is_shown_nowhere() {
    for (source, hush) in
        [("naver", "naver-hush"), ("kakao", "kakao-hush"), ("pexels", "pexels-hush"), ("pixabay", "pixabay-hush")]
    {
        let gallery = gallery(source, "ok").await;
        let options = with_sources(vec![(source.to_owned(), shipped_source(source, &gallery))]);
        let setup = setup(&options, &gallery);
        let compiled = setup.sources()[0].clone();
        setup.inspect(&compiled, &kimchi_stew()).await;
        let asked = gallery.asked();
        assert!(asked[0].head.contains(&hush.replace('-', "%2D")) || asked[0].head.contains(hush), "{source}");
        assert!(asked[1..].iter().all(|asked| !asked.head.contains("hush")), "{source}: a picture's server saw a key");
        let shown = format!("{:?} {} {options:?}", setup, compiled.request_shown(&kimchi_stew()));
        assert!(!shown.contains("hush"), "{source}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_not_go_along_to_where_the_author_is_asked_for() {
    let gallery = gallery("pexels", "ok").await;
    gallery.plan("details.test/", Plan::ok("application/json", "{}"));
    let pexels = shipped_source("pexels", &gallery);
    let file = (FieldName::File, vec!["$.url".to_owned()]);
    let fields = pexels.fields.clone().into_iter().chain([file]).collect();
    let url = format!("{}?{{file}}", gallery.at("details.test", "/author"));
    let details = Some(Details { url, rows: "$".to_owned(), fields: BTreeMap::new() });
    let options = with_sources(vec![("pexels".to_owned(), SourceOptions { fields, details, ..pexels })]);
    inspected(&options, &gallery).await;
    let asked = gallery.asked();
    let details = asked.iter().find(|asked| asked.path.starts_with("/author")).expect("it is asked");
    assert!(asked[0].head.contains("pexels-hush") && !details.head.contains("hush"), "{}", details.head);
}

#[test]
fn a_source_that_does_not_compile_is_switched_off_and_says_why() {
    let mut options = shipped();
    let mut break_one = |name: &str, change: &dyn Fn(&mut bapsang::photo::source::SourceOptions)| {
        let source = options.sources.iter_mut().find(|(known, _)| known == name).expect("a source");
        change(&mut source.1);
    };
    break_one("commons", &|source| source.rows = "$.[".to_owned());
    break_one("wikipedia_page", &|source| source.expects = vec!["h1[".to_owned()]);
    break_one("openverse", &|source| source.fields.values_mut().for_each(|field| field.push("$.a | jump".to_owned())));
    break_one("naver", &|source| source.headers.push("no header".to_owned()));
    break_one("kakao", &|source| source.url = "https://x.test/{nobody}".to_owned());
    let setup = Setup::new(&options).expect("the others work");
    let broken: Vec<String> = setup
        .idle
        .iter()
        .filter_map(|(name, idle)| match idle {
            Idle::Broken(error) => Some(format!("{name}: {error}")),
            _ => None,
        })
        .collect();
    insta::assert_snapshot!(broken.join("\n"));
    assert!(setup.sources().iter().any(|source| source.name == "wikipedia_ko"));
}

#[test]
fn a_header_that_does_not_read_is_not_repeated() {
    for line in ["X-Key hush", "X-Key=Bearer hush:x", "X-Key: {hush}", "X-Key: ${hush}", "X-Key: {hush"] {
        let mut options = shipped();
        let (_, source) = options.sources.iter_mut().find(|(name, _)| name == "commons").expect("a source");
        source.headers.push(line.to_owned());
        let setup = Setup::new(&options).expect("the others work");
        let (_, idle) = setup.idle.iter().find(|(name, _)| name == "commons").expect("it does not compile");
        let is_quiet = matches!(idle, Idle::Broken(error) if error.contains("header") && !error.contains("hush"));
        assert!(is_quiet, "{line}: {idle:?}");
    }
}

#[test]
fn who_is_asked_by_default_needs_no_key() {
    let keyless = bapsang::photo::PhotoOptions { keys: BTreeMap::new(), ..shipped() };
    let setup = Setup::new(&keyless).expect("a way out");
    let asked: Vec<&str> = setup.sources().iter().map(|source| source.name.as_str()).collect();
    assert_eq!(asked, ["folder", "wikipedia_ko", "wikipedia_en", "commons", "wikipedia_page", "openverse"]);
    let off: Vec<&str> =
        setup.idle.iter().filter(|(_, idle)| *idle == Idle::Off).map(|(name, _)| name.as_str()).collect();
    assert_eq!(off, ["searxng", "bing", "google"]);
}

#[test]
fn wikimedia_is_asked_more_often_by_whoever_says_who_they_are() {
    let of = |contact: Option<&str>| {
        let options = bapsang::photo::PhotoOptions { contact: contact.map(str::to_owned), ..shipped() };
        let setup = Setup::new(&options).expect("a way out");
        setup.sources().iter().find(|source| source.name == "commons").expect("a source").limits.per_minute
    };
    assert_eq!((of(None), of(Some("https://example.org/bot"))), (10, 200));
}
