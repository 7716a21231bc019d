//! What the kitchen does when things go wrong around it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bapsang::{
    bot::{Outbox, SayError},
    chat::{Action, Address, Event, Facts, Reply},
    clock::Fixed,
    dish::{Allergen, Amount, Dish, Ingredient},
    profile::Change,
    recommender::{RecommendError, Recommender, Reporter, Request},
    store::Search,
    ticket::Ticket,
};
use chrono::TimeDelta;

use crate::support::{Db, Ear, House, Mood, Moody, dish, door, evening, event, postgres, rules, sqlite, wish};

/// Looks until it is so; what never becomes so fails the test.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// The keys of all sentences that were said.
fn sentences(ear: &Ear) -> Vec<&'static str> {
    let of = |reply: Reply| match reply.facts {
        Facts::Lines(lines) => lines.into_iter().map(|line| line.key).collect(),
        Facts::Dish(_) => vec!["dish"],
        _ => Vec::new(),
    };
    ear.heard().into_iter().flat_map(of).collect()
}

/// Orders for a person of this name in a conversation of the same name.
async fn order(house: &House, name: &str, text: &str) -> Arc<Ear> {
    let ear = Arc::new(Ear::default());
    house.bot.receive(event(name, name, &door(), wish(text)), Arc::clone(&ear) as _).await;
    let token = ear.offered(Action::Confirm).expect("a summary");
    house.bot.receive(event(name, name, &door(), Event::Press(token)), Arc::clone(&ear) as _).await;
    ear
}

async fn begun_three_times_is_refunded(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let mut now = evening();
    for claims in 1..=3 {
        let claimed = db.claim(&claims.to_string(), now).await.expect("a claim");
        assert_eq!(claimed.claims, claims);
        // The cook dies.
        now += TimeDelta::seconds(30);
    }
    let ear = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&ear) as _)];
    let house = House::open(&db.store, rules(), &Arc::new(Fixed::at(now)), Moody::new(Mood::Serves), doors);
    eventually("the person is told", async || sentences(&ear) == ["failed-gave-up"]).await;
    house.close().await;
    assert_eq!(db.left(person, now).await, 5);
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_begun_three_times_is_refunded_on_sqlite() {
    begun_three_times_is_refunded(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_begun_three_times_is_refunded_on_postgres() {
    begun_three_times_is_refunded(postgres().await).await;
}

/// Cooks for ever, and knows how many of its cooks are still at it.
#[derive(Default)]
struct Tireless(Arc<AtomicUsize>);

struct AtWork(Arc<AtomicUsize>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Recommender for Tireless {
    async fn recommend(&self, request: &Request, _: &Ticket, _: &Reporter) -> Result<Dish, RecommendError> {
        if request.wanted.wish.as_ref().is_some_and(|wish| wish.as_str() == "빨리") {
            return Ok(dish("주먹밥"));
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        let _at_work = AtWork(Arc::clone(&self.0));
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_an_order_stops_its_cook_and_nobody_elses() {
    let db = sqlite().await;
    let at_work = Arc::new(AtomicUsize::new(0));
    let told = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&told) as _)];
    let recommender = Arc::new(Tireless(Arc::clone(&at_work)));
    let house = House::open(&db.store, rules(), &Arc::new(Fixed::at(evening())), recommender, doors);
    let one = order(&house, "one", "천천히").await;
    order(&house, "other", "천천히").await;
    eventually("both cook", async || at_work.load(Ordering::SeqCst) == 2).await;
    house.bot.receive(event("one", "one", &door(), Event::Text("취소".to_owned())), Arc::clone(&one) as _).await;
    assert_eq!(sentences(&one), ["order-stopped"]);
    eventually("one has stopped", async || at_work.load(Ordering::SeqCst) == 1).await;
    let person = db.person("one").await;
    assert_eq!(db.left(person, evening()).await, 5);
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_takes_for_ever_holds_up_nobody_else() {
    let db = sqlite().await;
    let told = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&told) as _)];
    let recommender = Arc::new(Tireless::default());
    let house = House::open(&db.store, rules(), &Arc::new(Fixed::at(evening())), recommender, doors);
    order(&house, "slow", "천천히").await;
    order(&house, "quick", "빨리").await;
    eventually("the quick dish is told", async || sentences(&told) == ["dish"]).await;
}

/// A door that refuses so many messages in its own way, then lets them through.
struct Stuck {
    refusals: AtomicUsize,
    error: SayError,
    ear: Ear,
}

#[async_trait]
impl Outbox for Stuck {
    async fn say(&self, to: &Address, reply: Reply) -> Result<Option<Address>, SayError> {
        let refuses =
            self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if refuses { Err(self.error) } else { self.ear.say(to, reply).await }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_that_cannot_be_told_now_is_told_later() {
    let db = sqlite().await;
    let person = db.person("guest").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    let stuck = Arc::new(Stuck { refusals: AtomicUsize::new(2), error: SayError::Later, ear: Ear::default() });
    let clock = Arc::new(Fixed::at(evening()));
    let doors = vec![(door(), Arc::clone(&stuck) as _)];
    let house = House::open(&db.store, rules(), &clock, Moody::new(Mood::Serves), doors);
    eventually("it is told", async || {
        clock.advance(TimeDelta::seconds(1));
        sentences(&stuck.ear) == ["dish"]
    })
    .await;
    assert_eq!(stuck.refusals.load(Ordering::SeqCst), 0);
    house.close().await;
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_who_is_out_of_reach_is_not_tried_again() {
    let db = sqlite().await;
    let person = db.person("guest").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    let gone = Arc::new(Stuck { refusals: AtomicUsize::new(1), error: SayError::Gone, ear: Ear::default() });
    let clock = Arc::new(Fixed::at(evening()));
    let doors = vec![(door(), Arc::clone(&gone) as _)];
    let house = House::open(&db.store, rules(), &clock, Moody::new(Mood::Serves), doors);
    eventually("it was tried", async || gone.refusals.load(Ordering::SeqCst) == 0).await;
    eventually("it counts as told", async || {
        db.store.open_orders(person, &crate::support::place()).await.expect("orders").is_empty()
    })
    .await;
    clock.advance(TimeDelta::days(1));
    house.close().await;
    assert!(sentences(&gone.ear).is_empty());
    assert!(db.store.dish(person, 1).await.expect("an answer").is_some());
}

async fn overdue_behind_a_dead_door_is_ended(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let clock = Arc::new(Fixed::at(evening() + TimeDelta::seconds(120)));
    // A kitchen with no door at all: it cooks nothing and tells nothing.
    let house = House::open(&db.store, rules(), &clock, Moody::new(Mood::Serves), Vec::new());
    assert_eq!(db.left(person, evening()).await, 4);
    clock.advance(TimeDelta::seconds(31));
    eventually("the ticket is back", async || db.left(person, evening()).await == 5).await;
    house.close().await;
    db.is_sound().await;
    db.taken(person, "2", evening()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_door_is_gone_ends_after_its_deadline_on_sqlite() {
    overdue_behind_a_dead_door_is_ended(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_door_is_gone_ends_after_its_deadline_on_postgres() {
    overdue_behind_a_dead_door_is_ended(postgres().await).await;
}

/// One that serves prawns whatever it is asked for.
struct Prawns;

#[async_trait]
impl Recommender for Prawns {
    async fn recommend(&self, _: &Request, _: &Ticket, _: &Reporter) -> Result<Dish, RecommendError> {
        let line = |name: &str| Ingredient { name: name.to_owned(), amount: Amount::ToTaste };
        Ok(Dish { ingredients: vec![line("쌀"), line("새우젓")], ..dish("볶음밥") })
    }
}

async fn prawns_for_one_who_eats_none_are_refunded(db: Db) {
    let person = db.person("guest").await;
    db.store
        .change_profile(person, vec![Change::Allergen(Allergen::Crustaceans, true)], evening())
        .await
        .expect("changed");
    let clock = Arc::new(Fixed::at(evening()));
    let ear = Arc::new(Ear::default());
    let house = House::open(&db.store, rules(), &clock, Arc::new(Prawns), vec![(door(), Arc::clone(&ear) as _)]);
    order(&house, "guest", "볶음밥").await;
    eventually("the refund is told", async || sentences(&ear).contains(&"failed-avoided")).await;
    assert_eq!(db.left(person, evening()).await, 5);
    assert!(db.store.find(person, &Search::default()).await.expect("an answer").is_empty());
    house.close().await;
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_with_what_the_person_does_not_eat_is_refunded_whoever_made_it_on_sqlite() {
    prawns_for_one_who_eats_none_are_refunded(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_with_what_the_person_does_not_eat_is_refunded_whoever_made_it_on_postgres() {
    prawns_for_one_who_eats_none_are_refunded(postgres().await).await;
}
