//! A message to everyone, and a process that is killed again and again while it sends it.
//!
//! `BROADCAST_PEOPLE` says to how many (600 otherwise), `BROADCAST_KILLS` how often it is killed (5 otherwise), `CRASH_SEED`
//! makes a run happen again.

use std::time::Duration;

use bapsang::store::BroadcastState;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::SqlitePool;
use tempfile::TempDir;

use super::ADMIN;
use crate::{
    running::{Running, crash_number},
    support::{Db, open},
    telegram::{
        api::BotApi,
        pace::Pace,
        world::{Guest, Message, TOKEN},
    },
};

const NEWS: &str = "새 요리가 생겼어요";

/// People of Telegram begin at this number.
const FIRST: u64 = 1000;

const PATIENCE: Duration = Duration::from_secs(300);

/// All at once: one by one would take longer than the test.
const PEOPLE: &str = "
    WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < $1)
    INSERT INTO people (since, seen_at) SELECT unixepoch() * 1000, unixepoch() * 1000 FROM numbers";

const IDENTITIES: &str = "
    INSERT INTO identities (platform, user_id, person)
    SELECT 'telegram', CAST($1 + id - 1 AS TEXT), id FROM people";

/// Whatever a dead process held it holds no more.
const AN_HOUR_LATER: &str = "UPDATE broadcast_people SET lease_until = 1 WHERE lease_until IS NOT NULL";

fn start(folder: &TempDir, api: &BotApi, database: &str) -> Running {
    let url = api.url();
    let variables = [
        ("TELEGRAM_BOT_TOKEN", TOKEN),
        ("BAPSANG_TELEGRAM__API_URL", url.as_str()),
        ("BAPSANG_TELEGRAM__ADMINS", ADMIN),
        ("DATABASE_URL", database),
        // Nobody is told again before the last life: twice is the most, however the moments fall.
        ("BAPSANG_ORDERS__LEASE_SECONDS", "3600"),
    ];
    Running::start(folder, &variables)
}

/// So many people with a chat of their own; one of ten has blocked the bot. Gives the others, and those.
async fn crowd(pool: &SqlitePool, api: &BotApi, people: u64) -> (Vec<Guest>, Vec<Guest>) {
    let number = |number: u64| i64::try_from(number).expect("a number");
    sqlx::query(PEOPLE).bind(number(people)).execute(pool).await.expect("people");
    sqlx::query(IDENTITIES).bind(number(FIRST)).execute(pool).await.expect("identities");
    let guests = (FIRST..FIRST + people).map(|id| Guest::new(number(id), "손님", Some("ko")));
    let (blocking, reached): (Vec<Guest>, Vec<Guest>) = guests.partition(|guest| guest.id % 10 == 3);
    for guest in reached.iter().chain(&blocking) {
        api.private(guest);
    }
    for guest in &blocking {
        api.shuts(guest.id, guest, "bot was blocked by the user", false);
    }
    (reached, blocking)
}

/// How often somebody has heard it.
fn times(api: &BotApi, chat: i64) -> u64 {
    let heard = |message: &&Message| message.from == 0 && message.text == NEWS;
    u64::try_from(api.messages(chat).iter().filter(heard).count()).expect("a number")
}

/// Begins to tell everyone, and gives the number of the message that shows how far it is. Other messages may stand around
/// it: admins hear when the program starts.
async fn begins(api: &BotApi, admin: &Guest, all: u64) -> i64 {
    let chat = api.private(admin);
    let question = format!("({all}명)");
    let asked = |api: &BotApi| api.messages(chat).into_iter().find(|message| message.text.contains(&question));
    api.says(chat, admin, &format!("/admin broadcast {NEWS}"));
    api.until(&question, |api| asked(api).is_some()).await;
    let asked = asked(api).expect("a question").id;
    api.presses(chat, admin, asked, "네, 할게요");
    api.until("it begins", |api| api.message(chat, asked).text.contains("소식을 보내는 중")).await;
    asked
}

async fn until_told(db: &Db) {
    for _ in 0..600 {
        if db.store.open_broadcasts().await.expect("an answer").is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was not noted that the report arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_sends_each_kill_doubles_one_message_at_most() {
    crate::support::log("warn");
    let (people, kills) = (crash_number("BROADCAST_PEOPLE", 600), crash_number("BROADCAST_KILLS", 5));
    let mut random = StdRng::seed_from_u64(crash_number("CRASH_SEED", 20_261_127));
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("killed.db").display());
    let db = Db::at(&url, open(&url).await);
    let pool = SqlitePool::connect(&url).await.expect("the file");
    let api = BotApi::start(Pace::generous()).await;
    let (reached, blocking) = crowd(&pool, &api, people).await;
    let admin = Guest::new(ADMIN.parse().expect("a number"), "운영자", Some("ko"));
    api.quiet();

    let mut program = start(&folder, &api, &url);
    // The admin hears it as well.
    let all = people + 1;
    let report = begins(&api, &admin, all).await;
    let before = api.calls("sendMessage");
    // Within the first four fifths, one kill in each part; what just arrived may be noted by then or not.
    let part = people * 4 / 5 / kills;
    for kill in 0..kills {
        let moment = usize::try_from(kill * part + random.random_range(1..=part)).expect("a number");
        let sends = &mut |api: &BotApi| api.calls("sendMessage") >= before + moment;
        api.until_within(PATIENCE, "it sends", sends).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..4))).await;
        program.dies();
        assert_eq!(db.store.audit().await.expect("an audit"), Vec::<String>::new(), "after kill {kill}");
        if kill + 1 == kills {
            let held = sqlx::query(AN_HOUR_LATER).execute(&pool).await.expect("later").rows_affected();
            assert!(held <= kills, "{kills} dead processes held {held} people");
        }
        program = start(&folder, &api, &url);
    }
    let told = &mut |api: &BotApi| api.message(admin.id, report).text.contains("소식을 다 보냈어요");
    api.until_within(PATIENCE, "the report", told).await;
    until_told(&db).await;
    assert_eq!(program.ends(), Some(0));

    let blocked = u64::try_from(blocking.len()).expect("a number");
    for guest in &blocking {
        assert_eq!(times(&api, guest.id), 0, "{} blocks the bot", guest.id);
    }
    let mut twice = 0;
    for guest in reached.iter().chain([&admin]) {
        let times = times(&api, guest.id);
        assert!((1..=2).contains(&times), "{} heard it {times} times", guest.id);
        twice += times - 1;
    }
    let (broadcast, counted) = db.store.last_broadcast().await.expect("an answer").expect("a message");
    assert_eq!(broadcast.state, BroadcastState::Done);
    assert_eq!((counted.sent, counted.blocked, counted.failed, counted.waiting), (all - blocked, blocked, 0, 0));
    let perhaps = counted.perhaps_twice;
    tracing::warn!(people, kills, twice, perhaps, "survived");
    assert!(twice <= perhaps && perhaps <= kills, "{twice} heard it twice, {perhaps} perhaps, after {kills} kills");
    let said = api.message(admin.id, report).text;
    let sent = all - blocked;
    assert!(said.contains(&format!("{all}명 가운데 {sent}명에게 전했어요. 차단 {blocked}명, 실패 0명")), "{said}");
    let is_said = said.contains(&format!("이 가운데 {perhaps}명은"));
    assert_eq!(is_said, perhaps > 0, "{said}");
    assert_eq!(api.refused(), Vec::<String>::new());
    db.is_sound().await;
}
