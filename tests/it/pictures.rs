//! Pictures: what is drawn, where it is kept, and that no trouble with them keeps a dish from being served.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bapsang::{
    chat::{Action, Event, Facts, Locale, Picture, Reply},
    clock::Fixed,
    dish::{Dish, Names},
    photo::{Fonts, Photos, Tile},
    recommender::Cookbook,
};
use chrono::TimeDelta;
use image::GenericImageView;

use crate::support::{
    Db, Ear, House, Mood, Moody, NO_PHOTOS, dish, door, evening, event, postgres, program, rules, sqlite, wish,
};

fn photos(folder: &Path) -> Photos {
    Photos::in_folder(folder.to_path_buf())
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { BTreeSet::from([path]) };
    entries.flat_map(below).collect()
}

/// The size of a picture that is a JPEG of at most 500 KB.
fn size(picture: &Picture) -> (u32, u32) {
    let bytes = std::fs::read(&picture.file).expect("a file");
    assert!(bytes.len() < 500 * 1024, "{} bytes", bytes.len());
    image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).expect("a JPEG").dimensions()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_font_with_korean_letters_is_found() {
    assert!(photos(Path::new("media")).has_korean().await, "scripts/test installs one: fonts-nanum");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_1200_by_800_and_below_500_kilobytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = photos(folder.path());
    let cookbook = Cookbook::load(Duration::ZERO).expect("the cookbook");
    // One of each way to cook, and both languages.
    let some = cookbook.entries().iter().step_by(12);
    for (entry, locale) in some.flat_map(|entry| Locale::ALL.map(|locale| (entry, locale))) {
        let card = photos.of_dish(&entry.dish(locale, Vec::new()), None, evening()).await;
        assert_eq!(size(&card.unwrap_or_else(|| panic!("no card of {}", entry.id))), (1200, 800), "{}", entry.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_says_more_with_a_font_than_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = Photos::with_fonts(folder.path().to_path_buf(), Fonts::none());
    assert!(!silent.has_korean().await);
    // The drawing is the same; only the English name, which is written below, differs.
    let named = |en: &str| Dish { names: Names { ko: "김치찌개".to_owned(), en: en.to_owned() }, ..dish("") };
    let photos = photos(folder.path());
    let (one, other) = (named("Kimchi stew"), named("Kimchi soup"));
    let hash = async |photos: &Photos, dish: &Dish| {
        let card = photos.of_dish(dish, None, evening()).await.expect("a card");
        assert_eq!(size(&card), (1200, 800));
        card.hash
    };
    assert_ne!(hash(&photos, &one).await, hash(&photos, &other).await);
    assert_eq!(hash(&silent, &one).await, hash(&silent, &other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_and_the_strangest_names_are_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = photos(folder.path());
    let long = ["밥".repeat(50), "아주 긴 이름 ".repeat(7), "W".repeat(50), String::new(), "👩‍🍳 שלום".to_owned()];
    for name in long.into_iter().chain(["</text><script>&\"'".to_owned(), "\u{1b}[31m\u{0}".to_owned()]) {
        let dish = Dish { names: Names { ko: name.clone(), en: name.clone() }, ..dish("") };
        let card = photos.of_dish(&dish, None, evening()).await;
        assert_eq!(size(&card.unwrap_or_else(|| panic!("no card of {name:?}"))), (1200, 800));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_shows_up_to_three_dishes() {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = photos(folder.path());
    let tile = |number| Tile { number, dish: dish("비빔밥"), favourite: number == 2 };
    let mut sheets = BTreeSet::new();
    for count in 1..=3 {
        let sheet = photos.sheet(Locale::Ko, (1..=count).map(tile).collect(), evening()).await.expect("a sheet");
        assert_eq!(size(&sheet), (1200, 800));
        sheets.insert(sheet.hash);
    }
    assert_eq!(sheets.len(), 3);
    let again = photos.sheet(Locale::Ko, (1..=3).map(tile).collect(), evening()).await.expect("the sheet");
    assert!(sheets.contains(&again.hash), "the same page is not drawn twice");
    assert_eq!(files(&folder.path().join("sheets")).len(), 3);
    photos.tidy(evening()).await;
    assert_eq!(files(&folder.path().join("sheets")).len(), 3);
    photos.tidy(evening() + TimeDelta::hours(1)).await;
    assert_eq!(files(&folder.path().join("sheets")).len(), 0);
}

/// A house whose pictures are in `media`, after one dish was served; what was said of it.
async fn served(db: &Db, media: PathBuf) -> (House, Arc<Ear>) {
    let clock = Arc::new(Fixed::at(evening()));
    let ear = Arc::new(Ear::default());
    let doors = vec![(door(), Arc::clone(&ear) as _)];
    let photos = Arc::new(Photos::with_fonts(media, Fonts::none()));
    let house = House::with_photos(&db.store, rules(), &clock, Moody::new(Mood::Serves), photos, doors);
    order(&house, &ear, 1).await;
    (house, ear)
}

/// Orders, and waits until so many dishes were shown.
async fn order(house: &House, ear: &Arc<Ear>, dishes: usize) -> Reply {
    house.bot.receive(event("guest", "home", &door(), wish("국물")), Arc::clone(ear) as _).await;
    let token = ear.offered(Action::Confirm).expect("a summary");
    house.bot.receive(event("guest", "home", &door(), Event::Press(token)), Arc::clone(ear) as _).await;
    let shown = || ear.heard().into_iter().filter(|reply| matches!(reply.facts, Facts::Dish(_))).collect::<Vec<_>>();
    for _ in 0..6_000 {
        if let Some(reply) = shown().into_iter().nth(dishes - 1) {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no dish came");
}

async fn open(house: &House, ear: &Arc<Ear>) -> Reply {
    let press = Event::Command(bapsang::chat::Command::Dish { number: "1".to_owned() });
    house.bot.receive(event("guest", "home", &door(), press), Arc::clone(ear) as _).await;
    ear.heard().into_iter().rev().find(|reply| matches!(reply.facts, Facts::Dish(_))).expect("a dish")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_was_deleted_by_hand_is_drawn_again() {
    let (db, folder) = (sqlite().await, tempfile::tempdir().expect("a folder"));
    let (house, ear) = served(&db, folder.path().join("media")).await;
    let before = open(&house, &ear).await.picture.expect("a picture");
    std::fs::remove_file(&before.file).expect("deleted");
    let after = open(&house, &ear).await.picture.expect("a picture");
    assert!(after.file.is_file());
    let person = db.person("guest").await;
    let saved = db.store.dish(person, 1).await.expect("an answer").expect("a dish");
    assert_eq!(saved.picture, Some(after.hash));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_folder_that_vanishes_is_made_again() {
    let (db, folder) = (sqlite().await, tempfile::tempdir().expect("a folder"));
    let media = folder.path().join("media");
    let (house, ear) = served(&db, media.clone()).await;
    std::fs::remove_dir_all(&media).expect("gone");
    let reply = order(&house, &ear, 2).await;
    assert!(reply.picture.expect("a picture").file.is_file());
    house.close().await;
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_folder_that_cannot_be_written_costs_the_picture_and_not_the_dish() {
    let db = sqlite().await;
    // Nobody makes a folder inside a device.
    let (house, ear) = served(&db, PathBuf::from("/dev/null/media")).await;
    assert_eq!(open(&house, &ear).await.picture, None);
    house
        .bot
        .receive(
            event("guest", "home", &door(), Event::Command(bapsang::chat::Command::History { keyword: String::new() })),
            Arc::clone(&ear) as _,
        )
        .await;
    assert!(ear.heard().iter().any(|reply| matches!(reply.facts, Facts::History(_))));
    house.close().await;
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_folder_that_turns_read_only_while_cooking_costs_no_dish() {
    let (db, folder) = (sqlite().await, tempfile::tempdir().expect("a folder"));
    let media = folder.path().join("media");
    let (house, ear) = served(&db, media.clone()).await;
    // The folder is still there, but a file has taken the place of each of its shelves.
    for shelf in std::fs::read_dir(&media).expect("a folder") {
        std::fs::remove_dir_all(shelf.expect("a shelf").path()).expect("removed");
    }
    for shelf in 0..=255_u8 {
        std::fs::write(media.join(format!("{shelf:02x}")), "").expect("a file");
    }
    let reply = order(&house, &ear, 2).await;
    assert_eq!(reply.picture, None);
    house.close().await;
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_costs_the_picture_and_leaves_no_part_of_it() {
    // No file may grow beyond 16 KB; the database is elsewhere.
    let (db, folder) = (postgres().await, tempfile::tempdir().expect("a folder"));
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; printf '/cancel\\n/recommend soup\\n1\\n' | exec {} chat --locale en",
        program().display()
    );
    let mut shell = std::process::Command::new("bash");
    shell
        .args(["-c", &script])
        .current_dir(folder.path())
        .env_clear()
        .env(NO_PHOTOS.0, NO_PHOTOS.1)
        .env("DATABASE_URL", &db.url);
    let ran = tokio::task::spawn_blocking(move || shell.output().expect("bash")).await.expect("an end");
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && out.contains("Ingredients (one serving)"), "{out}");
    assert!(!out.contains("Picture:"), "{out}");
    assert_eq!(files(&folder.path().join("media")), BTreeSet::new());
    db.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_no_dish_needs_are_removed_after_a_day() {
    let (db, folder) = (sqlite().await, tempfile::tempdir().expect("a folder"));
    let media = folder.path().join("media");
    let (house, ear) = served(&db, media.clone()).await;
    let needed = open(&house, &ear).await.picture.expect("a picture").file;
    let photos = Photos::with_fonts(media.clone(), Fonts::none());
    let yesterday = evening() - TimeDelta::days(2);
    let unused = photos.of_dish(&dish("아무도 안 먹은 밥"), None, yesterday).await.expect("a picture").file;
    let fresh = photos.of_dish(&dish("곧 나올 밥"), None, evening()).await.expect("a picture").file;
    assert_eq!(files(&media).len(), 3);
    house.kitchen.tidy_once().await.expect("tidied");
    assert_eq!(files(&media), BTreeSet::from([needed, fresh]));
    assert!(!unused.exists());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_removes_the_pictures_too() {
    let (db, folder) = (sqlite().await, tempfile::tempdir().expect("a folder"));
    let media = folder.path().join("media");
    let (house, ear) = served(&db, media.clone()).await;
    let history = Event::Command(bapsang::chat::Command::History { keyword: String::new() });
    house.bot.receive(event("guest", "home", &door(), history), Arc::clone(&ear) as _).await;
    assert_eq!(files(&media).len(), 2, "the card and the sheet");
    let forget = Event::Command(bapsang::chat::Command::Forget);
    house.bot.receive(event("guest", "home", &door(), forget), Arc::clone(&ear) as _).await;
    let token = ear.offered(Action::Forget).expect("a question");
    house.bot.receive(event("guest", "home", &door(), Event::Press(token.clone())), Arc::clone(&ear) as _).await;
    assert_eq!(files(&media), BTreeSet::new());
    // The same press again finds nobody's question, nor does the other button.
    let keep = ear.offered(Action::Keep).expect("a question");
    for token in [token, keep] {
        house.bot.receive(event("guest", "home", &door(), Event::Press(token)), Arc::clone(&ear) as _).await;
        let last = ear.heard().pop().expect("an answer").facts;
        assert!(matches!(&last, Facts::Lines(lines) if lines[0].key == "menu-old"), "{last:?}");
    }
    house.close().await;
}
