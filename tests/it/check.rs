//! `bapsang check`: each thing that it looks at, well and ill, and how to mend it.

use tempfile::TempDir;

use crate::{
    cli::{Ran, run},
    discord::{self, api::DiscordApi},
    support::{postgres, postgres_url, sqlite},
    telegram,
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn check(variables: &[(&str, &str)]) -> Ran {
    run(&folder(), &["check"], variables)
}

/// The line on one thing, without its name; there is one.
#[track_caller]
fn line<'a>(ran: &'a Ran, what: &str) -> &'a str {
    let looked = ran.out.split_once("Looked at:").expect("what was looked at").1;
    let mut lines = looked.lines().filter_map(|line| line.trim().strip_prefix(what));
    let line = lines.next().unwrap_or_else(|| panic!("{what} was not looked at:\n{}", ran.out));
    assert_eq!(lines.next(), None, "\n{}", ran.out);
    line.trim()
}

#[test]
fn on_a_fresh_machine_nothing_is_to_be_mended() {
    let ran = check(&[]);
    ran.ends_with(0);
    assert!(!ran.out.contains("MEND"), "{}", ran.out);
    assert_eq!(line(&ran, "database"), "ok    not there yet; the first start makes it");
    assert!(line(&ran, "clock").contains("in Asia/Seoul"), "{}", ran.out);
    assert!(line(&ran, "dishes").contains("set OPENAI_API_KEY"), "{}", ran.out);
    assert!(ran.out.contains("Disk of the database: ") && ran.out.contains("Disk of the pictures: "), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_well_is_said_to_be_so() {
    for db in [sqlite().await, postgres().await] {
        let ran = check(&[("DATABASE_URL", &db.url)]);
        ran.ends_with(0);
        assert!(line(&ran, "database").starts_with("ok    it answers; its schema is that of this"), "{}", ran.out);
    }
    let ran = check(&[("DATABASE_URL", &postgres_url().await)]);
    ran.ends_with(0);
    assert_eq!(line(&ran, "database"), "ok    it answers and is empty; the first start fills it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_another_version_is_named_and_left_as_it_is() {
    let db = sqlite().await;
    let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)";
    sqlx::query(newest).execute(&pool).await.expect("one migration less");
    for _ in 0..2 {
        let ran = check(&[("DATABASE_URL", &db.url)]);
        ran.ends_with(0);
        assert!(line(&ran, "database").contains("the next start brings its schema from"), "{}", ran.out);
    }
    let newer = "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1";
    sqlx::query(newer).execute(&pool).await.expect("a newer one");
    let ran = check(&[("DATABASE_URL", &db.url)]);
    ran.ends_with(4);
    assert!(line(&ran, "database").starts_with("MEND  its schema (9999) is newer"), "{}", ran.out);
}

#[test]
fn a_file_that_is_no_database_is_to_be_mended() {
    let folder = folder();
    let text = "a shopping list, and no database\n".repeat(100);
    std::fs::write(folder.path().join("bapsang.db"), &text).expect("a file");
    let ran = run(&folder, &["check"], &[]);
    ran.ends_with(4);
    assert!(line(&ran, "database").starts_with("MEND") && ran.out.contains("bapsang restore FILE"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(folder.path().join("bapsang.db")).expect("a file"), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_lies_behind_what_was_written_is_to_be_mended() {
    let db = sqlite().await;
    let tomorrow = bapsang::clock::Clock::now(&bapsang::clock::System) + chrono::TimeDelta::days(1);
    let person = db.store.person_for(bapsang::chat::Platform::Console, "mina", tomorrow).await;
    person.expect("a person of tomorrow");
    let ran = check(&[("DATABASE_URL", &db.url)]);
    ran.ends_with(6);
    assert!(line(&ran, "clock").starts_with("MEND") && ran.out.contains("timedatectl set-ntp true"), "{}", ran.out);
    assert!(ran.err.contains("one thing is to be mended"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_copy_and_a_file_that_is_nearly_full_are_to_be_mended() {
    let db = sqlite().await;
    let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
    let filling = "CREATE TABLE filling AS SELECT zeroblob(1000000) AS bytes";
    sqlx::query(filling).execute(&pool).await.expect("filled");
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.expect("written");
    let small = [("DATABASE_URL", db.url.as_str()), ("BAPSANG_DATABASE__SQLITE_MAX_MEGABYTES", "1")];
    let ran = check(&small);
    ran.ends_with(6);
    assert!(line(&ran, "size").starts_with("MEND  1 MB of at most 1 MB; raise"), "{}", ran.out);
    let mark = "INSERT INTO house (name, value, at) VALUES ('copy', 'sqlite:old.db', 0)";
    sqlx::query(mark).execute(&pool).await.expect("marked");
    let ran = check(&[("DATABASE_URL", &db.url)]);
    ran.ends_with(4);
    assert!(line(&ran, "database").contains("an unfinished copy of sqlite:old.db"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn online_each_platform_is_asked_whose_token_it_is() {
    let bot_api = telegram::api::BotApi::start(telegram::pace::Pace::generous()).await;
    let api = DiscordApi::start().await;
    let (telegram_url, discord_url) = (bot_api.url(), api.url());
    let asked = async |telegram: &str, discord: &str| {
        let variables = [
            ("BAPSANG_TELEGRAM__API_URL", telegram_url.clone()),
            ("BAPSANG_DISCORD__API_URL", discord_url.clone()),
            ("TELEGRAM_BOT_TOKEN", telegram.to_owned()),
            ("DISCORD_TOKEN", discord.to_owned()),
        ];
        let asking = tokio::task::spawn_blocking(move || {
            let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
            run(&folder(), &["check", "--online"], &variables)
        });
        asking.await.expect("no panic")
    };
    let ran = asked(telegram::world::TOKEN, discord::world::TOKEN).await;
    ran.ends_with(0);
    assert_eq!(line(&ran, "telegram"), "ok    @bapsang_test_bot answers to TELEGRAM_BOT_TOKEN");
    assert_eq!(line(&ran, "discord"), "ok    밥상 answers to DISCORD_TOKEN");

    let ran = asked("4242:hush-hush", "NDI0Mg.hush.hush").await;
    ran.ends_with(6);
    assert!(line(&ran, "telegram").contains("look at TELEGRAM_BOT_TOKEN, telegram.api_url"), "{}", ran.out);
    assert!(line(&ran, "discord").contains("does not know this DISCORD_TOKEN"), "{}", ran.out);
    assert!(!ran.out.contains("hush") && !ran.err.contains("hush"), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("2 things are to be mended"), "{}", ran.err);
}
