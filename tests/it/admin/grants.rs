//! Tickets that are given, and other limits.

use bapsang::{
    chat::{PersonId, Platform},
    order::OrderId,
    profile::Naming,
    store::{Grant, Linked, Placed, Refunded, Unlinked},
    ticket::{Day, Quota, Refusal},
};
use chrono::{DateTime, Days, TimeDelta, Utc};

use crate::support::{Db, dish, evening, on_both_databases, quota};

on_both_databases! {
    tickets_given_once_are_taken_after_those_of_the_day_and_stay_until_they_are_used,
    a_ticket_that_was_given_goes_back_to_where_it_came_from,
    tickets_given_every_day_and_other_limits_hold_until_their_last_day,
    what_everyone_was_given_is_for_those_who_were_here_and_forgetting_makes_none,
    an_order_is_refunded_once_whoever_asks_and_however_often,
    the_given_ticket_that_ends_first_is_taken_first,
    joining_and_parting_multiply_no_given_tickets,
    a_newcomer_who_joins_somebody_and_parts_has_none_of_what_everyone_was_given,
    at_once_no_given_ticket_is_taken_twice,
}

fn today() -> Day {
    quota().day(evening())
}

/// Orders, and fails: what was taken stays taken only where `serve`.
async fn order(db: &Db, person: PersonId, name: &str, now: DateTime<Utc>) -> Placed {
    db.order(person, name, now).await
}

async fn eats(db: &Db, person: PersonId, name: &str, now: DateTime<Utc>) -> OrderId {
    let order = db.eat(person, name, "밥", now).await;
    db.store.told(order, now).await.expect("told");
    order
}

async fn give(db: &Db, whom: Option<PersonId>, grant: Grant, until: Option<Day>) {
    db.store.grant(whom, grant, (today(), until), evening()).await.expect("given");
}

/// Tickets left, and how many of them were given once.
async fn left(db: &Db, person: PersonId, now: DateTime<Utc>) -> (u32, u32) {
    let left = db.store.tickets_left(person, quota(), now).await.expect("tickets");
    (left.left, left.extra)
}

async fn tickets_given_once_are_taken_after_those_of_the_day_and_stay_until_they_are_used(db: Db) {
    let person = db.person("guest").await;
    give(&db, Some(person), Grant::Once(2), None).await;
    assert_eq!(left(&db, person, evening()).await, (7, 2));
    for number in 0..5 {
        eats(&db, person, &number.to_string(), evening()).await;
    }
    assert_eq!(left(&db, person, evening()).await, (2, 2));
    eats(&db, person, "sixth", evening()).await;
    assert_eq!(left(&db, person, evening()).await, (1, 1));
    let tomorrow = evening() + TimeDelta::days(1);
    assert_eq!(left(&db, person, tomorrow).await, (6, 1), "it is still there");
    for number in 0..6 {
        eats(&db, person, &format!("tomorrow {number}"), tomorrow).await;
    }
    let refused = order(&db, person, "one too many", tomorrow).await;
    assert!(matches!(refused, Placed::Refused(Refusal::NoneLeft { .. })), "{refused:?}");
    db.is_sound().await;
}

async fn a_ticket_that_was_given_goes_back_to_where_it_came_from(db: Db) {
    let person = db.person("guest").await;
    give(&db, Some(person), Grant::Once(1), None).await;
    let closed = Quota { daily_limit: 0, ..quota() };
    let Placed::Taken(taken) = db.order_with(person, "1", closed, evening()).await else { panic!("not taken") };
    assert_eq!(left(&db, person, evening()).await, (5, 0));
    assert!(db.store.stop(person, taken, evening()).await.expect("an answer"));
    db.store.told(taken, evening()).await.expect("told");
    assert_eq!(left(&db, person, evening()).await, (6, 1));
    // A dish that stands in for a model's costs none either.
    let Placed::Taken(_) = db.order_with(person, "2", closed, evening()).await else { panic!("not taken") };
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    let stands_in = bapsang::dish::Dish { stands_in: Some(bapsang::dish::Absence::Down), ..dish("밥") };
    db.store.serve(&claimed, &stands_in, None, evening()).await.expect("served");
    assert_eq!(left(&db, person, evening()).await, (6, 1));
    db.is_sound().await;
}

async fn tickets_given_every_day_and_other_limits_hold_until_their_last_day(db: Db) {
    let person = db.person("guest").await;
    let until = Some(today().later(Days::new(1)));
    give(&db, Some(person), Grant::Daily(2), until).await;
    give(&db, None, Grant::Limit(3), until).await;
    let at = |days| evening() + TimeDelta::days(days);
    assert_eq!(left(&db, person, at(0)).await, (5, 0), "three of everyone's, and two more");
    assert_eq!(left(&db, person, at(1)).await, (5, 0));
    assert_eq!(left(&db, person, at(2)).await, (5, 0), "the five of the settings again");
    give(&db, Some(person), Grant::Limit(0), None).await;
    assert_eq!(left(&db, person, at(0)).await, (2, 0), "their own limit comes before everyone's");
    assert_eq!(left(&db, person, at(2)).await, (0, 0));
    assert_eq!(order(&db, person, "1", at(2)).await, Placed::Refused(Refusal::Closed));
    assert_eq!(db.store.drop_limits(Some(person)).await.expect("dropped"), 1);
    assert_eq!(left(&db, person, at(2)).await, (5, 0));
    assert_eq!(db.store.drop_limits(Some(person)).await.expect("dropped"), 0);
}

async fn what_everyone_was_given_is_for_those_who_were_here_and_forgetting_makes_none(db: Db) {
    let person = db.person("guest").await;
    give(&db, None, Grant::Once(3), None).await;
    assert_eq!(left(&db, person, evening()).await, (8, 3));
    let later = evening() + TimeDelta::seconds(1);
    let newcomer = db.store.person_for(Platform::Console, "newcomer", later).await.expect("a person").id;
    assert_eq!(left(&db, newcomer, later).await, (5, 0));
    db.store.forget(person, quota(), later).await.expect("forgotten");
    let back = db.store.person_for(Platform::Console, "guest", later).await.expect("a person").id;
    assert_eq!(left(&db, back, later).await, (5, 0));
    db.is_sound().await;
}

async fn an_order_is_refunded_once_whoever_asks_and_however_often(db: Db) {
    let person = db.person("guest").await;
    let order = eats(&db, person, "1", evening()).await;
    let mut asking = Vec::new();
    for _ in 0..8 {
        let store = db.store.clone();
        asking.push(tokio::spawn(async move { store.refund(order, today(), evening()).await.expect("an answer") }));
    }
    let mut done = 0;
    for refunded in asking {
        match refunded.await.expect("no panic") {
            Refunded::Done(whose) => {
                assert_eq!(whose, person);
                done += 1;
            }
            other => assert_eq!(other, Refunded::Before(person)),
        }
    }
    assert_eq!((done, left(&db, person, evening()).await), (1, (5, 1)));
    assert_eq!(db.store.refund(OrderId(999), today(), evening()).await.expect("an answer"), Refunded::Unknown);
    let open = db.taken(person, "2", evening()).await;
    assert_eq!(db.store.refund(open, today(), evening()).await.expect("an answer"), Refunded::InTheMaking(person));
    db.store.stop(person, open, evening()).await.expect("stopped");
    assert_eq!(db.store.refund(open, today(), evening()).await.expect("an answer"), Refunded::Before(person));
    db.is_sound().await;
}

async fn the_given_ticket_that_ends_first_is_taken_first(db: Db) {
    let person = db.person("guest").await;
    give(&db, Some(person), Grant::Once(1), None).await;
    give(&db, Some(person), Grant::Once(1), Some(today())).await;
    give(&db, Some(person), Grant::Limit(0), None).await;
    eats(&db, person, "1", evening()).await;
    let tomorrow = evening() + TimeDelta::days(1);
    assert_eq!(left(&db, person, tomorrow).await, (1, 1), "the one without an end is left");
    eats(&db, person, "2", tomorrow).await;
    assert_eq!(left(&db, person, tomorrow).await, (0, 0));
    db.is_sound().await;
}

async fn joining_and_parting_multiply_no_given_tickets(db: Db) {
    let one = db.person("guest").await;
    let other = db.store.person_for(Platform::Telegram, "7", evening()).await.expect("a person").id;
    give(&db, None, Grant::Once(2), None).await;
    give(&db, Some(other), Grant::Once(1), None).await;
    give(&db, None, Grant::Limit(0), None).await;
    eats(&db, one, "1", evening()).await;
    assert_eq!((left(&db, one, evening()).await, left(&db, other, evening()).await), ((1, 1), (3, 3)));
    let until = evening() + TimeDelta::minutes(10);
    db.store.offer_link(one, "CODE", until, evening()).await.expect("offered");
    let linked = db.store.link(other, "CODE", Naming::Unsaid, evening()).await.expect("an answer");
    let Linked::Done(both) = linked else { panic!("{linked:?}") };
    assert_eq!(left(&db, both, evening()).await, (2, 2), "one of everyone's two, and the one of their own");
    eats(&db, both, "2", evening()).await;
    db.is_sound().await;
    let parted = db.store.unlink(both, Platform::Telegram, evening()).await.expect("an answer");
    let Unlinked::Done(parting, staying) = parted else { panic!("{parted:?}") };
    let (parting, staying) = (left(&db, parting, evening()).await.1, left(&db, staying, evening()).await.1);
    assert!(parting + staying <= 2, "{parting} and {staying}");
    db.is_sound().await;
}

async fn at_once_no_given_ticket_is_taken_twice(db: Db) {
    let person = db.person("guest").await;
    give(&db, Some(person), Grant::Once(1), None).await;
    give(&db, Some(person), Grant::Limit(0), None).await;
    let dialogue = |revision| bapsang::store::SavedDialogue { revision, version: 1, state: "{}".to_owned() };
    let mut ordering = Vec::new();
    for number in 0..8 {
        let store = db.store.clone();
        let new = crate::support::new_order(person, &number.to_string());
        ordering.push(tokio::spawn(async move {
            store.place_order(&new, &dialogue(0), quota(), evening()).await.expect("an answer")
        }));
    }
    let mut taken = 0;
    for placed in ordering {
        taken += usize::from(matches!(placed.await.expect("no panic"), Placed::Taken(_)));
    }
    assert_eq!((taken, left(&db, person, evening()).await), (1, (0, 0)));
    db.is_sound().await;
}

async fn a_newcomer_who_joins_somebody_and_parts_has_none_of_what_everyone_was_given(db: Db) {
    let one = db.person("guest").await;
    give(&db, None, Grant::Once(3), None).await;
    give(&db, Some(one), Grant::Limit(2), None).await;
    let later = evening() + TimeDelta::seconds(1);
    let newcomer = db.store.person_for(Platform::Telegram, "7", later).await.expect("a person").id;
    db.store.offer_link(one, "CODE", later + TimeDelta::minutes(1), later).await.expect("offered");
    let Linked::Done(both) = db.store.link(newcomer, "CODE", Naming::Unsaid, later).await.expect("an answer") else {
        panic!("not joined")
    };
    assert_eq!(left(&db, both, later).await, (5, 3));
    let parted = db.store.unlink(both, Platform::Telegram, later).await.expect("an answer");
    let Unlinked::Done(parting, staying) = parted else { panic!("{parted:?}") };
    assert_eq!(left(&db, staying, later).await, (5, 3));
    assert_eq!(left(&db, parting, later).await, (2, 0), "nor are they rid of the limit");
}
