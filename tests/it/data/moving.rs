//! Everything goes to another database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use bapsang::{
    chat::PersonId,
    clock::Fixed,
    store::{OF_THE_MOMENT, Placed, Progress, StoreError, TABLES, TableCount},
};
use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{number, sql};
use crate::support::{Db, evening, postgres, sqlite};

/// People with dishes and an order in the making, one who is gone again, and more rows than fit on a page.
pub(super) async fn furnish(db: &Db) -> Vec<PersonId> {
    let mut people = Vec::new();
    for name in ["가람", "nari", "다온"] {
        let person = db.person(name).await;
        for n in 0..3 {
            db.eat(person, &format!("{n}"), "비빔밥", evening()).await;
        }
        people.push(person);
    }
    let gone = db.person("gone").await;
    db.eat(gone, "1", "국수", evening()).await;
    db.taken(people[0], "waits", evening()).await;
    let days: Vec<String> = (0..1203).map(|day| format!("('day {day:04}', {day}, 7)")).collect();
    sql(
        db,
        &format!(
            "INSERT INTO model_days (day, requests, tokens) VALUES {};
             INSERT INTO house (name, value, at) VALUES ('off:photos', '', 1);
             DELETE FROM people WHERE id = {};",
            days.join(", "),
            gone.0
        ),
    )
    .await;
    people
}

async fn copy(from: &Db, to: &Db) -> Result<Vec<TableCount>, StoreError> {
    from.store.copy_to(&to.store, &from.url, &Fixed::at(evening()), &|_| {}, &CancellationToken::new()).await
}

/// Both hold the same about these people, and the books of both agree.
async fn are_the_same(one: &Db, other: &Db, people: &[PersonId]) {
    for person in people {
        let (here, there) =
            (one.store.export(*person).await.expect("rows"), other.store.export(*person).await.expect("rows"));
        // The order of columns may differ.
        let sorted = |rows: serde_json::Map<String, serde_json::Value>| {
            rows.into_iter().map(|(table, rows)| (table, rows_sorted(&rows))).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(sorted(here), sorted(there));
    }
    for table in TABLES {
        let count = format!("SELECT COUNT(*) FROM {}", table.name);
        assert_eq!(number(one, &count).await, number(other, &count).await, "{}", table.name);
    }
    one.is_sound().await;
    other.is_sound().await;
}

fn rows_sorted(rows: &serde_json::Value) -> Vec<BTreeMap<String, String>> {
    let row = |row: &serde_json::Value| {
        let row = row.as_object().expect("a row").iter();
        row.map(|(name, value)| (name.clone(), value.to_string())).collect()
    };
    rows.as_array().expect("rows").iter().map(row).collect()
}

async fn everything_moves(from: Db, to: Db) {
    let people = furnish(&from).await;
    let counts = copy(&from, &to).await.expect("a copy");
    assert_eq!(counts.iter().find(|count| count.table == "people").expect("people").rows, 3);
    assert_eq!(counts.iter().find(|count| count.table == "model_days").expect("days").rows, 1203);
    are_the_same(&from, &to, &people).await;
    assert_eq!(to.store.unfinished_copy().await.expect("an answer"), None);
    // Whoever was gone had the highest numbers; they are never given again, here as little as there.
    let (here, there) = (from.person("new").await, to.person("new").await);
    assert_eq!(here, there);
    assert!(here.0 > people[2].0 + 1, "{here:?}");
    // Life goes on in the new house: what waited is served, and new orders are taken.
    let claimed = to.claim("cook", evening()).await.expect("the order that waited");
    assert_eq!(claimed.person, people[0]);
    assert!(matches!(to.order(people[1], "later", evening()).await, Placed::Taken(_)));
    to.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_from_sqlite_to_postgres() {
    everything_moves(sqlite().await, postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_from_postgres_to_sqlite() {
    everything_moves(postgres().await, sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_from_sqlite_to_sqlite() {
    everything_moves(sqlite().await, sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_from_postgres_to_postgres() {
    everything_moves(postgres().await, postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_house_moves_too_and_its_first_numbers_are_kept() {
    let (from, to) = (postgres().await, sqlite().await);
    let gone = from.person("gone").await;
    sql(&from, "DELETE FROM people").await;
    copy(&from, &to).await.expect("a copy");
    assert!(to.person("first").await.0 > gone.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_copied_or_said_not_to_be_with_its_key_and_behind_what_it_refers_to() {
    let db = sqlite().await;
    let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .expect("tables");
    let known = TABLES.iter().map(|table| table.name).chain(OF_THE_MOMENT.iter().copied());
    let known: Vec<String> = known.map(str::to_owned).collect();
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&there), set(&known), "store/copying.rs must copy every table, or say that it is of the moment");
    assert_eq!(known.len(), there.len(), "a table is listed twice");
    for (position, table) in TABLES.iter().enumerate() {
        let key: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk")
            .bind(table.name)
            .fetch_all(&pool)
            .await
            .expect("a key");
        assert_eq!(key, table.key, "{}", table.name);
        let refers: Vec<String> = sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_list($1)")
            .bind(table.name)
            .fetch_all(&pool)
            .await
            .expect("foreign keys");
        for other in refers {
            assert!(TABLES[..position].iter().any(|before| before.name == other), "{} before {other}", table.name);
        }
    }
}

async fn a_stopped_copy_goes_on(from: Db, to: Db) {
    let people = furnish(&from).await;
    let (stop, calls) = (CancellationToken::new(), AtomicUsize::new(0));
    let until_the_fifth = |_: Progress| {
        if calls.fetch_add(1, Ordering::SeqCst) == 4 {
            stop.cancel();
        }
    };
    let stopped = from.store.copy_to(&to.store, &from.url, &Fixed::at(evening()), &until_the_fifth, &stop).await;
    assert!(matches!(stopped, Err(StoreError::Stopped)), "{stopped:?}");
    assert_eq!(to.store.unfinished_copy().await.expect("an answer"), Some(from.url.clone()));
    assert_eq!(number(&to, "SELECT COUNT(*) FROM people").await, 3, "something was copied");
    assert_eq!(number(&to, "SELECT COUNT(*) FROM broadcasts").await, 0);
    // Nobody else's house is mixed into this one, and half a house is copied nowhere.
    let other = sqlite().await;
    other.person("stranger").await;
    let refused = copy(&other, &to).await.expect_err("a refusal").to_string();
    assert!(refused.contains("holds a part of"), "{refused}");
    let refused = copy(&to, &sqlite().await).await.expect_err("a refusal").to_string();
    assert!(refused.contains("holds a part of"), "{refused}");
    // What changes in between is made good.
    db_eats_again(&from, people[1]).await;
    copy(&from, &to).await.expect("the rest");
    are_the_same(&from, &to, &people).await;
    let refused = copy(&from, &to).await.expect_err("a refusal").to_string();
    assert!(refused.contains("the target is in use"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_begins_while_it_is_copied_keeps_the_copy_from_being_whole() {
    let (from, to) = (sqlite().await, sqlite().await);
    furnish(&from).await;
    let begins = |progress: Progress| {
        if progress.what == "orders" {
            let held = from.store.hold("run:another", TimeDelta::seconds(3), evening());
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(held)).expect("held");
        }
    };
    let stop = CancellationToken::new();
    let copied = from.store.copy_to(&to.store, &from.url, &Fixed::at(evening()), &begins, &stop).await;
    let refused = copied.expect_err("a refusal").to_string();
    assert!(refused.contains("run:another"), "{refused}");
    assert_eq!(to.store.unfinished_copy().await.expect("an answer"), Some(from.url.clone()));
    // Once that one is gone, what it changed is made good.
    let later = Fixed::at(evening() + TimeDelta::seconds(10));
    from.store.copy_to(&to.store, &from.url, &later, &|_| {}, &stop).await.expect("the rest");
    assert_eq!(to.store.unfinished_copy().await.expect("an answer"), None);
}

async fn db_eats_again(db: &Db, person: PersonId) {
    // The order that waits is someone else's, and would be claimed first.
    let claimed = db.claim("first", evening()).await.expect("the order that waits");
    db.store.serve(&claimed, &crate::support::dish("죽"), None, evening()).await.expect("served");
    db.eat(person, "again", "죽", evening()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_copy_goes_on_in_postgres() {
    a_stopped_copy_goes_on(sqlite().await, postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_copy_goes_on_in_sqlite() {
    a_stopped_copy_goes_on(postgres().await, sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_takes_nothing_in() {
    let (from, to) = (sqlite().await, postgres().await);
    from.person("guest").await;
    let theirs = to.person("their own").await;
    let refused = copy(&from, &to).await.expect_err("a refusal").to_string();
    assert!(refused.contains("the target is in use: its table people has 1 rows"), "{refused}");
    assert_eq!(to.person("their own").await, theirs);
    assert_eq!(to.store.unfinished_copy().await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_may_run_on_either_database() {
    let (from, to) = (sqlite().await, sqlite().await);
    for db in [&from, &to] {
        db.store.hold("telegram:1", TimeDelta::seconds(30), evening()).await.expect("a lease");
        let refused = copy(&from, &to).await.expect_err("a refusal").to_string();
        assert!(refused.contains("bapsang runs on the database") && refused.contains("telegram:1"), "{refused}");
        db.store.let_go("telegram:1").await.expect("let go");
    }
    copy(&from, &to).await.expect("a copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_postgres_cannot_keep_is_named() {
    let (from, to) = (sqlite().await, postgres().await);
    let person = from.person("guest").await;
    sql(&from, "UPDATE people SET nickname = 'a' || char(0) || 'b'").await;
    let refused = copy(&from, &to).await.expect_err("a refusal").to_string();
    assert!(refused.contains(&format!("people with id {}", person.0)) && refused.contains("nickname"), "{refused}");
    sql(&from, "UPDATE people SET nickname = 'ab'").await;
    copy(&from, &to).await.expect("a copy, once it is mended");
}

/// A row that got into the target by another way is noticed in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_named_with_both_numbers() {
    let (from, to) = (sqlite().await, sqlite().await);
    from.person("guest").await;
    sql(&to, &format!("INSERT INTO house (name, value, at) VALUES ('copy', '{}', 1)", from.url)).await;
    sql(&to, "INSERT INTO model_days (day, requests, tokens) VALUES ('stray', 1, 1)").await;
    let refused = copy(&from, &to).await.expect_err("a refusal").to_string();
    assert!(
        refused.contains("the table model_days has 0 rows") && refused.contains("and 1 in the target"),
        "{refused}"
    );
}
