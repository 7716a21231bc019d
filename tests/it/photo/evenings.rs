//! Orders and their photos: beside the cook, in time, late, or never; and whatever happens, there is a dish.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bapsang::{
    bot::{Outbox, Rules},
    chat::{Action, Event, Facts, Placing, Reply},
    clock::{Clock, Fixed},
    dish::{Dish, Names as DishNames},
    photo::{Fonts, PhotoOptions, Photos, source::SourceOptions},
    recommender::{Progress, RecommendError, Recommender, Reporter, Request},
    ticket::Ticket,
};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::{Gallery, Names, Piece, Plan, jpeg, list, net, plain_source, scene, with_sources};
use crate::support::{Db, Ear, House, dish, door, evening, event, rules, sqlite, wish};

/// A cook who names the dish at once, and serves it when the bell is rung.
pub(super) struct Cook {
    name: Mutex<String>,
    ready: Notify,
    waits: bool,
}

impl Cook {
    pub(super) fn quick(name: &str) -> Arc<Self> {
        Arc::new(Self { name: Mutex::new(name.to_owned()), ready: Notify::new(), waits: false })
    }

    pub(super) fn slow(name: &str) -> Arc<Self> {
        Arc::new(Self { name: Mutex::new(name.to_owned()), ready: Notify::new(), waits: true })
    }

    pub(super) fn named(&self, name: &str) {
        name.clone_into(&mut self.name.lock().expect("no panic"));
    }
}

#[async_trait]
impl Recommender for Cook {
    async fn recommend(&self, _: &Request, _: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError> {
        let dish = dish(&self.name.lock().expect("no panic").clone());
        let dish = Dish { names: DishNames { en: "Kimchi stew".to_owned(), ..dish.names }, ..dish };
        if self.waits {
            reporter.report(Progress::Named(dish.names.clone()));
            self.ready.notified().await;
        }
        Ok(dish)
    }
}

/// A house with a gallery to look for photos in.
pub(super) struct Evening {
    pub(super) gallery: Gallery,
    pub(super) db: Arc<Db>,
    pub(super) clock: Arc<Fixed>,
    pub(super) house: House,
    pub(super) ear: Arc<Ear>,
    pub(super) cook: Arc<Cook>,
    pub(super) media: Arc<TempDir>,
    pub(super) photos: Arc<Photos>,
}

pub(super) async fn photos_in(
    folder: PathBuf,
    options: &PhotoOptions,
    gallery: &Gallery,
    db: &Db,
    clock: &Arc<Fixed>,
) -> Arc<Photos> {
    let photos = Arc::new(Photos::with_fonts(folder, Fonts::none()));
    let setup = bapsang::photo::Setup::with_net(options, net(gallery, &Arc::<Names>::default()));
    photos.seek_with(setup, Arc::new(db.store.clone()), Arc::clone(clock) as Arc<dyn Clock>).await;
    photos
}

impl Evening {
    pub(super) async fn with(gallery: Gallery, options: &PhotoOptions, cook: Arc<Cook>) -> Self {
        let media = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::on(Arc::new(sqlite().await), media, gallery, options, cook).await
    }

    pub(super) async fn on(
        db: Arc<Db>,
        media: Arc<TempDir>,
        gallery: Gallery,
        options: &PhotoOptions,
        cook: Arc<Cook>,
    ) -> Self {
        Self::with_rules(db, media, gallery, options, cook, rules()).await
    }

    async fn with_rules(
        db: Arc<Db>,
        media: Arc<TempDir>,
        gallery: Gallery,
        options: &PhotoOptions,
        cook: Arc<Cook>,
        rules: Rules,
    ) -> Self {
        let (clock, ear) = (Arc::new(Fixed::at(evening())), Arc::new(Ear::default()));
        let photos = photos_in(media.path().to_path_buf(), options, &gallery, &db, &clock).await;
        let doors = vec![(door(), Arc::clone(&ear) as Arc<dyn Outbox>)];
        let recommender = Arc::clone(&cook) as Arc<dyn Recommender>;
        let house = House::with_photos(&db.store, rules, &clock, recommender, Arc::clone(&photos), doors);
        Self { gallery, db, clock, house, ear, cook, media, photos }
    }

    /// Orders, and gives the dish as it is told.
    pub(super) async fn ordered(&self, who: &str) -> Reply {
        let before = self.dishes().len();
        self.order(who).await;
        self.nth_dish(before).await
    }

    pub(super) async fn order(&self, who: &str) {
        let outbox = || Arc::clone(&self.ear) as Arc<dyn Outbox>;
        self.house.bot.receive(event(who, who, &door(), wish("김치찌개")), outbox()).await;
        let token = self.ear.offered(Action::Confirm).expect("a summary");
        self.house.bot.receive(event(who, who, &door(), Event::Press(token)), outbox()).await;
    }

    pub(super) fn dishes(&self) -> Vec<Reply> {
        let heard = self.ear.heard();
        heard.into_iter().filter(|reply| matches!(reply.facts, Facts::Dish(_))).collect()
    }

    pub(super) async fn nth_dish(&self, number: usize) -> Reply {
        let heard = async {
            loop {
                if let Some(reply) = self.dishes().into_iter().nth(number) {
                    return reply;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), heard).await.expect("there is a dish")
    }

    pub(super) fn files(&self) -> usize {
        let folders = std::fs::read_dir(self.media.path()).expect("a folder").filter_map(Result::ok);
        folders.filter_map(|folder| std::fs::read_dir(folder.path()).ok()).map(Iterator::count).sum()
    }

    pub(super) async fn close(self) {
        self.house.close().await;
        self.db.is_sound().await;
    }
}

pub(super) fn one(gallery: &Gallery) -> PhotoOptions {
    with_sources(vec![("one".to_owned(), plain_source("one", gallery))])
}

/// A gallery where the source `one` has one good picture.
pub(super) async fn good() -> Gallery {
    let gallery = Gallery::open().await;
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)));
    gallery.plan("/one/list", Plan::ok("application/json", list(&[&gallery.at("images.test", "/picture")])));
    gallery
}

pub(super) fn size(reply: &Reply) -> Option<(u32, u32)> {
    image::image_dimensions(&reply.picture.as_ref()?.file).ok()
}

pub(super) fn credit(reply: &Reply) -> Option<String> {
    let Facts::Dish(served) = &reply.facts else { return None };
    served.credit.as_ref().map(|credit| credit.source.clone())
}

pub(super) const PHOTO: Option<(u32, u32)> = Some((1280, 960));
pub(super) const CARD: Option<(u32, u32)> = Some((1200, 800));

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_comes_with_the_photo_that_was_found_and_says_where_it_is_from() {
    let gallery = good().await;
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    let reply = night.ordered("guest").await;
    assert_eq!((size(&reply), credit(&reply).as_deref()), (PHOTO, Some("one")));
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_begins_when_the_dish_has_its_name_and_not_when_it_is_done() {
    let gallery = good().await;
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::slow("김치찌개")).await;
    night.order("guest").await;
    let kept = async {
        while night.files() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), kept).await.expect("the photo is kept");
    assert!(night.dishes().is_empty(), "the photo is there before the dish");
    night.cook.ready.notify_one();
    assert_eq!(size(&night.nth_dish(0).await), PHOTO);
    assert_eq!(night.gallery.times("/one/list"), 1);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_waits_no_longer_than_its_budget_and_a_late_photo_takes_the_place_of_its_card() {
    let gallery = good().await;
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)).after(Duration::from_secs(2)));
    let options = PhotoOptions { budget: Duration::from_millis(50), ..one(&gallery) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    let first = night.ordered("guest").await;
    assert_eq!((size(&first), credit(&first)), (CARD, None));
    let second = night.nth_dish(1).await;
    assert!(matches!(second.placing, Placing::Dish(_)), "{:?}", second.placing);
    assert_eq!((size(&second), credit(&second).as_deref()), (PHOTO, Some("one")));
    // So it stays.
    let person = night.db.person("guest").await;
    let saved = night.db.store.dish(person, 1).await.expect("an answer").expect("a dish");
    assert!(saved.has_photo);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_time_is_up_before_the_photo_comes_is_served_and_gets_it_later() {
    let (gallery, bell) = (good().await, Arc::new(Notify::new()));
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)).when(&bell));
    let options = PhotoOptions { budget: Duration::from_secs(60), ..one(&gallery) };
    let rules = Rules { order_deadline: Duration::from_secs(1), ..rules() };
    let (db, media) = (Arc::new(sqlite().await), Arc::new(tempfile::tempdir().expect("a folder")));
    let night = Evening::with_rules(db, media, gallery, &options, Cook::quick("김치찌개"), rules).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    bell.notify_one();
    let second = night.nth_dish(1).await;
    assert!(matches!(second.placing, Placing::Dish(_)));
    assert_eq!(size(&second), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_pictures_have_no_room_left_cards_go_before_the_photos_of_dishes() {
    let gallery = good().await;
    let options = one(&gallery);
    let media = Arc::new(tempfile::tempdir().expect("a folder"));
    let db = Arc::new(sqlite().await);
    let night = Evening::on(Arc::clone(&db), Arc::clone(&media), gallery, &options, Cook::quick("김치찌개")).await;
    let photo = night.ordered("guest").await.picture.expect("a photo");
    // Newer than the photo, and large; nothing needs it.
    let shelf = bapsang::photo::Shelf::new(media.path().to_path_buf());
    let other = shelf.keep(&vec![7; 900_000], evening()).expect("kept").hash;
    let limited = Photos::with_fonts(media.path().to_path_buf(), Fonts::none()).limited_to(1);
    let door = Arc::clone(&night.ear) as Arc<dyn Outbox>;
    let clock = Arc::clone(&night.clock);
    let cook = Arc::clone(&night.cook) as Arc<dyn Recommender>;
    let small =
        House::with_photos(&db.store, rules(), &clock, cook, Arc::new(limited), vec![(super::elsewhere(), door)]);
    small.kitchen.tidy_once().await.expect("tidied");
    assert_eq!((shelf.find(&photo.hash).is_some(), shelf.find(&other).is_some()), (true, false));
    small.close().await;
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_that_had_only_its_card_shows_a_photo_that_was_found_since() {
    let gallery = good().await;
    gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)).after(Duration::from_secs(1)));
    let options = PhotoOptions { budget: Duration::ZERO, ..one(&gallery) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    night.nth_dish(1).await;
    let person = night.db.person("guest").await;
    let card = night.db.store.dish(person, 1).await.expect("an answer").expect("a dish").picture.expect("a picture");
    std::fs::remove_file(night.photos.find(&card, evening()).expect("it is there").file).expect("it is gone");
    assert_eq!(size(&night.ordered("other").await), CARD, "it is looked for anew");
    assert_eq!(night.gallery.times("/one/list"), 2);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_41_fifty_people_who_order_the_same_dish_cause_one_search_and_one_file() {
    let gallery = good().await;
    gallery.plan(
        "/one/list",
        Plan::ok("application/json", list(&[&gallery.at("images.test", "/picture")])).after(Duration::from_millis(500)),
    );
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    for guest in 0..50 {
        night.order(&format!("guest{guest}")).await;
    }
    night.nth_dish(49).await;
    assert!(night.dishes().iter().all(|reply| size(reply) == PHOTO));
    assert_eq!((night.gallery.times("/one/list"), night.gallery.times("/picture"), night.files()), (1, 1, 1));
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_photo_from_two_sources_is_one_file() {
    let gallery = good().await;
    gallery.plan("/two/list", Plan::ok("application/json", list(&[&gallery.at("other.test", "/picture")])));
    let options = with_sources(vec![("one".to_owned(), plain_source("one", &gallery))]);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    night.ordered("guest").await;
    let other = with_sources(vec![("two".to_owned(), plain_source("two", &night.gallery))]);
    let setup = bapsang::photo::Setup::with_net(&other, net(&night.gallery, &Arc::default()));
    night.photos.seek_with(setup, Arc::new(night.db.store.clone()), Arc::clone(&night.clock) as _).await;
    night.cook.named("묵은지찌개");
    let reply = night.ordered("guest").await;
    assert_eq!((night.gallery.times("/two/list"), night.files()), (1, 1));
    assert_eq!(size(&reply), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_hangs_holds_up_nobody_behind_it() {
    let gallery = good().await;
    gallery.plan("/slow/list", Plan::raw(vec![Piece::Hold]));
    let sources = ["slow", "one"].map(|name| (name.to_owned(), plain_source(name, &gallery)));
    let options = PhotoOptions { hedge: Duration::from_millis(100), ..with_sources(sources.to_vec()) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_source_is_asked_at_once_where_the_one_before_has_nothing() {
    let gallery = good().await;
    gallery.plan("/empty/list", Plan::ok("application/json", "{\"items\": []}"));
    let sources = ["empty", "one"].map(|name| (name.to_owned(), plain_source(name, &gallery)));
    let options = PhotoOptions { hedge: Duration::from_secs(60), ..with_sources(sources.to_vec()) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_picture_fails_an_order_and_the_good_one_behind_them_is_found() {
    let gallery = Gallery::open().await;
    let hostile: [(&str, Plan); 5] = [
        ("/page", Plan::ok("image/jpeg", "<html>")),
        ("/small", Plan::ok("image/png", super::encoded(scene(16, 16), image::ImageFormat::Png))),
        ("/gone", Plan::answer(404, &[], "")),
        ("/inside", Plan::to("http://169.254.169.254/")),
        ("/good", Plan::ok("image/jpeg", jpeg(1600, 1200))),
    ];
    let images: Vec<String> = hostile.iter().map(|(path, _)| gallery.at("images.test", path)).collect();
    for (path, plan) in hostile {
        gallery.plan(path, plan);
    }
    gallery
        .plan("/one/list", Plan::ok("application/json", list(&images.iter().map(String::as_str).collect::<Vec<_>>())));
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    // Not more are fetched than the settings say.
    let few = PhotoOptions { fetches: 3, ..options };
    let setup = bapsang::photo::Setup::with_net(&few, net(&night.gallery, &Arc::default()));
    let other = Arc::new(Photos::with_fonts(night.media.path().to_path_buf(), Fonts::none()));
    let empty = sqlite().await;
    other.seek_with(setup, Arc::new(empty.store.clone()), Arc::clone(&night.clock) as _).await;
    let before = night.gallery.asked().len();
    let mut hunt = other.seek(&super::kimchi_stew()).expect("a search");
    assert_eq!(hunt.at_last().await, None);
    assert_eq!(night.gallery.asked().len() - before, 4, "the list and three pictures");
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_39_where_nothing_can_be_kept_there_is_still_a_dish() {
    let gallery = good().await;
    let options = one(&gallery);
    let media = Arc::new(tempfile::tempdir().expect("a folder"));
    let db = Arc::new(sqlite().await);
    let night = Evening::on(Arc::clone(&db), Arc::clone(&media), gallery, &options, Cook::quick("김치찌개")).await;
    let folder = media.path().to_path_buf();
    std::fs::remove_dir(&folder).expect("it is empty");
    std::fs::write(&folder, "a file in its place").expect("a file");
    let reply = night.ordered("guest").await;
    assert_eq!(reply.picture, None);
    std::fs::remove_file(&folder).expect("it was there");
    // The folder is there again, and the photo is looked for again.
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_39_a_photo_whose_file_is_gone_is_fetched_again() {
    let gallery = good().await;
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    let photo = night.ordered("guest").await.picture.expect("a photo");
    std::fs::remove_file(&photo.file).expect("it was there");
    let again = night.ordered("other").await;
    assert_eq!((size(&again), night.gallery.times("/picture")), (PHOTO, 2));
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_ones_own_comes_first_and_its_pictures_are_found_by_name() {
    let gallery = Gallery::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("김치 찌개 (2인분).JPG"), jpeg(1600, 1200)).expect("a file");
    std::fs::write(folder.path().join("김치 찌개 (2인분).txt"), "우리 집 부엌\n").expect("a file");
    std::fs::write(folder.path().join("notes.md"), "no picture").expect("a file");
    let pipe = folder.path().join("김치찌개.png");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let plain = plain_source("one", &gallery);
    let source =
        SourceOptions { kind: bapsang::photo::source::Kind::Folder, url: folder.path().display().to_string(), ..plain };
    let options = with_sources(vec![("folder".to_owned(), source)]);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    let reply = night.ordered("guest").await;
    assert_eq!((size(&reply), credit(&reply).as_deref()), (PHOTO, Some("우리 집 부엌")));
    night.close().await;
}
