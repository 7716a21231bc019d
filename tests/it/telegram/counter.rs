//! The admins' counter on Telegram: whose menu has it, a day there, and what it is to everyone else.

use std::{sync::Arc, time::Duration};

use bapsang::{
    chat::{Place, Platform},
    store::AdminState,
};
use insta::assert_snapshot;

use super::{BotApi, Guest, Pace, RAISED, Shop, Talk, mina, options, world::Fault};
use crate::support::{evening, sqlite};

const NEWS: &str = "새 요리가 생겼어요";

/// Whoever runs the bot.
fn boss() -> Guest {
    Guest::new(77, "운영자", Some("ko"))
}

async fn open() -> Shop {
    let api = BotApi::start(Pace::generous()).await;
    api.private(&boss());
    let mut how = options(&api, RAISED);
    how.admins = vec![77];
    Shop::open_with(api, Arc::new(sqlite().await), how)
}

/// Writes a line of `/admin`, and says yes to what is asked.
async fn does(talk: &Talk<'_>, line: &str, asks: &str, said: &str) {
    talk.says(&format!("/admin {line}"), asks).await;
    talk.presses("네, 할게요", said).await;
}

/// Until it is noted that mina was told of every order.
async fn all_is_told(shop: &Shop) {
    let place = Place { platform: Platform::Telegram, conversation: mina().id.to_string() };
    let person = shop.person().await;
    while !shop.db.store.open_orders(person, &place).await.expect("orders").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How far a message to everyone is is shown whenever there is time for it; what is reviewed is what a press led to.
pub(crate) fn led_to_by_presses(transcript: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    for line in transcript.lines() {
        match said.last_mut() {
            Some(last) if line.is_empty() || line.starts_with(' ') => {
                last.push('\n');
                last.push_str(line);
            }
            _ => said.push(line.to_owned()),
        }
    }
    let mut kept: Vec<String> = Vec::new();
    for one in said {
        let was_pressed = kept.last().is_some_and(|last| last.contains(" presses ["));
        if was_pressed || !one.contains("소식을 보내는 중") {
            kept.push(one);
        }
    }
    kept.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_have_the_counter_in_their_menu() {
    let mut shop = open().await;
    let of_commands = |key: &String| key.starts_with("commands ");
    let all_set = |api: &BotApi| api.world().set.keys().filter(|key| of_commands(key)).count() == 9;
    shop.api.until("three menus in three languages", all_set).await;
    {
        let world = shop.api.world();
        for (scope, commands) in world.set.iter().filter(|(key, _)| of_commands(key)) {
            let has = commands.as_array().expect("commands").iter().any(|one| one["command"] == "admin");
            assert_eq!(has, scope.contains("\"chat_id\":77"), "{scope}");
        }
    }
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_the_counter() {
    let mut shop = open().await;
    let (mina, boss) = (Talk::with(&shop.api, &mina()), Talk::with(&shop.api, &boss()));
    let dish = mina.orders().await;
    all_is_told(&shop).await;
    boss.says("/admin", "운영 창구").await;
    let stats = boss.says("/admin stats", "7일 동안 활동").await;
    assert!(stats.photo.is_some(), "a chart");
    boss.says("/admin person telegram:7", "식권 장부").await;
    boss.says("/admin grant telegram:7", "값이 빠졌거나").await;
    does(&boss, "grant telegram:7 3", "식권 3장을 추가로 줘요", "식권 3장을 줬어요").await;
    mina.says("/tickets", "따로 받은 식권이 3장").await;
    boss.says("/admin refund 1", "쓸 때까지 없어지지").await;
    boss.presses("아니요", "바뀐 것은 없어요").await;
    does(&boss, "ban telegram:7 도배를 했어요", "이용을 막아요", "이용을 막았어요").await;
    mina.says("/tickets", "도배를 했어요").await;
    shop.api.presses(mina.chat, &mina.guest, dish.id, "즐겨찾기에 담기");
    shop.api.until("the reason", |api| api.notices().iter().any(|said| said.text.contains("도배를 했어요"))).await;
    does(&boss, "unban telegram:7", "이용을 다시 열어요", "이용을 다시 열었어요").await;
    mina.says("/tickets", "따로 받은 식권이 3장").await;
    does(&boss, "maintenance on 잠시 뒤에 만나요", "점검으로 닫아요", "닫았어요").await;
    mina.says("/recommend 국물", "잠시 뒤에 만나요").await;
    boss.says("/admin maintenance off", "다시 열었어요").await;
    mina.says("/tickets", "따로 받은 식권이 3장").await;
    boss.says("/admin sources", "요리와 사진이 오는 곳").await;
    tells_everyone(&shop, &boss).await;
    mina.hears(NEWS).await;
    mina.is_told("소식 그만 받기", "이제 소식을 받지 않아요").await;
    shop.api.until("another button", |api| api.last(mina.chat).labels() == ["소식 받기"]).await;
    boss.says("/admin audit", "관리자가 한 일 (1/2쪽)").await;
    boss.presses("2쪽", "관리자가 한 일 (2/2쪽)").await;
    shop.is_sound().await;
    assert_snapshot!(led_to_by_presses(&shop.api.transcript(boss.chat)));
    assert_snapshot!("what_mina_hears_of_it", shop.api.transcript(mina.chat));
    shop.close().await;
}

/// A message to everyone that is stopped halfway, and gone on with.
async fn tells_everyone(shop: &Shop, boss: &Talk<'_>) {
    let (api, chat) = (&shop.api, boss.chat);
    let asked = boss.says(&format!("/admin broadcast {NEWS}"), "(2명)").await.id;
    let says = |text: &'static str| move |api: &BotApi| api.message(chat, asked).text.contains(text);
    // Telegram asks to wait with the first of them, and meanwhile it is stopped.
    api.fault("sendMessage", Fault::TooMany(3));
    api.presses(chat, &boss.guest, asked, "네, 할게요");
    api.until("it begins", says("소식을 보내는 중")).await;
    api.presses(chat, &boss.guest, asked, "멈추기");
    api.until("it is stopped", says("소식을 멈췄어요: 2명 가운데 0명")).await;
    api.presses(chat, &boss.guest, asked, "이어 보내기");
    api.until("the report", says("소식을 다 보냈어요: 2명 가운데 2명")).await;
    assert!(api.message(chat, asked).edits >= 4, "one message shows how far it is, from the question on");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_the_counter_leads_into_private() {
    let mut shop = open().await;
    let group = shop.api.group("supergroup", "모임");
    let (chief, mina) = (Talk::in_chat(&shop.api, &boss(), group), Talk::in_chat(&shop.api, &mina(), group));
    let led = chief.says("/admin@bapsang_test_bot stats", "1:1 대화").await;
    assert_eq!(led.keyboard[0][0]["url"], "https://t.me/bapsang_test_bot?start=admin");
    mina.says("/admin@bapsang_test_bot stats", "/admin 명령은 없어요").await;
    // Without the bot's name it may well be another bot's.
    let before = shop.api.messages(group).len();
    shop.api.says(group, &boss(), "/admin stats");
    shop.api.until("it is heard", |api| api.pending() == 0).await;
    assert_eq!(shop.api.messages(group).len(), before + 1);
    Talk::with(&shop.api, &boss()).says("/start admin", "운영 창구").await;
    let (entries, _) = shop.db.store.admin_log(1, 10).await.expect("a log");
    assert_eq!(entries, []);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_button_of_an_admin_does_nothing_for_others() {
    let mut shop = open().await;
    let api = shop.api.clone();
    let (mina, boss) = (Talk::with(&api, &mina()), Talk::with(&api, &boss()));
    let hers = mina.says("/tickets", "모두 남아").await;
    let asked = boss.says("/admin grant telegram:7 3", "식권 3장을 추가로 줘요").await;
    let reads = async |user: i64, text: &'static str| {
        let heard = |api: &BotApi| api.notices().iter().any(|said| said.user == user && said.text.contains(text));
        api.until(text, heard).await;
    };
    api.presses(boss.chat, &mina.guest, asked.id, "네, 할게요");
    reads(mina.guest.id, "다른 분이 쓰는 버튼").await;
    // The same button, as if it were hers.
    let data = asked.keyboard[0][0]["callback_data"].as_str().expect("a button");
    let (_, token) = data.split_once('~').expect("an owner");
    api.presses_data(mina.chat, &mina.guest, hers.id, &format!("7~{token}"), "네, 할게요");
    reads(mina.guest.id, "지난 메뉴").await;
    // Whoever was an admin when it was asked is none any more.
    shop.options.admins.clear();
    let mut shop = shop.reopened().await;
    api.presses(boss.chat, &boss.guest, asked.id, "네, 할게요");
    reads(boss.guest.id, "지난 메뉴").await;
    boss.says("/admin stats", "/admin 명령은 없어요").await;
    mina.says("/tickets", "모두 남아").await;
    let (entries, _) = shop.db.store.admin_log(1, 10).await.expect("a log");
    assert_eq!(entries.iter().map(|entry| entry.state).collect::<Vec<_>>(), [AdminState::Asked]);
    assert_eq!(shop.db.left(shop.person().await, evening()).await, 5);
    shop.is_sound().await;
    shop.close().await;
}
