//! The admins' counter on Discord: where it is told, a day there, and what it is to everyone else.

use std::{sync::Arc, time::Duration};

use bapsang::{
    chat::{ADMIN_WORDS, Place, Platform},
    store::AdminState,
};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    Guest, Message, Options, Shop, Talk,
    api::DiscordApi,
    last, mina, options, tom,
    world::{Kind, World},
};
use crate::{
    support::{evening, sqlite},
    telegram::counter::led_to_by_presses,
};

const NEWS: &str = "새 요리가 생겼어요";

/// The one server of the stand-in.
const GUILD: &str = "77";

/// Whoever runs the bot.
fn boss() -> Guest {
    Guest::new(70, "운영자", "ko")
}

async fn open() -> Shop {
    let api = DiscordApi::start().await;
    let guild = GUILD.parse().expect("a number");
    let how = Options { admins: vec![boss().id], admin_guilds: vec![guild], ..options(&api) };
    Shop::open_with(api, Arc::new(sqlite().await), how).await
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// `/admin` as it was told to Discord for this place.
fn told(world: &World, scope: &str) -> Vec<Value> {
    let commands = world.commands.get(scope).into_iter().flatten();
    commands.filter(|one| one["name"] == "admin").cloned().collect()
}

/// Gives a word of `/admin` as Discord lets one: filled in as it was told, with everything that has to be there.
fn gives(talk: &Talk, subcommand: &str, given: &[(&str, Value)]) {
    let id = {
        let mut world = talk.api.world();
        let in_guild = world.channels[&talk.channel].kind == Kind::Guild;
        let command = told(&world, if in_guild { GUILD } else { "" }).pop().expect("/admin is to be had here");
        let known = list(&command["options"]).find(|one| one["name"] == subcommand).expect("a subcommand");
        let is_given = |option: &Value| given.iter().any(|(name, _)| option["name"] == *name);
        assert!(list(&known["options"]).all(|option| option["required"] != true || is_given(option)), "{known}");
        let filled = given.iter().map(|(name, value)| {
            let option = list(&known["options"]).find(|one| one["name"] == *name).expect("an option");
            let offered = option["choices"].is_null() || list(&option["choices"]).any(|one| one["value"] == *value);
            let is_number = option["type"] == 4;
            assert!(offered && value.is_u64() == is_number, "{subcommand} does not take {value} as {name}");
            json!({"name": name, "type": option["type"], "value": value})
        });
        let filled: Vec<Value> = filled.collect();
        let word_of = json!([{"name": subcommand, "type": 1, "options": filled}]);
        let data = json!({"id": command["id"], "name": "admin", "type": 1, "options": word_of});
        let said: Vec<String> =
            given.iter().map(|(name, value)| format!(" {name}:{}", value.to_string().trim_matches('"'))).collect();
        world.log(talk.channel, &format!("{} gives /admin {subcommand}{}", talk.guest.name, said.concat()));
        world.begin(2, talk.channel, &talk.guest, &data, None)
    };
    talk.api.bring(id);
}

/// Gives a word of `/admin`, and waits until the last message says `answer`.
async fn commands(talk: &Talk, word: &str, given: &[(&str, Value)], answer: &str) -> Message {
    let before = last(&talk.api, talk);
    gives(talk, word, given);
    talk.hears_after(before, answer).await
}

/// The same, and says yes to what is asked.
async fn does(talk: &Talk, word: &str, given: &[(&str, Value)], asks: &str, said: &str) {
    commands(talk, word, given, asks).await;
    talk.presses("네, 할게요", said).await;
}

/// Until it is noted that mina was told of every order.
async fn all_is_told(shop: &Shop, mina: &Talk) {
    let place = Place { platform: Platform::Discord, conversation: mina.channel.to_string() };
    let person = shop.person().await;
    while !shop.db.store.open_orders(person, &place).await.expect("orders").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_is_told_to_the_admins_servers_and_to_talks_with_the_bot_alone() {
    const ALL: &str = "PUT /applications/{application_id}/commands";
    const ONE: &str = "PUT /applications/{application_id}/guilds/{guild_id}/commands";
    let shop = open().await;
    {
        let world = shop.api.world();
        let (everywhere, here) = (told(&world, ""), told(&world, GUILD));
        assert_eq!((everywhere.len(), here.len(), world.commands[GUILD].len()), (1, 1, 1));
        assert_eq!(everywhere[0]["contexts"], json!([1]), "in a conversation with the bot");
        assert_eq!(here[0]["default_member_permissions"], "0", "a server says itself who sees it");
        let words: Vec<&str> = ADMIN_WORDS.iter().map(|spec| spec.word).collect();
        for command in everywhere.iter().chain(&here) {
            let known: Vec<&str> = list(&command["options"]).filter_map(|one| one["name"].as_str()).collect();
            assert_eq!((known[0], &known[1..]), ("help", &words[..]));
        }
    }
    assert_eq!((shop.api.calls(ALL), shop.api.calls(ONE)), (1, 1));
    let mut shop = shop.reopened().await;
    assert_eq!((shop.api.calls(ALL), shop.api.calls(ONE)), (1, 1), "only where they differ");
    shop.is_sound().await;
    shop.close().await;
    // Where nobody is an admin there is none.
    let mut shop = Shop::open().await;
    let nowhere = shop.api.world().commands.values().flatten().all(|one| one["name"] != "admin");
    assert!(nowhere);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_the_counter() {
    let mut shop = open().await;
    let mina = Talk::new(&shop.api, &mina(), shop.api.dm(&mina()));
    let tom = Talk::new(&shop.api, &tom(), shop.api.dm(&tom()));
    let boss = Talk::new(&shop.api, &boss(), shop.api.guild_channel("운영실"));
    mina.orders().await;
    all_is_told(&shop, &mina).await;
    tom.says("tickets", &[], "today").await;
    shop.api.closes_dms(&tom.guest);
    commands(&boss, "help", &[], "운영 창구").await;
    let stats = commands(&boss, "stats", &[], "7일 동안 활동").await;
    assert!(stats.photo().is_some(), "a chart");
    commands(&boss, "person", &[("who", json!("<@7>"))], "식권 장부").await;
    let grant = [("who", json!("<@7>")), ("tickets", json!(3)), ("until", json!("2026-12-31"))];
    does(&boss, "grant", &grant, "식권 3장을 추가로 줘요", "식권 3장을 줬어요").await;
    mina.says("tickets", &[], "따로 받은 식권이 3장").await;
    commands(&boss, "refund", &[("order", json!(1))], "쓸 때까지 없어지지").await;
    boss.presses("아니요", "바뀐 것은 없어요").await;
    let ban = [("who", json!("discord:7")), ("reason", json!("도배를 했어요"))];
    does(&boss, "ban", &ban, "이용을 막아요", "이용을 막았어요").await;
    mina.says("tickets", &[], "도배를 했어요").await;
    does(&boss, "unban", &[("who", json!("7"))], "이용을 다시 열어요", "이용을 다시 열었어요").await;
    mina.says("tickets", &[], "따로 받은 식권이 3장").await;
    let close = [("state", json!("on")), ("text", json!("잠시 뒤에 만나요"))];
    does(&boss, "maintenance", &close, "점검으로 닫아요", "닫았어요").await;
    mina.says("recommend", &[("wish", json!("국물"))], "잠시 뒤에 만나요").await;
    commands(&boss, "maintenance", &[("state", json!("off"))], "다시 열었어요").await;
    mina.says("tickets", &[], "따로 받은 식권이 3장").await;
    commands(&boss, "sources", &[], "요리와 사진이 오는 곳").await;
    let asked = commands(&boss, "broadcast", &[("text", json!(NEWS))], "(3명)").await;
    shop.api.presses(boss.channel, &boss.guest, asked.id, "네, 할게요");
    let report = "소식을 다 보냈어요: 3명 가운데 2명에게 전했어요. 차단 1명, 실패 0명.";
    shop.api.until("the report", |api| api.message(asked.id).says(report)).await;
    mina.hears(NEWS).await;
    mina.presses("소식 그만 받기", "이제 소식을 받지 않아요").await;
    let own = shop.api.messages(shop.api.dm(&boss.guest));
    assert!(own.iter().any(|message| message.says(NEWS)), "the admin hears it as well");
    commands(&boss, "audit", &[], "관리자가 한 일 (1/2쪽)").await;
    boss.presses("2쪽", "관리자가 한 일 (2/2쪽)").await;
    shop.is_sound().await;
    // Nobody else in the server sees anything of it.
    let alone = shop.api.messages(boss.channel).iter().all(|message| message.seen_by == Some(boss.guest.id));
    assert!(alone, "{}", shop.api.transcript(boss.channel));
    assert_snapshot!(led_to_by_presses(&shop.api.transcript(boss.channel)));
    assert_snapshot!("what_mina_hears_of_it", shop.api.transcript(mina.channel));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_command_nor_an_old_button_of_an_admin_does_anything_for_others() {
    let mut shop = open().await;
    let channel = shop.api.guild_channel("운영실");
    let (direct, there) = (Talk::new(&shop.api, &mina(), shop.api.dm(&mina())), Talk::new(&shop.api, &mina(), channel));
    let boss = Talk::new(&shop.api, &boss(), channel);
    let hers = direct.says("tickets", &[], "모두 남아").await;
    for talk in [&direct, &there] {
        let refused = commands(talk, "stats", &[], "명령은 없어요").await;
        assert_eq!(refused.photo(), None);
    }
    let grant = [("who", json!("discord:7")), ("tickets", json!(3))];
    let asked = commands(&boss, "grant", &grant, "식권 3장을 추가로 줘요").await;
    shop.api.presses(channel, &there.guest, asked.id, "네, 할게요");
    there.hears("다른 분").await;
    // The same button, as if it were hers.
    let parts = asked.parts();
    let (_, data, _) = parts.iter().find(|(label, ..)| *label == "네, 할게요").expect("a button");
    let (_, token) = data.split_once('~').expect("an owner");
    shop.api.presses_as(direct.channel, &direct.guest, hers.id, &format!("7~{token}"), "네, 할게요");
    direct.hears("지난 메뉴").await;
    direct.says("tickets", &[], "모두 남아").await;
    let (entries, _) = shop.db.store.admin_log(1, 10).await.expect("a log");
    assert_eq!(entries.iter().map(|entry| entry.state).collect::<Vec<_>>(), [AdminState::Asked]);
    assert_eq!(shop.db.left(shop.person().await, evening()).await, 5);
    shop.is_sound().await;
    shop.close().await;
}
