//! Several processes on one PostgreSQL: one polls, all cook, and each can go at any time.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::{
    BotApi, Guest, Pace, Talk,
    api::post,
    mina,
    world::{Message, TOKEN},
};
use crate::{
    running::Running,
    support::{Db, open, postgres_url},
};

const POLLS: &str = "is open, polling.";
const WAITS: &str = "is polled by another process";

/// Processes on one database, and the platform that they serve.
struct Several {
    api: BotApi,
    url: String,
    folder: TempDir,
}

impl Several {
    async fn new() -> Self {
        let (api, url) = (BotApi::start(Pace::generous()).await, postgres_url().await);
        // Who starts first would migrate while the other waits.
        open(&url).await.close().await;
        Self { api, url, folder: tempfile::tempdir().expect("a folder") }
    }

    fn start(&self, more: &[(&str, &str)]) -> Running {
        let api = self.api.url();
        let own = [
            ("TELEGRAM_BOT_TOKEN", TOKEN),
            ("BAPSANG_TELEGRAM__API_URL", api.as_str()),
            ("DATABASE_URL", self.url.as_str()),
            ("BAPSANG_ORDERS__LEASE_SECONDS", "2"),
            ("BAPSANG_TICKETS__DAILY_LIMIT", "1000"),
        ];
        Running::start(&self.folder, &[&own[..], more].concat())
    }

    /// Two of them: whoever polls, and whoever waits.
    async fn two(&self, more: &[(&str, &str)]) -> (Running, Running) {
        let polls = self.start(more);
        polls.says(POLLS).await;
        let waits = self.start(more);
        waits.says(WAITS).await;
        (polls, waits)
    }

    async fn is_sound(&self) {
        assert_eq!(self.api.refused(), Vec::<String>::new());
        Db::at(&self.url, open(&self.url).await).is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_polls_is_killed_and_who_waits_takes_the_turn_when_it_has_run_out() {
    let several = Several::new().await;
    let (first, second) = several.two(&[]).await;
    let talk = Talk::with(&several.api, &mina());
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    several.api.until("it is confirmed", |api| api.pending() == 0).await;
    first.dies();
    second.says(POLLS).await;
    talk.presses("추천 받기", "만드는 법").await;
    // Whoever comes back waits.
    let third = several.start(&[]);
    third.says(WAITS).await;
    assert_eq!((second.said().matches(POLLS).count(), third.said().matches(POLLS).count()), (1, 0));
    assert!(!second.said().contains("someone else takes"), "{}", second.said());
    // Whoever is asked to stop hands its turn over.
    assert_eq!(second.ends(), Some(0));
    third.says(POLLS).await;
    talk.says("/tickets", "999장 남았어요").await;
    assert_eq!(third.ends(), Some(0));
    several.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_slept_through_its_turn_puts_it_down() {
    let several = Several::new().await;
    let (first, second) = several.two(&[]).await;
    let talk = Talk::with(&several.api, &mina());
    first.signal(Signal::SIGSTOP);
    second.says(POLLS).await;
    talk.says("/tickets", "모두 남아").await;
    first.signal(Signal::SIGCONT);
    first.says(WAITS).await;
    talk.says("/language", "어떤 언어").await;
    assert_eq!(first.said().matches(POLLS).count(), 1, "{}", first.said());
    assert_eq!((first.ends(), second.ends()), (Some(0), Some(0)));
    several.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_cook_each_order_once_and_in_their_turn() {
    let several = Several::new().await;
    let slow = [
        ("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "150"),
        ("BAPSANG_ORDERS__AT_ONCE", "2"),
        // Long enough for a machine with much to do.
        ("BAPSANG_ORDERS__LEASE_SECONDS", "30"),
        ("BAPSANG_LOG__FILTER", "warn,bapsang=info"),
    ];
    let (first, second) = several.two(&slow).await;
    let guests: Vec<Guest> = (100..160).map(|id| Guest::new(id, "손님", Some("ko"))).collect();
    let talks: Vec<Talk<'_>> = guests.iter().map(|guest| Talk::with(&several.api, guest)).collect();
    for talk in &talks {
        several.api.says(talk.chat, &talk.guest, "/recommend 국물");
    }
    for talk in &talks {
        talk.hears("이대로 주문할까요?").await;
    }
    for talk in &talks {
        several.api.presses(talk.chat, &talk.guest, several.api.last(talk.chat).id, "추천 받기");
        // Whose waiting message is up first is cooked first.
        several.api.until("it is taken", |api| !api.last(talk.chat).text.contains("이대로 주문할까요?")).await;
    }
    for talk in &talks {
        several.api.until("a dish", |api| api.last(talk.chat).photo.is_some()).await;
    }
    let pool = sqlx::PgPool::connect(&several.url).await.expect("the server");
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT orders.id, claims, tellings FROM orders JOIN dishes ON dishes.order_id = orders.id ORDER BY served_at, orders.id",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    pool.close().await;
    assert_eq!(rows.len(), 60);
    assert!(rows.iter().all(|(_, claims, tellings)| (*claims, *tellings) == (1, 1)), "each once: {rows:?}");
    // Four are cooked at the same time, and nobody is passed over by more than some of those after them.
    let mut placed: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    placed.sort_unstable();
    for (at, (id, ..)) in rows.iter().enumerate() {
        let place = placed.iter().position(|other| other == id).expect("it is there");
        assert!(at.abs_diff(place) <= 12, "order {id} was {place}th, and served {at}th");
    }
    let cooked = |one: &Running| one.said().matches("served").count();
    let (one, other) = (cooked(&first), cooked(&second));
    assert!(one + other >= 60 && one.min(other) >= 6, "{one} and {other}");
    assert_eq!((first.ends(), second.ends()), (Some(0), Some(0)));
    several.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_killed_and_replaced_while_orders_come_and_none_is_lost() {
    let several = Several::new().await;
    let slow = [("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "300")];
    let (mut polls, mut waits) = several.two(&slow).await;
    for round in 0_i64..6 {
        let guests: Vec<Guest> = (0..10).map(|id| Guest::new(100 + round * 10 + id, "손님", Some("ko"))).collect();
        let talks: Vec<Talk<'_>> = guests.iter().map(|guest| Talk::with(&several.api, guest)).collect();
        for talk in &talks {
            talk.says("/recommend 국물", "이대로 주문할까요?").await;
            several.api.presses(talk.chat, &talk.guest, several.api.last(talk.chat).id, "추천 받기");
        }
        // One of the two dies in turn, while it cooks.
        let next = several.start(&slow);
        if round % 2 == 0 {
            std::mem::replace(&mut polls, next).dies();
            std::mem::swap(&mut polls, &mut waits);
        } else {
            std::mem::replace(&mut waits, next).dies();
        }
        for talk in &talks {
            several.api.until("a dish", |api| api.messages(talk.chat).iter().any(|one| one.photo.is_some())).await;
        }
        several.is_sound().await;
    }
    assert_eq!((polls.ends(), waits.ends()), (Some(0), Some(0)));
}

/// Shares connections among the processes that say that they are ready, as a load balancer does.
struct Balancer {
    port: u16,
    /// Where each process takes webhooks, and says whether it is ready.
    processes: Vec<(u16, u16, Arc<AtomicBool>)>,
}

impl Balancer {
    async fn among(count: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mut processes = Vec::new();
        for _ in 0..count {
            processes.push((free_port().await, free_port().await, Arc::new(AtomicBool::new(false))));
        }
        for (_, service, ready) in processes.clone() {
            tokio::spawn(async move {
                loop {
                    ready.store(is_ready(service).await, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            });
        }
        let shared = processes.clone();
        tokio::spawn(async move {
            let turn = AtomicUsize::new(0);
            while let Ok((mut near, _)) = listener.accept().await {
                let ready: Vec<u16> =
                    shared.iter().filter(|(.., ready)| ready.load(Ordering::SeqCst)).map(|(port, ..)| *port).collect();
                let Some(port) = ready.get(turn.fetch_add(1, Ordering::SeqCst) % ready.len().max(1)).copied() else {
                    continue;
                };
                tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        Self { port, processes }
    }

    async fn until_ready(&self, which: usize) {
        while !self.processes[which].2.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

async fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).await.is_ok() && answer.starts_with("HTTP/1.1 200")
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_replaced_one_after_another_under_load_and_no_webhook_fails() {
    let several = Several::new().await;
    let balancer = Balancer::among(2).await;
    let url = format!("http://127.0.0.1:{}/hooks/telegram", balancer.port);
    let start = |which: usize| {
        let (listen, service, _) = &balancer.processes[which];
        let (listen, service) = (format!("127.0.0.1:{listen}"), format!("127.0.0.1:{service}"));
        several.start(&[
            ("BAPSANG_TELEGRAM__MODE", "webhook"),
            ("BAPSANG_TELEGRAM__WEBHOOK_URL", &url),
            ("BAPSANG_HTTP__LISTEN", &listen),
            ("BAPSANG_HTTP__SERVICE_LISTEN", &service),
        ])
    };
    let mut processes = vec![Some(start(0)), Some(start(1))];
    balancer.until_ready(0).await;
    balancer.until_ready(1).await;
    let secret = several.api.world().webhook.as_ref().expect("a webhook")["secret_token"].clone();
    let secret = secret.as_str().expect("a secret").to_owned();
    let (over, statuses) = (Arc::new(AtomicBool::new(false)), Arc::new(std::sync::Mutex::new(BTreeMap::new())));
    let mut people = tokio::task::JoinSet::new();
    for id in 100..116 {
        let (api, url, secret) = (several.api.clone(), url.clone(), secret.clone());
        let (over, statuses) = (Arc::clone(&over), Arc::clone(&statuses));
        people.spawn(async move {
            let guest = Guest::new(id, "손님", Some("ko"));
            api.private(&guest);
            while !over.load(Ordering::SeqCst) {
                let update = {
                    let text = "/tickets".to_owned();
                    api.writes(id, &guest, Message { text, ..Message::default() });
                    let world = api.world();
                    let mine = |update: &&(i64, serde_json::Value)| update.1["message"]["chat"]["id"] == id;
                    world.updates.iter().rev().find(mine).expect("an update").1.to_string()
                };
                let status = post(&url, &secret, &update).await;
                *statuses.lock().expect("no panic").entry(status).or_insert(0) += 1;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        });
    }
    for which in [0, 1, 0, 1] {
        let old = processes[which].take().expect("a process");
        let ended = tokio::task::spawn_blocking(move || old.ends()).await.expect("no panic");
        assert_eq!(ended, Some(0));
        processes[which] = Some(start(which));
        balancer.until_ready(which).await;
    }
    over.store(true, Ordering::SeqCst);
    people.join_all().await;
    let statuses = statuses.lock().expect("no panic").clone();
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&Some(200)], "{statuses:?}");
    assert!(statuses[&Some(200)] > 500, "{statuses:?}");
    for process in processes.into_iter().flatten() {
        assert_eq!(process.ends(), Some(0));
    }
    several.is_sound().await;
}
