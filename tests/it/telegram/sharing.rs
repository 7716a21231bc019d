//! Dishes shown to others: by link, and while someone types.

use bapsang::chat::{Platform, ShareCode};

use super::{Guest, Shop, Talk, api::Pressed, mina, tom};
use crate::support::{Db, evening, on_both_databases};

/// The link in the last message.
fn link(shop: &Shop, chat: i64) -> String {
    let text = shop.api.last(chat).text;
    let at = text.find("?start=").expect("a link");
    text[at + 7..].split_whitespace().next().expect("a word").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_link_sees_the_dish_and_keeps_a_copy_without_a_ticket() {
    let mut shop = Shop::open().await;
    let (mina, tom) = (Talk::with(&shop.api, &mina()), Talk::with(&shop.api, &tom()));
    mina.orders().await;
    mina.presses("공유하기", "공유했어요").await;
    let code = link(&shop, mina.chat);
    let last = shop.api.last(mina.chat);
    let sent = shop.api.presses(mina.chat, &mina.guest, last.id, "링크 보내기");
    assert!(matches!(sent, Pressed::Url(url) if url.starts_with("https://t.me/share/url?url=")));
    let seen = tom.says(&format!("/start {code}"), "Someone shared this dish").await;
    assert!(seen.photo.is_some() && !seen.labels().contains(&"Favourite"));
    tom.presses("Keep a copy", "Saved to your history as dish 1").await;
    shop.api.presses(tom.chat, &tom.guest, seen.id, "Keep a copy");
    tom.hears("You have this dish already").await;
    tom.says("/tickets", "all 5").await;
    tom.says("/dish 1", "Method").await.photo.expect("its picture");
    mina.presses("공유 그만두기", "공유를 그만두었어요").await;
    tom.says(&format!("/start {code}"), "no longer shared").await;
    tom.says("/dish 1", "Method").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_gave_out_opens_nothing() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says(&format!("/start {}", ShareCode(7).payload()), "공유가 끝났거나").await;
    talk.says("/start d_", "어느 정도 난이도").await;
    talk.says("/start history", "아직 받은 요리가 없어요").await;
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_dishes_are_offered_by_photo_while_one_types_and_to_nobody_else() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.orders().await;
    let name = shop.api.last(talk.chat).text.lines().next().expect("a name").to_owned();
    let first: String = name.chars().take(2).collect();
    let answer = async |guest: &Guest, typed: &str| {
        let query = shop.api.types(guest, typed, "");
        shop.api.until("an answer", |api| api.world().queries[&query].is_some()).await;
        shop.api.world().queries[&query].clone().expect("an answer")
    };
    shop.knows_the_photo_of(1).await;
    let mine = answer(&talk.guest, &first).await;
    assert_eq!((mine["is_personal"].as_bool(), mine["results"].as_array().map(Vec::len)), (Some(true), Some(1)));
    assert_eq!(mine["results"][0]["title"], name);
    assert!(mine["results"][0]["photo_file_id"].is_string());
    for (guest, typed) in [(&talk.guest, "없는요리"), (&tom(), ""), (&talk.guest, "가".repeat(256).as_str())] {
        let none = answer(guest, typed).await;
        assert_eq!(none["results"], serde_json::json!([]));
        assert!(none["button"]["start_parameter"].is_string(), "a way to begin");
    }
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_dishes_are_offered_page_by_page() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    let person = shop.person().await;
    for day in 0..9 {
        for n in 0..5 {
            let now = evening() + chrono::TimeDelta::days(day);
            shop.db.eat(person, &format!("{day}-{n}"), &format!("요리 {day} {n}"), now).await;
        }
    }
    let mut offset = String::new();
    let mut seen = 0;
    loop {
        let query = shop.api.types(&talk.guest, "요리", &offset);
        shop.api.until("an answer", |api| api.world().queries[&query].is_some()).await;
        let answer = shop.api.world().queries[&query].clone().expect("an answer");
        seen += answer["results"].as_array().map_or(0, Vec::len);
        offset = answer["next_offset"].as_str().unwrap_or_default().to_owned();
        if offset.is_empty() {
            break;
        }
    }
    assert_eq!(seen, 45);
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_history_is_one_message_that_is_turned_over() {
    let mut shop = Shop::open().await;
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    let person = shop.person().await;
    for n in 0..5 {
        shop.db.eat(person, &n.to_string(), &format!("요리 {n}"), evening()).await;
    }
    let first = talk.says("/history", "1/2쪽").await;
    // The question that is still open is spoken of below it.
    talk.hears("고르던 내용은 그대로예요").await;
    for _ in 0..5 {
        let before = shop.api.message(talk.chat, first.id).photo;
        shop.api.presses(talk.chat, &talk.guest, first.id, "다음");
        shop.api.until("the next page", |api| api.message(talk.chat, first.id).text.contains("2/2쪽")).await;
        let second = shop.api.message(talk.chat, first.id);
        assert!(second.photo.is_some() && second.photo != before, "each page has its sheet");
        shop.api.presses(talk.chat, &talk.guest, first.id, "이전");
        shop.api.until("the first again", |api| api.message(talk.chat, first.id).text.contains("1/2쪽")).await;
    }
    // Whoever turns over at once may be quicker than the note of the first upload.
    assert!(shop.api.world().files.len() <= 4, "a sheet that Telegram has is not uploaded again");
    shop.api.presses(talk.chat, &talk.guest, first.id, "요리 4 (#5)");
    talk.hears("만드는 법").await.photo.expect("the dish with its picture");
    shop.is_sound().await;
    shop.close().await;
}

async fn a_copy_is_made_once_takes_no_ticket_and_stays_when_the_other_is_forgotten(db: Db) {
    use bapsang::store::Copied;
    let (mina, tom, now) = (db.person("mina").await, db.person("tom").await, evening());
    db.eat(mina, "1", "김치찌개", now).await;
    let code = db.store.share(mina, 1, ShareCode(42), now).await.expect("shared").expect("a code");
    assert_eq!(
        db.store.share(mina, 1, ShareCode(43), now).await.expect("shared"),
        Some(code),
        "one code for each dish"
    );
    assert_eq!(db.store.share(mina, 9, ShareCode(44), now).await.expect("no dish"), None);
    assert_eq!(db.store.copy_shared(mina, code, Platform::Telegram, now).await.expect("one's own"), Copied::Before(1));
    let copies = futures_of(&db, tom, code).await;
    assert_eq!(copies.iter().filter(|copied| **copied == Copied::Kept(1)).count(), 1, "{copies:?}");
    assert_eq!(db.left(tom, now).await, 5);
    db.is_sound().await;
    db.store.forget(mina, crate::support::quota(), now).await.expect("forgotten");
    assert_eq!(db.store.shared(code).await.expect("an answer"), None);
    assert_eq!(db.store.copy_shared(tom, code, Platform::Telegram, now).await.expect("an answer"), Copied::Gone);
    assert_eq!(db.store.dish(tom, 1).await.expect("an answer").expect("the copy").dish.names.ko, "김치찌개");
    let found = db.store.history(tom, &crate::support::searching("김치"), 1, 3).await.expect("a page");
    assert_eq!(found.total, 1);
    db.is_sound().await;
}

async fn futures_of(db: &Db, tom: bapsang::chat::PersonId, code: ShareCode) -> Vec<bapsang::store::Copied> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = db.store.clone();
        tasks.spawn(
            async move { store.copy_shared(tom, code, Platform::Telegram, evening()).await.expect("an answer") },
        );
    }
    tasks.join_all().await
}

on_both_databases!(a_copy_is_made_once_takes_no_ticket_and_stays_when_the_other_is_forgotten);
