//! What admins hear without having asked, from the program itself.

use std::time::Duration;

use sqlx::SqlitePool;

use crate::{
    model::server::{ModelServer, Plan},
    running::Running,
    support::{Db, open},
    telegram::{
        Talk,
        api::BotApi,
        mina,
        pace::Pace,
        world::{Guest, TOKEN},
    },
};

const ADMIN: i64 = 7;

const BLOCKED: &str = "INSERT INTO photo_sources (name, rests_until, trouble) VALUES ($1, $2, 'layout changed')";

/// A folder whose database has everything that is worth a word.
async fn troubled() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bapsang.db").display());
    let db = Db::at(&url, open(&url).await);
    let pool = SqlitePool::connect(&url).await.expect("the file");
    // Whichever day it is while the test runs, most of its budget is spent.
    for days in [-1, 0, 1] {
        let spent = "INSERT INTO model_days (day, requests, tokens) VALUES (date('now', $1), 900, 0)";
        sqlx::query(spent).bind(format!("{days} day")).execute(&pool).await.expect("spent");
    }
    sqlx::query(BLOCKED).bind("naver").bind(4_102_444_800_000_i64).execute(&pool).await.expect("blocked");
    let older = "INSERT INTO house (name, value, at) VALUES ('schema', '1', 0)";
    sqlx::query(older).execute(&pool).await.expect("an older schema");
    pool.close().await;
    (folder, db)
}

/// How many messages of the bot to the admin have these words.
fn heard(api: &BotApi, words: &str) -> usize {
    let messages = api.messages(ADMIN);
    messages.iter().filter(|message| message.from == 0 && message.text.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_hears_of_each_trouble_once_and_together() {
    let (api, model) = (BotApi::start(Pace::generous()).await, ModelServer::always(Plan::status(500)).await);
    let (folder, db) = troubled().await;
    let admin = Guest::new(ADMIN, "지기", Some("ko"));
    api.private(&admin);
    let (url, model_url) = (api.url(), model.url());
    let variables = [
        ("TELEGRAM_BOT_TOKEN", TOKEN),
        ("BAPSANG_TELEGRAM__API_URL", url.as_str()),
        ("BAPSANG_TELEGRAM__ADMINS", "7"),
        ("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", model_url.as_str()),
        ("BAPSANG_RECOMMENDER__DAILY_REQUESTS", "1000"),
    ];
    let program = Running::start(&folder, &variables);
    api.until("it says that it starts", |api| heard(api, "밥상이 문을 열었어요") == 1).await;
    let first = api.last(ADMIN).text;
    let newest =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).expect("a folder").count();
    let moved = format!("1에서 {newest} 버전으로");
    for words in ["문을 열었어요", &moved, "90%를 썼어요", "naver의 모양이 바뀌었거나"] {
        assert!(first.contains(words), "{words} is not in one message:\n{first}");
    }

    // A model that fails five times rests, and the next look tells it.
    let talk = Talk::with(&api, &mina());
    for _ in 0..5 {
        talk.says("/recommend 국물", "이대로 주문할까요?").await;
        talk.presses("추천 받기", "재료 (1인분)").await;
    }
    tokio::time::timeout(Duration::from_secs(120), async {
        while heard(&api, "모델이 자꾸 실패해서") == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("the model is down, and the admin hears so");
    assert_eq!(program.ends(), Some(0));
    api.until("it says that it stops", |api| heard(api, "밥상이 문을 닫아요") == 1).await;

    // Whoever opens next tells what is new, and nothing of that again.
    let pool = SqlitePool::connect(&db.url).await.expect("the file");
    sqlx::query(BLOCKED).bind("kakao").bind(4_102_444_800_000_i64).execute(&pool).await.expect("blocked");
    pool.close().await;
    let program = Running::start(&folder, &variables);
    api.until("it tells what is new", |api| heard(api, "kakao의 모양이 바뀌었거나") == 1).await;
    assert_eq!(program.ends(), Some(0));
    for words in ["버전으로", "90%를", "naver", "자꾸 실패해서"] {
        assert_eq!(heard(&api, words), 1, "{words}\n{}", api.transcript(ADMIN));
    }
    // Whoever reads the last word knows whether it runs.
    api.until("it says that it stops again", |api| heard(api, "밥상이 문을 닫아요") == 2).await;
    assert_eq!(heard(&api, "밥상이 문을 열었어요"), 2);
    assert_eq!(api.refused(), Vec::<String>::new());
}
