//! Two persons who become one, and part again: nothing of them is lost, and no ticket is won by it.

use bapsang::{
    chat::{Address, DoorKey, Locale, PersonId, Place, Platform},
    dish::AvoidedWord,
    order::Wanted,
    profile::{Change, Naming, Nickname},
    store::{Linked, NewOrder, Placed, SavedDialogue, Search, Unlinked},
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{Db, dish, evening, on_both_databases, postgres, quota, searching, sqlite};

const CODE: &str = "K7MPX4WQ";

fn place(platform: Platform) -> Place {
    Place { platform, conversation: platform.id().to_owned() }
}

fn door() -> DoorKey {
    DoorKey("test".to_owned())
}

/// The verbs of two people who come by different platforms.
impl Db {
    async fn on(&self, platform: Platform) -> PersonId {
        self.store.person_for(platform, "mina", evening()).await.expect("a person").id
    }

    async fn orders_on(&self, platform: Platform, confirmation: &str, now: DateTime<Utc>) -> Placed {
        let person = self.on(platform).await;
        let order = NewOrder {
            person,
            place: place(platform),
            door: door(),
            address: Address("here".to_owned()),
            locale: Locale::Ko,
            wanted: Wanted::default(),
            confirmation: confirmation.to_owned(),
            patience: TimeDelta::seconds(120),
            head_start: TimeDelta::zero(),
        };
        let saved = self.store.dialogue(person, &place(platform)).await.expect("a dialogue");
        let dialogue =
            SavedDialogue { revision: saved.map_or(0, |saved| saved.revision), version: 1, state: "{}".to_owned() };
        self.store.place_order(&order, &dialogue, quota(), now).await.expect("an answer")
    }

    /// Orders a dish, gets it, and is told so; `false` where there was no ticket.
    async fn eats_on(&self, platform: Platform, confirmation: &str, name: &str, now: DateTime<Utc>) -> bool {
        let Placed::Taken(order) = self.orders_on(platform, confirmation, now).await else { return false };
        let lease = TimeDelta::seconds(30);
        let claimed = self.store.claim(&door(), confirmation.to_owned(), lease, now).await.expect("a claim");
        self.store.serve(&claimed.expect("the order"), &dish(name), None, now).await.expect("served");
        self.store.told(order, now).await.expect("told");
        true
    }

    async fn links(&self, now: DateTime<Utc>) -> Linked {
        let (offering, taking) = (self.on(Platform::Console).await, self.on(Platform::Telegram).await);
        self.store.offer_link(offering, CODE, now + TimeDelta::minutes(10), now).await.expect("offered");
        self.store.link(taking, CODE, Naming::Offering, now).await.expect("an answer")
    }

    async fn names_of(&self, person: PersonId) -> Vec<String> {
        let page = self.store.history(person, &Search::default(), 1, 50).await.expect("a page");
        page.dishes.into_iter().rev().map(|saved| format!("{} {}", saved.number, saved.dish.names.ko)).collect()
    }
}

async fn two_persons_become_one_with_all_that_they_had(db: Db) {
    let now = evening();
    for (platform, confirmation, name) in [
        (Platform::Console, "1", "비빔밥"),
        (Platform::Telegram, "2", "김치찌개"),
        (Platform::Console, "3", "잡채"),
        (Platform::Telegram, "4", "된장찌개"),
    ] {
        assert!(db.eats_on(platform, confirmation, name, now).await);
    }
    let (console, telegram) = (db.on(Platform::Console).await, db.on(Platform::Telegram).await);
    let words = |word: &str| vec![Change::AddWords(vec![AvoidedWord::parse(word).expect("a word")])];
    db.store.change_profile(console, words("고수"), now).await.expect("changed");
    db.store.change_profile(telegram, words("가지"), now).await.expect("changed");
    db.store.set_favourite(telegram, 2, true).await.expect("set");
    assert_eq!(db.links(now).await, Linked::Done(console));
    assert_eq!((db.on(Platform::Console).await, db.on(Platform::Telegram).await), (console, console));
    assert_eq!(db.names_of(console).await, ["1 비빔밥", "2 잡채", "3 김치찌개", "4 된장찌개"]);
    assert_eq!(db.store.find(console, &searching("ㄱㅊㅉㄱ")).await.expect("found"), [3]);
    let favourites = Search { favourites: true, ..Search::default() };
    assert_eq!(db.store.find(console, &favourites).await.expect("found"), [4]);
    let avoided = db.store.profile(console).await.expect("a profile").avoided;
    assert_eq!(avoided.words.iter().map(AvoidedWord::as_str).collect::<Vec<_>>(), ["고수", "가지"]);
    assert_eq!(db.left(console, now).await, 1, "what both took counts");
    assert!(db.eats_on(Platform::Telegram, "5", "호떡", now).await);
    assert!(!db.eats_on(Platform::Console, "6", "호떡", now).await, "five a day for the one that they are");
    db.is_sound().await;
}

async fn parting_leaves_dishes_where_they_were_ordered_and_both_keep_todays_count(db: Db) {
    let now = evening();
    assert!(db.eats_on(Platform::Console, "1", "비빔밥", now).await);
    assert!(db.eats_on(Platform::Telegram, "2", "김치찌개", now).await);
    let Linked::Done(one) = db.links(now).await else { panic!("they are one") };
    assert!(db.eats_on(Platform::Telegram, "3", "잡채", now).await);
    let parted = db.store.unlink(one, Platform::Telegram, now).await.expect("an answer");
    let (console, telegram) = (db.on(Platform::Console).await, db.on(Platform::Telegram).await);
    assert_eq!(parted, Unlinked::Done(telegram, console));
    assert_eq!(db.names_of(console).await, ["1 비빔밥"]);
    assert_eq!(db.names_of(telegram).await, ["1 김치찌개", "2 잡채"]);
    assert_eq!(db.store.find(telegram, &searching("잡채")).await.expect("found"), [2]);
    assert_eq!((db.left(console, now).await, db.left(telegram, now).await), (2, 2));
    let tomorrow = now + TimeDelta::days(1);
    assert_eq!((db.left(console, tomorrow).await, db.left(telegram, tomorrow).await), (5, 5));
    assert_eq!(db.store.unlink(console, Platform::Console, now).await.expect("an answer"), Unlinked::Alone);
    db.is_sound().await;
}

async fn an_order_in_the_making_or_untold_delays_it(db: Db) {
    let now = evening();
    let Placed::Taken(order) = db.orders_on(Platform::Telegram, "1", now).await else { panic!("taken") };
    assert_eq!(db.links(now).await, Linked::Busy);
    let claimed = db.store.claim(&door(), "t".to_owned(), TimeDelta::seconds(30), now).await.expect("a claim");
    db.store.serve(&claimed.expect("the order"), &dish("비빔밥"), None, now).await.expect("served");
    assert_eq!(db.links(now).await, Linked::Busy, "its end was not told");
    db.store.told(order, now).await.expect("told");
    assert!(matches!(db.links(now).await, Linked::Done(_)));
    let one = db.on(Platform::Telegram).await;
    db.orders_on(Platform::Telegram, "2", now).await;
    assert_eq!(db.store.unlink(one, Platform::Telegram, now).await.expect("an answer"), Unlinked::Busy);
    db.is_sound().await;
}

async fn a_code_counts_once_for_ten_minutes_and_for_somebody_else(db: Db) {
    let now = evening();
    let (console, telegram) = (db.on(Platform::Console).await, db.on(Platform::Telegram).await);
    let link = async |taking, at| db.store.link(taking, CODE, Naming::Unsaid, at).await.expect("an answer");
    let until = now + TimeDelta::minutes(10);
    db.store.offer_link(console, CODE, until, now).await.expect("offered");
    assert_eq!(db.store.link_offered(CODE, now).await.expect("an answer"), Some(console));
    assert_eq!(link(console, now).await, Linked::Same);
    assert_eq!(link(telegram, until).await, Linked::Gone, "too late");
    db.store.offer_link(console, "OTHER234", until, now).await.expect("offered");
    assert_eq!(link(telegram, now).await, Linked::Gone, "another one took its place");
    db.store.offer_link(console, CODE, until, now).await.expect("offered");
    let other = db.store.person_for(Platform::Console, "tom", now).await.expect("a person").id;
    assert_eq!(link(other, now).await, Linked::SamePlatform);
    assert!(matches!(link(telegram, now).await, Linked::Done(_)));
    assert_eq!(link(telegram, now).await, Linked::Gone, "once");
    db.is_sound().await;
}

async fn two_names_are_asked_about_and_nothing_is_lost_meanwhile(db: Db) {
    let now = evening();
    let (console, telegram) = (db.on(Platform::Console).await, db.on(Platform::Telegram).await);
    for (person, name) in [(console, "미나"), (telegram, "밥순이")] {
        let change = Change::Nickname(Some(Nickname::parse(name).expect("a name")));
        db.store.change_profile(person, vec![change], now).await.expect("changed");
    }
    db.store.offer_link(console, CODE, now + TimeDelta::minutes(10), now).await.expect("offered");
    assert_eq!(db.store.link(telegram, CODE, Naming::Unsaid, now).await.expect("an answer"), Linked::TwoNames);
    let linked = db.store.link(telegram, CODE, Naming::Taking, now).await.expect("an answer");
    assert_eq!(linked, Linked::Done(console));
    let name = db.store.profile(console).await.expect("a profile").nickname.map(String::from);
    assert_eq!(name.as_deref(), Some("밥순이"));
}

on_both_databases!(
    two_persons_become_one_with_all_that_they_had,
    parting_leaves_dishes_where_they_were_ordered_and_both_keep_todays_count,
    an_order_in_the_making_or_untold_delays_it,
    a_code_counts_once_for_ten_minutes_and_for_somebody_else,
    two_names_are_asked_about_and_nothing_is_lost_meanwhile,
);

#[derive(Debug, Clone)]
enum Happening {
    Eat(Platform),
    Link,
    Unlink(Platform),
    Forget(Platform),
    Time(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let platform = || prop_oneof![Just(Platform::Console), Just(Platform::Telegram)];
    prop_oneof![
        6 => platform().prop_map(Happening::Eat),
        3 => Just(Happening::Link),
        2 => platform().prop_map(Happening::Unlink),
        1 => platform().prop_map(Happening::Forget),
        1 => (1i64..30).prop_map(Happening::Time),
    ]
}

/// Plays a sequence; what both ate in a day is never more than two quotas, and once they are one, never more than one was left
/// with.
async fn plays(db: Db, happenings: &[Happening]) {
    let (mut now, mut eaten, mut number) = (evening(), 0, 0);
    let mut day = quota().day(now);
    for happening in happenings {
        let before =
            (db.left(db.on(Platform::Console).await, now).await, db.left(db.on(Platform::Telegram).await, now).await);
        match happening {
            Happening::Eat(platform) => {
                number += 1;
                let ate = db.eats_on(*platform, &number.to_string(), "비빔밥", now).await;
                eaten += u32::from(ate);
                let left = if *platform == Platform::Console { before.0 } else { before.1 };
                assert_eq!(ate, left > 0);
            }
            Happening::Link => {
                let both = db.on(Platform::Console).await != db.on(Platform::Telegram).await;
                let linked = db.links(now).await;
                assert_eq!(matches!(linked, Linked::Done(_)), both, "{linked:?}");
                if let Linked::Done(one) = linked {
                    // What either had taken counts.
                    assert_eq!(db.left(one, now).await, (before.0 + before.1).saturating_sub(5));
                }
            }
            Happening::Unlink(platform) => {
                let person = db.on(*platform).await;
                db.store.unlink(person, *platform, now).await.expect("an answer");
            }
            Happening::Forget(platform) => {
                db.store.forget(db.on(*platform).await, quota(), now).await.expect("forgotten");
            }
            Happening::Time(hours) => now += TimeDelta::hours(*hours),
        }
        if quota().day(now) != day {
            (day, eaten) = (quota().day(now), 0);
        }
        assert!(eaten <= 10, "{eaten} dishes on a day");
        let after =
            (db.left(db.on(Platform::Console).await, now).await, db.left(db.on(Platform::Telegram).await, now).await);
        if !matches!(happening, Happening::Time(_)) {
            assert!(after.0 <= before.0 && after.1 <= before.1, "{happening:?} made tickets: {before:?} {after:?}");
        }
        db.is_sound().await;
    }
}

fn any_sequence(cases: u32, open: impl AsyncFn() -> Db) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let config =
        ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() };
    let run = TestRunner::new(config).run(&prop::collection::vec(happening(), 1..25), |happenings| {
        runtime.block_on(async { plays(open().await, &happenings).await });
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn no_ticket_is_won_by_any_sequence_of_links_unlinks_forgets_orders_and_midnights_on_sqlite() {
    any_sequence(48, sqlite);
}

#[test]
fn no_ticket_is_won_by_any_sequence_of_links_unlinks_forgets_orders_and_midnights_on_postgres() {
    any_sequence(12, postgres);
}
