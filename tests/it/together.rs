//! What several kitchens and processes share, each rule on both databases.

use bapsang::{
    store::{Placed, ToDo},
    ticket::Quota,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use crate::support::{Db, door, evening, on_both_databases, quota};

on_both_databases! {
    a_kitchen_sees_how_much_there_is_to_do,
    processes_that_run_are_counted_until_they_end_or_fall_silent,
    a_hundred_who_write_at_once_each_hear_of_their_own,
}

fn later(seconds: i64) -> DateTime<Utc> {
    evening() + TimeDelta::seconds(seconds)
}

async fn a_kitchen_sees_how_much_there_is_to_do(db: Db) {
    let lease = TimeDelta::seconds(30);
    let to_do = async |now| {
        let ToDo { cooking, telling } = db.store.to_do(&door(), now).await.expect("a count");
        (cooking, telling)
    };
    assert_eq!(to_do(evening()).await, (0, 0));
    for name in ["mina", "tom"] {
        let person = db.person(name).await;
        db.taken(person, "1", evening()).await;
    }
    assert_eq!(to_do(evening()).await, (2, 0));
    let claimed = db.store.claim(&door(), "t".into(), lease, evening()).await.expect("a claim").expect("an order");
    assert_eq!(to_do(evening()).await, (1, 0));
    assert_eq!(to_do(later(30)).await, (2, 0), "a lease ran out");
    let fails = db.store.fail(&claimed, bapsang::order::Failure::NoDish, evening()).await;
    assert!(fails.expect("an end"));
    assert_eq!(to_do(evening()).await, (1, 1));
    assert!(db.store.claim_untold(&door(), "t".into(), lease, evening()).await.expect("a claim").is_some());
    assert_eq!(to_do(evening()).await, (1, 0));
    let other = bapsang::chat::DoorKey("console:other".to_owned());
    assert_eq!(db.store.to_do(&other, evening()).await.expect("a count"), ToDo::default());
}

async fn processes_that_run_are_counted_until_they_end_or_fall_silent(db: Db) {
    let lease = TimeDelta::seconds(3);
    let count = async |now| db.store.held_names("run:", now).await.expect("a count");
    for name in ["run:a", "run:b", "console:c"] {
        db.store.hold(name, lease, evening()).await.expect("a sign of life");
    }
    assert_eq!(count(evening()).await, 2);
    db.store.hold("run:a", lease, later(2)).await.expect("a sign of life");
    assert_eq!(count(later(4)).await, 1, "one fell silent");
    db.store.let_go("run:a").await.expect("its end");
    assert_eq!(count(later(4)).await, 0);
}

async fn a_hundred_who_write_at_once_each_hear_of_their_own(db: Db) {
    let mut people = Vec::new();
    for n in 0..100 {
        people.push(db.person(&n.to_string()).await);
    }
    // Every third one has no ticket: what they began is undone in the middle of what the others do.
    let closed = Quota { daily_limit: 0, ..quota() };
    let orders = people.iter().enumerate().map(|(n, person)| {
        let quota = if n % 3 == 0 { closed } else { quota() };
        db.order_with(*person, "1", quota, evening())
    });
    let placed = join_all(orders).await;
    for (n, (placed, person)) in placed.iter().zip(&people).enumerate() {
        let is_taken = matches!(placed, Placed::Taken(_));
        assert_eq!(is_taken, n % 3 != 0, "{placed:?}");
        let there = db.store.order_confirmed(*person, "1").await.expect("a look");
        assert_eq!(there.is_some(), is_taken);
    }
    db.is_sound().await;
}
