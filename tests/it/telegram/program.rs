//! The program itself: `bapsang run` against the stand-in, started, stopped and killed.

use std::{
    collections::{HashSet, VecDeque},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::{
    BotApi, Guest, Message, Pace, Talk, mina, says,
    world::{Fault, TOKEN},
};
use crate::{
    model::server::{End, ModelServer, Plan, stream},
    photo,
    running::{Running, crash_number},
    support::{Db, NO_PHOTOS, number, postgres, program, sqlite},
};

fn start(folder: &TempDir, api: &BotApi, variables: &[(&str, &str)]) -> Running {
    let url = api.url();
    let own = [("TELEGRAM_BOT_TOKEN", TOKEN), ("BAPSANG_TELEGRAM__API_URL", url.as_str())];
    Running::start(folder, &[&own[..], variables].concat())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn api() -> BotApi {
    BotApi::start(Pace::generous()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn run_opens_telegram_and_ends_with_0_at_sigterm() {
    let (api, folder) = (api().await, folder());
    let program = start(&folder, &api, &[]);
    program.says("Telegram: @bapsang_test_bot is open, polling.").await;
    let talk = Talk::with(&api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    talk.orders().await;
    assert_eq!(program.ends(), Some(0));
    assert_eq!((api.refused(), api.pending()), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_hand_at_sigterm_is_handed_back_and_cooked_by_the_next() {
    let (api, folder) = (api().await, folder());
    let lease = ("BAPSANG_ORDERS__LEASE_SECONDS", "3600");
    let slow = [("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "60000"), lease];
    let program = start(&folder, &api, &slow);
    let talk = Talk::with(&api, &mina());
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "어울리는 요리를").await;
    assert_eq!(program.ends(), Some(0));
    let program = start(&folder, &api, &[lease]);
    talk.hears("만드는 법").await;
    talk.says("/tickets", "4장 남았어요").await;
    assert_eq!(program.ends(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_is_one_clear_line_without_the_token() {
    let (api, folder) = (api().await, folder());
    let wrong = start(&folder, &api, &[("TELEGRAM_BOT_TOKEN", "4242:wrong-hush")]);
    wrong.says("Telegram does not know this TELEGRAM_BOT_TOKEN").await;
    let first = start(&folder, &api, &[]);
    first.says("is open").await;
    // Somebody else's, who shares no database with it.
    let elsewhere = self::folder();
    let second = start(&elsewhere, &api, &[]);
    second.says("is open").await;
    for _ in 0..600 {
        if [&first, &second].iter().any(|one| one.said().contains("someone else takes this bot's updates")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!([&first, &second].iter().any(|one| one.said().contains("someone else takes this bot's updates")));
    assert_eq!(second.ends(), Some(0));
    assert_eq!(wrong.said().matches("does not know").count(), 1, "{}", wrong.said());
    assert!(!wrong.said().contains("hush"), "{}", wrong.said());
    assert_eq!(wrong.ends(), Some(0));
    api.vanish();
    first.says("Telegram cannot be reached").await;
    api.come_back().await;
    let talk = Talk::with(&api, &mina());
    talk.says("/tickets", "모두 남아").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(first.said().matches("cannot be reached").count(), 1, "{}", first.said());
    assert!(!first.said().contains("TEST-token"), "{}", first.said());
    assert_eq!(first.ends(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_cooks_and_its_dish_takes_the_place_of_the_waiting_message() {
    let (api, folder) = (api().await, folder());
    let text = crate::model::sheet().to_string();
    let bytes = stream(&text, "stop");
    let pieces = bytes.chunks(bytes.len() / 10).map(<[u8]>::to_vec).collect();
    let server = ModelServer::always(Plan::Pieces(pieces, Duration::from_millis(250), End::Well)).await;
    let url = server.url();
    let program = start(&folder, &api, &[("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", &url)]);
    program.says("Dishes: openai (gpt-4.1-mini), then the cookbook.").await;
    let talk = Talk::with(&api, &mina());
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    let waiting = talk.presses("추천 받기", "두부 버섯전골").await;
    assert!(waiting.text.contains("정리하고 있어요") && !waiting.text.contains("재료"), "{}", waiting.text);
    let dish = talk.hears("출처: AI 추천").await;
    assert!(dish.text.contains("1/2모") && says(&api, talk.chat, "4장 남았어요"), "{}", dish.text);
    assert_eq!(program.ends(), Some(0));
    assert_eq!(api.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_of_photos_are_read_anew_at_sighup_and_a_mistake_changes_nothing() {
    let (api, folder) = (api().await, folder());
    let gallery = photo::tools::gallery(&["/one", "/two"]).await;
    let write = |text: &str| std::fs::write(folder.path().join("bot.toml"), text).expect("a file");
    write(&photo::tools::settings(&gallery, "/one"));
    let program = start(&folder, &api, &[(NO_PHOTOS.0, "true"), ("MINE_KEY", "hush-hush")]);
    program.says("is open").await;
    let talk = Talk::with(&api, &mina());
    talk.says("/recommend 비빔밥", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "재료 (1인분)").await;
    assert_eq!((gallery.times("/one"), gallery.times("/two")), (1, 0));
    write("[photos]\nfetches = 0\n");
    program.signal(Signal::SIGHUP);
    program.says("the settings were not read again").await;
    write(&photo::tools::settings(&gallery, "/two"));
    program.signal(Signal::SIGHUP);
    program.says("The settings were read again.").await;
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "재료 (1인분)").await;
    assert_eq!((gallery.times("/one"), gallery.times("/two")), (1, 1), "{}", program.said());
    assert!(!program.said().contains("hush"), "{}", program.said());
    assert_eq!(program.ends(), Some(0));
    assert_eq!(api.refused(), Vec::<String>::new());
}

#[test]
fn without_a_token_run_says_what_to_set_and_ends_with_5() {
    let folder = folder();
    let run = Command::new(program()).arg("run").current_dir(folder.path()).env_clear().output().expect("it runs");
    let said = String::from_utf8(run.stderr).expect("text");
    assert_eq!(run.status.code(), Some(5));
    assert!(said.contains("TELEGRAM_BOT_TOKEN") && said.contains("bapsang chat"), "{said}");
    assert!(!folder.path().join("bapsang.db").exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn menus_and_descriptions_are_set_once_and_only_where_they_differ() {
    let (api, folder) = (api().await, folder());
    api.private(&Guest::new(77, "운영자", Some("ko")));
    for expected in [9, 9] {
        let program =
            start(&folder, &api, &[("BAPSANG_TELEGRAM__ADMINS", "77"), ("BAPSANG_TELEGRAM__NAME", "우리 밥상")]);
        program.says("is open").await;
        assert_eq!(program.ends(), Some(0));
        assert_eq!(api.calls("setMyCommands"), expected, "three menus in three languages");
        assert_eq!((api.calls("setMyDescription"), api.calls("setMyShortDescription")), (3, 3));
        assert_eq!(api.calls("setMyName"), 1);
    }
    let world = api.world();
    let names = |key: &str| -> Vec<String> {
        let commands = world.set[key].as_array().expect("commands");
        commands.iter().map(|one| one["command"].as_str().expect("a name").to_owned()).collect()
    };
    let private = names("commands {\"type\":\"all_private_chats\"} ko");
    let group = names("commands {\"type\":\"all_group_chats\"} en");
    assert!(private.contains(&"history".to_owned()) && !group.contains(&"history".to_owned()));
    assert!(group.contains(&"recommend".to_owned()));
    assert_eq!(api_refused(&world), Vec::<String>::new());
}

fn api_refused(world: &super::world::World) -> Vec<String> {
    world.refused.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_said_and_no_token_stands_in_the_log() {
    let (api, folder) = (api().await, folder());
    let program = start(&folder, &api, &[("BAPSANG_LOG__FILTER", "trace")]);
    let talk = Talk::with(&api, &mina());
    api.fault("sendMessage", Fault::BadGateway);
    talk.says("/recommend 비밀스러운소원", "비밀스러운소원").await;
    api.says(talk.chat, &talk.guest, "/profile");
    api.until("the profile", |api| api.messages(talk.chat).iter().any(|one| one.text.contains("자기소개"))).await;
    let profile = api.messages(talk.chat).iter().find(|one| one.text.contains("자기소개")).expect("the profile").id;
    api.presses(talk.chat, &talk.guest, profile, "별명");
    api.until("a question", |api| api.message(talk.chat, profile).text.contains("어떻게 불러")).await;
    api.says(talk.chat, &talk.guest, "아무도모르는별명");
    api.until("it is kept", |api| api.messages(talk.chat).iter().any(|one| one.text.contains("저장했어요"))).await;
    api.says(talk.chat, &talk.guest, "/recommend 국물");
    api.until("a summary", |api| api.last(talk.chat).labels().contains(&"추천 받기")).await;
    api.presses(talk.chat, &talk.guest, api.last(talk.chat).id, "추천 받기");
    program.says("served").await;
    let said = program.said();
    for secret in ["비밀스러운소원", "아무도모르는별명", "TEST-token", TOKEN] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
    assert_eq!(program.ends(), Some(0));
}

/// Kills it again and again while people order, or one of several processes. Whatever was confirmed ends in one dish, each
/// crash doubles one answer to somebody at most, and the books agree.
async fn survives(db: Db, processes: usize) {
    crate::support::log("warn");
    let (api, folder) = (api().await, folder());
    let guests: Vec<Guest> = (100..112).map(|id| Guest::new(id, "손님", Some("ko"))).collect();
    let talks: Vec<Talk<'_>> = guests.iter().map(|guest| Talk::with(&api, guest)).collect();
    let variables = [
        ("DATABASE_URL", db.url.as_str()),
        ("BAPSANG_TICKETS__DAILY_LIMIT", "1000"),
        ("BAPSANG_ORDERS__LEASE_SECONDS", "1"),
        ("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "60"),
    ];
    let mut done = HashSet::new();
    let (kills, mut at) = (crash_number("CRASH_KILLS", 25), crash_number("CRASH_SEED", 20_261_125));
    let mut others: VecDeque<Running> = (1..processes).map(|_| start(&folder, &api, &variables)).collect();
    for kill in 0..kills {
        others.push_back(start(&folder, &api, &variables));
        // Each in its turn, so that whoever dies may be the one that polls or not.
        let program = others.pop_front().expect("a process");
        // A pause that differs each time, and is the same in every run.
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pause = Duration::from_millis(300 + (at >> 33) % 1200);
        let acting = async {
            loop {
                for talk in &talks {
                    let last = api.last(talk.chat);
                    // Each button once, however long its answer takes.
                    if !done.insert((talk.chat, last.id, last.edits)) {
                        continue;
                    }
                    let label = ["추천 받기", "다시하기"].into_iter().find(|label| last.labels().contains(label));
                    if let Some(label) = label {
                        api.presses(talk.chat, &talk.guest, last.id, label);
                    } else if last.id == 0 {
                        api.says(talk.chat, &talk.guest, "/recommend 국물");
                    }
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // Every other time it may be killed while it starts.
        if kill % 2 == 0 {
            program.says("Telegram: @bapsang_test_bot").await;
        }
        let _ = tokio::time::timeout(pause, acting).await;
        program.dies();
        assert_eq!(db.store.audit().await.expect("an audit"), Vec::<String>::new(), "after kill {kill}");
    }
    let program = start(&folder, &api, &variables);
    program.says("Telegram: @bapsang_test_bot").await;
    api.until("everything is confirmed", |api| api.pending() == 0).await;
    for talk in &talks {
        let Some(person) = known(&db, talk).await else { continue };
        let place =
            bapsang::chat::Place { platform: bapsang::chat::Platform::Telegram, conversation: talk.chat.to_string() };
        for _ in 0..600 {
            if db.store.open_orders(person, &place).await.expect("orders").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(db.store.open_orders(person, &place).await.expect("orders").is_empty(), "every order was told");
    }
    for program in others.into_iter().chain([program]) {
        assert_eq!(program.ends(), Some(0));
    }
    assert_eq!(db.store.audit().await.expect("an audit"), Vec::<String>::new());
    let (mut dishes, mut shown, mut repeated) = (0, 0, 0);
    for talk in &talks {
        let said: Vec<Message> = api.messages(talk.chat).into_iter().filter(|message| message.from == 0).collect();
        shown += said.iter().filter(|message| message.photo.is_some()).count();
        // What stands there twice in a row was said twice; a dish that is ordered again may be the same.
        let twice = |pair: &&[Message]| pair[0].text == pair[1].text && pair[0].photo.is_none();
        let here = said.windows(2).filter(twice).count();
        assert!(
            here as u64 <= kills,
            "each crash doubles one answer to somebody at most:\n{}",
            api.transcript(talk.chat)
        );
        repeated += here;
        if let Some(person) = known(&db, talk).await {
            let all = bapsang::store::Search::default();
            dishes += db.store.history(person, &all, 1, 3).await.expect("a page").total;
        }
        assert!(!says(&api, talk.chat, "주문을 받았어요"), "nobody waits:\n{}", api.transcript(talk.chat));
    }
    let (dishes, kills) = (usize::try_from(dishes).expect("a number"), usize::try_from(kills).expect("a number"));
    let orders = number(&db.url, "SELECT COUNT(*) FROM orders").await;
    let ends = number(&db.url, "SELECT COUNT(*) FROM orders WHERE told_at IS NOT NULL").await;
    assert_eq!(orders, ends, "every order was told");
    tracing::warn!(kills, orders, dishes, shown, repeated, "survived");
    assert!(orders > 0, "something was ordered");
    assert!(shown >= dishes, "{shown} of {dishes} dishes were shown");
    assert!(shown - dishes <= kills, "{shown} times {dishes} dishes were shown after {kills} crashes");
    assert_eq!(api.refused(), Vec::<String>::new());
}

async fn known(db: &Db, talk: &Talk<'_>) -> Option<bapsang::chat::PersonId> {
    let person = db.store.find_person(bapsang::chat::Platform::Telegram, &talk.guest.id.to_string()).await;
    person.expect("an answer").map(|person| person.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_crash_on_sqlite_every_order_ends_once() {
    survives(sqlite().await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_crash_on_postgres_every_order_ends_once() {
    survives(postgres().await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_crash_of_one_of_two_processes_every_order_ends_once() {
    survives(postgres().await, 2).await;
}
