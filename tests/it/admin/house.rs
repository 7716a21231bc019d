//! What admins see of the house and switch.

use bapsang::{
    chat::{Action, Credit, Event, Facts, Platform},
    photo::{DishKey, FoundPhoto, Notebook, Remembered, Shelf},
};
use chrono::TimeDelta;

use super::{House, last};
use crate::support::{Db, dish, evening, on_both_databases};

on_both_databases! {
    the_days_are_counted_and_drawn,
    while_the_house_is_closed_people_hear_why_and_orders_can_be_stopped,
    a_source_is_switched_off_for_every_process_and_on_again,
    a_photo_that_is_taken_down_is_shown_no_more_and_not_found_again,
    a_photo_that_is_removed_leaves_its_dish_without_one,
    settings_are_shown_and_read_again,
    the_log_is_turned_over_page_by_page,
}

async fn the_days_are_counted_and_drawn(db: Db) {
    let house = House::open(db);
    let person = house.person("7").await;
    house.db.eat(person, "1", "밥", evening()).await;
    house.db.store.told(bapsang::order::OrderId(1), evening()).await.expect("told");
    house.db.taken(person, "2", evening()).await;
    let claimed = house.db.claim("cook", evening()).await.expect("a claim");
    house.db.store.fail(&claimed, bapsang::order::Failure::Deadline, evening()).await.expect("failed");
    let heard = house.admin("stats").await;
    heard.says("In all: 2");
    heard.says("Active today: 2");
    heard.says("Today: 1 served, 1 failed, 0 stopped, 0 in the making");
    heard.says("Tickets: 2 taken, 1 spent, 1 returned");
    heard.says("deadline: 1");
    heard.says("drawn cards: 1");
    assert!(heard.reply.picture.is_some(), "a chart");
    house.clock.advance(TimeDelta::days(1));
    let heard = house.admin("stats").await;
    heard.says("Today: 0 served");
    heard.says("In 14 days: 1 served, 1 failed");
}

async fn while_the_house_is_closed_people_hear_why_and_orders_can_be_stopped(db: Db) {
    let house = House::open(db);
    let person = house.person("7").await;
    house.db.taken(person, "1", evening()).await;
    let says = |text: &'static str| house.does(Platform::Telegram, "7", Event::Text(text.to_owned()));
    let asked = house.admin("maintenance on 잠시 뒤에 만나요").await;
    asked.says("잠시 뒤에 만나요");
    assert!(!last(says("/tickets").await).text.contains("잠시 뒤에"), "nothing is closed yet");
    house.presses(&asked, Action::AdminYes).await.says("Closed");
    last(says("/recommend").await).says("잠시 뒤에 만나요");
    last(says("/cancel").await).says("Your ticket is back");
    last(says("/privacy").await).says("What is kept");
    house.admin("stats").await.says("People");
    house.admin_does("maintenance on").await;
    last(says("/recommend").await).says("Closed for a moment");
    house.admin("maintenance off").await.says("Open again");
    assert!(!last(says("/recommend").await).text.contains("Closed"));
}

async fn a_source_is_switched_off_for_every_process_and_on_again(db: Db) {
    let house = House::open(db);
    house.admin("sources").await.says("model:openai: well");
    house.admin_does("sources openai off").await.says("“model:openai” is switched off");
    assert!(house.desk.off.lock().expect("no panic").contains("model:openai"));
    house.admin("sources").await.says("switched off by an admin");
    let other = house.reopened();
    other.bot.heed_switches().await.expect("heeded");
    assert!(other.desk.off.lock().expect("no panic").contains("model:openai"));
    other.admin("sources model:openai on").await.says("switched on");
    assert!(other.desk.off.lock().expect("no panic").is_empty());
}

/// A photo of a dish, kept, remembered and on a dish of somebody.
async fn with_photo(house: &House, folder: &std::path::Path, bytes: &[u8]) -> FoundPhoto {
    let picture = Shelf::new(folder.to_path_buf()).keep(bytes, evening()).expect("kept").hash;
    let credit = Credit { source: "Naver".to_owned(), author: None, licence: None, page: None };
    let photo = FoundPhoto { picture, credit: Some(credit), source: "naver".to_owned() };
    let key = DishKey::of("김치찌개").expect("a key");
    let until = evening() + TimeDelta::days(1);
    let found = Remembered::Photo(photo.clone());
    Notebook::remember(&house.db.store, &key, &found, until, evening()).await.expect("remembered");
    photo
}

async fn a_photo_that_is_taken_down_is_shown_no_more_and_not_found_again(db: Db) {
    let house = House::open(db);
    let folder = tempfile::tempdir().expect("a folder");
    let photo = with_photo(&house, folder.path(), b"photo").await;
    let person = house.person("7").await;
    house.db.taken(person, "1", evening()).await;
    let claimed = house.db.claim("cook", evening()).await.expect("a claim");
    house.db.store.serve(&claimed, &dish("김치찌개"), Some(&photo.picture), evening()).await.expect("served");
    house.admin_does("photo replace 김치 찌개").await.says("is taken down. Next time");
    let key = DishKey::of("김치찌개").expect("a key");
    let known = Notebook::recall(&house.db.store, &key, evening()).await.expect("an answer");
    assert_eq!(known, None, "it is looked for again");
    assert!(Notebook::is_rejected(&house.db.store, &photo.picture).await.expect("an answer"));
    let dish = house.db.store.dish(person, 1).await.expect("an answer").expect("a dish");
    assert_eq!((dish.picture, dish.has_photo), (None, false));
    house.admin("photo replace 김치찌개").await.says("There is no photo");
    // A year later it is still known.
    let later = evening() + TimeDelta::days(365);
    house.db.store.sweep_photos(later, later).await.expect("swept");
    assert!(Notebook::is_rejected(&house.db.store, &photo.picture).await.expect("an answer"));
}

async fn a_photo_that_is_removed_leaves_its_dish_without_one(db: Db) {
    let house = House::open(db);
    let folder = tempfile::tempdir().expect("a folder");
    with_photo(&house, folder.path(), b"photo").await;
    house.admin_does("photo remove 김치찌개").await.says("is taken down");
    let key = DishKey::of("김치찌개").expect("a key");
    let later = evening() + TimeDelta::days(365);
    assert_eq!(Notebook::recall(&house.db.store, &key, later).await.expect("an answer"), Some(Remembered::Nothing));
    // Nor does reading the settings again bring it back.
    Notebook::start_over(&house.db.store, later).await.expect("started over");
    assert_eq!(Notebook::recall(&house.db.store, &key, later).await.expect("an answer"), Some(Remembered::Nothing));
}

async fn settings_are_shown_and_read_again(db: Db) {
    let house = House::open(db);
    let heard = house.admin("config").await;
    let Facts::Attachment(_, file) = &heard.reply.facts else { panic!("no file") };
    assert!(file.text.contains("tickets.daily_limit = 5"));
    house.admin_does("reload").await.says("In effect after a restart: tickets.daily_limit");
    *house.desk.mistakes.lock().expect("no panic") = vec!["tickets.daily_limit must be a number".to_owned()];
    let heard = house.admin_does("reload").await;
    heard.says("There is a mistake in the settings");
    heard.says("tickets.daily_limit must be a number");
    house.admin("health").await.says("Something needs a look");
    let outcomes: Vec<String> = house.log().await.into_iter().map(|(_, _, outcome)| outcome).collect();
    assert_eq!(outcomes[1], "admin-outcome-failed");
}

async fn the_log_is_turned_over_page_by_page(db: Db) {
    let house = House::open(db);
    for _ in 0..9 {
        house.admin("stats").await;
    }
    let heard = house.admin("audit").await;
    heard.says("page 1 of 2");
    heard.says("9. ");
    heard.says("telegram:1 (telegram:1): stats → done");
    let next = house.presses(&heard, Action::AdminLog(2)).await;
    next.says("page 2 of 2");
    next.says("1. ");
    house.admin("audit 99").await.says("page 2 of 2");
}
