//! Whatever happens to orders, in whatever sequence and at whatever time: the books agree, nobody gets a
//! sixth ticket of a day, and what was served is what was spent.

use bapsang::{
    chat::PersonId,
    order::Failure,
    store::{Claimed, Placed, Served},
};
use chrono::TimeDelta;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{Db, dish, door, evening, postgres, sqlite};

#[derive(Debug, Clone)]
enum Happening {
    Order { person: usize, confirmation: u8 },
    Claim,
    Serve(prop::sample::Index),
    Fail(prop::sample::Index),
    Renew(prop::sample::Index),
    Cancel(usize),
    Tell,
    Time(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (0usize..2, any::<u8>()).prop_map(|(person, confirmation)| Happening::Order { person, confirmation }),
        5 => Just(Happening::Claim),
        5 => index().prop_map(Happening::Serve),
        2 => index().prop_map(Happening::Fail),
        1 => index().prop_map(Happening::Renew),
        2 => (0usize..2).prop_map(Happening::Cancel),
        1 => Just(Happening::Tell),
        2 => (-30i64 * 3_600..30 * 3_600).prop_map(Happening::Time),
        2 => (0i64..40).prop_map(Happening::Time),
    ]
}

struct Books {
    db: Db,
    people: Vec<PersonId>,
    served: Vec<u64>,
    claims: Vec<Claimed>,
    now: chrono::DateTime<chrono::Utc>,
    tokens: u32,
}

impl Books {
    async fn open(db: Db) -> Self {
        let people = vec![db.person("one").await, db.person("other").await];
        Self { db, people, served: vec![0, 0], claims: Vec::new(), now: evening(), tokens: 0 }
    }

    async fn happens(&mut self, happening: &Happening) {
        let store = self.db.store.clone();
        match happening {
            Happening::Order { person, confirmation } => {
                let person = self.people[*person];
                let before = self.db.left(person, self.now).await;
                let placed = self.db.order(person, &confirmation.to_string(), self.now).await;
                let taken = u32::from(matches!(placed, Placed::Taken(_)));
                assert_eq!(self.db.left(person, self.now).await, before - taken, "{placed:?}");
            }
            Happening::Claim => {
                self.tokens += 1;
                self.claims.extend(self.db.claim(&self.tokens.to_string(), self.now).await);
            }
            Happening::Serve(index) => {
                if let Some(claim) = self.claim(index)
                    && let Served::Kept(number) =
                        store.serve(claim, &dish("비빔밥"), None, self.now).await.expect("an answer")
                {
                    let person = self.people.iter().position(|person| *person == claim.person).expect("known");
                    self.served[person] += 1;
                    assert_eq!(u64::from(number), self.served[person]);
                }
            }
            Happening::Fail(index) => {
                if let Some(claim) = self.claim(index) {
                    store.fail(claim, Failure::NoDish, self.now).await.expect("an answer");
                }
            }
            Happening::Renew(index) => {
                if let Some(claim) = self.claim(index) {
                    store.renew(claim, TimeDelta::seconds(30), self.now).await.expect("an answer");
                }
            }
            Happening::Cancel(person) => {
                let person = self.people[*person];
                store.cancel(person, None, &door(), TimeDelta::seconds(10), self.now).await.expect("an answer");
            }
            Happening::Tell => {
                let lease = TimeDelta::seconds(30);
                if let Some(untold) = store.claim_untold(&door(), "t".into(), lease, self.now).await.expect("a claim") {
                    store.told(untold.id, self.now).await.expect("told");
                }
            }
            Happening::Time(seconds) => self.now += TimeDelta::seconds(*seconds),
        }
    }

    fn claim(&self, index: &prop::sample::Index) -> Option<&Claimed> {
        (!self.claims.is_empty()).then(|| index.get(&self.claims))
    }

    async fn are_sound(&self) {
        self.db.is_sound().await;
        for (person, served) in self.people.iter().zip(&self.served) {
            let left = self.db.store.tickets_left(*person, crate::support::quota(), self.now).await.expect("tickets");
            assert!(left.left <= 5);
            assert_eq!(left.used_ever, *served);
        }
    }
}

fn any_sequence(cases: u32, open: impl AsyncFn() -> Db) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let config =
        ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() };
    let happenings = prop::collection::vec(happening(), 1..60);
    TestRunner::new(config)
        .run(&happenings, |happenings| {
            runtime.block_on(async {
                let mut books = Books::open(open().await).await;
                for happening in &happenings {
                    books.happens(happening).await;
                    books.are_sound().await;
                }
            });
            Ok(())
        })
        .expect("the books agree");
}

#[test]
fn any_sequence_of_events_keeps_the_ledger_sound_on_sqlite() {
    any_sequence(64, sqlite);
}

#[test]
fn any_sequence_of_events_keeps_the_ledger_sound_on_postgres() {
    any_sequence(32, postgres);
}
