//! A database that the first schema was made for is taken over with everything in it.

use std::sync::Arc;

use bapsang::{
    bot::Outbox,
    chat::{DoorKey, Platform},
    clock::Fixed,
    dish::Amount,
    store::Search,
};
use chrono::{DateTime, Utc};
use sqlx::migrate::Migrator;
use tempfile::TempDir;

use crate::support::{Db, Ear, House, Mood, Moody, open, postgres_url, quota, rules, searching};

/// What a version of the first schema left behind; it wrote these rows itself.
const ROWS: &str = include_str!("upgrade/first.sql");

/// The door of the terminal that was killed.
const DOOR: &str = "console:4f8da4104ee848d2b16a8345eefc9677";

/// A minute after it was killed: its leases have run out, and the order that it made still has time.
fn later() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_743_317_162 + 60_000).expect("a time")
}

/// The first migration alone, in a folder of its own.
async fn first(kind: &str) -> (Migrator, TempDir) {
    const NAME: &str = "0001_lay_the_table.sql";
    let folder = tempfile::tempdir().expect("a folder");
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind).join(NAME);
    std::fs::copy(from, folder.path().join(NAME)).expect("a copy");
    (Migrator::new(folder.path()).await.expect("a migration"), folder)
}

async fn old_sqlite() -> (String, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bapsang.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.expect("the file");
    first("sqlite").await.0.run(&pool).await.expect("the first schema");
    sqlx::raw_sql(ROWS).execute(&pool).await.expect("the rows");
    pool.close().await;
    (url, folder)
}

async fn old_postgres() -> String {
    let url = postgres_url().await;
    let pool = sqlx::PgPool::connect(&url).await.expect("the server");
    first("postgres").await.0.run(&pool).await.expect("the first schema");
    // The numbers are those of the file, and the next ones go on behind them.
    let rows = ROWS.replace(") VALUES (", ") OVERRIDING SYSTEM VALUE VALUES (");
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&pool).await.expect("the rows");
    for table in ["people", "orders", "dishes", "ticket_ledger"] {
        let goes_on = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))");
        sqlx::raw_sql(sqlx::AssertSqlSafe(goes_on)).execute(&pool).await.expect("the numbers");
    }
    pool.close().await;
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_of_the_first_schema_is_taken_over_with_everything_in_it() {
    let (url, _folder) = old_sqlite().await;
    is_taken_over(&Db::at(&url, open(&url).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_database_of_the_first_schema_is_taken_over_with_everything_in_it() {
    let url = old_postgres().await;
    is_taken_over(&Db::at(&url, open(&url).await)).await;
}

async fn is_taken_over(db: &Db) {
    db.is_sound().await;
    let person = db.store.person_for(Platform::Console, "minji", later()).await.expect("the person");
    assert_eq!(person.id.0, 1, "whoever was known is known");
    assert_eq!(db.left(person.id, later()).await, 2, "three of the day's tickets are taken");
    let pages = async |search: &Search| db.store.history(person.id, search, 1, 10).await.expect("the history");
    let all = pages(&Search::default()).await;
    let names: Vec<&str> = all.dishes.iter().map(|dish| dish.dish.names.ko.as_str()).collect();
    assert_eq!(names, ["소고기뭇국", "버섯전골"], "what was served reads, the newest first");
    assert_eq!(all.dishes[0].dish.ingredients[0].amount, Amount::parse("100 g").expect("an amount"));
    for keyword in ["버섯", "ㅂㅅㅈㄱ", "hotpot"] {
        assert_eq!(pages(&searching(keyword)).await.dishes.len(), 1, "{keyword} finds it");
    }

    // The order that was in the making when it was killed is made to its end, behind the same door.
    let (ear, door) = (Arc::new(Ear::default()), DoorKey(DOOR.to_owned()));
    let doors = vec![(door, Arc::clone(&ear) as Arc<dyn Outbox>)];
    let clock = Arc::new(Fixed::at(later()));
    let house = House::open(&db.store, rules(), &clock, Moody::new(Mood::Serves), doors);
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while pages(&Search::default()).await.dishes.len() < 3 || ear.heard().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the third dish is served and told");
    house.close().await;
    assert_eq!(db.left(person.id, later()).await, 2, "it cost the ticket that was taken, and no other");
    db.is_sound().await;
    assert_eq!(db.store.tickets_left(person.id, quota(), later()).await.expect("tickets").left, 2);
}
