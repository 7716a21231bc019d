//! What the store promises, each rule on both databases.

use std::sync::Arc;

use bapsang::{
    chat::{Address, DoorKey, Locale, Platform},
    order::Failure,
    store::{Cancelled, Placed, Saved, SavedDialogue, Search, Served, StoreError, UntoldEnd},
    ticket::{Quota, Refusal},
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::support::on_both_databases;
use crate::support::{Db, dish, door, evening, new_order, open, place, quota, searching};

on_both_databases! {
    every_statement_prepares,
    the_sixth_ticket_of_a_day_is_refused,
    a_new_day_brings_new_tickets,
    a_limit_of_zero_closes_the_shop,
    a_person_has_one_order_in_the_making,
    the_same_confirmation_is_one_order,
    a_refused_order_changes_nothing,
    an_order_over_an_old_dialogue_is_a_conflict,
    a_failed_order_returns_its_ticket_to_the_day_it_was_taken_from,
    a_cancelled_order_returns_its_ticket_once,
    a_dish_that_is_ready_cannot_be_cancelled,
    a_dish_for_a_cancelled_order_is_lost,
    a_cook_whose_lease_ran_out_changes_nothing,
    a_renewed_lease_is_not_taken_over,
    an_order_is_claimed_by_one_of_many_cooks,
    an_order_waits_for_its_waiting_message_but_not_for_ever,
    orders_of_another_door_are_left_alone,
    an_ending_is_told_again_until_it_arrived,
    a_dish_for_someone_out_of_reach_waits_in_history,
    a_clock_that_jumps_back_gives_no_second_allowance,
    a_clock_that_jumps_back_leaves_no_order_behind,
    only_the_orders_of_a_door_that_is_gone_are_taken_over,
    a_step_from_an_old_revision_does_not_count,
    a_hundred_first_contacts_at_once_are_one_person,
    history_is_newest_first_in_pages,
    history_finds_a_keyword_in_either_language_whatever_its_case_or_spaces,
    signs_with_a_meaning_in_patterns_are_searched_as_themselves,
    a_dish_opens_for_its_owner_alone,
    the_language_chosen_is_remembered,
    the_audit_finds_what_does_not_agree,
    opening_twice_migrates_once,
    a_database_of_a_newer_version_is_refused,
    ten_orders_at_once_take_one_ticket,
}

fn later(seconds: i64) -> DateTime<Utc> {
    evening() + TimeDelta::seconds(seconds)
}

async fn every_statement_prepares(db: Db) {
    for (name, statement) in bapsang::store::statements() {
        // The claims differ in one clause, and have one statement for each database.
        let other = if db.store.kind() == "sqlite" { "_POSTGRES" } else { "_SQLITE" };
        if !name.ends_with(other) {
            db.store.prepares(statement).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

async fn the_sixth_ticket_of_a_day_is_refused(db: Db) {
    let person = db.person("guest").await;
    for n in 0..5 {
        db.eat(person, &n.to_string(), "비빔밥", evening()).await;
    }
    let back_at = "2026-11-23T15:00:00Z".parse().expect("a time");
    assert_eq!(db.order(person, "6", evening()).await, Placed::Refused(Refusal::NoneLeft { back_at }));
    assert_eq!(db.left(person, evening()).await, 0);
    db.is_sound().await;
}

async fn a_new_day_brings_new_tickets(db: Db) {
    let person = db.person("guest").await;
    for n in 0..5 {
        db.eat(person, &n.to_string(), "비빔밥", evening()).await;
    }
    let midnight: DateTime<Utc> = "2026-11-23T15:00:00Z".parse().expect("a time");
    let a_moment_before = midnight - TimeDelta::milliseconds(1);
    assert!(matches!(db.order(person, "a", a_moment_before).await, Placed::Refused(_)));
    assert_eq!(db.left(person, midnight).await, 5);
    db.taken(person, "b", midnight).await;
    let left = db.store.tickets_left(person, quota(), midnight).await.expect("tickets");
    assert_eq!((left.left, left.used_ever), (4, 5));
    db.is_sound().await;
}

async fn a_limit_of_zero_closes_the_shop(db: Db) {
    let person = db.person("guest").await;
    let closed = Quota { daily_limit: 0, ..quota() };
    assert_eq!(db.order_with(person, "1", closed, evening()).await, Placed::Refused(Refusal::Closed));
    db.is_sound().await;
}

async fn a_person_has_one_order_in_the_making(db: Db) {
    let (one, other) = (db.person("guest").await, db.person("other").await);
    db.taken(one, "1", evening()).await;
    assert_eq!(db.order(one, "2", evening()).await, Placed::Refused(Refusal::InTheMaking));
    db.taken(other, "1", evening()).await;
    assert_eq!(db.left(one, evening()).await, 4);
    db.is_sound().await;
}

async fn the_same_confirmation_is_one_order(db: Db) {
    let person = db.person("guest").await;
    let order = db.taken(person, "1", evening()).await;
    assert_eq!(db.order(person, "1", evening()).await, Placed::Before(order));
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    db.store.serve(&claimed, &dish("비빔밥"), None, evening()).await.expect("served");
    assert_eq!(db.order(person, "1", evening()).await, Placed::Before(order));
    assert_eq!(db.left(person, evening()).await, 4);
    db.is_sound().await;
}

async fn a_refused_order_changes_nothing(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let before = db.store.dialogue(person, &place()).await.expect("a dialogue");
    assert!(matches!(db.order(person, "2", evening()).await, Placed::Refused(_)));
    assert_eq!(db.store.dialogue(person, &place()).await.expect("a dialogue"), before);
}

async fn an_order_over_an_old_dialogue_is_a_conflict(db: Db) {
    let person = db.person("guest").await;
    let old = SavedDialogue { revision: 0, version: 1, state: "old".to_owned() };
    db.store.save_dialogue(person, &place(), &old, evening()).await.expect("saved");
    let placed = db.store.place_order(&new_order(person, "1"), &old, quota(), evening()).await.expect("an answer");
    assert_eq!(placed, Placed::Conflict);
    assert_eq!(db.left(person, evening()).await, 5);
    assert!(db.claim("cook", evening()).await.is_none());
}

async fn a_failed_order_returns_its_ticket_to_the_day_it_was_taken_from(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    let tomorrow = later(24 * 60 * 60);
    assert!(db.store.fail(&claimed, Failure::Deadline, tomorrow).await.expect("an answer"));
    assert!(!db.store.fail(&claimed, Failure::Deadline, tomorrow).await.expect("an answer"));
    assert_eq!((db.left(person, evening()).await, db.left(person, tomorrow).await), (5, 5));
    db.is_sound().await;
    let untold =
        db.store.claim_untold(&door(), "teller".into(), TimeDelta::seconds(30), tomorrow).await.expect("a claim");
    assert_eq!(untold.map(|untold| untold.end), Some(UntoldEnd::Failed(Failure::Deadline)));
}

async fn a_cancelled_order_returns_its_ticket_once(db: Db) {
    let person = db.person("guest").await;
    let order = db.taken(person, "1", evening()).await;
    let grace = TimeDelta::seconds(10);
    assert_eq!(
        db.store.cancel(person, None, &door(), grace, evening()).await.expect("an answer"),
        Cancelled::Here(order)
    );
    assert_eq!(db.store.cancel(person, None, &door(), grace, evening()).await.expect("an answer"), Cancelled::Nothing);
    assert_eq!(db.left(person, evening()).await, 5);
    let (other, order) = (db.person("other").await, db.taken(person, "3", evening()).await);
    for order in [None, Some(order)] {
        let cancelled = db.store.cancel(other, order, &door(), grace, evening()).await.expect("an answer");
        assert_eq!(cancelled, Cancelled::Nothing, "another's order is not stopped by its number");
    }
    db.store.stop(person, order, evening()).await.expect("stopped");
    db.is_sound().await;
    db.taken(person, "2", evening()).await;
}

async fn a_dish_that_is_ready_cannot_be_cancelled(db: Db) {
    let person = db.person("guest").await;
    let order = db.eat(person, "1", "비빔밥", evening()).await;
    let grace = TimeDelta::seconds(10);
    assert_eq!(db.store.cancel(person, None, &door(), grace, evening()).await.expect("an answer"), Cancelled::TooLate);
    db.store.told(order, evening()).await.expect("told");
    assert_eq!(db.store.cancel(person, None, &door(), grace, evening()).await.expect("an answer"), Cancelled::Nothing);
    assert_eq!(db.left(person, evening()).await, 4);
    db.is_sound().await;
}

async fn a_dish_for_a_cancelled_order_is_lost(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    db.store.cancel(person, None, &door(), TimeDelta::zero(), evening()).await.expect("cancelled");
    assert_eq!(db.store.serve(&claimed, &dish("비빔밥"), None, evening()).await.expect("an answer"), Served::Lost);
    assert!(!db.store.renew(&claimed, TimeDelta::seconds(30), evening()).await.expect("an answer"));
    assert_eq!(db.left(person, evening()).await, 5);
    db.is_sound().await;
}

async fn a_cook_whose_lease_ran_out_changes_nothing(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let late = db.claim("late", evening()).await.expect("a claim");
    assert!(db.claim("early", later(29)).await.is_none());
    let next = db.claim("next", later(30)).await.expect("a claim");
    assert_eq!((late.claims, next.claims), (1, 2));
    assert_eq!(db.store.serve(&late, &dish("늦은 밥"), None, later(31)).await.expect("an answer"), Served::Lost);
    assert!(!db.store.fail(&late, Failure::NoDish, later(31)).await.expect("an answer"));
    assert_eq!(db.store.serve(&next, &dish("비빔밥"), None, later(31)).await.expect("an answer"), Served::Kept(1));
    db.is_sound().await;
}

async fn a_renewed_lease_is_not_taken_over(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    assert!(db.store.renew(&claimed, TimeDelta::seconds(30), later(20)).await.expect("an answer"));
    assert!(db.claim("other", later(40)).await.is_none());
    assert!(db.claim("other", later(50)).await.is_some());
}

async fn an_order_is_claimed_by_one_of_many_cooks(db: Db) {
    let mut people = Vec::new();
    for n in 0..20 {
        let person = db.person(&n.to_string()).await;
        db.taken(person, "1", evening()).await;
        people.push(person);
    }
    let store = Arc::new(db.store.clone());
    let cooks = (0..8).map(|cook| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            let lease = TimeDelta::seconds(30);
            while let Some(order) =
                store.claim(&door(), format!("{cook}-{}", claimed.len()), lease, evening()).await.expect("a claim")
            {
                claimed.push(order.id);
            }
            claimed
        })
    });
    let mut claimed = Vec::new();
    for cook in cooks {
        claimed.extend(cook.await.expect("a cook"));
    }
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 20);
}

async fn an_order_waits_for_its_waiting_message_but_not_for_ever(db: Db) {
    let person = db.person("guest").await;
    let mut order = new_order(person, "1");
    order.head_start = TimeDelta::seconds(2);
    let dialogue = SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
    let Placed::Taken(id) = db.store.place_order(&order, &dialogue, quota(), evening()).await.expect("an answer")
    else {
        panic!("not taken")
    };
    assert!(db.claim("cook", evening()).await.is_none());
    db.store.release(id, &Address("there".to_owned()), evening()).await.expect("released");
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    assert_eq!(claimed.address, Address("there".to_owned()));

    let other = db.person("other").await;
    order.person = other;
    db.store.place_order(&order, &dialogue, quota(), evening()).await.expect("an answer");
    assert!(db.claim("cook", later(1)).await.is_none());
    assert!(db.claim("cook", later(2)).await.is_some());
}

async fn orders_of_another_door_are_left_alone(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let other = DoorKey("console:other".to_owned());
    let claim = db.store.claim(&other, "cook".into(), TimeDelta::seconds(30), later(3_600)).await.expect("a claim");
    assert!(claim.is_none());
}

async fn an_ending_is_told_again_until_it_arrived(db: Db) {
    let person = db.person("guest").await;
    let order = db.eat(person, "1", "비빔밥", evening()).await;
    let lease = TimeDelta::seconds(30);
    let untold = async |now| db.store.claim_untold(&door(), "t".into(), lease, now).await.expect("a claim");
    let first = untold(evening()).await.expect("an ending");
    assert_eq!((first.id, first.end, first.tellings), (order, UntoldEnd::Served, 1));
    assert!(untold(later(1)).await.is_none(), "someone tells it already");
    // Whoever told it died.
    let second = untold(later(30)).await.expect("an ending");
    assert_eq!(second.tellings, 2);
    // The door was closed for the moment.
    db.store.tell_later(&second, later(60), evening()).await.expect("later");
    assert!(untold(later(59)).await.is_none());
    let third = untold(later(60)).await.expect("an ending");
    db.store.told(third.id, later(60)).await.expect("told");
    assert!(untold(later(3_000)).await.is_none());
    db.is_sound().await;
}

async fn a_dish_for_someone_out_of_reach_waits_in_history(db: Db) {
    let person = db.person("guest").await;
    let order = db.eat(person, "1", "비빔밥", evening()).await;
    db.store.unreachable(order, evening()).await.expect("noted");
    let untold = db.store.claim_untold(&door(), "t".into(), TimeDelta::seconds(30), later(60)).await.expect("a claim");
    assert!(untold.is_none());
    assert!(db.store.dish(person, 1).await.expect("an answer").is_some());
    db.is_sound().await;
}

async fn a_clock_that_jumps_back_gives_no_second_allowance(db: Db) {
    let person = db.person("guest").await;
    for n in 0..5 {
        db.eat(person, &n.to_string(), "비빔밥", evening()).await;
    }
    let yesterday = later(-24 * 60 * 60);
    assert!(matches!(db.order(person, "6", yesterday).await, Placed::Refused(Refusal::NoneLeft { .. })));
    assert_eq!(db.left(person, yesterday).await, 0);
}

async fn a_clock_that_jumps_back_leaves_no_order_behind(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    db.claim("cook", evening()).await.expect("a claim");
    // The cook died, and its lease seems to end tomorrow.
    let yesterday = later(-24 * 60 * 60);
    let claimed = db.claim("next", yesterday).await.expect("a claim");
    db.store.serve(&claimed, &dish("비빔밥"), None, yesterday).await.expect("served");
    let lease = TimeDelta::seconds(30);
    assert!(db.store.claim_untold(&door(), "t".into(), lease, yesterday).await.expect("a claim").is_some());
    db.is_sound().await;
}

async fn only_the_orders_of_a_door_that_is_gone_are_taken_over(db: Db) {
    let (person, other) = (db.person("guest").await, db.person("other").await);
    db.taken(person, "1", evening()).await;
    db.taken(other, "1", evening()).await;
    let (mine, here) = (DoorKey("console:mine".to_owned()), Address("mine".to_owned()));
    let adopt = async |now| db.store.adopt(person, &place(), &mine, &here, now).await.expect("an answer");
    db.store.hold(&door().0, TimeDelta::seconds(3), evening()).await.expect("held");
    assert!(adopt(later(2)).await.is_empty(), "its door is open");
    let adopted = adopt(later(3)).await;
    assert_eq!(adopted.len(), 1);
    let claimed = db.store.claim(&mine, "cook".into(), TimeDelta::seconds(30), later(3)).await.expect("a claim");
    assert_eq!(claimed.map(|claimed| (claimed.person, claimed.address)), Some((person, here.clone())));
    // What was being cooked behind the dead door is taken up at once, without waiting for its lease.
    db.claim("dead cook", later(3)).await.expect("the other's order");
    let adopted = db.store.adopt(other, &place(), &mine, &here, later(4)).await.expect("an answer");
    assert_eq!(adopted.len(), 1);
    let again = db.store.claim(&mine, "cook 2".into(), TimeDelta::seconds(30), later(4)).await.expect("a claim");
    assert_eq!(again.map(|claimed| claimed.claims), Some(2));
}

async fn a_step_from_an_old_revision_does_not_count(db: Db) {
    let person = db.person("guest").await;
    let step = |revision, state: &str| SavedDialogue { revision, version: 1, state: state.to_owned() };
    let save = async |step| db.store.save_dialogue(person, &place(), &step, evening()).await.expect("an answer");
    assert_eq!(save(step(0, "one")).await, Saved::Yes);
    assert_eq!(save(step(0, "another one")).await, Saved::Conflict);
    assert_eq!(save(step(1, "two")).await, Saved::Yes);
    let saved = db.store.dialogue(person, &place()).await.expect("an answer");
    assert_eq!(saved, Some(step(2, "two")));
}

async fn a_hundred_first_contacts_at_once_are_one_person(db: Db) {
    let store = Arc::new(db.store.clone());
    let contacts = (0..100).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.person_for(Platform::Console, "guest", evening()).await.expect("a person").id })
    });
    let mut people = Vec::new();
    for contact in contacts {
        people.push(contact.await.expect("a person").0);
    }
    people.dedup();
    assert_eq!(people.len(), 1);
}

async fn history_is_newest_first_in_pages(db: Db) {
    let person = db.person("guest").await;
    for (n, name) in ["하나", "둘", "셋", "넷"].into_iter().enumerate() {
        db.eat(person, &n.to_string(), name, later(i64::try_from(n).expect("small"))).await;
    }
    let page = async |page| {
        let page = db.store.history(person, &Search::default(), page, 3).await.expect("a page");
        (page.dishes.into_iter().map(|saved| (saved.number, saved.dish.names.ko)).collect::<Vec<_>>(), page.total)
    };
    let named = |entries: &[(u32, &str)]| entries.iter().map(|(n, name)| (*n, (*name).to_owned())).collect::<Vec<_>>();
    assert_eq!(page(1).await, (named(&[(4, "넷"), (3, "셋"), (2, "둘")]), 4));
    assert_eq!(page(2).await, (named(&[(1, "하나")]), 4));
    assert_eq!(page(3).await, (named(&[]), 4));
    let recent = db.store.recent_names(person, 2).await.expect("names");
    assert_eq!(recent.iter().map(|names| names.ko.as_str()).collect::<Vec<_>>(), ["넷", "셋"]);
}

async fn history_finds_a_keyword_in_either_language_whatever_its_case_or_spaces(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "1", "김치 볶음밥", evening()).await;
    db.eat(person, "2", "된장찌개", evening()).await;
    for (keyword, expected) in
        [("김치", 1), ("치볶", 1), ("IN english", 2), ("찌개", 1), ("\u{1100}\u{1175}\u{11b7}치", 1), ("카레", 0)]
    {
        let found = db.store.history(person, &searching(keyword), 1, 3).await.expect("a page").total;
        assert_eq!(found, expected, "{keyword}");
    }
}

async fn signs_with_a_meaning_in_patterns_are_searched_as_themselves(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "1", "100% 메밀국수", evening()).await;
    db.eat(person, "2", "비빔밥", evening()).await;
    for (keyword, expected) in [("%", 1), ("0%메", 1), ("_", 0), ("\\", 0), ("비_밥", 0), ("';--", 0)] {
        let found = db.store.history(person, &searching(keyword), 1, 3).await.expect("a page").total;
        assert_eq!(found, expected, "{keyword}");
    }
}

async fn a_dish_opens_for_its_owner_alone(db: Db) {
    let (owner, other) = (db.person("guest").await, db.person("other").await);
    let order = db.eat(owner, "1", "비빔밥", evening()).await;
    let opened = db.store.dish(owner, 1).await.expect("an answer").expect("a dish");
    assert_eq!(opened.dish, dish("비빔밥"));
    assert_eq!(opened.served_at, evening());
    assert_eq!(db.store.dish_of(order).await.expect("an answer").map(|dish| dish.number), Some(1));
    assert!(db.store.dish(other, 1).await.expect("an answer").is_none());
    assert!(db.store.dish(owner, 2).await.expect("an answer").is_none());
}

async fn the_language_chosen_is_remembered(db: Db) {
    let person = db.store.person_for(Platform::Console, "guest", evening()).await.expect("a person");
    assert_eq!(person.locale, None);
    db.store.speak(person.id, Locale::En).await.expect("remembered");
    let person = db.store.person_for(Platform::Console, "guest", evening()).await.expect("a person");
    assert_eq!(person.locale, Some(Locale::En));
}

async fn the_audit_finds_what_does_not_agree(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    db.taken(person, "2", evening()).await;
    db.is_sound().await;
    for harm in [
        "UPDATE ticket_days SET taken = taken + 1",
        "DELETE FROM ticket_ledger WHERE movement = 'spent'",
        "DELETE FROM ticket_ledger WHERE movement = 'taken'",
        "DELETE FROM dishes",
        "UPDATE orders SET state = 'failed' WHERE state = 'queued'",
    ] {
        run(&db.url, harm).await;
        assert_ne!(db.store.audit().await.expect("an audit"), Vec::<String>::new(), "{harm}");
    }
}

async fn run(url: &str, statement: &'static str) {
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("the file");
        sqlx::query(statement).execute(&pool).await.expect(statement);
    } else {
        let pool = sqlx::PgPool::connect(url).await.expect("the server");
        sqlx::query(statement).execute(&pool).await.expect(statement);
    }
}

async fn opening_twice_migrates_once(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    let again = open(&db.url).await;
    assert!(again.dish(person, 1).await.expect("an answer").is_some());
}

async fn a_database_of_a_newer_version_is_refused(db: Db) {
    run(
        &db.url,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations LIMIT 1",
    )
    .await;
    let refused = crate::support::try_open(&db.url, bapsang::store::Options::default()).await;
    assert!(matches!(refused, Err(StoreError::Newer(9999))), "{refused:?}");
}

async fn ten_orders_at_once_take_one_ticket(db: Db) {
    let person = db.person("guest").await;
    let store = Arc::new(db.store.clone());
    let attempts = (0..10).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut order = new_order(person, &n.to_string());
            order.place.conversation = n.to_string();
            let dialogue = SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
            store.place_order(&order, &dialogue, quota(), evening()).await.expect("an answer")
        })
    });
    let mut taken = 0;
    for attempt in attempts {
        taken += usize::from(matches!(attempt.await.expect("an attempt"), Placed::Taken(_)));
    }
    assert_eq!(taken, 1);
    assert_eq!(db.left(person, evening()).await, 4);
    db.is_sound().await;
}
