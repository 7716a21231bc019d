//! What is remembered of photos, for how long, and what is not.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bapsang::{
    chat::{Credit, PictureHash},
    clock::{Clock, Fixed},
    dish::Names as DishNames,
    photo::{
        PhotoOptions,
        source::{Details, FieldName, SourceOptions},
    },
    store::{KnownPhoto, PhotoTurn},
};
use chrono::TimeDelta;

use super::{
    Gallery, Names, Piece, Plan,
    evenings::{CARD, Cook, Evening, PHOTO, good, one, photos_in, size},
    jpeg, list, net, plain_source, with_sources,
};
use crate::support::{Db, evening, on_both_databases};

#[tokio::test(flavor = "multi_thread")]
async fn case_42_without_any_network_there_is_a_card_and_nothing_is_remembered() {
    let gallery = good().await;
    let options = one(&gallery);
    let names = Arc::new(Names::default());
    names.lead("one.test", &[&[]]);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    let setup = bapsang::photo::Setup::with_net(&options, net(&night.gallery, &names));
    night.photos.seek_with(setup, Arc::new(night.db.store.clone()), Arc::clone(&night.clock) as _).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    assert_eq!(names.lookups().len(), 1);
    // It rests for a moment, and is asked again after that.
    night.ordered("guest").await;
    assert_eq!(names.lookups().len(), 1);
    night.clock.advance(TimeDelta::seconds(6));
    names.lead("one.test", &[&["127.0.0.1"]]);
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nobody_has_a_photo_is_remembered_for_a_day_and_being_turned_away_is_not() {
    let gallery = Gallery::open().await;
    gallery.plan("/one/list", Plan::ok("application/json", "{\"items\": []}"));
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    night.ordered("guest").await;
    assert_eq!(night.gallery.times("/one/list"), 1);
    night.clock.advance(TimeDelta::hours(25));
    night.gallery.plan("/one/list", Plan::ok("text/html", "<html>Are you human?"));
    night.ordered("guest").await;
    night.ordered("guest").await;
    assert_eq!(night.gallery.times("/one/list"), 2, "it rests for an hour");
    night.clock.advance(TimeDelta::minutes(61));
    night.gallery.plan("/picture", Plan::ok("image/jpeg", jpeg(1600, 1200)));
    let good = list(&[&night.gallery.at("images.test", "/picture")]);
    night.gallery.plan("/one/list", Plan::ok("application/json", good));
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layout_that_changed_makes_longer_and_longer_rests() {
    let gallery = Gallery::open().await;
    gallery.plan("/one/list", Plan::ok("application/json", "{\"other\": 1}"));
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    for (rest, asked) in [(0, 1), (29, 1), (2, 2), (58, 2), (3, 3), (119, 3), (2, 4)] {
        night.clock.advance(TimeDelta::seconds(rest));
        night.ordered(&format!("guest after {rest} {asked}")).await;
        assert_eq!(night.gallery.times("/one/list"), asked, "after {rest} more seconds");
    }
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_did_not_come_may_come_the_next_time() {
    let gallery = good().await;
    gallery.plan("/picture", Plan::answer(503, &[], ""));
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    night.gallery.plan("/other", Plan::ok("image/jpeg", jpeg(1600, 1200)));
    let other = list(&[&night.gallery.at("images.test", "/other")]);
    night.gallery.plan("/one/list", Plan::ok("application/json", other));
    assert_eq!(size(&night.ordered("guest").await), PHOTO, "that there is none was not remembered");
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_author_cannot_be_asked_for_is_not_taken() {
    let gallery = good().await;
    gallery.plan("/details", Plan::answer(500, &[], ""));
    let file = HashMap::from([(FieldName::File, vec!["$.title".to_owned()])]);
    let plain = plain_source("one", &gallery);
    let fields = plain.fields.clone().into_iter().chain(file).collect();
    let url = format!("{}?file={{file}}", gallery.at("one.test", "/details"));
    let author = [(FieldName::Author, vec!["$.author".to_owned()])].into_iter().collect();
    let details = Some(Details { url, rows: "$".to_owned(), fields: author });
    let options = with_sources(vec![("one".to_owned(), SourceOptions { fields, details, ..plain })]);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    night.gallery.plan("/details", Plan::ok("application/json", r#"{"author": "미나"}"#));
    night.clock.advance(TimeDelta::seconds(11));
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_hangs_is_left_alone_although_another_one_was_faster() {
    let gallery = good().await;
    gallery.plan("/slow/list", Plan::raw(vec![Piece::Hold]));
    let sources = ["slow", "one"].map(|name| (name.to_owned(), plain_source(name, &gallery)));
    let options = PhotoOptions { hedge: Duration::from_millis(50), ..with_sources(sources.to_vec()) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    let now = night.clock.now();
    let rests = async {
        while !matches!(night.db.store.take_photo_turn("slow", "slow", (0, 0), now).await, Ok(PhotoTurn::Resting(_))) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), rests).await.expect("it rests");
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_holds_up_nobody_although_another_one_hangs() {
    let gallery = good().await;
    gallery.plan("/slow/list", Plan::raw(vec![Piece::Hold]));
    let empty = ["a", "b", "c", "d", "e", "f"];
    for name in empty {
        gallery.plan(&format!("/{name}/list"), Plan::ok("application/json", "{\"items\": []}"));
    }
    let names = ["slow"].into_iter().chain(empty).chain(["one"]);
    let sources = names.map(|name| (name.to_owned(), plain_source(name, &gallery))).collect();
    let hedge = Duration::from_secs(1);
    // A second for each of them would be too much.
    let options = PhotoOptions { hedge, budget: 6 * hedge, late: Duration::ZERO, ..with_sources(sources) };
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_anew_is_asked_anew() {
    let gallery = good().await;
    gallery.plan("/one/list", Plan::ok("text/html", "<html>Are you human?"));
    let options = one(&gallery);
    let night = Evening::with(gallery, &options, Cook::quick("김치찌개")).await;
    assert_eq!(size(&night.ordered("guest").await), CARD);
    let good = list(&[&night.gallery.at("images.test", "/picture")]);
    night.gallery.plan("/one/list", Plan::ok("application/json", good));
    assert_eq!(size(&night.ordered("guest").await), CARD, "it rests for an hour");
    let setup = bapsang::photo::Setup::with_net(&options, net(&night.gallery, &Arc::default()));
    night.photos.seek_with(setup, Arc::new(night.db.store.clone()), Arc::clone(&night.clock) as _).await;
    assert_eq!(size(&night.ordered("guest").await), PHOTO);
    night.close().await;
}

async fn what_may_be_asked_survives_a_restart(db: Db) {
    let gallery = Gallery::open().await;
    gallery.plan("/one/list", Plan::ok("application/json", "{\"items\": []}"));
    let source = SourceOptions { per_minute: 2, per_day: 3, ..plain_source("one", &gallery) };
    let options = with_sources(vec![("one".to_owned(), source)]);
    let clock = Arc::new(Fixed::at(evening()));
    let media = tempfile::tempdir().expect("a folder");
    let asked = async |name: &str| {
        // Each time a process of its own.
        let photos = photos_in(media.path().to_path_buf(), &options, &gallery, &db, &clock).await;
        let names = DishNames { ko: name.to_owned(), en: format!("{name} en") };
        photos.seek(&names).expect("a search").at_last().await;
        gallery.times("/one/list")
    };
    assert_eq!([asked("가").await, asked("나나").await, asked("다다").await], [1, 2, 2], "two in a minute");
    clock.advance(TimeDelta::seconds(61));
    assert_eq!([asked("라라").await, asked("마마").await], [3, 3], "three in a day");
    clock.advance(TimeDelta::hours(24));
    assert_eq!(asked("바바").await, 4);
    // A clock that jumps back does not stop it for good.
    clock.advance(TimeDelta::days(-30));
    assert_eq!(asked("사사").await, 5);
}

async fn a_rest_survives_a_restart_and_ends_with_one_trial(db: Db) {
    let gallery = Gallery::open().await;
    gallery.plan("/", Plan::answer(429, &[("retry-after", "600")], ""));
    // They share their limits, so they share the rest.
    let shared = |name: &str| SourceOptions { counts_as: Some("both".to_owned()), ..plain_source(name, &gallery) };
    let options = with_sources(["one", "two"].map(|name| (name.to_owned(), shared(name))).to_vec());
    let clock = Arc::new(Fixed::at(evening()));
    let media = tempfile::tempdir().expect("a folder");
    let asked = async |name: &str| {
        let photos = photos_in(media.path().to_path_buf(), &options, &gallery, &db, &clock).await;
        let names = DishNames { ko: name.to_owned(), en: format!("{name} en") };
        photos.seek(&names).expect("a search").at_last().await;
        gallery.asked().len()
    };
    assert_eq!([asked("가가").await, asked("나나").await], [1, 1]);
    clock.advance(TimeDelta::seconds(599));
    assert_eq!(asked("다다").await, 1);
    clock.advance(TimeDelta::seconds(2));
    assert_eq!(asked("라라").await, 2, "one is tried, and both rest again");
    clock.advance(TimeDelta::seconds(601));
    gallery.plan("/", Plan::ok("application/json", "{\"items\": []}"));
    assert_eq!(asked("마마").await, 4, "both are sound");
}

async fn a_photo_is_remembered_by_the_dishs_name_and_forgotten_in_time(db: Db) {
    let gallery = good().await;
    let options = one(&gallery);
    let clock = Arc::new(Fixed::at(evening()));
    let media = tempfile::tempdir().expect("a folder");
    let photos = photos_in(media.path().to_path_buf(), &options, &gallery, &db, &clock).await;
    let found = async |ko: &str, en: &str| {
        let names = DishNames { ko: ko.to_owned(), en: en.to_owned() };
        photos.seek(&names).expect("a search").at_last().await
    };
    let first = found("김치찌개", "Kimchi stew").await.expect("a photo");
    assert_eq!(found("김치 찌개 1인분", "other").await.as_ref(), Some(&first));
    assert_eq!(gallery.times("/one/list"), 1);
    // Many dishes have the same English name.
    found("다른 이름", "Kimchi stew").await.expect("a photo");
    assert_eq!(gallery.times("/one/list"), 2);
    assert!(db.store.uses_picture(&first.picture, clock.now()).await.expect("an answer"));
    clock.advance(TimeDelta::days(31));
    let now = clock.now();
    assert!(!db.store.uses_picture(&first.picture, now).await.expect("an answer"));
    db.store.sweep_photos(now, now).await.expect("swept");
    assert_eq!(photos.remembered(&super::kimchi_stew()).await, None);
    found("김치찌개", "Kimchi stew").await.expect("a photo");
    assert_eq!(gallery.times("/one/list"), 3);
}

async fn whose_photo_it_is_stays_with_it(db: Db) {
    let picture = PictureHash::parse(&"a".repeat(64)).expect("a hash");
    let photo = |source: &str, licence: Option<&str>| KnownPhoto {
        picture: picture.clone(),
        source: source.to_owned(),
        credit: Some(Credit {
            source: source.to_owned(),
            author: None,
            licence: licence.map(str::to_owned),
            page: None,
        }),
    };
    let until = evening() + TimeDelta::days(1);
    let remember = async |name: &str, photo: &KnownPhoto| {
        db.store.remember_photo(name, Some(photo), until, evening()).await.expect("remembered");
    };
    remember("김치찌개", &photo("commons", Some("CC BY 4.0"))).await;
    remember("묵은지찌개", &photo("bing", None)).await;
    let known = db.store.known_photo("묵은지찌개", evening()).await.expect("an answer").flatten().expect("a photo");
    assert_eq!(known.credit, photo("commons", Some("CC BY 4.0")).credit);
}

on_both_databases!(
    what_may_be_asked_survives_a_restart,
    a_rest_survives_a_restart_and_ends_with_one_trial,
    a_photo_is_remembered_by_the_dishs_name_and_forgotten_in_time,
    whose_photo_it_is_stays_with_it,
);
