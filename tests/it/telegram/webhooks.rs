//! The webhook: what is brought counts when it was answered with 200, and whoever does not know the secret brings nothing.

use std::sync::Arc;

use bapsang::platform::telegram::Mode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    BotApi, Guest, Pace, RAISED, Shop, TOKEN, Talk,
    api::post,
    mina, options,
    world::{Fault, Message},
};
use crate::support::{Db, Locked, on_both_databases, postgres, sqlite};

/// A shop that has its updates brought.
struct Brought {
    shop: Shop,
    url: String,
    closing: CancellationToken,
}

impl Brought {
    async fn open(db: Db) -> Self {
        let api = BotApi::start(Pace::generous()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hooks/telegram", listener.local_addr().expect("an address"));
        let mut how = options(&api, RAISED);
        (how.mode, how.webhook_url) = (Mode::Webhook, url.parse().ok());
        let shop = Shop::open_with(api, Arc::new(db), how);
        let closing = CancellationToken::new();
        tokio::spawn(bapsang::http::serve(listener, shop.telegram.webhook(), closing.clone()));
        shop.api.until("Telegram knows where", |api| api.world().webhook.is_some()).await;
        Self { shop, url, closing }
    }
}

async fn an_evening_is_brought(db: Db) {
    let Brought { mut shop, closing, .. } = Brought::open(db).await;
    let bringing = shop.api.deliver();
    let talk = Talk::with(&shop.api, &mina());
    talk.says("/start", "어느 정도 난이도").await;
    talk.presses("알아서 골라 줘", "이대로 주문할까요?").await;
    talk.presses("추천 받기", "만드는 법").await;
    shop.api.until("all were taken", |api| api.pending() == 0).await;
    shop.is_sound().await;
    bringing.abort();
    closing.cancel();
    shop.close().await;
}

async fn whoever_does_not_know_the_secret_is_refused(db: Db) {
    let Brought { shop, url, .. } = Brought::open(db).await;
    let secret = shop.api.world().webhook.as_ref().expect("a webhook")["secret_token"].clone();
    let secret = secret.as_str().expect("a secret");
    assert!((1..=256).contains(&secret.len()));
    shop.api.private(&mina());
    shop.api.says(mina().id, &mina(), "/tickets");
    let update = shop.api.world().updates[0].1.to_string();
    for wrong in ["", "x", &secret[1..], &secret.to_uppercase(), &format!("{secret}x")] {
        assert_eq!(post(&url, wrong, &update).await, Some(401), "{wrong}");
    }
    assert_eq!(post(&url, secret, &"x".repeat(2 << 20)).await, Some(413), "no update is that long");
    assert_eq!(post(&url, secret, "no JSON").await, Some(200), "it would be no better the next time");
    assert_eq!(post(&url.replace("telegram", "other"), secret, &update).await, Some(404));
    assert_eq!(shop.api.messages(mina().id).len(), 1, "nothing was answered");
    assert_eq!(post(&url, secret, &update).await, Some(200));
    shop.api.until("it is answered", |api| api.messages(mina().id).len() == 2).await;
    // Brought once more, since the answer to it was lost.
    assert_eq!(post(&url, secret, &update).await, Some(200));
    assert_eq!(shop.api.messages(mina().id).len(), 2);
}

/// A hundred people ask for their tickets, and each update is brought by a hand of its own: whose it was, and the status.
fn a_hundred_hands(shop: &Shop, url: &str) -> tokio::task::JoinSet<(i64, Option<u16>)> {
    let secret = shop.api.world().webhook.as_ref().expect("a webhook")["secret_token"].clone();
    let mut hands = tokio::task::JoinSet::new();
    for id in 100..200 {
        let guest = Guest::new(id, "손님", Some("ko"));
        shop.api.private(&guest);
        shop.api.writes(id, &guest, Message { text: "/tickets".to_owned(), ..Message::default() });
        let update = shop.api.world().updates.back().expect("an update").1.to_string();
        let (url, secret) = (url.to_owned(), secret.as_str().expect("a secret").to_owned());
        hands.spawn(async move { (id, post(&url, &secret, &update).await) });
    }
    hands
}

async fn what_is_brought_by_many_hands_is_answered_to_each(db: Db) {
    let Brought { mut shop, url, closing } = Brought::open(db).await;
    let hands = a_hundred_hands(&shop, &url);
    assert!(hands.join_all().await.iter().all(|(_, status)| *status == Some(200)));
    for id in 100..200 {
        shop.api.until("an answer", |api| super::says(api, id, "모두 남아")).await;
    }
    closing.cancel();
    shop.close().await;
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_on_top_of_a_hundred_in_hand_is_to_be_brought_again() {
    let Brought { mut shop, url, closing } = Brought::open(postgres().await).await;
    let locked = Locked::people(&shop.db).await;
    let mut hands = a_hundred_hands(&shop, &url);
    // Those that find no room are refused while the others still wait for the books.
    let mut refused = Vec::new();
    while refused.len() < 36 {
        let (id, status) = hands.join_next().await.expect("a hand").expect("no panic");
        assert_eq!(status, Some(503));
        refused.push(id);
    }
    drop(locked);
    assert!(hands.join_all().await.iter().all(|(_, status)| *status == Some(200)));
    assert!(refused.iter().all(|id| shop.api.messages(*id).iter().all(|message| message.from != 0)));
    closing.cancel();
    shop.close().await;
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_before_the_bot_knows_who_it_is() {
    let api = BotApi::start(Pace::generous()).await;
    for _ in 0..20 {
        api.fault("getMe", Fault::BadGateway);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let mut how = options(&api, RAISED);
    (how.mode, how.webhook_url) = (Mode::Webhook, url.parse().ok());
    let shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    tokio::spawn(bapsang::http::serve(listener, shop.telegram.webhook(), CancellationToken::new()));
    assert_eq!(post(&url, "", "{}").await, Some(401));
    assert_eq!(post(&url, &secret(), "{}").await, Some(503));
}

/// What the token makes of the secret, as a server would remember it from an earlier start.
fn secret() -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    hex::encode(mac.chain_update("telegram webhook").finalize().into_bytes())
}

on_both_databases!(
    an_evening_is_brought,
    whoever_does_not_know_the_secret_is_refused,
    what_is_brought_by_many_hands_is_answered_to_each,
);
