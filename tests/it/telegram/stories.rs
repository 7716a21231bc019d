//! Evenings in a private chat, a group and a topic, as reviewed snapshots.

use insta::assert_snapshot;

use super::{Guest, Shop, Talk, mina, says, tom};
use crate::support::Mood;

/// Codes of shared dishes differ each time.
fn reviewed(transcript: &str) -> String {
    let mut shown = String::new();
    let mut rest = transcript;
    while let Some(at) = rest.find("d_") {
        let code: usize = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        shown.push_str(&rest[..at + 2]);
        shown.push_str(if code == 32 { "CODE" } else { &rest[at + 2..at + 2 + code] });
        rest = &rest[at + 2 + code..];
    }
    shown + rest
}

#[tokio::test(flavor = "multi_thread")]
async fn six_steps_an_order_and_its_dish() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    talk.presses("초급", "어떤 테마").await;
    talk.presses("간단요리", "어느 나라 음식").await;
    talk.presses("한식", "메인 재료는").await;
    talk.presses("뒤로", "어느 나라 음식").await;
    talk.presses("상관없음", "메인 재료는").await;
    talk.presses("건너뛰기", "어떤 방법").await;
    talk.presses("끓이기", "더 바라는 점").await;
    talk.says("매운 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "만드는 법").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.chat));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_dish() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    talk.is_told("즐겨찾기에 담기", "즐겨찾기에 담았어요").await;
    talk.presses("2인분", "재료 (2인분)").await;
    talk.presses("공유하기", "공유했어요").await;
    talk.presses("공유 그만두기", "공유를 그만두었어요").await;
    talk.says("/history", "지금까지 받은 요리").await;
    talk.presses("검색", "무엇을 찾을까요").await;
    talk.says("없는것", "찾지 못했어요").await;
    talk.says("/favourites", "즐겨찾기 1가지").await;
    talk.says("/tickets", "4장 남았어요").await;
    talk.says("/profile", "프로필").await;
    talk.presses("못 먹는 재료", "알레르기가 있거나").await;
    shop.is_sound().await;
    assert_snapshot!(reviewed(&shop.api.transcript(talk.chat)));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_evening() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &tom());
    talk.says("/start", "How much of a challenge").await;
    talk.presses("Surprise me", "Shall I order this?").await;
    talk.presses("Get my dish", "Method").await;
    talk.says("/help", "Words such as").await;
    talk.says("/privacy", "Telegram").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.chat));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_and_its_topic() {
    let mut shop = Shop::open().await;
    let forum = shop.api.group("forum", "야식 모임");
    let thread = shop.api.topic(forum);
    let (mina, jun) = (mina(), Guest::new(9, "준", Some("ko")));
    let talk = Talk::in_chat(&shop.api, &mina, forum);
    let in_topic = super::Message {
        text: "/recommend@bapsang_test_bot 국물".to_owned(),
        thread: Some(thread),
        ..super::Message::default()
    };
    shop.api.writes(forum, &mina, in_topic);
    let menu = talk.hears("이대로 주문할까요?").await;
    assert_eq!(menu.thread, Some(thread));
    shop.api.presses(forum, &jun, menu.id, "추천 받기");
    shop.api.until("a notice", |api| api.notices().iter().any(|notice| notice.user == jun.id)).await;
    let dish = talk.presses("추천 받기", "만드는 법").await;
    assert_eq!(dish.thread, Some(thread));
    shop.api.presses(forum, &mina, dish.id, "내 기록");
    shop.api.until("a way to the private chat", |api| api.notices().len() == 2).await;
    shop.api.says(forum, &mina, "오늘 뭐 먹지?");
    shop.api.says(forum, &jun, "/tickets@bapsang_test_bot");
    shop.api.until("the private chat is named", |api| says(api, forum, "1:1 대화")).await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(forum));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_fails_and_one_that_is_stopped() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    shop.kitchen.turn(Mood::Fails);
    talk.says("/recommend 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "찾지 못했어요").await;
    shop.kitchen.turn(Mood::Hangs);
    talk.presses("다시하기", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "주문을 받았어요").await;
    talk.presses("주문 멈추기", "주문을 멈췄어요").await;
    talk.says("/tickets", "모두 남아").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.chat));
    shop.close().await;
}
