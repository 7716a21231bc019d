//! Many people at once: nothing is lost, and nothing is too much.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{BotApi, Guest, OFFICIAL, Pace, RAISED, Shop, options};
use crate::support::sqlite;

/// One person's way through the dialogue: what is pressed, and what the answer to it says.
const WAY: [(&str, &str); 7] = [
    ("초급", "어떤 테마"),
    ("상관없음", "어느 나라 음식"),
    ("한식", "메인 재료는"),
    ("상관없음", "어떤 방법"),
    ("상관없음", "더 바라는 점"),
    ("건너뛰기", "이대로 주문할까요?"),
    ("추천 받기", "만드는 법"),
];

/// Lets so many people go through the whole dialogue at once, each as fast as the answers come.
async fn evening(shop: &Shop, people: i64, patience: Duration) {
    let guests: HashMap<i64, Guest> =
        (10_000..10_000 + people).map(|id| (id, Guest::new(id, "손님", Some("ko")))).collect();
    let mut steps: HashMap<i64, usize> = guests.keys().map(|id| (*id, 0)).collect();
    for guest in guests.values() {
        let chat = shop.api.private(guest);
        shop.api.says(chat, guest, "/start");
    }
    let (deadline, mut done) = (Instant::now() + patience, 0);
    while done < guests.len() {
        assert!(Instant::now() < deadline, "{done} of {people} have their dish");
        for chat in shop.api.touched() {
            let step = steps.get_mut(&chat).expect("a guest");
            let answer = if *step == 0 {
                "어느 정도 난이도"
            } else {
                WAY.get(*step - 1).map_or("", |(_, answer)| answer)
            };
            let last = shop.api.last(chat);
            if *step > WAY.len() || !last.text.contains(answer) {
                continue;
            }
            if let Some((label, _)) = WAY.get(*step) {
                shop.api.presses(chat, &guests[&chat], last.id, label);
            } else {
                done += 1;
            }
            *step += 1;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    shop.api.until("everything is confirmed", |api| api.pending() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_people_at_once_at_raised_limits_lose_nothing() {
    let pace = Pace { per_second: 60_000.0, chat_burst: 2_500.0, chat_per_second: 1_100.0, group_per_minute: 60_000 };
    let api = BotApi::start(pace).await;
    api.quiet();
    // A debug build on two busy cores is slower than Telegram's fifteen seconds; benches/telegram.rs keeps to them.
    api.world().callback_patience = Duration::from_secs(120);
    let how = options(&api, RAISED);
    let mut shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    evening(&shop, 2_000, Duration::from_secs(280)).await;
    assert_eq!(shop.api.too_many(), (0, 0));
    shop.is_sound().await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_at_the_real_limits_never_hear_that_it_is_too_much() {
    let api = BotApi::start(Pace::official()).await;
    let how = options(&api, OFFICIAL);
    let mut shop = Shop::open_with(api, Arc::new(sqlite().await), how);
    evening(&shop, 50, Duration::from_secs(120)).await;
    assert_eq!(shop.api.too_many(), (0, 0));
    shop.is_sound().await;
    shop.close().await;
}
