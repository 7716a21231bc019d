//! What goes wrong: slow databases, late and lost answers, things that come twice, old menus.

use std::{sync::Arc, time::Duration};

use bapsang::{chat::DoorKey, platform::discord::Mode};
use chrono::TimeDelta;
use serde_json::json;

use super::{Guest, Shop, Talk, api::DiscordApi, mina, options, tom, world::Fault};
use crate::support::{Locked, Mood, postgres};

const CALLBACK: &str = "POST /interactions/{interaction_id}/{interaction_token}/callback";
const CHANGE: &str = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";
const FOLLOW_UP: &str = "POST /webhooks/{webhook_id}/{webhook_token}";
const CHANNEL: &str = "POST /channels/{channel_id}/messages";

/// The kinds of acknowledgements.
const MESSAGE: u64 = 4;
const THINKING: u64 = 5;
const SILENTLY: u64 = 6;

fn in_a_server(shop: &Shop) -> Talk {
    Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_acknowledged_while_the_database_does_not_answer() {
    let api = DiscordApi::start().await;
    let run = options(&api);
    let mut shop = Shop::open_with(api, Arc::new(postgres().await), run).await;
    let talk = in_a_server(&shop);
    let menu = talk.says("start", &[], "어느 정도 난이도").await;
    let locked = Locked::people(&shop.db).await;
    let pick = shop.api.picks(talk.channel, &talk.guest, menu.id, "초급");
    let command = shop.api.slash(talk.channel, &talk.guest, "tickets", &[]);
    shop.api.until("both are acknowledged", |api| api.unacknowledged() == 0).await;
    assert_eq!(shop.api.acknowledged(pick), Some(SILENTLY));
    assert_eq!(shop.api.acknowledged(command), Some(THINKING));
    locked.is_waited_for().await;
    // Suggestions are answered with nothing rather than not at all.
    let typed = shop.api.types(talk.channel, &talk.guest, "history", "keyword", "김");
    shop.api.until("something is suggested", |api| api.offered(typed).is_some()).await;
    assert_eq!(shop.api.offered(typed), Some(Vec::new()));
    drop(locked);
    shop.api
        .until("both are answered", |api| {
            api.message(menu.id).says("어떤 테마")
                && api.seen_by(talk.channel, &talk.guest).iter().any(|it| it.says("모두 남아"))
        })
        .await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_interaction_twice_has_one_effect() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    let menu = talk.hears("이대로 주문할까요?").await;
    let confirmed = shop.api.presses(talk.channel, &talk.guest, menu.id, "추천 받기");
    shop.api.again(confirmed);
    talk.hears("만드는 법").await;
    shop.api.again(confirmed);
    // Two presses of one button are one order as well.
    talk.says("tickets", &[], "4장 남았어요").await;
    assert_eq!(shop.api.seen_by(talk.channel, &talk.guest).iter().filter(|it| it.says("만드는 법")).count(), 1);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_menu_and_an_old_form_change_nothing_and_say_so() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    let menu = talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    shop.api.presses(talk.channel, &talk.guest, menu.id, "맞춤 추천");
    shop.api.until("a form opens", |api| api.opened(talk.channel, &talk.guest).is_some()).await;
    let form = shop.api.opened(talk.channel, &talk.guest).expect("a form");
    let old = shop.api.message(menu.id);
    talk.presses("뒤로", "더 바라는 점").await;
    shop.api.fills_in(talk.channel, &talk.guest, &form, Some(menu.id), "늦은 바람");
    talk.hears("지난").await;
    let (_, confirm, _) = *old.parts().iter().find(|(label, ..)| *label == "추천 받기").expect("a button");
    shop.api.presses_as(talk.channel, &talk.guest, menu.id, confirm, "추천 받기");
    shop.api
        .until("it says so again", |api| {
            api.seen_by(talk.channel, &talk.guest).iter().filter(|it| it.says("지난")).count() == 2
        })
        .await;
    // What nobody made up opens nothing, and is answered.
    let strange = shop.api.presses_as(talk.channel, &talk.guest, menu.id, "zz", "?");
    shop.api.until("it is answered", |api| api.acknowledged(strange).is_some()).await;
    assert_eq!(shop.api.acknowledged(strange), Some(MESSAGE));
    talk.says("tickets", &[], "모두 남아").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_answer_after_its_time_comes_as_a_direct_message_and_a_public_one_into_the_channel() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    shop.kitchen.turn(Mood::Hangs);
    for share in [false, true] {
        let wanted = [("wish", "국물".into()), ("share", share.into())];
        let menu = talk.says("recommend", &wanted, "이대로 주문할까요?").await;
        let confirmed = shop.api.presses(talk.channel, &talk.guest, menu.id, "추천 받기");
        talk.hears("주문을 받았어요").await;
        shop.api.expire(confirmed);
        shop.clock.advance(TimeDelta::minutes(15));
        let there = if share { talk.channel } else { shop.api.dm(&talk.guest) };
        shop.api.until("it is told", |api| api.messages(there).iter().any(|it| it.says("식권은 돌려드렸어요"))).await;
    }
    assert_eq!(shop.api.messages(shop.api.dm(&talk.guest)).len(), 1);
    assert_eq!(shop.api.calls(CHANNEL), 2);
    forgets_keys(&shop).await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_that_reaches_nobody_waits_and_is_spoken_of_at_the_next_command() {
    let shop = Shop::open().await;
    let talk = in_a_server(&shop);
    let menu = talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    shop.api.closes_dms(&talk.guest);
    shop.kitchen.turn(Mood::Hangs);
    let confirmed = shop.api.presses(talk.channel, &talk.guest, menu.id, "추천 받기");
    talk.hears("주문을 받았어요").await;
    shop.api.expire(confirmed);
    shop.kitchen.turn(Mood::Serves);
    // The next kitchen cooks it, and nothing opens its place any more.
    let mut shop = shop.reopened().await;
    let talk = Talk::new(&shop.api, &mina(), talk.channel);
    shop.api.until("it was tried", |api| api.calls(CHANNEL) > 0).await;
    while shop.db.store.missed(shop.person().await).await.expect("an answer").is_empty() {
        tokio::task::yield_now().await;
    }
    shop.api.slash(talk.channel, &talk.guest, "tickets", &[]);
    talk.hears("전해 드리지 못한 요리").await;
    talk.presses("1번", "만드는 법").await;
    talk.says("tickets", &[], "4장 남았어요").await;
    shop.is_sound().await;
    shop.close().await;
}

/// What opened answers is forgotten a moment after they are there.
async fn forgets_keys(shop: &Shop) {
    for _ in 0..600 {
        if keys(shop).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} tokens are kept", keys(shop).await);
}

/// How many tokens are kept.
async fn keys(shop: &Shop) -> i64 {
    let pool = sqlx::SqlitePool::connect(&shop.db.url).await.expect("the file");
    sqlx::query_scalar("SELECT count(*) FROM reply_keys").fetch_one(&pool).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_finishes_in_the_same_place_by_the_token_that_was_kept() {
    let shop = Shop::open().await;
    let talk = in_a_server(&shop);
    let menu = talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    shop.kitchen.turn(Mood::Hangs);
    talk.presses("추천 받기", "주문을 받았어요").await;
    let channel = talk.channel;
    assert_eq!(keys(&shop).await, 1);
    shop.kitchen.turn(Mood::Serves);
    let mut shop = shop.reopened().await;
    shop.api.until("the dish is there", |api| api.message(menu.id).says("만드는 법")).await;
    let talk = Talk::new(&shop.api, &mina(), channel);
    talk.says("tickets", &[], "4장 남았어요").await;
    assert_eq!(shop.api.calls(CHANNEL), 0);
    forgets_keys(&shop).await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_message_that_was_put_away_gives_way_to_a_new_one() {
    let shop = Shop::open().await;
    let talk = in_a_server(&shop);
    shop.kitchen.turn(Mood::Hangs);
    talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    let waiting = talk.presses("추천 받기", "주문을 받았어요").await;
    shop.api.puts_away(waiting.id);
    shop.kitchen.turn(Mood::Serves);
    let mut again = shop.reopened().await;
    let talk = Talk::new(&again.api, &mina(), talk.channel);
    let dish = talk.hears("만드는 법").await;
    assert_eq!((dish.seen_by, dish.photo().is_some()), (Some(talk.guest.id), true));
    again.is_sound().await;
    again.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_survive_refusals_too_many_calls_and_connections_that_fall() {
    let shop = Shop::open().await;
    let talk = in_a_server(&shop);
    for fault in [Fault::TooMany(250), Fault::DropBefore, Fault::DropAfter, Fault::BadGateway] {
        shop.api.fault(CALLBACK, fault);
        shop.api.fault(CHANGE, fault);
        talk.says("tickets", &[], "모두 남아").await;
    }
    talk.says("recommend", &[("wish", "국물".into())], "이대로 주문할까요?").await;
    for fault in [Fault::TooMany(1200), Fault::DropAfter, Fault::DropBefore] {
        shop.api.fault(CHANGE, fault);
    }
    talk.presses("추천 받기", "만드는 법").await;
    // A picture that is refused costs no words.
    talk.says("again", &[], "이대로 주문할까요?").await;
    let menu = talk.hears("이대로 주문할까요?").await;
    shop.kitchen.turn(Mood::Hangs);
    talk.presses("추천 받기", "주문을 받았어요").await;
    shop.api.fault(CHANGE, Fault::Strange);
    shop.kitchen.turn(Mood::Serves);
    let mut shop = shop.reopened().await;
    shop.api.until("the dish is there", |api| api.message(menu.id).says("만드는 법")).await;
    assert!(shop.api.message(menu.id).photo().is_none());
    let talk = Talk::new(&shop.api, &mina(), talk.channel);
    talk.says("tickets", &[], "3장 남았어요").await;
    assert_eq!(shop.api.thinking(), 0);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_whose_answer_was_lost_is_not_said_twice() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    talk.orders().await;
    let before = shop.api.seen_by(talk.channel, &talk.guest).len();
    shop.api.fault(FOLLOW_UP, Fault::DropAfter);
    talk.presses("내 기록", "지금까지 받은 요리").await;
    talk.says("tickets", &[], "4장 남았어요").await;
    assert_eq!(shop.api.seen_by(talk.channel, &talk.guest).len(), before + 2);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_dishes_are_suggested_by_initial_consonants_and_nobody_elses() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    let dish = talk.orders().await;
    let name = dish.embeds[0]["title"].as_str().expect("a name").to_owned();
    let initial: String = name.chars().take(2).collect();
    for (command, option, text) in
        [("history", "keyword", initial.as_str()), ("dish", "number", ""), ("dish", "number", &name)]
    {
        let typed = shop.api.types(talk.channel, &talk.guest, command, option, text);
        shop.api.until("something is suggested", |api| api.offered(typed).is_some()).await;
        let offered = shop.api.offered(typed).expect("suggestions");
        let expected = if command == "dish" { (format!("#1 {name}"), json!("1")) } else { (name.clone(), json!(name)) };
        assert_eq!(offered, [expected], "{command} {text}");
        let typed = shop.api.types(talk.channel, &tom(), command, option, text);
        shop.api.until("nothing is suggested", |api| api.offered(typed).is_some()).await;
        assert_eq!(shop.api.offered(typed), Some(Vec::new()));
    }
    talk.says("history", &[("keyword", name.as_str().into())], "1가지").await;
    talk.says("dish", &[("number", "1".into())], "만드는 법").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_falls_is_closed_and_begins_anew_and_nothing_is_lost() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    talk.says("start", &[], "어느 정도 난이도").await;
    // What comes while nobody is connected is brought once they resume.
    shop.api.closes(4000);
    talk.picks("초급", "어떤 테마").await;
    shop.api.until("it resumed", |api| api.resumes() == 1).await;
    shop.api.asks_to_reconnect();
    shop.api.until("it resumed", |api| api.resumes() == 2).await;
    talk.picks("간식", "어느 나라 음식").await;
    let before = shop.api.identifies();
    shop.api.invalidates();
    shop.api.until("it began anew", |api| api.identifies() > before).await;
    talk.picks("한식", "메인 재료는").await;
    assert_eq!(shop.api.refused(), Vec::<String>::new());
    shop.is_sound().await;
    shop.close().await;
}

/// serenity does not connect again where Discord closes for a shard that is not there, or for too few of them, until a
/// heartbeat cannot be sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_for_its_shards_begins_anew_with_the_next_heartbeat() {
    let api = DiscordApi::start().await;
    api.beats_every(300);
    let run = options(&api);
    let mut shop = Shop::open_with(api, Arc::new(crate::support::sqlite().await), run).await;
    for code in [4010, 4011] {
        let before = shop.api.identifies();
        shop.api.closes(code);
        shop.api.until("it began anew", |api| api.identifies() > before).await;
    }
    in_a_server(&shop).says("tickets", &[], "모두 남아").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_without_a_word_is_noticed_by_its_heartbeat() {
    let api = DiscordApi::start().await;
    api.beats_every(300);
    let run = options(&api);
    let mut shop = Shop::open_with(api, Arc::new(crate::support::sqlite().await), run).await;
    let talk = in_a_server(&shop);
    talk.says("start", &[], "어느 정도 난이도").await;
    shop.api.until("it beats", |api| api.heartbeats() > 1).await;
    let before = (shop.api.resumes(), shop.api.identifies());
    shop.api.drop_connection();
    shop.api.until("it is there again", |api| (api.resumes(), api.identifies()) > before).await;
    talk.picks("초급", "어떤 테마").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_are_told_once_and_only_where_they_differ() {
    const ALL: &str = "PUT /applications/{application_id}/commands";
    const ONE: &str = "PUT /applications/{application_id}/guilds/{guild_id}/commands";
    let shop = Shop::open().await;
    assert_eq!(shop.api.calls(ALL), 1);
    let mut shop = shop.reopened().await;
    assert_eq!(shop.api.calls(ALL), 1);
    shop.close().await;
    let run = bapsang::platform::discord::Options { test_guild: Some(99), ..options(&shop.api) };
    let mut shop = Shop::open_with(shop.api.clone(), Arc::clone(&shop.db), run).await;
    assert_eq!((shop.api.calls(ALL), shop.api.calls(ONE)), (1, 1));
    assert_eq!(shop.api.refused(), Vec::<String>::new());
    shop.close().await;
}

/// An evening at the endpoint, and what it refuses.
async fn at_the_endpoint(db: crate::support::Db) {
    let api = DiscordApi::start().await;
    let run = bapsang::platform::discord::Options { mode: Mode::Endpoint, ..options(&api) };
    let mut shop = Shop::open_with(api, Arc::new(db), run).await;
    let talk = in_a_server(&shop);
    talk.says("start", &[], "어느 정도 난이도").await;
    talk.picks("초급", "어떤 테마").await;
    talk.presses("알아서 골라 줘", "이대로 주문할까요?").await;
    talk.writes("맞춤 추천", "매운 국물", "매운 국물").await;
    talk.presses("추천 받기", "만드는 법").await;
    assert_eq!(shop.api.calls(CALLBACK), 0, "the answer to the request is the acknowledgement");
    let url = shop.api.endpoint().expect("an address");
    let ping = json!({"id": "1", "application_id": "4242", "type": 1, "token": "t", "version": 1}).to_string();
    let said = shop.api.post_signed(&url, &ping, true).await.expect("an answer");
    assert_eq!(said, (200, "{\"type\":1}".to_owned()));
    // So does one that was signed long ago; a clock that is a little off does no harm.
    shop.clock.advance(TimeDelta::minutes(16));
    assert_eq!(shop.api.post_signed(&url, &ping, true).await.map(|(status, _)| status), Some(401));
    shop.clock.advance(TimeDelta::minutes(-14));
    // The same body with a wrong signature, none at all, and one that does not read.
    assert_eq!(shop.api.post_signed(&url, &ping, false).await.map(|(status, _)| status), Some(401));
    assert_eq!(super::api::post(&url, "", &ping).await.map(|(status, _)| status), Some(401));
    let headers = "X-Signature-Ed25519: zz\r\nX-Signature-Timestamp: 1\r\n";
    assert_eq!(super::api::post(&url, headers, &ping).await.map(|(status, _)| status), Some(401));
    assert_eq!(shop.api.post_signed(&url, "{}", true).await.map(|(status, _)| status), Some(400));
    let long = json!({"type": 1, "x": "x".repeat(256 * 1024)}).to_string();
    assert_eq!(shop.api.post_signed(&url, &long, true).await.map(|(status, _)| status), Some(413));
    // What was pressed comes again, signed well and badly.
    let summary = talk.says("again", &[], "이대로 주문할까요?").await;
    let confirmed = shop.api.presses(talk.channel, &talk.guest, summary.id, "추천 받기");
    talk.hears("만드는 법").await;
    let body = shop.api.body(confirmed);
    assert_eq!(shop.api.post_signed(&url, &body, false).await.map(|(status, _)| status), Some(401));
    assert_eq!(shop.api.post_signed(&url, &body, true).await.map(|(status, _)| status), Some(200));
    talk.says("tickets", &[], "3장 남았어요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_endpoint_every_body_is_signed_and_an_evening_goes_as_over_the_gateway_on_sqlite() {
    at_the_endpoint(crate::support::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_endpoint_every_body_is_signed_and_an_evening_goes_as_over_the_gateway_on_postgres() {
    at_the_endpoint(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_behind_one_address_share_an_evening_on_postgres() {
    let api = DiscordApi::start().await;
    let db = Arc::new(postgres().await);
    let run = bapsang::platform::discord::Options { mode: Mode::Endpoint, ..options(&api) };
    let mut one = Shop::open_with(api.clone(), Arc::clone(&db), run.clone()).await;
    let first = api.endpoint().expect("an address");
    let mut other = Shop::open_with(api.clone(), Arc::clone(&db), run).await;
    let second = api.endpoint().expect("an address");
    let talk = Talk::new(&api, &mina(), api.guild_channel("야식 모임"));
    talk.says("start", &[], "어느 정도 난이도").await;
    api.deliver_to(&first);
    talk.picks("초급", "어떤 테마").await;
    api.deliver_to(&second);
    talk.presses("알아서 골라 줘", "이대로 주문할까요?").await;
    api.deliver_to(&first);
    talk.presses("추천 받기", "만드는 법").await;
    // What is brought to both counts in one of them.
    let dish = talk.hears("만드는 법").await;
    let shared = api.presses(talk.channel, &talk.guest, dish.id, "공유하기");
    assert_eq!(api.post_signed(&second, &api.body(shared), true).await.map(|(status, _)| status), Some(200));
    talk.hears("이 채널에 올렸어요").await;
    api.deliver_to(&second);
    talk.says("tickets", &[], "4장 남았어요").await;
    let shown = api.messages(talk.channel).iter().filter(|it| it.seen_by.is_none()).count();
    assert_eq!(shown, 1, "it is shown to everyone once");
    one.is_sound().await;
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_good_no_more_is_thrown_away() {
    let mut shop = Shop::open().await;
    let (door, now) = (DoorKey("discord:1".to_owned()), crate::support::evening());
    let until = now + TimeDelta::minutes(15);
    shop.db.store.keep_reply_key(&door, "7", "hush", until, now).await.expect("kept");
    let found = shop.db.store.reply_key(&door, "7", now).await.expect("an answer");
    assert_eq!(found, Some(("hush".to_owned(), until)));
    assert_eq!(shop.db.store.reply_key(&door, "7", until).await.expect("an answer"), None);
    shop.db.store.keep_reply_key(&door, "8", "hush", until + TimeDelta::minutes(15), until).await.expect("kept");
    assert_eq!(keys(&shop).await, 1);
    shop.db.store.drop_reply_key(&door, "8").await.expect("dropped");
    assert_eq!(keys(&shop).await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_owners_own_business_is_said_to_nobody_else() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    talk.says("profile", &[], "프로필").await;
    talk.presses("못 먹는 재료", "알레르기가 있거나").await;
    talk.picks("소고기", "지금: 소고기").await;
    talk.says("recommend", &[("main", "beef".into()), ("share", true.into())], "이대로 주문할까요?").await;
    talk.says(
        "recommend",
        &[("wish", "두부".into()), ("main", "vegetables".into()), ("share", true.into())],
        "이대로 주문할까요?",
    )
    .await;
    talk.presses("추천 받기", "만드는 법").await;
    let others = Guest::new(9, "준", "ko");
    let seen: String = shop.api.seen_by(talk.channel, &others).iter().map(super::Message::text).collect();
    for own in ["소고기를", "소고기가", "식권이", "드시지 않는", "프로필"] {
        assert!(!seen.contains(own), "{own}: {seen}");
    }
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_in_private_is_not_taken_up_where_others_read() {
    let mut shop = Shop::open().await;
    let talk = in_a_server(&shop);
    talk.says("recommend", &[("wish", "비밀 소원".into())], "비밀 소원").await;
    let public = talk.says("recommend", &[("main", "beef".into()), ("share", true.into())], "소고기").await;
    assert!(public.seen_by.is_none() && !public.says("비밀 소원"));
    talk.presses("추천 받기", "만드는 법").await;
    // The last order is taken up again in private, and so is the choosing that is still open.
    shop.api.presses(talk.channel, &talk.guest, public.id, "다시하기");
    let again = talk.hears("비밀 소원").await;
    assert_eq!(again.seen_by, Some(talk.guest.id));
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_presses_at_once_are_all_acknowledged_in_time() {
    let mut shop = Shop::open().await;
    shop.api.quiet();
    let guests: Vec<Guest> = (100..300).map(|id| Guest::new(id, "손님", "ko")).collect();
    for guest in &guests {
        shop.api.slash(shop.api.dm(guest), guest, "start", &[]);
    }
    shop.api
        .until("all are answered", |api| {
            guests.iter().all(|guest| api.messages(api.dm(guest)).iter().any(|it| it.says("어느 정도 난이도")))
        })
        .await;
    let slowest = shop.api.acknowledgements().into_iter().max().expect("some");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    shop.is_sound().await;
    shop.close().await;
}
