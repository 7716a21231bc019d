//! The service as whoever looks after it sees it: ready or not, numbers, log lines, and what comes too fast.

use std::{sync::Arc, time::Duration};

use bapsang::{
    bot::{Admins, Bell, Bot, Flow, Flows},
    chat::{Event, Platform},
    clock::{Clock, Fixed},
    http::{self, Look},
    kitchen::{Equipment, Kitchen, Pace, Retention},
    photo::{Fonts, Photos},
    telemetry::MEASURES,
};
use chrono::TimeDelta;
use prometheus_parse::{Scrape, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use crate::{
    running::Running,
    sources::sources,
    support::{Db, Ear, Mood, Moody, door, evening, event, keep_lines, on_both_databases, rules, said},
    telegram::{Talk, api::BotApi, mina, pace::Pace as TelegramPace, world::TOKEN},
};

on_both_databases! {
    what_is_kept_only_for_a_while_goes_and_the_books_agree,
}

/// Asks over a connection of its own; the status and the body.
async fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    keep_lines(body);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// Where a program answers about itself.
async fn service_of(program: &Running) -> String {
    program.says("Service: http://").await;
    let said = program.said();
    let (_, rest) = said.split_once("Service: http://").expect("an address");
    rest.split('/').next().unwrap_or_default().to_owned()
}

/// The value of a number with these labels.
fn value(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> f64 {
    let sample = scrape.samples.iter().find(|sample| {
        sample.metric == name && labels.iter().all(|(name, value)| sample.labels.get(name) == Some(*value))
    });
    match sample.map(|sample| &sample.value) {
        Some(Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value)) => *value,
        other => panic!("{name} {labels:?}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_whether_it_is_ready_and_counts_what_it_does() {
    let (api, folder) = (BotApi::start(TelegramPace::generous()).await, tempfile::tempdir().expect("a folder"));
    let url = api.url();
    let variables = [
        ("TELEGRAM_BOT_TOKEN", TOKEN),
        ("BAPSANG_TELEGRAM__API_URL", url.as_str()),
        ("BAPSANG_HTTP__SERVICE_LISTEN", "127.0.0.1:0"),
        ("BAPSANG_LOG__FILTER", "debug"),
    ];
    api.vanish();
    let program = Running::start(&folder, &variables);
    let address = service_of(&program).await;
    assert_eq!(get(&address, "/healthz").await, (200, "ok\n".to_owned()));
    let (status, waits) = get(&address, "/readyz").await;
    assert!(status == 503 && waits.contains("telegram: it did not say yet who the bot is"), "{waits}");
    api.come_back().await;
    program.says("is open").await;
    assert_eq!(get(&address, "/readyz").await, (200, "ready\n".to_owned()));
    let talk = Talk::with(&api, &mina());
    talk.orders().await;
    let (status, text) = get(&address, "/metrics").await;
    assert_eq!(status, 200);
    // What a real library reads.
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).expect("numbers");
    let telegram = ("platform", "telegram");
    assert!(value(&scrape, "bapsang_updates_total", &[telegram, ("kind", "text")]) >= 1.0);
    assert!(value(&scrape, "bapsang_updates_total", &[telegram, ("kind", "press")]) >= 1.0);
    assert!((value(&scrape, "bapsang_orders_total", &[("stage", "placing"), ("outcome", "taken")]) - 1.0).abs() < 0.1);
    assert!((value(&scrape, "bapsang_orders_total", &[("stage", "cooking"), ("outcome", "served")]) - 1.0).abs() < 0.1);
    assert!((value(&scrape, "bapsang_tickets_total", &[("movement", "spent")]) - 1.0).abs() < 0.1);
    assert!(value(&scrape, "bapsang_calls_total", &[telegram, ("outcome", "ok")]) >= 1.0);
    assert!(value(&scrape, "bapsang_orders_waiting", &[]).abs() < 0.1);
    assert!(value(&scrape, "bapsang_pool_connections", &[("state", "idle")]) >= 1.0);
    let histogram = scrape
        .samples
        .iter()
        .any(|sample| sample.metric == "bapsang_order_seconds" && matches!(sample.value, Value::Histogram(_)));
    assert!(histogram, "{text}");
    // Every label of every number is one that was announced, and says nothing of anybody.
    for sample in &scrape.samples {
        let name = sample.metric.trim_end_matches("_sum").trim_end_matches("_count");
        let measure = MEASURES.iter().find(|measure| measure.name == name || measure.name == sample.metric);
        let measure = measure.unwrap_or_else(|| panic!("{} is not announced", sample.metric));
        let labels: Vec<&String> = sample.labels.keys().collect();
        assert!(labels.iter().all(|label| measure.labels.contains(&label.as_str())), "{labels:?}");
    }
    assert!(!text.contains(TOKEN) && !text.chars().any(|c| ('가'..='힣').contains(&c)), "{text}");
    assert_eq!(get(&address, "/other").await.0, 404);
    // Outside a terminal log lines are JSON, with the order's number, and without its wish.
    let said = program.said();
    let lines: Vec<serde_json::Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let served = lines.iter().find(|line| line["message"] == "served").expect("a line");
    assert_eq!((&served["order"], &served["spans"][0]["order"]), (&1.into(), &1.into()), "{served}");
    assert!(!said.contains("국물") && !said.contains("TEST-token"), "{said}");
    assert_eq!(program.ends(), Some(0));
}

#[test]
fn every_number_that_is_counted_is_announced_and_every_announced_one_is_counted() {
    let mut counted = std::collections::BTreeSet::new();
    for source in sources() {
        let text = &source.text;
        for begin in ["metrics::counter!(", "metrics::gauge!(", "metrics::histogram!("] {
            for (at, _) in text.match_indices(begin) {
                let name = text[at + begin.len()..].trim_start().split('"').nth(1).unwrap_or_default();
                counted.insert(name.to_owned());
            }
        }
    }
    let announced = MEASURES.iter().map(|measure| measure.name.to_owned()).collect();
    assert_eq!(counted, announced);
}

/// Nothing that answers.
struct Nothing;

#[async_trait::async_trait]
impl Look for Nothing {
    async fn not_ready(&self) -> Vec<String> {
        Vec::new()
    }

    fn numbers(&self) -> String {
        String::new()
    }

    async fn look(&self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_a_head_without_end_is_cut_off_and_holds_up_nobody() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(http::serve(listener, http::service(Arc::new(Nothing)), stop.clone()));
    let mut endless = TcpStream::connect(&address).await.expect("a connection");
    endless.write_all(b"GET /healthz HTTP/1.1\r\nX-Long: ").await.expect("sent");
    assert_eq!(get(&address, "/healthz").await.0, 200);
    // More than a head may hold: the connection ends, with an answer or without.
    let mut sent = 0;
    while sent < 1 << 20 && endless.write_all(&[b'x'; 8192]).await.is_ok() {
        sent += 8192;
    }
    let mut answer = Vec::new();
    let _ = endless.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    stop.cancel();
    serving.await.expect("no panic").expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_drips_a_head_is_cut_off_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(http::serve(listener, http::service(Arc::new(Nothing)), stop.clone()));
    let mut slow = TcpStream::connect(&address).await.expect("a connection");
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").await.expect("sent");
    let dripping = async {
        let (mut reading, mut writing) = slow.split();
        let drip = async {
            while writing.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let mut answer = Vec::new();
        tokio::select! {
            () = drip => {}
            _ = reading.read_to_end(&mut answer) => {}
        }
        assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    };
    tokio::time::timeout(Duration::from_secs(60), dripping).await.expect("the connection ends");
    stop.cancel();
    serving.await.expect("no panic").expect("it ends");
}

/// A bot with limits, whose admin is 1.
async fn limited() -> (Db, Arc<Bot>) {
    let db = crate::support::sqlite().await;
    let clock = Arc::new(Fixed::at(evening())) as Arc<dyn Clock>;
    let photos = Arc::new(Photos::with_fonts(std::path::PathBuf::from("/nonexistent"), Fonts::none()));
    let flow = |burst| Flow { burst, per_minute: 1 };
    let bot = Bot::new(db.store.clone(), clock, rules(), Arc::new(Bell::default()), photos)
        .with_admins(Admins::new(&[1], &[]))
        .with_flows(Flows { person: flow(3), chat: flow(5) });
    (db, Arc::new(bot))
}

async fn does(bot: &Arc<Bot>, user: &str, others_read: bool) -> Vec<String> {
    let ear = Arc::new(Ear::default());
    let mut incoming = event(user, "room", &door(), Event::Text("/tickets".to_owned()));
    incoming.place.platform = Platform::Telegram;
    incoming.others_read = others_read;
    bot.receive(incoming, Arc::clone(&ear) as _).await;
    ear.heard().iter().map(said).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_too_fast_hears_so_once_and_is_passed_over() {
    let (_db, bot) = limited().await;
    for _ in 0..3 {
        assert!(does(&bot, "7", false).await[0].contains("식권"));
    }
    assert!(does(&bot, "7", false).await[0].contains("너무 빨라서"));
    assert_eq!(does(&bot, "7", false).await, Vec::<String>::new());
    assert!(does(&bot, "8", false).await[0].contains("식권"), "others are not held up");
    for _ in 0..10 {
        assert!(does(&bot, "1", false).await[0].contains("식권"), "an admin is not limited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_too_fast_hears_so_once() {
    let (_db, bot) = limited().await;
    for user in ["11", "12", "13", "14", "15"] {
        assert_eq!(does(&bot, user, true).await.len(), 1);
    }
    assert!(does(&bot, "16", true).await[0].contains("너무 빨라서"));
    assert_eq!(does(&bot, "17", true).await, Vec::<String>::new());
    assert_eq!(does(&bot, "17", false).await.len(), 1, "in private they are not");
}

async fn what_is_kept_only_for_a_while_goes_and_the_books_agree(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "eaten", "밥", evening()).await;
    let stopped = db.taken(person, "stopped", evening()).await;
    db.store.stop(person, stopped, evening()).await.expect("stopped");
    db.store.told(stopped, evening()).await.expect("told");
    let clock = Arc::new(Fixed::at(evening() + TimeDelta::days(9)));
    let media = tempfile::tempdir().expect("a folder");
    let photos = Arc::new(Photos::with_fonts(media.path().to_path_buf(), Fonts::none()));
    let equipment = Equipment {
        store: db.store.clone(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        bell: Arc::new(Bell::default()),
        recommender: Moody::new(Mood::Serves),
        budget: None,
        photos,
    };
    let pace = Pace { lease: Duration::from_secs(300), at_once: 8 };
    let days = |days| Some(TimeDelta::days(days));
    let kitchen = Kitchen::new(equipment, rules(), pace, Vec::new());
    let kitchen = kitchen.keeping(Retention { dialogues: days(7), orders: days(10), photos: days(7), log: days(7) });
    kitchen.tidy_once().await.expect("tidied");
    assert!(db.store.dialogue(person, &crate::support::place()).await.expect("an answer").is_none());
    assert!(db.store.whereabouts(stopped, &crate::support::place()).await.expect("an answer").is_some(), "not yet");
    clock.advance(TimeDelta::days(2));
    kitchen.tidy_once().await.expect("tidied");
    assert!(db.store.whereabouts(stopped, &crate::support::place()).await.expect("an answer").is_none());
    assert!(db.store.dish(person, 1).await.expect("an answer").is_some(), "dishes stay");
    db.is_sound().await;
}

#[test]
fn the_search_of_the_log_lines_knows_the_secrets_of_the_tests() {
    let search = include_str!("../../scripts/search-logs").replace('\\', "");
    for token in [
        TOKEN.split_once(':').expect("a secret").1,
        crate::discord::world::TOKEN,
        "hush-hush",
        "sk-secret",
        "interaction-token-1",
        "naver-id",
    ] {
        let known = search.lines().find(|line| line.starts_with("secrets=")).expect("secrets");
        assert!(
            known
                .trim_matches(|c| c != '\'')
                .split(['|', '\''])
                .any(|secret| !secret.is_empty() && token.contains(secret))
        );
    }
}
