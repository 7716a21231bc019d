//! No command of the admins, and none of their buttons, works for anybody else.

use bapsang::{
    chat::{ADMIN_WORDS, Action, ArgumentKind, Event, MenuId, Platform, Token},
    profile::Naming,
    store::AdminState,
};
use chrono::TimeDelta;

use super::{ADMIN, Heard, House, last};
use crate::support::{Db, evening, on_both_databases};

on_both_databases! {
    no_word_works_for_anybody_else_on_any_platform,
    no_button_works_for_anybody_else_and_none_works_twice,
    whoever_is_joined_with_an_admin_is_none,
    in_a_group_admins_are_led_into_private,
    what_is_asked_is_done_once_by_two_processes_that_did_not_ask,
}

/// A line with every argument of a word filled in.
fn filled(word: &bapsang::chat::AdminSpec) -> String {
    let argument = |kind: ArgumentKind| match kind {
        ArgumentKind::Who { .. } => "telegram:2".to_owned(),
        ArgumentKind::Number(_) | ArgumentKind::Count(_) => "1".to_owned(),
        ArgumentKind::Day => "2026-12-31".to_owned(),
        ArgumentKind::OneOf(words) => words[0].to_owned(),
        ArgumentKind::Word => "openai".to_owned(),
        ArgumentKind::Text(_) => "words".to_owned(),
    };
    let arguments = word.arguments.iter().map(|one| argument(one.kind)).collect::<Vec<_>>().join(" ");
    format!("/admin {} {arguments}", word.word)
}

/// Everything in the tables that admins write.
async fn written(db: &Db) -> Vec<i64> {
    let count = |table: &str| format!("SELECT COUNT(*) FROM {table}");
    let tables = ["admin_log", "grants", "bans", "house", "broadcasts", "broadcast_people"];
    let mut counts = Vec::new();
    for table in tables {
        let statement = sqlx::AssertSqlSafe(count(table));
        counts.push(if db.url.starts_with("sqlite") {
            let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
            sqlx::query_scalar(statement).fetch_one(&pool).await.expect("a count")
        } else {
            let pool = sqlx::PgPool::connect(&db.url).await.expect("the server");
            sqlx::query_scalar(statement).fetch_one(&pool).await.expect("a count")
        });
    }
    counts
}

async fn no_word_works_for_anybody_else_on_any_platform(db: Db) {
    let house = House::open(db);
    house.person("2").await;
    let before = written(&house.db).await;
    for word in ADMIN_WORDS {
        // The admin's number is one of Telegram's; on Discord it is somebody else's.
        for (platform, user) in [(Platform::Telegram, "2"), (Platform::Discord, ADMIN)] {
            for others in [false, true] {
                let line = filled(word);
                let heard = house.does_where(platform, user, Event::Text(line.clone()), others).await;
                let heard = last(heard);
                let unknown = "There is no command /admin. See /help for what you can do.";
                assert!(heard.text == unknown && heard.choices.is_empty(), "{line}: {}", heard.text);
            }
        }
    }
    assert_eq!(written(&house.db).await, before);
    // The same lines are understood where an admin writes them.
    for word in ADMIN_WORDS {
        let heard = house.admin(filled(word).trim_start_matches("/admin ")).await;
        assert!(!heard.text.contains("Usage:"), "{}: {}", word.word, heard.text);
    }
}

async fn no_button_works_for_anybody_else_and_none_works_twice(db: Db) {
    let house = House::open(db);
    house.person("2").await;
    let asked = house.admin("grant telegram:2 3").await;
    let before = written(&house.db).await;
    for choice in &asked.choices {
        for (platform, user) in [(Platform::Telegram, "2"), (Platform::Discord, ADMIN)] {
            last(house.does(platform, user, Event::Press(choice.token.clone())).await).says("menu is old");
        }
    }
    for action in [Action::AdminLog(1), Action::AdminGoOn(true), Action::AdminGoOn(false), Action::AdminYes] {
        let token = Token { menu: MenuId(0), action }.encode();
        last(house.does(Platform::Telegram, "2", Event::Press(token)).await).says("menu is old");
    }
    assert_eq!(written(&house.db).await, before);
    house.presses(&asked, Action::AdminYes).await.says("3 tickets were given");
    house.presses(&asked, Action::AdminYes).await.says("done already");
    house.presses(&asked, Action::AdminNo).await.says("done already");
    assert_eq!(house.db.left(house.person("2").await, evening()).await, 8);
    // Two presses at once, in two processes.
    let asked = house.admin("grant telegram:2 3").await;
    let beside = house.beside();
    let (one, other) = tokio::join!(house.presses(&asked, Action::AdminYes), beside.presses(&asked, Action::AdminYes));
    assert_ne!(one.text, other.text);
    assert_eq!(house.db.left(house.person("2").await, evening()).await, 11);
    assert!(house.log().await.iter().all(|(_, state, _)| *state == AdminState::Done));
}

async fn what_is_asked_is_done_once_by_two_processes_that_did_not_ask(db: Db) {
    let house = House::open(db);
    let person = house.person("2").await;
    let order = house.db.eat(person, "1", "비빔밥", evening()).await;
    for line in [
        "grant telegram:2 3",
        "limit telegram:2 7",
        &format!("refund {order}"),
        "ban telegram:2 spam",
        "unban telegram:2",
        "maintenance on Back at nine.",
        "sources openai off",
        "reload",
        "broadcast Hello",
    ] {
        let asked = house.admin(line).await;
        let (one, other) = (house.beside(), house.beside());
        let (here, there) =
            tokio::join!(one.presses(&asked, Action::AdminYes), other.presses(&asked, Action::AdminYes));
        // Whoever is second hears that it was done, or, while it is being done, that nobody knows yet.
        let refused = |heard: &Heard| heard.text.contains("done already") || heard.text.contains("not known whether");
        let refused = [&here, &there].into_iter().filter(|heard| refused(heard)).count();
        assert_eq!(refused, 1, "{line}: {:?} and {:?}", here.text, there.text);
        let (word, state, outcome) = house.log().await.remove(0);
        let done = (AdminState::Done, "admin-outcome-done");
        assert!(line.starts_with(&word) && (state, outcome.as_str()) == done, "{line}: {word} {state:?} {outcome}");
    }
    assert_eq!(house.db.left(person, evening()).await, 7 - 1 + 3 + 1, "given, limited and refunded once each");
    assert_eq!(
        house.db.store.last_broadcast().await.expect("an answer").expect("one").1.all(),
        2,
        "the person and the admin"
    );
    house.db.is_sound().await;
}

async fn whoever_is_joined_with_an_admin_is_none(db: Db) {
    let house = House::open(db);
    let admin = house.person(ADMIN).await;
    let other = house.db.store.person_for(Platform::Discord, "77", evening()).await.expect("a person").id;
    let until = evening() + TimeDelta::minutes(10);
    house.db.store.offer_link(admin, "CODE", until, evening()).await.expect("offered");
    house.db.store.link(other, "CODE", Naming::Unsaid, evening()).await.expect("joined");
    let heard = last(house.does(Platform::Discord, "77", Event::Text("/admin stats".to_owned())).await);
    assert!(heard.text.contains("/admin") && !heard.text.contains("People"), "{}", heard.text);
    house.admin("stats").await.says("People");
}

async fn in_a_group_admins_are_led_into_private(db: Db) {
    let house = House::open(db);
    let heard = house.does_where(Platform::Telegram, ADMIN, Event::Text("/admin stats".to_owned()), true).await;
    assert!(matches!(last(heard).reply.facts, bapsang::chat::Facts::InPrivate("admin")));
    assert_eq!(house.log().await, []);
    house
        .does(Platform::Telegram, ADMIN, Event::Text("/start admin".to_owned()))
        .await
        .last()
        .expect("help")
        .says("/admin stats");
}
