//! Groups: who is meant, who may press, what is said in private, and what becomes of a group.

use std::sync::Arc;

use super::{BotApi, Guest, Pace, RAISED, Shop, Talk, mina, options, says};
use crate::support::{Mood, sqlite};

fn jun() -> Guest {
    Guest::new(9, "준", Some("ko"))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_commands_and_replies_to_the_bot_count() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    let talk = Talk::in_chat(&shop.api, &mina(), group);
    for text in ["안녕", "추천", "/nonsense", "/start@another_bot", "국물"] {
        shop.api.says(group, &talk.guest, text);
    }
    talk.says("/recommend", "어느 정도 난이도").await;
    let answered = shop.api.messages(group).iter().filter(|message| message.from == 0).count();
    assert_eq!(answered, 1, "{}", shop.api.transcript(group));
    let menu = shop.api.last(group);
    assert!(menu.reply_to.is_some(), "it is seen who is answered");
    shop.api.replies(group, &talk.guest, menu.id, "초급");
    talk.hears("어떤 테마").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_has_a_dialogue_of_their_own_and_presses_their_own_menus() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    let (mina, jun) = (Talk::in_chat(&shop.api, &mina(), group), Talk::in_chat(&shop.api, &jun(), group));
    let first = mina.says("/recommend 국물", "국물").await;
    let second = jun.says("/recommend 볶음", "볶음").await;
    shop.api.presses(group, &jun.guest, first.id, "추천 받기");
    shop.api.until("a notice", |api| api.notices().iter().any(|said| said.text.contains("다른 분이 쓰는 버튼"))).await;
    shop.api.presses(group, &mina.guest, first.id, "추천 받기");
    shop.api.presses(group, &jun.guest, second.id, "추천 받기");
    for id in [first.id, second.id] {
        shop.api.until("a dish", |api| api.message(group, id).photo.is_some()).await;
    }
    // What means the same in every menu is the owner's alone as well.
    shop.api.presses(group, &jun.guest, first.id, "즐겨찾기에 담기");
    shop.api.until("a second notice", |api| api.notices().len() == 2).await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_is_answered_with_a_way_to_the_private_chat() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    let talk = Talk::in_chat(&shop.api, &mina(), group);
    for word in ["history", "profile", "tickets", "export", "forget", "favourites"] {
        let before = shop.api.last(group).id;
        shop.api.says(group, &talk.guest, &format!("/{word}"));
        shop.api.until(word, |api| api.last(group).id > before).await;
        let said = shop.api.last(group);
        let link = said.keyboard[0][0]["url"].as_str().expect("a link").to_owned();
        assert_eq!(link, format!("https://t.me/bapsang_test_bot?start={word}"));
    }
    let private = Talk::with(&shop.api, &mina());
    private.says("/start export", "모두 담은 파일").await.document.expect("a file");
    private.says("/start forget", "모두 지울까요").await;
    private.presses("모두 지우기", "모두 지웠어요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_a_supergroup_takes_its_dialogues_and_orders_along() {
    let shop = Shop::open().await;
    let group = shop.api.group("group", "모임");
    let (mina, jun) = (Talk::in_chat(&shop.api, &mina(), group), Talk::in_chat(&shop.api, &jun(), group));
    jun.says("/recommend 볶음", "볶음").await;
    mina.says("/recommend 국물", "국물").await;
    shop.kitchen.turn(Mood::Hangs);
    mina.presses("추천 받기", "주문을 받았어요").await;
    let new = shop.api.migrates(group, &mina.guest);
    shop.api.until("it is heard", |api| api.pending() == 0).await;
    shop.kitchen.turn(Mood::Serves);
    let mut shop = shop.reopened().await;
    shop.api.until("the dish is in the new group", |api| says(api, new, "만드는 법")).await;
    let jun = Talk::in_chat(&shop.api, &super::groups::jun(), new);
    jun.says("/recommend", "고르던 데서 이어 갈게요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_from_a_group_orders_end_quietly_and_tickets_return() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    let talk = Talk::in_chat(&shop.api, &mina(), group);
    shop.kitchen.turn(Mood::Hangs);
    talk.says("/recommend 국물", "국물").await;
    talk.presses("추천 받기", "주문을 받았어요").await;
    let said = shop.api.messages(group).len();
    shop.api.shuts(group, &talk.guest, "bot was kicked from the supergroup chat", true);
    shop.api.until("it is heard", |api| api.pending() == 0).await;
    let private = Talk::with(&shop.api, &mina());
    private.says("/tickets", "모두 남아").await;
    assert_eq!(shop.api.messages(group).len(), said);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_not_served_is_told_so() {
    let api = BotApi::start(Pace::generous()).await;
    let (served, other) = (api.group("supergroup", "우리"), api.group("supergroup", "남"));
    let mut how = options(&api, RAISED);
    how.allowed_groups = vec![served];
    let mut shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    Talk::in_chat(&shop.api, &mina(), served).says("/recommend", "어느 정도 난이도").await;
    Talk::in_chat(&shop.api, &mina(), other).says("/recommend", "이 그룹에서는 쓸 수 없어요").await;
    shop.api.says(other, &mina(), "안녕");
    shop.api.until("it is heard", |api| api.pending() == 0).await;
    assert_eq!(shop.api.messages(other).iter().filter(|message| message.from == 0).count(), 1);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_deleted_does_not_keep_the_dish() {
    let mut shop = Shop::open().await;
    let forum = shop.api.group("forum", "모임");
    let thread = shop.api.topic(forum);
    shop.api.private(&mina());
    let text = super::Message { text: "/recommend 국물".into(), thread: Some(thread), ..super::Message::default() };
    shop.api.writes(forum, &mina(), text);
    shop.api.until("a menu", |api| says(api, forum, "이대로 주문할까요?")).await;
    let menu = shop.api.last(forum);
    {
        let mut world = shop.api.world();
        world.chat(forum).threads.clear();
        world.chat(forum).messages.remove(&menu.id);
    }
    shop.api.pushes(
        "callback_query",
        &serde_json::json!({"id": "made-up", "from": {"id": 7, "is_bot": false,
        "first_name": "미나", "language_code": "ko"}, "chat_instance": "1",
        "data": menu.keyboard[0][0]["callback_data"],
        "message": {"message_id": menu.id, "date": 1_795_000_000, "text": "x", "message_thread_id": thread,
            "is_topic_message": true, "from": {"id": 4242, "is_bot": true, "first_name": "밥상"},
            "chat": {"id": forum, "type": "supergroup", "title": "모임", "is_forum": true}}}),
    );
    shop.api.until("the dish is there", |api| says(api, forum, "만드는 법")).await;
    shop.db.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_cancelled_from_another_chat_is_answered_in_both() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    let (talk, private) = (Talk::in_chat(&shop.api, &mina(), group), Talk::with(&shop.api, &mina()));
    shop.kitchen.turn(Mood::Hangs);
    talk.says("/recommend 국물", "국물").await;
    talk.presses("추천 받기", "주문을 받았어요").await;
    private.says("/cancel", "주문을 멈췄어요").await;
    talk.hears("주문을 멈췄어요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_shuts_the_bot_out_without_a_word_is_tidied_up_at_the_next_message() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("group", "모임");
    let (mina, jun) = (Talk::in_chat(&shop.api, &mina(), group), Talk::in_chat(&shop.api, &jun(), group));
    mina.says("/recommend 국물", "국물").await;
    shop.kitchen.turn(Mood::Hangs);
    mina.presses("추천 받기", "주문을 받았어요").await;
    shop.api.shuts(group, &mina.guest, "bot was kicked from the group chat", false);
    shop.api.says(group, &jun.guest, "/recommend 볶음");
    let private = Talk::with(&shop.api, &super::mina());
    let person = shop.person().await;
    let place = bapsang::chat::Place { platform: bapsang::chat::Platform::Telegram, conversation: group.to_string() };
    for _ in 0..500 {
        if shop.db.store.open_orders(person, &place).await.expect("an answer").is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    private.says("/tickets", "모두 남아").await;
    shop.close().await;
    assert!(shop.db.store.dialogue(person, &place).await.expect("an answer").is_none());
    shop.db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_admin_hears_why_there_is_no_dish() {
    let mut shop = Shop::open().await;
    let group = shop.api.group("supergroup", "모임");
    for (id, text) in [(71, "안녕"), (72, "/recommend")] {
        let group_json = serde_json::json!({"id": group, "type": "supergroup", "title": "모임"});
        shop.api.pushes(
            "message",
            &serde_json::json!({"message_id": id, "date": 1_795_000_000, "text": text, "chat": group_json,
                "sender_chat": group_json, "from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group",
                "username": "GroupAnonymousBot"}}),
        );
    }
    shop.api.until("it is told", |api| says(api, group, "익명을 끄고")).await;
    assert_eq!(shop.api.messages(group).len(), 1);
    shop.is_sound().await;
    shop.close().await;
}
