//! When Telegram, or the way to it, does not do what it should.

use std::{sync::Arc, time::Duration};

use bapsang::chat::Platform;
use chrono::TimeDelta;

use super::{BotApi, Guest, OFFICIAL, Pace, Shop, Talk, api, mina, options, says, world::Fault};
use crate::support::{Db, Locked, Mood, evening, on_both_databases, postgres, sqlite};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_repeated_once_at_most() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    for _ in 0..2 {
        shop.api.fault("sendMessage", Fault::DropAfter);
    }
    talk.says("/tickets", "모두 남아").await;
    shop.api.until("it was repeated", |api| api.calls("sendMessage") == 2).await;
    talk.says("/language", "어떤 언어").await;
    shop.close().await;
    assert_eq!(shop.api.calls("sendMessage"), 3, "twice for the first, once for the second");
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_whose_answer_was_lost_is_there_once() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.api.fault("editMessageMedia", Fault::DropAfter);
    talk.orders().await;
    // The second try hears that the message says so already.
    shop.api.until("it was tried again", |api| api.calls("editMessageMedia") == 2).await;
    talk.says("/tickets", "4장 남았어요").await;
    let dishes = shop.api.messages(talk.chat).iter().filter(|message| message.photo.is_some()).count();
    assert_eq!(dishes, 1);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_is_sent_again() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    for method in ["sendMessage", "editMessageText", "editMessageMedia", "answerCallbackQuery"] {
        shop.api.fault(method, Fault::DropBefore);
    }
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "만드는 법").await;
    assert_eq!(shop.api.refused(), Vec::<String>::new());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_is_obeyed_when_it_asks_to_wait() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.api.fault("sendMessage", Fault::TooMany(2));
    talk.says("/tickets", "모두 남아").await;
    assert_eq!(shop.api.too_many(), (1, 0), "the wait was kept");
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_told_once_and_holds_up_nobody_else() {
    let shop = Shop::open().await;
    let (talk, other) = (Talk::with(&shop.api, &mina()), Talk::with(&shop.api, &super::tom()));
    let menu = talk.says("/start", "어느 정도 난이도").await;
    shop.api.fault("editMessageText", Fault::TooMany(13_938));
    shop.api.presses(talk.chat, &talk.guest, menu.id, "초급");
    shop.api.until("it is asked to wait", |api| api.too_many().0 == 1).await;
    let told = |api: &BotApi| api.notices().iter().any(|said| said.text.contains("233분쯤"));
    for _ in 0..200 {
        // What Telegram asked for is known a moment after it was asked.
        shop.api.presses(talk.chat, &talk.guest, menu.id, "고급");
        tokio::time::sleep(Duration::from_millis(20)).await;
        if told(&shop.api) {
            break;
        }
    }
    assert!(told(&shop.api));
    shop.api.presses(talk.chat, &talk.guest, menu.id, "고급");
    other.says("/tickets", "all 5").await;
    shop.api.until("every press is answered", |api| api.unanswered() == 0).await;
    assert_eq!(shop.api.notices().iter().filter(|said| said.text.contains("분쯤")).count(), 1);
    assert_eq!(shop.api.too_many(), (1, 0));
    assert_eq!(shop.api.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_telegram_no_longer_knows_is_uploaded_again() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    assert_eq!(shop.api.world().files.len(), 1);
    shop.knows_the_photo_of(1).await;
    talk.says("/dish 1", "만드는 법").await;
    assert_eq!(shop.api.world().files.len(), 1, "the second time it is known");
    shop.api.world().files.clear();
    talk.says("/dish 1", "만드는 법").await;
    shop.api.until("it was uploaded again", |api| api.world().files.len() == 1).await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_message_that_was_deleted_is_made_up_for() {
    let shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.kitchen.turn(Mood::Hangs);
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    let waiting = talk.presses("추천 받기", "주문을 받았어요").await;
    shop.api.world().chat(talk.chat).messages.remove(&waiting.id);
    let shop = {
        shop.kitchen.turn(Mood::Serves);
        // A process that stops hands the order back, and the next one cooks it.
        shop.reopened().await
    };
    let talk = Talk::with(&shop.api, &mina());
    let dish = talk.hears("만드는 법").await;
    assert!(dish.id > waiting.id && dish.photo.is_some());
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_under_another_number_has_its_effect_once() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    talk.says("초급", "어떤 테마").await;
    talk.presses("간단요리", "어느 나라 음식").await;
    for reopens in [false, true] {
        if reopens {
            // Another process does not remember what this one has seen; the dialogue does.
            shop = shop.reopened().await;
        }
        let before = shop.api.messages(talk_chat());
        let confirmed = shop.api.world().confirmed;
        shop.api.resends(3);
        shop.api.until("they are confirmed", |api| api.world().confirmed >= confirmed + 3).await;
        let talk = Talk::with(&shop.api, &mina());
        let after = shop.api.messages(talk.chat);
        let asked =
            |messages: &[super::Message]| messages.iter().filter(|said| said.text.contains("어느 나라 음식")).count();
        assert_eq!(asked(&after), asked(&before), "{}", shop.api.transcript(talk.chat));
    }
    let talk = Talk::with(&shop.api, &mina());
    shop.api.says(talk.chat, &talk.guest, "한식");
    talk.hears("메인 재료는").await;
    assert_eq!(shop.api.refused(), Vec::<String>::new());
    shop.close().await;
}

fn talk_chat() -> i64 {
    mina().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_comes_twice_takes_one_ticket() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    let menu = talk.says("/recommend 국물", "이대로 주문할까요?").await;
    for _ in 0..20 {
        shop.api.presses(talk.chat, &talk.guest, menu.id, "추천 받기");
    }
    talk.hears("만드는 법").await;
    shop.api.until("all are confirmed", |api| api.pending() == 0).await;
    shop.close().await;
    let mut shop = shop.reopened().await;
    shop.api.resends(20);
    shop.api.until("all are confirmed", |api| api.pending() == 0).await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/tickets", "4장 남았어요").await;
    shop.db.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_out_of_order_lose_nothing() {
    let mut shop = Shop::open().await;
    shop.api.world().reversed = true;
    let guests: Vec<Guest> = (100..130).map(|id| Guest::new(id, "손님", Some("ko"))).collect();
    let talks: Vec<Talk<'_>> = guests.iter().map(|guest| Talk::with(&shop.api, guest)).collect();
    for talk in &talks {
        shop.api.says(talk.chat, &talk.guest, "/tickets");
        shop.api.says(talk.chat, &talk.guest, "/language");
    }
    for talk in &talks {
        let all = |api: &BotApi| {
            let said = api.messages(talk.chat);
            ["모두 남아", "어떤 언어"].iter().all(|text| said.iter().any(|message| message.text.contains(text)))
        };
        shop.api.until("both are answered", all).await;
    }
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_nobody_understands_blocks_no_other() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.api.pushes_anything(serde_json::json!({"message": {"strange": true}}));
    shop.api.pushes_anything(serde_json::json!({"guest_message": {"of": "a newer API"}}));
    shop.api.pushes_anything(serde_json::json!({"callback_query": {"id": 7}}));
    talk.says("/tickets", "모두 남아").await;
    shop.api.until("all are confirmed", |api| api.pending() == 0).await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_waited_for() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/tickets", "모두 남아").await;
    shop.api.vanish();
    shop.api.says(talk.chat, &talk.guest, "/language");
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.api.come_back().await;
    talk.hears("어떤 언어").await;
    shop.is_sound().await;
    shop.close().await;
}

async fn an_update_is_confirmed_only_when_its_effect_is_committed(db: Db) {
    let api = BotApi::start(Pace::generous()).await;
    let how = options(&api, super::RAISED);
    let mut shop = Shop::open_with(api, Arc::new(db), how);
    let talk = Talk::with(&shop.api, &mina());
    shop.api.says(talk.chat, &talk.guest, "/recommend 국물");
    shop.api.until("it is confirmed", |api| api.pending() == 0).await;
    let person = shop.person().await;
    let dialogue = shop.db.store.dialogue(person, &place()).await.expect("an answer");
    assert!(dialogue.is_some_and(|saved| saved.state.contains("국물")));
    shop.close().await;
}

on_both_databases!(an_update_is_confirmed_only_when_its_effect_is_committed);

#[tokio::test(flavor = "multi_thread")]
async fn who_blocks_the_bot_while_it_cooks_gets_the_ticket_back_and_no_message() {
    for told in [true, false] {
        let mut shop = Shop::open().await;
        let talk = Talk::with(&shop.api, &mina());
        shop.kitchen.turn(Mood::Hangs);
        talk.says("/recommend 국물", "이대로 주문할까요?").await;
        talk.presses("추천 받기", "주문을 받았어요").await;
        shop.api.shuts(talk.chat, &talk.guest, "bot was blocked by the user", told);
        let person = shop.person().await;
        if !told {
            // Nobody says so; the next change of the waiting message hears it.
            shop.kitchen.turn(Mood::Serves);
            shop = shop.reopened().await;
        }
        shop.api.until_within(Duration::from_secs(30), "all is quiet", &mut |api| api.pending() == 0).await;
        for _ in 0..200 {
            let open = shop.db.store.open_orders(person, &place()).await.expect("orders");
            if open.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(shop.db.store.open_orders(person, &place()).await.expect("orders").is_empty());
        if told {
            assert_eq!(shop.db.left(person, evening()).await, 5);
        }
        assert_eq!(shop.db.left(person, evening() + TimeDelta::days(1)).await, 5);
        shop.db.is_sound().await;
        shop.close().await;
    }
}

fn place() -> bapsang::chat::Place {
    bapsang::chat::Place { platform: Platform::Telegram, conversation: "7".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_menu_and_a_made_up_button_get_a_notice() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    let menu = talk.says("/start", "어느 정도 난이도").await;
    talk.presses("초급", "어떤 테마").await;
    let old = menu.keyboard[0][0]["callback_data"].as_str().expect("data").to_owned();
    for data in [old.as_str(), "", "x", "7~", "7~0.nonsense", "zz~0.begin", &"x".repeat(64)] {
        let notices = shop.api.notices().len();
        shop.api.presses_data(talk.chat, &talk.guest, menu.id, data, "something old");
        shop.api.until("a notice", |api| api.notices().len() > notices).await;
    }
    assert!(says(&shop.api, talk.chat, "어떤 테마"), "the open question stays");
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_answered_at_once_also_when_messages_have_to_wait() {
    let api = BotApi::start(Pace::official()).await;
    let how = options(&api, OFFICIAL);
    let mut shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    let talk = Talk::with(&shop.api, &mina());
    let menu = talk.says("/start", "어느 정도 난이도").await;
    for _ in 0..8 {
        shop.api.presses(talk.chat, &talk.guest, menu.id, "취소");
    }
    shop.api.until_within(Duration::from_secs(3), "all are answered", &mut |api| api.unanswered() == 0).await;
    assert_eq!(shop.api.answer_times().len(), 8);
    assert_eq!(shop.api.too_many(), (0, 0));
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_who_writes_a_lot_holds_up_nobody_else() {
    let api = BotApi::start(Pace::official()).await;
    let how = options(&api, OFFICIAL);
    let group = api.group("supergroup", "모임");
    let shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    let (loud, quiet) = (Talk::in_chat(&shop.api, &mina(), group), Talk::with(&shop.api, &super::tom()));
    for _ in 0..90 {
        shop.api.says(group, &loud.guest, "/language");
    }
    shop.api.says(quiet.chat, &quiet.guest, "/tickets");
    let answered = &mut |api: &BotApi| says(api, quiet.chat, "all 5");
    shop.api.until_within(Duration::from_secs(8), "the other one is answered", answered).await;
    shop.api.until_within(Duration::from_secs(8), "all is confirmed", &mut |api| api.pending() == 0).await;
    assert_eq!(shop.api.too_many(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn something_that_is_no_text_gets_a_sentence() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("", "글만 읽을").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_unknown_outcome_is_made_again_until_it_is_known() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    for _ in 0..2 {
        shop.api.fault("editMessageMedia", Fault::DropBefore);
    }
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    let menu = shop.api.last(talk.chat);
    shop.api.presses(talk.chat, &talk.guest, menu.id, "추천 받기");
    shop.api.until("both were tried", |api| api.calls("editMessageMedia") == 2).await;
    for _ in 0..500 {
        if shop.api.message(talk.chat, menu.id).photo.is_some() {
            break;
        }
        // The pause before the next try is the kitchen's.
        shop.clock.advance(TimeDelta::seconds(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let dishes = shop.api.messages(talk.chat).iter().filter(|message| message.photo.is_some()).count();
    assert_eq!(dishes, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_comes_too_late_becomes_a_message_once() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    let menu = talk.says("/start", "어느 정도 난이도").await;
    talk.presses("초급", "어떤 테마").await;
    shop.api.world().callback_patience = Duration::ZERO;
    let old = menu.keyboard[0][0]["callback_data"].as_str().expect("data").to_owned();
    for _ in 0..5 {
        shop.api.presses_data(talk.chat, &talk.guest, menu.id, &old, "초급");
    }
    talk.hears("지난 메뉴예요").await;
    shop.api.until("all are confirmed", |api| api.pending() == 0).await;
    shop.close().await;
    let said = shop.api.messages(mina().id);
    assert_eq!(said.iter().filter(|message| message.text.contains("지난 메뉴예요")).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_dish_that_telegram_does_not_take_it_is_said_where_it_is() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.api.fault("editMessageMedia", Fault::Strange);
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "/dish 1 로 다시 열어 보세요").await;
    talk.says("/dish 1", "만드는 법").await;
    shop.api.fault("sendMessage", Fault::Strange);
    talk.says("/tickets", "텔레그램에서 받아 주지 않았어요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_without_its_picture_keeps_its_introduction_when_it_is_scaled() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    let dish = shop.db.store.dish(shop.person().await, 1).await.expect("an answer").expect("a dish");
    // Without a folder for pictures there is none.
    std::fs::remove_dir_all(shop.media()).expect("the folder");
    std::fs::write(shop.media(), "").expect("a file in its place");
    let shown = talk.says("/dish 1", "만드는 법").await;
    assert!(shown.photo.is_none() && shown.text.contains(&dish.dish.introduction));
    let scaled = talk.presses("2인분", "재료 (2인분)").await;
    assert!(scaled.id == shown.id && scaled.text.contains(&dish.dish.introduction), "{}", scaled.text);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_ends_what_was_waited_for() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.kitchen.turn(Mood::Hangs);
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    let waiting = talk.presses("추천 받기", "주문을 받았어요").await;
    talk.says("/forget", "모두 지울까요").await;
    talk.presses("모두 지우기", "모두 지웠어요").await;
    let waiting = shop.api.message(talk.chat, waiting.id);
    assert!(waiting.text.contains("주문을 멈췄어요") && waiting.keyboard.is_empty(), "{}", waiting.text);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_are_in_hand_for_too_long_at_the_end_come_again() {
    let api = BotApi::start(Pace::generous()).await;
    let how = options(&api, super::RAISED);
    let mut shop = Shop::open_with(api, Arc::new(postgres().await), how);
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/tickets", "모두 남아").await;
    shop.api.until("it is confirmed", |api| api.pending() == 0).await;
    let locked = Locked::people(&shop.db).await;
    shop.api.says(talk.chat, &talk.guest, "/language");
    locked.is_waited_for().await;
    tokio::time::timeout(Duration::from_secs(60), shop.close()).await.expect("the door closes");
    assert_eq!(shop.api.pending(), 1, "what was not handled is not confirmed");
    drop(locked);
    let mut shop = shop.reopened().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.hears("어떤 언어").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test]
async fn a_post_by_hand_reads_the_status() {
    let api = BotApi::start(Pace::generous()).await;
    assert_eq!(api::post(&format!("{}/botwrong/GetMe", api.url()), "", "{}").await, Some(401));
    assert_eq!(api::post(&format!("{}/bot{}/Nonsense", api.url(), super::TOKEN), "", "{}").await, Some(404));
    assert_eq!(api::post(&format!("{}/bot{}/GetMe", api.url(), super::TOKEN), "", "{}").await, Some(200));
}
