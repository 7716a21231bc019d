//! Photos of dishes on Discord: at once, or late in the place of the card; and dishes that are longer than a message.

use std::{sync::Arc, time::Duration};

use bapsang::clock::Clock;
use serde_json::json;

use super::{Shop, Talk, mina};
use crate::{photo::late_photo, support::Mood};

const CREDIT: &str = "사진: <b>미나</b> & co / one (CC BY-SA 4.0)";

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_comes_late_takes_the_place_of_the_card_in_the_same_message() {
    let mut shop = Shop::open().await;
    let clock = Arc::clone(&shop.clock) as Arc<dyn Clock>;
    let (gallery, bell) = late_photo(&shop.photos, &shop.db.store, clock, Duration::ZERO).await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"));
    let before = talk.orders().await;
    assert!(before.photo().is_some() && !before.says("사진:"));
    bell.notify_one();
    shop.api.until("the photo is there", |api| api.message(before.id).says(CREDIT)).await;
    let after = shop.api.message(before.id);
    assert_ne!(after.photo(), before.photo());
    assert_eq!((after.files.len(), after.components == before.components), (1, true));
    // What is opened again has it at once, and two servings keep it without sending it again.
    let opened = talk.says("dish", &[("number", json!("1"))], "만드는 법").await;
    assert!(opened.says(CREDIT));
    let two = talk.presses("2인분", "재료 (2인분)").await;
    assert_eq!(two.photo(), opened.photo());
    assert_eq!(gallery.times("/picture"), 1);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_owner_has_changed_meanwhile_stays_as_it_is() {
    let mut shop = Shop::open().await;
    let clock = Arc::clone(&shop.clock) as Arc<dyn Clock>;
    let (_gallery, bell) = late_photo(&shop.photos, &shop.db.store, clock, Duration::ZERO).await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"));
    talk.orders().await;
    let two = talk.presses("2인분", "재료 (2인분)").await;
    bell.notify_one();
    while !shop.db.store.dish(shop.person().await, 1).await.expect("an answer").expect("a dish").has_photo {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(talk.says("dish", &[("number", json!("1"))], "만드는 법").await.says(CREDIT));
    assert_eq!(shop.api.message(two.id), two);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_that_is_longer_than_a_message_is_turned_over_by_buttons_and_no_step_is_cut() {
    let mut shop = Shop::open().await;
    shop.kitchen.turn(Mood::Long);
    let talk = Talk::new(&shop.api, &mina(), shop.api.guild_channel("야식 모임"));
    talk.says("recommend", &[("wish", json!("국물"))], "이대로 주문할까요?").await;
    let first = talk.presses("추천 받기", "재료 (1인분)").await;
    assert!(first.photo().is_some() && first.labels().contains(&"다음 쪽") && !first.labels().contains(&"이전 쪽"));
    let mut pages = vec![first.clone()];
    while pages.last().is_some_and(|page| page.labels().contains(&"다음 쪽")) {
        let before = shop.api.message(first.id);
        shop.api.presses(talk.channel, &talk.guest, first.id, "다음 쪽");
        shop.api.until("the next page", |api| api.message(first.id) != before).await;
        pages.push(shop.api.message(first.id));
    }
    assert!(pages.len() > 1);
    for step in 1..=30 {
        let whole = format!("〈{step}〉 {}", "가".repeat(300));
        assert_eq!(pages.iter().filter(|page| page.says(&whole)).count(), 1, "step {step}");
    }
    for _ in 1..pages.len() {
        let before = shop.api.message(first.id);
        shop.api.presses(talk.channel, &talk.guest, first.id, "이전 쪽");
        shop.api.until("the page before", |api| api.message(first.id) != before).await;
    }
    assert!(shop.api.message(first.id).says("재료 (1인분)") && shop.api.message(first.id).photo().is_some());
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_kept_comes_as_a_file_and_can_be_forgotten() {
    let mut shop = Shop::open().await;
    let talk = Talk::new(&shop.api, &mina(), shop.api.dm(&mina()));
    talk.orders().await;
    let exported = talk.says("export", &[], "").await;
    assert!(exported.files.iter().any(|file| file.name.starts_with("bapsang-") && file.name.contains(".json")));
    talk.says("forget", &[], "모두 지울까요?").await;
    talk.presses("모두", "지웠어요").await;
    talk.says("history", &[], "아직").await;
    shop.is_sound().await;
    shop.close().await;
}
