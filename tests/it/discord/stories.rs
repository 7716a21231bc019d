//! Evenings in a private conversation, a server and somebody else's server, as reviewed snapshots.

use insta::assert_snapshot;
use serde_json::json;

use super::{Guest, Shop, Talk, mina, tom};
use crate::support::Mood;

#[tokio::test(flavor = "multi_thread")]
async fn six_steps_an_order_and_its_dish() {
    let mut shop = Shop::open().await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.dm(&mina()));
    talk.says("start", &[], "어느 정도 난이도").await;
    talk.picks("초급", "어떤 테마").await;
    talk.picks("간단요리", "어느 나라 음식").await;
    talk.picks("한식", "메인 재료는").await;
    talk.presses("뒤로", "어느 나라 음식").await;
    talk.picks("상관없음", "메인 재료는").await;
    talk.presses("건너뛰기", "어떤 방법").await;
    talk.picks("끓이기", "더 바라는 점").await;
    talk.writes("직접 쓰기", "매운 국물", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "만드는 법").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.channel));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_dish() {
    let mut shop = Shop::open().await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"));
    let dish = talk.orders().await;
    talk.presses("즐겨찾기에 담기", "즐겨찾기에 담았어요").await;
    shop.api.presses(talk.channel, &talk.guest, dish.id, "2인분");
    shop.api.until("two servings", |api| api.message(dish.id).says("재료 (2인분)")).await;
    talk.says("history", &[], "지금까지 받은 요리").await;
    talk.writes("검색", "없는것", "찾지 못했어요").await;
    talk.says("favourites", &[], "즐겨찾기 1가지").await;
    talk.says("tickets", &[], "4장 남았어요").await;
    talk.says("profile", &[], "프로필").await;
    talk.writes("별명", "미나", "저장했어요").await;
    talk.presses("못 먹는 재료", "알레르기가 있거나").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.channel));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_evening_in_a_server_without_the_bot() {
    let mut shop = Shop::open().await;
    let talk = Talk::new(&shop.api, &tom(), shop.api.foreign_channel("Night shift"));
    talk.says("start", &[], "How much of a challenge").await;
    talk.presses("Surprise me", "Shall I order this?").await;
    talk.presses("Get my dish", "Method").await;
    talk.says("help", &[("topic", json!("Dishes and history"))], "/history").await;
    talk.says("privacy", &[], "Discord").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.channel));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_for_everyone_and_one_that_is_shown_to_them() {
    let mut shop = Shop::open().await;
    let channel = shop.api.guild_channel("야식 모임");
    let (talk, jun) = (Talk::new(&shop.api, &mina(), channel), Guest::new(9, "준", "ko"));
    let options = [("cuisine", json!("korean")), ("wish", json!("국물")), ("share", json!(true))];
    let menu = talk.says("recommend", &options, "이대로 주문할까요?").await;
    shop.api.presses(channel, &jun, menu.id, "추천 받기");
    let jun = Talk::new(&shop.api, &jun, channel);
    jun.hears("다른 분").await;
    shop.api.presses(channel, &talk.guest, menu.id, "추천 받기");
    shop.api.until("the dish", |api| api.message(menu.id).says("만드는 법")).await;
    // What is private is said to her alone.
    shop.api.presses(channel, &talk.guest, menu.id, "내 기록");
    talk.hears("지금까지 받은 요리").await;
    talk.says("dish", &[("number", json!("1"))], "만드는 법").await;
    talk.presses("공유하기", "이 채널에 올렸어요").await;
    let shared = jun.hears("만드는 법").await;
    shop.api.presses(channel, &jun.guest, shared.id, "담기");
    jun.hears("담았어요").await;
    talk.presses("공유 그만두기", "공유를 그만두었어요").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(channel));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_fails_and_one_that_is_stopped() {
    let mut shop = Shop::open().await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"));
    shop.kitchen.turn(Mood::Fails);
    talk.says("recommend", &[("wish", json!("국물"))], "이대로 주문할까요?").await;
    talk.presses("추천 받기", "찾지 못했어요").await;
    shop.kitchen.turn(Mood::Hangs);
    talk.presses("다시하기", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "주문을 받았어요").await;
    talk.presses("주문 멈추기", "주문을 멈췄어요").await;
    talk.says("again", &[], "이대로 주문할까요?").await;
    talk.presses("추천 받기", "주문을 받았어요").await;
    talk.says("cancel", &[], "주문을 멈췄어요").await;
    talk.says("tickets", &[], "모두 남아").await;
    shop.is_sound().await;
    assert_snapshot!(shop.api.transcript(talk.channel));
    shop.close().await;
}
