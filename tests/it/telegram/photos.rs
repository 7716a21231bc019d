//! Photos of dishes on Telegram: at once, or late in the place of the card.

use std::{sync::Arc, time::Duration};

use bapsang::clock::Clock;
use tokio::sync::Notify;

use super::{Shop, Talk, mina, world::Message};
use crate::photo::{Gallery, late_photo};

/// A shop that looks for photos at a source which has one picture, once the bell is rung; its dishes wait for so long.
async fn shop(budget: Duration) -> (Shop, Gallery, Arc<Notify>) {
    let shop = Shop::open().await;
    let clock = Arc::clone(&shop.clock) as Arc<dyn Clock>;
    let (gallery, bell) = late_photo(&shop.photos, &shop.db.store, clock, budget).await;
    (shop, gallery, bell)
}

/// The message of the dish that has its picture.
fn pictured(talk: &Talk<'_>) -> Message {
    let messages = talk.api.messages(talk.chat);
    let found = messages.into_iter().rev().find(|message| message.photo.is_some());
    found.unwrap_or_else(|| panic!("no picture:\n{}\n{:?}", talk.api.transcript(talk.chat), talk.api.refused()))
}

const CREDIT: &str = "사진: <b>미나</b> & co / one (CC BY-SA 4.0)";

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_there_in_time_comes_with_the_dish_and_says_where_it_is_from() {
    let (shop, _gallery, bell) = shop(Duration::from_secs(20)).await;
    bell.notify_one();
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    talk.hears("재료 (1인분)").await;
    assert!(pictured(&talk).text.contains(CREDIT), "{:?}", pictured(&talk));
    let dish = shop.db.store.dish(shop.person().await, 1).await.expect("an answer").expect("a dish");
    assert!(dish.has_photo);
    // So it does when it is opened again.
    talk.says("/dish 1", "만드는 법").await;
    assert!(pictured(&talk).text.contains(CREDIT));
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_comes_late_takes_the_place_of_the_card_in_the_same_message() {
    let (shop, _gallery, bell) = shop(Duration::ZERO).await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    let before = pictured(&talk);
    let keyboards: Vec<_> = talk.api.messages(talk.chat).into_iter().map(|message| message.keyboard).collect();
    assert!(!before.text.contains("사진:"));
    bell.notify_one();
    shop.api.until("the photo is there", |api| api.message(talk.chat, before.id).text.contains(CREDIT)).await;
    let after = shop.api.message(talk.chat, before.id);
    assert_ne!(after.photo, before.photo);
    let now: Vec<_> = talk.api.messages(talk.chat).into_iter().map(|message| message.keyboard).collect();
    assert_eq!(now, keyboards, "no message more, and every button is where it was");
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_owner_has_changed_meanwhile_stays_as_it_is() {
    let (shop, gallery, bell) = shop(Duration::ZERO).await;
    let talk = Talk::with(&shop.api, &mina());
    let dish = talk.orders().await;
    let label = dish.labels().into_iter().find(|label| label.contains('2')).expect("two servings").to_owned();
    let two = talk.presses(&label, "2인분").await;
    let card = pictured(&talk);
    bell.notify_one();
    let person = shop.person().await;
    while !shop.db.store.dish(person, 1).await.expect("an answer").expect("a dish").has_photo {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // What is said from now on has the photo; the message with two servings is left alone.
    talk.says("/dish 1", "만드는 법").await;
    assert!(pictured(&talk).text.contains(CREDIT));
    assert_eq!(shop.api.message(talk.chat, two.id), two);
    if card.id == two.id {
        assert_eq!(shop.api.message(talk.chat, card.id).photo, card.photo);
    }
    assert_eq!(gallery.times("/picture"), 1);
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_40_a_message_that_was_deleted_comes_back_by_no_photo() {
    let (shop, _gallery, bell) = shop(Duration::ZERO).await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    let card = pictured(&talk);
    shop.api.deletes(talk.chat, card.id);
    let before = (talk.api.messages(talk.chat).len(), shop.api.calls("editMessageMedia"), shop.api.calls("sendPhoto"));
    bell.notify_one();
    shop.api.until("it is tried", |api| api.calls("editMessageMedia") > before.1).await;
    talk.says("/tickets", "식권").await;
    assert_eq!(talk.api.messages(talk.chat).len(), before.0 + 2, "the command and its answer alone");
    assert_eq!(shop.api.calls("sendPhoto"), before.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_40_whoever_blocks_the_bot_meanwhile_is_left_in_peace() {
    let (shop, _gallery, bell) = shop(Duration::ZERO).await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    shop.api.shuts(talk.chat, &mina(), "bot was blocked by the user", false);
    let before = shop.api.calls("editMessageMedia");
    bell.notify_one();
    shop.api.until("it is tried", |api| api.calls("editMessageMedia") > before).await;
    let person = shop.person().await;
    while !shop.db.store.dish(person, 1).await.expect("an answer").expect("a dish").has_photo {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Once is enough.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.api.calls("editMessageMedia"), before + 1);
    shop.db.is_sound().await;
}
