//! What admins see of people and do to them.

use bapsang::{
    chat::{Action, Event, Platform},
    profile::{Change, Nickname},
    store::AdminState,
};
use chrono::TimeDelta;

use super::{House, last};
use crate::support::{Db, evening, on_both_databases};

on_both_databases! {
    a_person_is_found_by_number_platform_mention_and_nickname,
    what_a_person_ordered_and_wished_for_is_not_shown,
    whoever_is_banned_hears_why_and_can_still_see_to_what_is_kept,
    forgetting_lifts_no_ban_and_leaves_nothing_readable_in_the_log,
    a_question_survives_a_restart_counts_for_an_hour_and_changes_nothing_when_put_down,
    wrong_arguments_are_named_and_change_nothing,
    a_refund_stops_what_is_still_made,
    what_was_confirmed_is_done_to_whom_it_was_shown_for,
}

async fn a_person_is_found_by_number_platform_mention_and_nickname(db: Db) {
    let house = House::open(db);
    let (kim, lee) = (
        house.person("7").await,
        house.db.store.person_for(Platform::Discord, "88", evening()).await.expect("a person").id,
    );
    for (person, name) in [(kim, "김 밥"), (lee, "lee")] {
        let change = vec![Change::Nickname(Nickname::parse(name).ok())];
        house.db.store.change_profile(person, change, evening()).await.expect("changed");
    }
    for who in [format!("#{}", kim.0), "telegram:7".to_owned(), "7".to_owned(), "김 밥".to_owned()] {
        house.admin(&format!("person {who}")).await.says(&format!("#{} 김 밥 (telegram:7)", kim.0));
    }
    for who in ["discord:88", "88", "<@88>", "<@!88>", "LEE"] {
        house.admin(&format!("person {who}")).await.says(&format!("#{} lee (discord:88)", lee.0));
    }
    house.admin("person nobody").await.says("Nobody is known as “nobody”");
    house.admin("person #999").await.says("Nobody is known");
    let change = vec![Change::Nickname(Nickname::parse("lee").ok())];
    house.db.store.change_profile(kim, change, evening()).await.expect("changed");
    house.admin("person lee").await.says(&format!("#{}, #{}", kim.0, lee.0));
}

async fn what_a_person_ordered_and_wished_for_is_not_shown(db: Db) {
    let house = House::open(db);
    let person = house.person("7").await;
    let mut order = crate::support::new_order(person, "1");
    order.wanted.wish = bapsang::order::Wish::parse("비밀스러운 바람").ok();
    let dialogue = bapsang::store::SavedDialogue { revision: 0, version: 1, state: "{}".to_owned() };
    house.db.store.place_order(&order, &dialogue, crate::support::quota(), evening()).await.expect("placed");
    let claimed = house.db.claim("cook", evening()).await.expect("a claim");
    house.db.store.serve(&claimed, &crate::support::dish("비밀 요리"), None, evening()).await.expect("served");
    let heard = house.admin("person 7").await;
    heard.says("Last orders");
    heard.says("spent (served)");
    assert!(!heard.text.contains("비밀"), "{}", heard.text);
}

async fn whoever_is_banned_hears_why_and_can_still_see_to_what_is_kept(db: Db) {
    let house = House::open(db);
    house.person("7").await;
    house.admin_does("ban telegram:7 2026-11-30 도배를 했어요").await.says("is banned");
    let says = |text: &'static str| house.does(Platform::Telegram, "7", Event::Text(text.to_owned()));
    let heard = last(says("/start").await);
    heard.says("도배를 했어요");
    heard.says("1 December");
    last(says("비빔밥").await).says("도배를 했어요");
    last(says("/privacy").await).says("What is kept");
    assert!(last(says("/forget").await).token(Action::Keep).is_some());
    house.admin("person 7").await.says("Ban: until");
    house.admin_does("unban 7").await.says("is lifted");
    assert!(!last(says("/start").await).text.contains("도배"));
    house.admin("unban 7").await.says("is not banned");
    // A ban ends by itself.
    house.admin_does("ban 7 2026-11-30 도배").await;
    house.clock.advance(TimeDelta::days(8));
    assert!(!last(says("/start").await).text.contains("도배"));
}

async fn forgetting_lifts_no_ban_and_leaves_nothing_readable_in_the_log(db: Db) {
    let house = House::open(db);
    house.person("7").await;
    house.admin("person telegram:7").await;
    house.admin_does("ban telegram:7 도배").await;
    let asks = last(house.does(Platform::Telegram, "7", Event::Text("/forget".to_owned())).await);
    let forget = asks.token(Action::Forget).expect("a button");
    house.does(Platform::Telegram, "7", Event::Press(forget)).await;
    assert!(house.db.store.find_person(Platform::Telegram, "7").await.expect("an answer").is_none());
    last(house.does(Platform::Telegram, "7", Event::Text("/start".to_owned())).await).says("도배");
    let (entries, _) = house.db.store.admin_log(1, 10).await.expect("a log");
    assert!(entries.iter().all(|entry| !entry.line.contains("telegram:7")), "{entries:?}");
    assert_eq!(entries.len(), 2);
}

async fn a_question_survives_a_restart_counts_for_an_hour_and_changes_nothing_when_put_down(db: Db) {
    let mut house = House::open(db);
    let person = house.person("7").await;
    let asked = house.admin("grant 7 1").await;
    house = house.reopened();
    house.presses(&asked, Action::AdminYes).await.says("One ticket was given");
    let asked = house.admin("grant 7 1").await;
    house.presses(&asked, Action::AdminNo).await.says("Nothing was changed");
    house.presses(&asked, Action::AdminYes).await.says("cancelled before");
    let asked = house.admin("grant 7 1").await;
    house.clock.advance(TimeDelta::minutes(61));
    house.presses(&asked, Action::AdminYes).await.says("more than an hour");
    assert_eq!(house.db.left(person, evening()).await, 6);
    let states: Vec<AdminState> = house.log().await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, [AdminState::Asked, AdminState::Dropped, AdminState::Done]);
}

async fn wrong_arguments_are_named_and_change_nothing(db: Db) {
    let house = House::open(db);
    house.person("7").await;
    for (line, said) in [
        ("grant", "“WHO or all” is missing or not valid"),
        ("grant 7", "“TICKETS” is missing or not valid; the maximum is 1000"),
        ("grant 7 2000", "the maximum is 1000"),
        ("grant 7 1 2026-11-01", "2026-11-01 is in the past"),
        ("grant 8 1", "Nobody is known as “8”"),
        ("ban 7", "“REASON” is missing"),
        ("refund 12", "There is no order 12"),
        ("dance", "There is no “dance” here"),
        ("stats today", "I do not understand “today”"),
        ("photo remove 김치찌개", "There is no photo"),
        ("sources nosuch off", "nothing that can be switched"),
        ("sources cookbook off", "nothing that can be switched"),
    ] {
        let heard = house.admin(line).await;
        heard.says(said);
        assert!(heard.token(Action::AdminYes).is_none(), "{line}");
    }
    assert_eq!(house.log().await, []);
}

async fn a_refund_stops_what_is_still_made(db: Db) {
    let house = House::open(db);
    let person = house.person("7").await;
    let order = house.db.taken(person, "1", evening()).await;
    house.admin_does(&format!("refund {order}")).await.says("was stopped, and its ticket is back");
    assert_eq!(house.db.left(person, evening()).await, 5);
    house.admin(&format!("refund {order}")).await.says("given back before");
    house.db.store.told(order, evening()).await.expect("told");
    let eaten = house.db.eat(person, "2", "밥", evening()).await;
    house.admin_does(&format!("refund {eaten}")).await.says("was given back");
    house.admin(&format!("refund {eaten}")).await.says("given back before");
    assert_eq!(house.db.left(person, evening()).await, 5);
    house.db.is_sound().await;
}

async fn what_was_confirmed_is_done_to_whom_it_was_shown_for(db: Db) {
    let house = House::open(db);
    let (kim, other) = (house.person("7").await, house.person("8").await);
    let is_called = |person, name: &'static str| {
        let store = house.db.store.clone();
        let change = vec![Change::Nickname(Nickname::parse(name).ok())];
        async move { store.change_profile(person, change, evening()).await.expect("changed") }
    };
    is_called(kim, "kim").await;
    let asked = house.admin("grant kim 3").await;
    is_called(kim, "lee").await;
    is_called(other, "kim").await;
    house.presses(&asked, Action::AdminYes).await.says("#");
    assert_eq!((house.db.left(kim, evening()).await, house.db.left(other, evening()).await), (8, 5));
    let asked = house.admin("grant lee 3").await;
    house.db.store.forget(kim, crate::support::quota(), evening()).await.expect("forgotten");
    house.presses(&asked, Action::AdminYes).await.says("deleted meanwhile");
}
