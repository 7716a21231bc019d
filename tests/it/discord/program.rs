//! The program itself: `bapsang run` against both stand-ins, started, stopped and killed.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use bapsang::{
    chat::{Place, Platform},
    store::Search,
};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Guest, Message, Talk,
    api::DiscordApi,
    mina,
    world::{Fault, TOKEN},
};
use crate::{
    running::{Running, crash_number},
    support::{Db, number, postgres, postgres_url, sqlite},
    telegram,
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn start(folder: &TempDir, api: &DiscordApi, variables: &[(&str, &str)]) -> Running {
    let url = api.url();
    let own = [("DISCORD_TOKEN", TOKEN), ("BAPSANG_DISCORD__API_URL", url.as_str())];
    Running::start(folder, &[&own[..], variables].concat())
}

async fn connected(api: &DiscordApi, before: usize) {
    api.until("the bot is connected", |api| api.identifies() > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_opens_both_platforms_and_one_person_has_one_set_of_tickets() {
    let (api, folder) = (DiscordApi::start().await, folder());
    let bot_api = telegram::api::BotApi::start(telegram::pace::Pace::generous()).await;
    let url = bot_api.url();
    let both = [("TELEGRAM_BOT_TOKEN", telegram::world::TOKEN), ("BAPSANG_TELEGRAM__API_URL", url.as_str())];
    let program = start(&folder, &api, &both);
    program.says("Telegram: @bapsang_test_bot is open, polling.").await;
    program.says("Discord: 밥상 is open, over the gateway.").await;
    connected(&api, 0).await;
    let here = Talk::new(&api, &mina(), api.guild_channel("야식 모임"));
    let guest = telegram::mina();
    let there = telegram::Talk::with(&bot_api, &guest);
    here.orders().await;
    there.says("/recommend 국물", "이대로 주문할까요?").await;
    there.presses("추천 받기", "4장 남았어요").await;
    let code = there.says("/link", "/link").await;
    let code =
        code.text.split_whitespace().find(|word| word.len() == 9 && word.contains('-')).expect("a code").to_owned();
    here.says("link", &[("code", json!(code))], "하나로 합칠까요?").await;
    here.presses("합치기", "하나로 합쳤어요").await;
    here.says("tickets", &[], "3장 남았어요").await;
    there.says("/tickets", "3장 남았어요").await;
    here.says("history", &[], "2가지").await;
    assert_eq!(program.ends(), Some(0));
    assert_eq!((api.refused(), bot_api.refused()), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_hand_at_sigterm_is_handed_back_and_cooked_by_the_next() {
    let (api, folder) = (DiscordApi::start().await, folder());
    let lease = ("BAPSANG_ORDERS__LEASE_SECONDS", "3600");
    let slow = [("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "60000"), lease];
    let program = start(&folder, &api, &slow);
    connected(&api, 0).await;
    let talk = Talk::new(&api, &mina(), api.guild_channel("야식 모임"));
    let menu = talk.says("recommend", &[("wish", json!("국물"))], "이대로 주문할까요?").await;
    talk.presses("추천 받기", "어울리는 요리를").await;
    assert_eq!(program.ends(), Some(0));
    let program = start(&folder, &api, &[lease]);
    api.until("the dish is there", |api| api.message(menu.id).says("만드는 법")).await;
    connected(&api, 1).await;
    talk.says("tickets", &[], "4장 남았어요").await;
    assert_eq!(program.ends(), Some(0));
    assert_eq!(api.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_and_a_platform_out_of_reach_are_one_clear_line_and_keep_no_other_one_shut() {
    let (api, folder) = (DiscordApi::start().await, folder());
    let bot_api = telegram::api::BotApi::start(telegram::pace::Pace::generous()).await;
    let url = bot_api.url();
    let both = [
        ("DISCORD_TOKEN", "NDI0Mg.wrong.hush-hush"),
        ("TELEGRAM_BOT_TOKEN", telegram::world::TOKEN),
        ("BAPSANG_TELEGRAM__API_URL", url.as_str()),
    ];
    let program = start(&folder, &api, &both);
    program.says("Discord does not know this DISCORD_TOKEN").await;
    let guest = telegram::mina();
    telegram::Talk::with(&bot_api, &guest).says("/tickets", "모두 남아").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(program.said().matches("does not know").count(), 1, "{}", program.said());
    assert!(!program.said().contains("hush"), "{}", program.said());
    assert_eq!(program.ends(), Some(0));
    // Nobody names the gateway: the public one is not asked instead.
    for _ in 0..40 {
        api.fault("GET /gateway", Fault::Strange);
    }
    let program = start(&folder, &api, &[]);
    program.says("Discord's gateway cannot be reached").await;
    assert_eq!(api.identifies(), 0);
    assert_eq!(program.ends(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_said_and_no_token_stands_in_the_log_or_for_long_in_the_database() {
    let (api, folder) = (DiscordApi::start().await, folder());
    let program = start(&folder, &api, &[("BAPSANG_LOG__FILTER", "trace")]);
    connected(&api, 0).await;
    let talk = Talk::new(&api, &mina(), api.guild_channel("야식 모임"));
    api.fault("PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", Fault::Strange);
    api.fault("POST /interactions/{interaction_id}/{interaction_token}/callback", Fault::BadGateway);
    talk.says("recommend", &[("wish", json!("비밀스러운소원"))], "디스코드에서").await;
    talk.says("cancel", &[], "그만두었어요").await;
    talk.says("profile", &[], "프로필").await;
    talk.writes("별명", "아무도모르는별명", "저장했어요").await;
    talk.says("recommend", &[("wish", json!("국물"))], "이대로 주문할까요?").await;
    talk.presses("추천 받기", "만드는 법").await;
    talk.says("tickets", &[], "4장 남았어요").await;
    let said = program.said();
    for secret in ["비밀스러운소원", "아무도모르는별명", "interaction-token", TOKEN, "discord-token"] {
        assert_eq!(said.lines().find(|line| line.contains(secret)), None);
    }
    assert_eq!(program.ends(), Some(0));
    let mut kept = String::new();
    for entry in std::fs::read_dir(folder.path()).expect("a folder").map_while(Result::ok) {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("bapsang.db")) {
            kept.push_str(&String::from_utf8_lossy(&std::fs::read(path).expect("a file")));
        }
    }
    assert!(!kept.contains("interaction-token"), "a token stands in the database");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_gateway_is_killed_and_who_waits_connects() {
    let (api, folder, url) = (DiscordApi::start().await, folder(), postgres_url().await);
    let shared = [("DATABASE_URL", url.as_str())];
    let first = start(&folder, &api, &shared);
    connected(&api, 0).await;
    let second = start(&folder, &api, &shared);
    second.says("this one waits").await;
    let talk = Talk::new(&api, &mina(), api.guild_channel("야식 모임"));
    talk.orders().await;
    assert_eq!(api.identifies(), 1, "one is connected at a time");
    first.dies();
    connected(&api, 1).await;
    talk.says("tickets", &[], "4장 남았어요").await;
    // Whoever comes back waits, and has the turn when it is handed over.
    let third = start(&folder, &api, &shared);
    third.says("this one waits").await;
    assert_eq!((second.ends(), api.identifies()), (Some(0), 2));
    connected(&api, 2).await;
    talk.says("history", &[], "1가지").await;
    assert_eq!(third.ends(), Some(0));
    assert_eq!(api.refused(), Vec::<String>::new());
}

/// Kills it again and again while people order, or one of several processes. Whatever was confirmed ends in one dish, each
/// crash doubles one message at most, and the books agree.
async fn survives(db: Db, processes: usize) {
    crate::support::log("warn");
    let (api, folder) = (DiscordApi::start().await, folder());
    let guests: Vec<Guest> = (100..112).map(|id| Guest::new(id, "손님", "ko")).collect();
    let talks: Vec<Talk> = guests.iter().map(|guest| Talk::new(&api, guest, api.dm(guest))).collect();
    let variables = [
        ("DATABASE_URL", db.url.as_str()),
        ("BAPSANG_TICKETS__DAILY_LIMIT", "1000"),
        ("BAPSANG_ORDERS__LEASE_SECONDS", "1"),
        ("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "60"),
    ];
    let mut done = HashSet::new();
    let (kills, mut at) = (crash_number("CRASH_KILLS", 25), crash_number("CRASH_SEED", 20_261_126));
    let mut others: VecDeque<Running> = (1..processes).map(|_| start(&folder, &api, &variables)).collect();
    if processes > 1 {
        connected(&api, 0).await;
    }
    for kill in 0..kills {
        // What was pressed while nobody was there is lost, and pressed again.
        done.clear();
        let before = api.identifies();
        others.push_back(start(&folder, &api, &variables));
        // Each in its turn, so that whoever dies may be the one that is connected or not.
        let program = others.pop_front().expect("a process");
        // A pause that differs each time, and is the same in every run.
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pause = Duration::from_millis(300 + (at >> 33) % 1200);
        let acting = async {
            loop {
                for talk in &talks {
                    act(&api, talk, &mut done);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // One time of four it may be killed while it starts.
        if kill % 4 != 3 && processes == 1 {
            connected(&api, before).await;
        }
        let _ = tokio::time::timeout(pause, acting).await;
        program.dies();
        assert_eq!(db.store.audit().await.expect("an audit"), Vec::<String>::new(), "after kill {kill}");
    }
    let program = start(&folder, &api, &variables);
    program.says("Discord: ").await;
    let mut dishes = 0;
    for talk in &talks {
        let found = db.store.find_person(Platform::Discord, &talk.guest.id.to_string()).await.expect("an answer");
        let Some(person) = found.map(|person| person.id) else { continue };
        let place = Place { platform: Platform::Discord, conversation: talk.channel.to_string() };
        for _ in 0..600 {
            if db.store.open_orders(person, &place).await.expect("orders").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(db.store.open_orders(person, &place).await.expect("orders").is_empty(), "every order was told");
        dishes += db.store.history(person, &Search::default(), 1, 3).await.expect("a page").total;
    }
    for program in others.into_iter().chain([program]) {
        assert_eq!(program.ends(), Some(0));
    }
    assert_eq!(db.store.audit().await.expect("an audit"), Vec::<String>::new());
    let said: Vec<Message> = talks.iter().flat_map(|talk| api.messages(talk.channel)).collect();
    let shown = said.iter().filter(|message| message.photo().is_some()).count();
    let waiting = said.iter().filter(|message| message.says("주문을 받았어요")).count();
    let (dishes, kills) = (usize::try_from(dishes).expect("a number"), usize::try_from(kills).expect("a number"));
    let orders = number(&db.url, "SELECT COUNT(*) FROM orders").await;
    let ends = number(&db.url, "SELECT COUNT(*) FROM orders WHERE told_at IS NOT NULL").await;
    assert_eq!(orders, ends, "every order was told");
    tracing::warn!(kills, orders, dishes, shown, waiting, "survived");
    assert_eq!(waiting, 0, "nobody waits");
    assert!(dishes > 0 && shown >= dishes, "{shown} of {dishes} dishes were shown");
    assert!(shown - dishes <= kills, "{shown} times {dishes} dishes were shown after {kills} crashes");
    assert_eq!(api.refused(), Vec::<String>::new());
}

/// Does what is to be done next, each thing once.
fn act(api: &DiscordApi, talk: &Talk, done: &mut HashSet<(u64, u64, u32)>) {
    let last = api.messages(talk.channel).pop().unwrap_or_default();
    if !done.insert((talk.channel, last.id, last.edits)) {
        return;
    }
    let label = ["추천 받기", "다시하기"].into_iter().find(|label| last.labels().contains(label));
    if let Some(label) = label {
        api.presses(talk.channel, &talk.guest, last.id, label);
    } else if !last.says("주문을 받았어요") {
        api.slash(talk.channel, &talk.guest, "recommend", &[("wish", json!("국물"))]);
    }
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
