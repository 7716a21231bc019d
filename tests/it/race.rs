//! A thousand at once. Whatever the interleaving, one confirmation is one order, and a day has five tickets.

use std::{process::Stdio, sync::Arc};

use bapsang::{
    chat::{Action, DoorKey, Event, Platform},
    clock::Fixed,
    store::Search,
};

use crate::support::{Db, Ear, House, Mood, Moody, evening, event, open, postgres, rules, sqlite, variable, wish};

const AT_ONCE: usize = 1_000;

/// Attempts in hand at the same time; a new one begins as soon as one is answered, so that orders finish
/// in between.
const IN_HAND: usize = 20;

/// Opens a house on the database, with a door of its own.
fn house(store: &bapsang::store::Store, mood: Mood) -> (House, Arc<Ear>, DoorKey) {
    let (ear, door) = (Arc::new(Ear::default()), DoorKey(format!("console:{}", uuid::Uuid::new_v4().simple())));
    let doors = vec![(door.clone(), Arc::clone(&ear) as _)];
    let house = House::open(store, rules(), &Arc::new(Fixed::at(evening())), Moody::new(mood), doors);
    (house, ear, door)
}

/// The guest comes to the summary; gives the token that confirms it.
async fn summary(house: &House, conversation: &str, door: &DoorKey) -> String {
    let ear = Arc::new(Ear::default());
    house.bot.receive(event("guest", conversation, door, wish("김치")), Arc::clone(&ear) as _).await;
    ear.offered(Action::Confirm).expect("a summary")
}

/// Presses the same confirmation many times at once.
async fn confirm(store: &bapsang::store::Store, token: &str, times: usize) {
    let (house, _ear, door) = house(store, Mood::Serves);
    let presses: Vec<_> = (0..times)
        .map(|_| {
            let (bot, press) =
                (Arc::clone(&house.bot), event("guest", "terminal", &door, Event::Press(token.to_owned())));
            tokio::spawn(async move { bot.receive(press, Arc::new(Ear::default())).await })
        })
        .collect();
    for press in presses {
        press.await.expect("an answer");
    }
    house.close().await;
}

/// Orders from many conversations of one person, some at the same time, while a kitchen finishes what is taken; at
/// least so many, and on until every ticket is used.
async fn attempt(store: &bapsang::store::Store, times: usize) {
    let (house, _ear, door) = house(store, Mood::Serves);
    let house = Arc::new(house);
    let hands: Vec<_> = (0..IN_HAND)
        .map(|_| {
            let (house, door, store) = (Arc::clone(&house), door.clone(), store.clone());
            tokio::spawn(async move {
                for attempt in 0.. {
                    if attempt >= times / IN_HAND && used(&store).await == 5 {
                        break;
                    }
                    let conversation = uuid::Uuid::new_v4().to_string();
                    let token = summary(&house, &conversation, &door).await;
                    let press = event("guest", &conversation, &door, Event::Press(token));
                    house.bot.receive(press, Arc::new(Ear::default())).await;
                }
            })
        })
        .collect();
    for hand in hands {
        hand.await.expect("an answer");
    }
    Arc::into_inner(house).expect("nobody else").close().await;
}

/// Tickets that the guest has ever used.
async fn used(store: &bapsang::store::Store) -> u64 {
    let person = store.person_for(Platform::Console, "guest", evening()).await.expect("a person").id;
    store.tickets_left(person, rules().quota, evening()).await.expect("tickets").used_ever
}

async fn prepared(db: &Db) -> String {
    let (house, _ear, door) = house(&db.store, Mood::Hangs);
    let token = summary(&house, "terminal", &door).await;
    house.close().await;
    token
}

async fn charged(db: &Db, tickets: u64) {
    let person = db.person("guest").await;
    let left = db.store.tickets_left(person, rules().quota, evening()).await.expect("tickets");
    assert_eq!((left.left, left.used_ever), (5 - u32::try_from(tickets).expect("few"), tickets));
    assert_eq!(u64::from(db.store.history(person, &Search::default(), 1, 3).await.expect("a page").total), tickets);
    db.is_sound().await;
}

async fn confirmations_make_one_order(db: Db) {
    let token = prepared(&db).await;
    confirm(&db.store, &token, AT_ONCE).await;
    charged(&db, 1).await;
}

async fn attempts_charge_five(db: Db) {
    attempt(&db.store, AT_ONCE).await;
    charged(&db, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_confirmations_at_once_make_one_order_and_charge_one_ticket_on_sqlite() {
    confirmations_make_one_order(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_confirmations_at_once_make_one_order_and_charge_one_ticket_on_postgres() {
    confirmations_make_one_order(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_while_orders_finish_charge_exactly_five_on_sqlite() {
    attempts_charge_five(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_while_orders_finish_charge_exactly_five_on_postgres() {
    attempts_charge_five(postgres().await).await;
}

/// Runs the named test of this binary twice at the same time, as one of two processes each.
fn two_processes(test: &str, url: &str, token: &str) {
    let myself = std::env::current_exe().expect("this program");
    let processes: Vec<_> = (0..2)
        .map(|_| {
            std::process::Command::new(&myself)
                .args(["--exact", test, "--nocapture"])
                .envs([("RACE_DATABASE", url), ("RACE_TOKEN", token)])
                .stdout(Stdio::null())
                .spawn()
                .expect("a process")
        })
        .collect();
    for mut process in processes {
        assert!(process.wait().expect("an end").success());
    }
}

/// Set in each of the two processes: the database that they share.
fn shared() -> Option<String> {
    variable("RACE_DATABASE")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_confirmations_from_two_processes_make_one_order_on_postgres() {
    if let Some(url) = shared() {
        let token = variable("RACE_TOKEN").expect("a token");
        return confirm(&open(&url).await, &token, AT_ONCE / 2).await;
    }
    let db = postgres().await;
    let token = prepared(&db).await;
    two_processes("race::a_thousand_confirmations_from_two_processes_make_one_order_on_postgres", &db.url, &token);
    charged(&db, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_from_two_processes_charge_exactly_five_on_postgres() {
    if let Some(url) = shared() {
        return attempt(&open(&url).await, AT_ONCE / 2).await;
    }
    let db = postgres().await;
    two_processes("race::a_thousand_attempts_from_two_processes_charge_exactly_five_on_postgres", &db.url, "");
    charged(&db, 5).await;
}
