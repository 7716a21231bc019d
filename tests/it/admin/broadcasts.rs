//! Messages to everyone.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bapsang::{
    bot::{Bell, Outbox, SayError},
    chat::{Action, Address, DoorKey, Event, Facts, Locale, Placing, Platform, Reply},
    clock::Clock,
    kitchen::{Equipment, Kitchen, Pace},
    store::BroadcastState,
};
use tokio_util::sync::CancellationToken;

use super::{ADMIN, House, last};
use crate::support::{Db, Mood, Moody, on_both_databases, rules};

on_both_databases! {
    everyone_who_wants_news_hears_it_once,
    it_is_stopped_gone_on_with_and_sent_once_at_a_time,
    whoever_cannot_be_reached_now_is_tried_again_and_counted,
}

/// A platform where some people block the bot.
#[derive(Default)]
struct Crowd {
    heard: Mutex<BTreeMap<String, u32>>,
    reports: Mutex<Vec<String>>,
    blocks: Vec<String>,
    down: AtomicBool,
    tried: AtomicU32,
}

#[async_trait]
impl Outbox for Crowd {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        if let Placing::News(_) = reply.placing {
            if self.down.load(Ordering::Relaxed) {
                self.tried.fetch_add(1, Ordering::Relaxed);
                return Err(SayError::Later);
            }
            if self.blocks.contains(&to.0) {
                return Err(SayError::Gone);
            }
            assert_eq!(reply.choices.len(), 1, "a way to hear no more of it");
            *self.heard.lock().expect("no panic").entry(to.0.clone()).or_default() += 1;
        } else if let Facts::Lines(_) = reply.facts {
            self.reports.lock().expect("no panic").push(crate::support::said(&reply));
        }
        Ok(None)
    }

    fn direct(&self, user: &str) -> Option<Address> {
        Some(Address(user.to_owned()))
    }
}

/// A kitchen for Telegram on the house's database.
fn kitchen(house: &House, crowd: &Arc<Crowd>) -> (tokio::task::JoinHandle<()>, CancellationToken) {
    let equipment = Equipment {
        store: house.db.store.clone(),
        clock: Arc::clone(&house.clock) as Arc<dyn Clock>,
        bell: Arc::new(Bell::default()),
        recommender: Moody::new(Mood::Serves),
        budget: None,
        photos: Arc::clone(&house.photos),
    };
    let doors = vec![(DoorKey("telegram:9".to_owned()), Arc::clone(crowd) as Arc<dyn Outbox>)];
    let pace = Pace { lease: Duration::from_secs(300), at_once: 8 };
    let stop = CancellationToken::new();
    let kitchen = Arc::new(Kitchen::new(equipment, rules(), pace, doors));
    (tokio::spawn(kitchen.run(stop.clone())), stop)
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..1200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not {what}");
}

async fn everyone_who_wants_news_hears_it_once(db: Db) {
    let house = House::open(db);
    for user in 10..30 {
        house.person(&user.to_string()).await;
    }
    let quiet = house.person("30").await;
    house.db.store.want_news(quiet, false).await.expect("noted");
    let english = house.person("31").await;
    house.db.store.speak(english, Locale::En).await.expect("noted");
    house.person("32").await;
    house.admin_does("ban 32 도배").await;
    house.admin("broadcast ko 첫째 줄\n\n둘째 줄").await.says("첫째 줄\n\n둘째 줄");
    let asked = house.admin("broadcast ko 새 요리가 생겼어요").await;
    asked.says("(22)");
    asked.says("새 요리가 생겼어요");
    let crowd = Arc::new(Crowd { blocks: vec!["10".to_owned(), "11".to_owned()], ..Crowd::default() });
    let (running, stop) = kitchen(&house, &crowd);
    house.presses(&asked, Action::AdminYes).await.says("of 22");
    until("reported", async || !crowd.reports.lock().expect("no panic").is_empty()).await;
    let reports = crowd.reports.lock().expect("no panic").clone();
    assert!(reports[0].contains("19 of 22 reached") && reports[0].contains("3 blocked"), "{reports:?}");
    let heard = crowd.heard.lock().expect("no panic").clone();
    assert_eq!(heard.len(), 19);
    assert!(heard.values().all(|times| *times == 1), "{heard:?}");
    assert!(!heard.contains_key("30") && !heard.contains_key("31") && heard.contains_key(ADMIN));
    until("told", async || house.db.store.open_broadcasts().await.expect("an answer").is_empty()).await;
    house.admin("broadcast").await.says("19 of 22 reached");
    stop.cancel();
    running.await.expect("it closes");
}

async fn it_is_stopped_gone_on_with_and_sent_once_at_a_time(db: Db) {
    let house = House::open(db);
    for user in 10..15 {
        house.person(&user.to_string()).await;
    }
    let begun = house.admin_does("broadcast 안녕하세요").await;
    house.admin("broadcast 또 안녕하세요").await.says("Another message is being sent");
    let stopped = house.presses(&begun, Action::AdminGoOn(false)).await;
    stopped.says("Stopped: 0 of 6");
    let crowd = Arc::new(Crowd::default());
    let (running, stop) = kitchen(&house, &crowd);
    // What is stopped is not sent: something else that is done in the meantime shows that there was time for it.
    house.admin("stats").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(crowd.heard.lock().expect("no panic").is_empty());
    let leaves = last(house.does(Platform::Telegram, "10", Event::Text("/news".to_owned())).await);
    let no_more = leaves.token(Action::News(false)).expect("a button");
    last(house.does(Platform::Telegram, "10", Event::Press(no_more)).await).says("no more news");
    house.presses(&stopped, Action::AdminGoOn(true)).await.says("Sending");
    until("everyone heard", async || crowd.heard.lock().expect("no panic").len() == 5).await;
    assert!(!crowd.heard.lock().expect("no panic").contains_key("10"));
    until("done", async || {
        house.db.store.last_broadcast().await.expect("an answer").expect("one").0.state == BroadcastState::Done
    })
    .await;
    house.admin("broadcast stop").await.says("No message is being sent");
    stop.cancel();
    running.await.expect("it closes");
}

async fn whoever_cannot_be_reached_now_is_tried_again_and_counted(db: Db) {
    let house = House::open(db);
    house.person("10").await;
    let crowd = Arc::new(Crowd { down: AtomicBool::new(true), ..Crowd::default() });
    let (running, stop) = kitchen(&house, &crowd);
    house.admin_does("broadcast 안녕하세요").await;
    let listener = |house: &House| {
        let store = house.db.store.clone();
        async move { store.last_broadcast().await.expect("an answer").expect("one").1 }
    };
    until("tried", async || crowd.tried.load(Ordering::Relaxed) == 2).await;
    assert_eq!(listener(&house).await.waiting, 2, "nobody heard, and nobody is given up");
    crowd.down.store(false, Ordering::Relaxed);
    house.clock.advance(chrono::TimeDelta::seconds(10));
    until("everyone heard", async || listener(&house).await.sent == 2).await;
    assert!(crowd.heard.lock().expect("no panic").values().all(|times| *times == 1));
    assert_eq!(listener(&house).await.perhaps_twice, 0, "whoever was not reached heard nothing");
    stop.cancel();
    running.await.expect("it closes");
}
