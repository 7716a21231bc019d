//! A program under test with everything around it, and the two things that it is asked for most: presses and dishes.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bapsang::store::{Options, Store, StoreUrl};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::{task::JoinSet, time::Instant};

use super::{
    gallery::{self, Gallery},
    model::{self, Model},
    pace::Pace,
    people::{Ended, Person},
    report::Outcome,
    subject::{Kind, Meter, Setup, Subject},
    telegram::BotApi,
};

/// Nobody waits longer for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The numbers of the people in private chats begin here.
pub(crate) const FIRST: i64 = 1_000_000;

/// The shop and its surroundings.
pub(crate) struct Shop {
    pub(crate) api: BotApi,
    pub(crate) model: Model,
    pub(crate) gallery: Gallery,
    pub(crate) setup: Setup,
    pub(crate) seed: u64,
    _folder: TempDir,
}

/// What came of what people did.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) dishes: Vec<Duration>,
    pub(crate) pictures: u64,
    pub(crate) without: BTreeMap<String, u64>,
    pub(crate) silent: u64,
}

impl Tally {
    pub(crate) fn note(&mut self, ended: Ended) {
        match ended {
            Ended::Dish(took, picture) => {
                self.dishes.push(took);
                self.pictures += u64::from(picture);
            }
            Ended::Without(why) => *self.without.entry(why).or_default() += 1,
            Ended::Silence => self.silent += 1,
        }
    }
}

impl Shop {
    /// With a model that knows so many different dishes, and pictures of that size.
    pub(crate) async fn of(kind: Kind, different: u64, picture: (u32, u32), pace: Option<Pace>, seed: u64) -> Self {
        let api = BotApi::start(pace).await;
        let (model, gallery) = (Model::start(different).await, Gallery::start(picture.0, picture.1).await);
        let folder = tempfile::tempdir().expect("a folder");
        let setup = Setup::new(kind, &api.url(), &model, &gallery, folder.path());
        Self { api, model, gallery, setup, seed, _folder: folder }
    }

    /// Bapsang as scenarios have it: two hundred dishes, pictures as searches give them.
    pub(crate) async fn usual(seed: u64) -> Self {
        Self::of(Kind::Bapsang, 200, (640, 480), None, seed).await
    }

    pub(crate) fn set(&mut self, name: &str, value: &dyn ToString) {
        self.setup = self.setup.clone().with(name, value);
    }

    pub(crate) fn moods(&self, model: model::Mood, gallery: gallery::Mood) {
        self.model.is(model);
        self.gallery.is(gallery);
    }

    pub(crate) async fn open(&self) -> Subject {
        let mut subject = Subject::start(&self.setup);
        let polled = tokio::time::timeout(Duration::from_secs(30), self.api.is_polled()).await;
        let said = subject.said();
        assert!(polled.is_ok() && subject.is_alive(), "it did not start: {said}");
        assert!(!said.contains("switched off"), "it does without something: {said}");
        subject
    }

    pub(crate) fn person(&self, number: i64, think: Duration) -> Person {
        let user = FIRST + number;
        Person::new(&self.api, user, user, self.seed, think, PATIENCE)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.setup.folder.join("bapsang.db")
    }

    /// So many people who are asked the first question.
    pub(crate) async fn people(&self, count: i64, think: Duration) -> Vec<Person> {
        let mut coming = JoinSet::new();
        for number in 0..count {
            let mut person = self.person(number, think);
            coming.spawn(async move {
                let asked = person.says("/start").await;
                (asked, person)
            });
        }
        let people = coming.join_all().await;
        let asked = people.iter().filter(|(asked, _)| *asked).count();
        assert_eq!(asked, people.len(), "not everyone was asked");
        let _ = self.api.times();
        people.into_iter().map(|(_, person)| person).collect()
    }

    /// Everybody presses to and fro for so long.
    pub(crate) async fn presses(&self, subjects: &[&Subject], count: i64, think: Duration, time: Duration) -> Outcome {
        let people = self.people(count, think).await;
        let until = Instant::now() + time;
        let (before, meter) = (self.api.counts(), Meter::start(subjects));
        let mut pressing = JoinSet::new();
        for mut person in people {
            pressing.spawn(async move {
                loop {
                    for label in ["초급", "뒤로"] {
                        person.thinks().await;
                        if !person.presses(label).await {
                            return;
                        }
                    }
                }
            });
        }
        tokio::time::sleep_until(until).await;
        let outcome = self.outcome(subjects, count, before, &meter, Tally::default());
        // Whoever is done by now has waited in vain.
        let mut silent = 0;
        while let Some(stopped) = pressing.try_join_next() {
            silent += u64::from(stopped.is_ok());
        }
        Outcome { silent, ..outcome }
    }

    /// Everybody orders again and again for so long.
    pub(crate) async fn dishes(&self, subjects: &[&Subject], count: i64, think: Duration, time: Duration) -> Outcome {
        let people = self.people(count, think).await;
        let tally = Arc::new(Mutex::new(Tally::default()));
        // The first dishes of all are not counted: connections open, pictures are fetched.
        let round = Arc::new(tokio::sync::Barrier::new(people.len() + 1));
        let mut ordering = JoinSet::new();
        for mut person in people {
            let (tally, round) = (Arc::clone(&tally), Arc::clone(&round));
            ordering.spawn(async move {
                let began = person.chooses_nothing().await && matches!(person.orders().await, Ended::Dish(..));
                round.wait().await;
                round.wait().await;
                if !began {
                    tally.lock().expect("no panic").silent += 1;
                    return;
                }
                let until = Instant::now() + time;
                while Instant::now() < until {
                    person.thinks().await;
                    if !person.asks_again().await {
                        tally.lock().expect("no panic").silent += 1;
                        return;
                    }
                    let ended = person.orders().await;
                    let stops = ended == Ended::Silence;
                    tally.lock().expect("no panic").note(ended);
                    if stops {
                        return;
                    }
                }
            });
        }
        round.wait().await;
        let _ = self.api.times();
        let (before, meter) = (self.api.counts(), Meter::start(subjects));
        round.wait().await;
        ordering.join_all().await;
        let tally = std::mem::take(&mut *tally.lock().expect("no panic"));
        self.outcome(subjects, count, before, &meter, tally)
    }

    /// What was done since then.
    pub(crate) fn outcome(
        &self,
        subjects: &[&Subject],
        people: i64,
        (confirmed, sent, refused): (u64, u64, u64),
        meter: &Meter,
        tally: Tally,
    ) -> Outcome {
        let (seconds, cpu, own) = meter.stop(subjects);
        let (times, counts) = (self.api.times(), self.api.counts());
        Outcome {
            people,
            seconds,
            updates: counts.0 - confirmed,
            sent: counts.1 - sent,
            refused: counts.2 - refused,
            answered: times.answered,
            shown: times.shown,
            dishes: tally.dishes,
            pictures: tally.pictures,
            without: tally.without,
            silent: tally.silent,
            cpu,
            own,
            memory: subjects.iter().map(|one| one.memory().0).sum(),
            peak: subjects.iter().map(|one| one.memory().1).sum(),
            ..Outcome::default()
        }
    }

    /// What the rules about tickets, orders and dishes find wrong in a database.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let store = store(&format!("sqlite:{}", self.database().display())).await;
        let found = store.audit().await.expect("an audit");
        store.close().await;
        found
    }
}

pub(crate) async fn store(url: &str) -> Store {
    let url = StoreUrl::parse(&SecretString::from(url)).expect("an address");
    Store::open(&url, &Options::default()).await.expect("the database opens")
}
