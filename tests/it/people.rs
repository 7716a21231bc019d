//! What is kept about a person: profile, favourites, what a dish is found by, export and forgetting; each rule on
//! both databases.

use std::{collections::BTreeSet, sync::Arc};

use bapsang::{
    chat::{Address, DoorKey, Locale, PersonId, Platform, ShareCode},
    dish::{Allergen, AvoidedWord, Dish},
    order::Wish,
    photo::Shelf,
    profile::{Change, Naming, Nickname, SelfIntroduction},
    store::{Grant, Linked, NewAdminEntry, NewBroadcast, Placed, Search, Served, StoreError},
    ticket::Quota,
};
use chrono::TimeDelta;
use sqlx::Row;

use crate::support::{Db, dish, evening, new_order, on_both_databases, quota, searching, sqlite};

on_both_databases! {
    a_profile_is_kept_field_by_field,
    the_twenty_first_avoided_word_is_refused_and_the_others_stay,
    changes_of_a_profile_at_once_all_count,
    favourites_are_kept_and_found_among_favourites_alone,
    a_dish_is_found_by_its_ingredients_and_by_the_wish_that_it_answered,
    sixty_five_dishes_are_found_newest_first_across_blocks,
    everything_that_is_stored_is_exported,
    forgetting_leaves_nothing_of_a_person_in_any_table,
    forgetting_makes_no_tickets,
    the_mark_of_a_forgotten_person_tells_nobody_who_it_was_and_goes_at_midnight,
    a_picture_that_somebody_else_needs_stays,
    a_dish_for_someone_who_was_forgotten_is_lost,
    an_order_in_the_making_goes_with_the_person_and_its_ticket_does_not_count,
    a_dish_with_what_the_profile_says_by_now_is_not_saved,
    an_order_of_someone_who_was_forgotten_changes_nothing,
}

fn word(text: &str) -> AvoidedWord {
    AvoidedWord::parse(text).expect("a word")
}

async fn a_profile_is_kept_field_by_field(db: Db) {
    let person = db.person("guest").await;
    let change = async |change| db.store.change_profile(person, vec![change], evening()).await.expect("changed");
    assert_eq!(db.store.profile(person).await.expect("a profile"), bapsang::profile::Profile::default());
    change(Change::Nickname(Nickname::parse("미나").ok())).await;
    change(Change::Introduction(SelfIntroduction::parse("<b>매운 것</b>을 좋아해요").ok())).await;
    change(Change::Allergen(Allergen::Milk, true)).await;
    change(Change::AddWords(vec![word("고수"), word("고 수")])).await;
    let profile = db.store.profile(person).await.expect("a profile");
    assert_eq!(profile.nickname.as_ref().map(Nickname::as_str), Some("미나"));
    assert_eq!(profile.introduction.as_ref().map(SelfIntroduction::as_str), Some("<b>매운 것</b>을 좋아해요"));
    assert_eq!(profile.avoided.allergens, BTreeSet::from([Allergen::Milk]));
    assert_eq!(profile.avoided.words, [word("고수")], "the same word in another spelling is the same word");
    assert_eq!(profile.changed_at, Some(evening()));
    let found = db.store.person_for(Platform::Console, "guest", evening()).await.expect("the person");
    assert_eq!(found.avoided, profile.avoided);
    // What changes nothing leaves the time as it is.
    let later = evening() + TimeDelta::hours(1);
    db.store.change_profile(person, vec![Change::Allergen(Allergen::Milk, true)], later).await.expect("an answer");
    assert_eq!(db.store.profile(person).await.expect("a profile").changed_at, Some(evening()));
    change(Change::Nickname(None)).await;
    assert_eq!(db.store.profile(person).await.expect("a profile").nickname, None);
}

async fn the_twenty_first_avoided_word_is_refused_and_the_others_stay(db: Db) {
    let person = db.person("guest").await;
    let words = (0..21).map(|n| word(&format!("word {n}"))).collect();
    assert!(!db.store.change_profile(person, vec![Change::AddWords(words)], evening()).await.expect("an answer"));
    assert_eq!(db.store.profile(person).await.expect("a profile").avoided.words.len(), 20);
}

async fn changes_of_a_profile_at_once_all_count(db: Db) {
    let person = db.person("guest").await;
    let store = Arc::new(db.store.clone());
    let changes: Vec<_> = Allergen::ALL
        .iter()
        .map(|allergen| {
            let store = Arc::clone(&store);
            let change = Change::Allergen(*allergen, true);
            tokio::spawn(async move { store.change_profile(person, vec![change], evening()).await.expect("changed") })
        })
        .collect();
    for change in changes {
        change.await.expect("changed");
    }
    let all = db.store.profile(person).await.expect("a profile").avoided.allergens.len();
    assert_eq!(all, Allergen::ALL.len());
}

async fn favourites_are_kept_and_found_among_favourites_alone(db: Db) {
    let person = db.person("guest").await;
    for (confirmation, name) in [("1", "김치찌개"), ("2", "된장찌개"), ("3", "비빔밥")] {
        db.eat(person, confirmation, name, evening()).await;
    }
    for number in [1, 3] {
        assert!(db.store.set_favourite(person, number, true).await.expect("kept"));
        assert!(db.store.set_favourite(person, number, true).await.expect("kept again"));
    }
    assert!(!db.store.set_favourite(person, 9, true).await.expect("an answer"), "there is no such dish");
    let find = async |search: &Search| db.store.find(person, search).await.expect("found");
    let favourites = Search { favourites: true, ..Search::default() };
    assert_eq!(find(&favourites).await, [3, 1]);
    assert_eq!(find(&Search { favourites: true, ..searching("찌개") }).await, [1]);
    assert_eq!(find(&searching("찌개")).await, [2, 1]);
    db.store.set_favourite(person, 3, false).await.expect("kept");
    assert_eq!(find(&favourites).await, [1]);
    assert!(db.store.dish(person, 1).await.expect("an answer").expect("a dish").favourite);
}

async fn a_dish_is_found_by_its_ingredients_and_by_the_wish_that_it_answered(db: Db) {
    let person = db.person("guest").await;
    let mut order = new_order(person, "1");
    order.wanted.wish = Wish::parse("비 오는 날").ok();
    let dialogue = bapsang::store::SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
    db.store.place_order(&order, &dialogue, quota(), evening()).await.expect("placed");
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    db.store.serve(&claimed, &dish("김치전"), None, evening()).await.expect("served");
    for keyword in ["쌀", "비오는", "오는날", "ㅂ ㅇㄴ", "김치 쌀 날", "kimchi"] {
        let found = db.store.find(person, &searching(keyword)).await.expect("found").len();
        assert_eq!(found, usize::from(keyword != "kimchi"), "{keyword}");
    }
}

async fn sixty_five_dishes_are_found_newest_first_across_blocks(db: Db) {
    let person = db.person("guest").await;
    let plenty = bapsang::ticket::Quota { daily_limit: 100, ..quota() };
    for n in 1..=65_u32 {
        assert!(matches!(
            db.order_with(person, &n.to_string(), plenty, evening()).await,
            bapsang::store::Placed::Taken(_)
        ));
        let claimed = db.claim(&n.to_string(), evening()).await.expect("a claim");
        let name = if n % 2 == 0 { "국수" } else { "비빔밥" };
        db.store.serve(&claimed, &dish(name), None, evening()).await.expect("served");
    }
    let found = db.store.find(person, &searching("국수")).await.expect("found");
    assert_eq!(found, (1..=32).rev().map(|n| 2 * n).collect::<Vec<u32>>());
    let page = db.store.history(person, &searching("ㄱㅅ"), 11, 3).await.expect("a page");
    assert_eq!((page.total, page.dishes.iter().map(|saved| saved.number).collect::<Vec<_>>()), (32, vec![4, 2]));
    db.is_sound().await;
}

/// A guest of whom every table knows something, each with a word that is looked for afterwards.
async fn known_everywhere(db: &Db, name: &str) -> bapsang::chat::PersonId {
    let person = db.person(name).await;
    let folder = tempfile::tempdir().expect("a folder");
    let picture = Shelf::new(folder.path().to_path_buf()).keep(name.as_bytes(), evening()).expect("kept").hash;
    let mut order = new_order(person, &format!("confirmed-by-{name}"));
    order.wanted.wish = Wish::parse(&format!("wish-of-{name}")).ok();
    order.place.conversation = format!("room-of-{name}");
    order.address.0 = format!("address-of-{name}");
    order.door = DoorKey(format!("console:door-of-{name}"));
    let state = format!("{{\"said\":\"state-of-{name}\"}}");
    let dialogue = bapsang::store::SavedDialogue { revision: 0, version: 1, state };
    db.store.place_order(&order, &dialogue, quota(), evening()).await.expect("placed");
    let claimed = db.store.claim(&order.door, format!("cook-of-{name}"), TimeDelta::seconds(30), evening()).await;
    let claimed = claimed.expect("an answer").expect("a claim");
    let served: Dish = dish(&format!("dish-of-{name}"));
    db.store.serve(&claimed, &served, Some(&picture), evening()).await.expect("served");
    db.store.told(claimed.id, evening()).await.expect("told");
    db.store.share(person, 1, ShareCode(person.0.unsigned_abs().into()), evening()).await.expect("shared");
    let until = evening() + TimeDelta::minutes(10);
    db.store.offer_link(person, &format!("link-of-{name}"), until, evening()).await.expect("offered");
    given_and_told(db, person, name).await;
    for change in [
        Change::Nickname(Nickname::parse(&format!("nick-{name}")).ok()),
        Change::Introduction(SelfIntroduction::parse(&format!("I am {name}")).ok()),
        Change::AddWords(vec![word(&format!("not-{name}"))]),
    ] {
        db.store.change_profile(person, vec![change], evening()).await.expect("changed");
    }
    person
}

/// Tickets that were given, one of which was taken; a message to everyone; and what admins wrote of them.
async fn given_and_told(db: &Db, person: PersonId, name: &str) {
    let day = quota().day(evening());
    db.store.grant(Some(person), Grant::Once(3), (day, None), evening()).await.expect("given");
    let none = Quota { daily_limit: 0, ..quota() };
    let mut given = new_order(person, &format!("given-to-{name}"));
    given.place.conversation = format!("other-room-of-{name}");
    let dialogue = bapsang::store::SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
    let Placed::Taken(order) = db.store.place_order(&given, &dialogue, none, evening()).await.expect("an answer")
    else {
        panic!("it is not taken")
    };
    db.store.stop(person, order, evening()).await.expect("stopped");
    db.store.told(order, evening()).await.expect("told");
    let new = NewBroadcast {
        admin: "a",
        door: &DoorKey("d".into()),
        address: &Address::default(),
        speaks: Locale::En,
        locale: None,
        text: "hi",
    };
    let known =
        db.store.person_for(Platform::Telegram, &format!("telegram-{name}"), evening()).await.expect("a person").id;
    db.store
        .offer_link(known, &format!("joins-{name}"), evening() + TimeDelta::minutes(1), evening())
        .await
        .expect("offered");
    let linked = db.store.link(person, &format!("joins-{name}"), Naming::Unsaid, evening()).await.expect("an answer");
    assert!(matches!(linked, Linked::Done(_)), "{linked:?}");
    if let Some(id) = db.store.begin_broadcast(&new, Locale::Ko, evening()).await.expect("begun") {
        db.store.set_broadcast(id, false).await.expect("stopped");
    }
    let entry = NewAdminEntry {
        admin: "console:operator",
        place: "console:admin",
        word: "person",
        line: &format!("person {name}"),
        whom: Some(person),
        code: None,
        outcome: "",
    };
    db.store.log_admin(&entry, evening()).await.expect("written down");
}

/// Every value of every column of every table, as text, with the table's name.
async fn everything(db: &Db) -> Vec<(String, String)> {
    let mut values = Vec::new();
    macro_rules! read {
        ($pool:expr, $tables:literal) => {{
            let pool = $pool;
            let tables: Vec<(String, String)> = sqlx::query_as($tables).fetch_all(&pool).await.expect("tables");
            for (table, columns) in tables {
                let columns: Vec<&str> = columns.split(',').collect();
                let list: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS TEXT)")).collect();
                let statement = format!("SELECT {} FROM {table}", list.join(", "));
                for row in sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_all(&pool).await.expect("rows") {
                    for index in 0..columns.len() {
                        let value: Option<String> = row.try_get(index).expect("text");
                        values.extend(value.map(|value| (table.clone(), value)));
                    }
                }
            }
        }};
    }
    if db.url.starts_with("sqlite") {
        read!(
            sqlx::SqlitePool::connect(&db.url).await.expect("the file"),
            "SELECT m.name, group_concat(c.name) FROM sqlite_master AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' GROUP BY m.name"
        );
    } else {
        read!(
            sqlx::PgPool::connect(&db.url).await.expect("the server"),
            "SELECT table_name::text, string_agg(column_name::text, ',') FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' GROUP BY table_name"
        );
    }
    values
}

/// Every table with a column that names a person.
async fn tables_about_people(db: &Db) -> BTreeSet<String> {
    let tables: Vec<String> = if db.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
        sqlx::query_scalar(
            "SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND c.name = 'person'",
        )
        .fetch_all(&pool)
        .await
        .expect("tables")
    } else {
        let pool = sqlx::PgPool::connect(&db.url).await.expect("the server");
        sqlx::query_scalar("SELECT table_name::text FROM information_schema.columns WHERE column_name = 'person'")
            .fetch_all(&pool)
            .await
            .expect("tables")
    };
    tables.into_iter().chain(["people".to_owned()]).collect()
}

async fn everything_that_is_stored_is_exported(db: Db) {
    let person = known_everywhere(&db, "mina").await;
    known_everywhere(&db, "someone-else").await;
    let export = db.store.export(person).await.expect("an export");
    let tables: BTreeSet<String> = export.keys().cloned().collect();
    assert_eq!(tables, tables_about_people(&db).await);
    assert!(export.values().all(|rows| rows.as_array().is_some_and(|rows| !rows.is_empty())), "{export:?}");
    let text = serde_json::to_string(&export).expect("JSON");
    assert!(!text.contains("someone-else"), "only what is theirs");
    // Whatever of theirs stands in any column stands in the export as well.
    let known = everything(&db).await.into_iter().filter(|(_, value)| value.contains("mina"));
    let mut count = 0;
    for (table, value) in known {
        count += 1;
        // JSON stands there as JSON; the lines of a history as one text.
        let as_json = serde_json::from_str(&value).unwrap_or(serde_json::Value::String(value.clone()));
        let there = serde_json::to_string(&as_json).expect("JSON");
        assert!(text.contains(&there), "{table}: {value} is not exported");
    }
    assert!(count > 10, "the values were not found");
    assert_eq!(export["people"][0]["since"], "2026-11-23T12:00:00.000Z");
    assert_eq!(export["orders"][0]["wanted"]["wish"], "wish-of-mina");
}

async fn forgetting_leaves_nothing_of_a_person_in_any_table(db: Db) {
    let person = known_everywhere(&db, "mina").await;
    let other = known_everywhere(&db, "someone-else").await;
    assert!(everything(&db).await.iter().any(|(_, value)| value.contains("mina")));
    let pictures = db.store.forget(person, quota(), evening()).await.expect("forgotten").pictures;
    assert_eq!(pictures.len(), 1);
    let left: Vec<_> = everything(&db).await.into_iter().filter(|(_, value)| value.contains("mina")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(db.store.export(person).await.expect("an export").values().all(|rows| rows == &serde_json::json!([])));
    assert!(db.store.dish(other, 1).await.expect("an answer").is_some(), "others are not touched");
    if let Some(file) = db.url.strip_prefix("sqlite:") {
        for file in [file.to_owned(), format!("{file}-wal")] {
            let bytes = std::fs::read(&file).expect("the file");
            assert!(!bytes.windows(12).any(|window| window == b"wish-of-mina"), "{file} still has it");
        }
    }
    db.is_sound().await;
}

async fn forgetting_makes_no_tickets(db: Db) {
    let now = evening();
    let person = db.person("guest").await;
    for n in 0..3 {
        db.eat(person, &n.to_string(), "비빔밥", now).await;
    }
    for _ in 0..2 {
        let person = db.person("guest").await;
        db.store.forget(person, quota(), now).await.expect("forgotten");
    }
    let back = db.person("guest").await;
    assert_ne!(back, person);
    assert_eq!(db.left(back, now).await, 2);
    for n in 0..2 {
        db.eat(back, &n.to_string(), "비빔밥", now).await;
    }
    assert!(matches!(db.order(back, "9", now).await, bapsang::store::Placed::Refused(_)));
    db.is_sound().await;
    assert_eq!(db.left(back, now + TimeDelta::hours(4)).await, 5, "a new day has all of them");
    let stranger = db.person("stranger").await;
    assert_eq!(db.left(stranger, now).await, 5);
}

async fn the_mark_of_a_forgotten_person_tells_nobody_who_it_was_and_goes_at_midnight(db: Db) {
    let person = db.person("guest-4711").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    db.store.forget(person, quota(), evening()).await.expect("forgotten");
    let marks = async || everything(&db).await.into_iter().filter(|(table, _)| table == "forgotten").count();
    assert_eq!(marks().await, 4, "the mark, the day, the count, and when it goes");
    assert!(everything(&db).await.iter().all(|(_, value)| !value.contains("4711")));
    db.store.sweep_forgotten(evening() + TimeDelta::hours(2)).await.expect("swept");
    assert_eq!(marks().await, 4);
    db.store.sweep_forgotten(evening() + TimeDelta::hours(3)).await.expect("swept");
    assert_eq!(marks().await, 0);
    let nothing_taken = db.person("another").await;
    db.store.forget(nothing_taken, quota(), evening()).await.expect("forgotten");
    assert_eq!(marks().await, 0, "who took no ticket leaves no mark");
}

async fn a_picture_that_somebody_else_needs_stays(db: Db) {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::new(folder.path().to_path_buf());
    let [mine, shared] = ["mine", "shared"].map(|name| shelf.keep(name.as_bytes(), evening()).expect("kept").hash);
    let (person, other) = (db.person("guest").await, db.person("other").await);
    for (person, confirmation, picture) in [(person, "1", &mine), (person, "2", &shared), (other, "1", &shared)] {
        db.taken(person, confirmation, evening()).await;
        let claimed = db.claim("cook", evening()).await.expect("a claim");
        db.store.serve(&claimed, &dish("비빔밥"), Some(picture), evening()).await.expect("served");
    }
    let of = async |person| db.store.forget(person, quota(), evening()).await.expect("forgotten").pictures;
    assert_eq!(of(person).await, std::slice::from_ref(&mine));
    assert!(db.store.uses_picture(&shared, evening()).await.expect("an answer"));
    assert!(!db.store.uses_picture(&mine, evening()).await.expect("an answer"));
    assert_eq!(of(other).await, [shared]);
}

async fn a_dish_for_someone_who_was_forgotten_is_lost(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    db.store.forget(person, quota(), evening()).await.expect("forgotten");
    let served = db.store.serve(&claimed, &dish("비빔밥"), None, evening()).await.expect("an answer");
    assert_eq!(served, Served::Lost);
    assert!(!db.store.renew(&claimed, TimeDelta::seconds(30), evening()).await.expect("an answer"));
    db.is_sound().await;
}

async fn an_order_of_someone_who_was_forgotten_changes_nothing(db: Db) {
    let person = db.person("guest").await;
    db.store.forget(person, quota(), evening()).await.expect("forgotten");
    let dialogue = bapsang::store::SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
    let order = new_order(person, "1");
    let refused = db.store.place_order(&order, &dialogue, quota(), evening()).await;
    assert!(matches!(refused, Err(StoreError::Forgotten)), "{refused:?}");
    let changed = db.store.change_profile(person, vec![Change::Nickname(None)], evening()).await;
    assert!(matches!(changed, Err(StoreError::Forgotten)), "{changed:?}");
    db.is_sound().await;
}

async fn an_order_in_the_making_goes_with_the_person_and_its_ticket_does_not_count(db: Db) {
    let person = db.person("guest").await;
    db.eat(person, "1", "비빔밥", evening()).await;
    let order = db.taken(person, "2", evening()).await;
    assert_eq!(db.left(person, evening()).await, 3);
    let forgotten = db.store.forget(person, quota(), evening()).await.expect("forgotten");
    assert_eq!(forgotten.order.map(|(order, ..)| order), Some(order));
    let back = db.person("guest").await;
    assert_eq!(db.left(back, evening()).await, 4, "one was eaten, and one was given back");
    db.is_sound().await;
}

async fn a_dish_with_what_the_profile_says_by_now_is_not_saved(db: Db) {
    let person = db.person("guest").await;
    db.taken(person, "1", evening()).await;
    let claimed = db.claim("cook", evening()).await.expect("a claim");
    // While it is made, the person remembers that rice does not agree with them.
    let change = vec![Change::AddWords(vec![word("쌀")])];
    db.store.change_profile(person, change, evening()).await.expect("changed");
    let served = db.store.serve(&claimed, &dish("비빔밥"), None, evening()).await.expect("an answer");
    assert_eq!(served, Served::Avoided);
    assert!(db.store.fail(&claimed, bapsang::order::Failure::Avoided, evening()).await.expect("an answer"));
    assert_eq!(db.left(person, evening()).await, 5);
    db.is_sound().await;
}

/// What is deleted stays in the write-ahead log while somebody reads, and goes when they are done.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_kept_in_the_log_goes_with_the_next_scrub() {
    let db = sqlite().await;
    let file = db.url.strip_prefix("sqlite:").expect("a file").to_owned();
    let has_it =
        || std::fs::read(format!("{file}-wal")).is_ok_and(|log| log.windows(9).any(|part| part == b"nick-mina"));
    let person = db.person("guest").await;
    let reader = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
    let mut reading = reader.begin().await.expect("a transaction");
    let change = vec![Change::Nickname(Nickname::parse("nick-mina").ok())];
    db.store.change_profile(person, change, evening()).await.expect("changed");
    sqlx::query("SELECT COUNT(*) FROM people").fetch_one(&mut *reading).await.expect("a count");
    db.store.forget(person, quota(), evening()).await.expect("forgotten");
    assert!(has_it(), "the reader still sees what was there");
    reading.rollback().await.expect("an end");
    assert!(db.store.scrub().await);
    assert!(!has_it());
}

/// A database made by the first migration alone, with one dish in it.
const BEFORE: [&str; 4] = [
    "INSERT INTO people (id, tickets_used, dishes, since, seen_at) VALUES (1, 1, 1, 0, 0)",
    "INSERT INTO identities (platform, user_id, person) VALUES ('console', 'guest', 1)",
    "INSERT INTO orders (id, person, confirmation, state, wanted, locale, day, platform, door, address, placed_at, deadline, run_at)
     VALUES (1, 1, 'a', 'delivered', '{}', 'ko', '2026-11-23', 'console', 'd', 'a', 0, 0, 0)",
    "INSERT INTO dishes (person, number, order_id, name, search_text, dish, served_at)
     VALUES (1, 1, 1, '김치찌개', '김치찌개/kimchistew', '{\"names\":{\"ko\":\"김치찌개\",\"en\":\"Kimchi stew\"},\"locale\":\"ko\",\"introduction\":\"\",\"ingredients\":[],\"steps\":[],\"minutes\":30,\"allergens\":[],\"source\":\"cookbook\"}', 0)",
];

/// The folder of one kind of migrations with the first alone.
fn first_migration(kind: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "0001_lay_the_table.sql";
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind).join(name);
    std::fs::copy(from, folder.path().join(name)).expect("a migration");
    folder
}

async fn is_moved_in(store: &bapsang::store::Store) {
    let person = store.find_person(Platform::Console, "guest").await.expect("an answer").expect("the person").id;
    assert_eq!(store.find(person, &searching("ㄱㅊㅉㄱ")).await.expect("found"), [1]);
    assert_eq!(store.find(person, &searching("kimchi stew")).await.expect("found"), [1]);
    let saved = store.dish(person, 1).await.expect("an answer").expect("a dish");
    assert_eq!((saved.dish.kind, saved.favourite, saved.picture), (bapsang::order::Filters::default(), false, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_from_before_the_second_migration_is_found_by_its_names_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("bapsang.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("a file");
    let before = first_migration("sqlite");
    sqlx::migrate::Migrator::new(before.path()).await.expect("a migration").run(&pool).await.expect("migrated");
    for statement in BEFORE {
        sqlx::query(statement).execute(&pool).await.expect(statement);
    }
    pool.close().await;
    is_moved_in(&crate::support::open(&url).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_from_before_the_second_migration_is_found_by_its_names_on_postgres() {
    let url = crate::support::postgres_url().await;
    let pool = sqlx::PgPool::connect(&url).await.expect("the server");
    let before = first_migration("postgres");
    sqlx::migrate::Migrator::new(before.path()).await.expect("a migration").run(&pool).await.expect("migrated");
    for statement in BEFORE {
        let statement = statement.replace(") VALUES (1, 1, ", ") OVERRIDING SYSTEM VALUE VALUES (1, 1, ");
        let statement = statement.replace("seen_at) VALUES", "seen_at) OVERRIDING SYSTEM VALUE VALUES");
        let statement = statement.replace("run_at)\n     VALUES", "run_at) OVERRIDING SYSTEM VALUE VALUES");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.expect("a row");
    }
    pool.close().await;
    is_moved_in(&crate::support::open(&url).await).await;
}
