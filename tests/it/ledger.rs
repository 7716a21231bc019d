//! Whatever happens to orders, in whatever sequence and at whatever time: the books agree, nobody gets a
//! sixth ticket of a day, what was served is what was spent, and each row is what the rules say it is.

use bapsang::{
    chat::{Address, DoorKey, PersonId},
    dish::{Absence, Dish},
    order::{
        Failure, OrderId,
        lifecycle::{Lifecycle, Step},
    },
    store::{Cancelled, Claimed, Placed, Served, Untold},
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{Db, dish, door, evening, new_order, place, postgres, sqlite};

const LEASE: TimeDelta = TimeDelta::seconds(30);
const GRACE: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug, Clone)]
enum Happening {
    Order { person: usize, confirmation: u8 },
    Release(prop::sample::Index),
    Claim,
    Serve(prop::sample::Index),
    Fail(prop::sample::Index),
    Renew(prop::sample::Index),
    HandBack(prop::sample::Index),
    Cancel(usize),
    Sweep,
    Leave,
    Adopt(usize),
    Speak(usize),
    Tell,
    KeepTelling(prop::sample::Index),
    TellLater(prop::sample::Index),
    Told(prop::sample::Index),
    Unreachable(prop::sample::Index),
    Time(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (0usize..2, any::<u8>()).prop_map(|(person, confirmation)| Happening::Order { person, confirmation }),
        1 => index().prop_map(Happening::Release),
        5 => Just(Happening::Claim),
        5 => index().prop_map(Happening::Serve),
        2 => index().prop_map(Happening::Fail),
        1 => index().prop_map(Happening::Renew),
        1 => index().prop_map(Happening::HandBack),
        2 => (0usize..2).prop_map(Happening::Cancel),
        1 => Just(Happening::Sweep),
        1 => Just(Happening::Leave),
        1 => (0usize..2).prop_map(Happening::Adopt),
        1 => (0usize..2).prop_map(Happening::Speak),
        3 => Just(Happening::Tell),
        1 => index().prop_map(Happening::KeepTelling),
        1 => index().prop_map(Happening::TellLater),
        2 => index().prop_map(Happening::Told),
        1 => index().prop_map(Happening::Unreachable),
        2 => (-30i64 * 3_600..30 * 3_600).prop_map(Happening::Time),
        3 => (0i64..40).prop_map(Happening::Time),
    ]
}

struct Books {
    db: Db,
    people: Vec<PersonId>,
    dishes: Vec<u64>,
    spent: Vec<u64>,
    /// Every claim that was ever given, so that those who lost theirs go on trying.
    claims: Vec<Claimed>,
    tellings: Vec<Untold>,
    /// Each order as the rules say it stands, and whose it is.
    orders: Vec<(OrderId, Lifecycle, PersonId)>,
    now: DateTime<Utc>,
    tokens: u32,
}

impl Books {
    async fn open(db: Db) -> Self {
        let people = vec![db.person("one").await, db.person("other").await];
        let (claims, tellings, orders) = (Vec::new(), Vec::new(), Vec::new());
        Self { db, people, dishes: vec![0, 0], spent: vec![0, 0], claims, tellings, orders, now: evening(), tokens: 0 }
    }

    /// Takes the order one step on by the rules; whether that may be.
    fn step(&mut self, order: OrderId, step: Step<'_>) -> bool {
        let (_, life, _) = self.orders.iter_mut().find(|(id, ..)| *id == order).expect("an order");
        let Some(next) = life.step(step, self.now) else { return false };
        *life = next;
        true
    }

    /// Takes all one step on that may.
    fn step_all(&mut self, step: Step<'_>) {
        for (_, life, _) in &mut self.orders {
            *life = life.step(step, self.now).unwrap_or_else(|| life.clone());
        }
    }

    /// Takes all of somebody's one step on that may.
    fn step_theirs(&mut self, person: PersonId, step: Step<'_>) {
        for (_, life, _) in self.orders.iter_mut().filter(|(.., whose)| *whose == person) {
            *life = life.step(step, self.now).unwrap_or_else(|| life.clone());
        }
    }

    /// Somebody's orders are taken over by another door, and back.
    async fn is_adopted(&mut self, person: PersonId) {
        let here = Address("here".to_owned());
        for to in [DoorKey("console:other".to_owned()), door()] {
            self.db.store.adopt(person, &place(), &to, &here, self.now).await.expect("an answer");
            self.step_theirs(person, Step::Adopt);
        }
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        self.tokens.to_string()
    }

    async fn happens(&mut self, happening: &Happening) {
        let (store, now) = (self.db.store.clone(), self.now);
        match happening {
            Happening::Order { person, confirmation } => {
                let person = self.people[*person];
                let before = self.db.left(person, now).await;
                let placed = self.db.order(person, &confirmation.to_string(), now).await;
                let taken = u32::from(matches!(placed, Placed::Taken(_)));
                assert_eq!(self.db.left(person, now).await, before - taken, "{placed:?}");
                if let Placed::Taken(order) = placed {
                    let new = new_order(person, "");
                    self.orders.push((order, Lifecycle::placed(now, new.patience, new.head_start), person));
                }
            }
            Happening::Release(index) => {
                if let Some((order, ..)) = pick(index, &self.orders) {
                    let order = *order;
                    store.release(order, &Address("here".to_owned()), now).await.expect("an answer");
                    self.step(order, Step::Release);
                }
            }
            Happening::Claim => {
                let token = self.token();
                match store.claim(&door(), token.clone(), LEASE, now).await.expect("a claim") {
                    Some(claimed) => {
                        assert!(self.step(claimed.id, Step::Claim(&token, LEASE)), "{claimed:?}");
                        self.claims.push(claimed);
                    }
                    None => {
                        assert!(
                            self.orders.iter().all(|(_, life, _)| life.step(Step::Claim("", LEASE), now).is_none())
                        );
                    }
                }
            }
            Happening::Sweep => {
                store.end_overdue(now, now).await.expect("an answer");
                self.step_all(Step::Expire(now));
            }
            Happening::Leave => {
                store.leave(&place(), now).await.expect("an answer");
                self.step_all(Step::Abandon);
                self.step_all(Step::Unreachable);
            }
            Happening::Cancel(person) => {
                let person = self.people[*person];
                let cancelled = store.cancel(person, None, &door(), GRACE, now).await.expect("an answer");
                if let Cancelled::Here(order) | Cancelled::Elsewhere(order) = cancelled {
                    assert!(self.step(order, Step::Stop(now + GRACE)));
                } else {
                    let theirs = self.orders.iter().filter(|(.., whose)| *whose == person);
                    assert!(theirs.into_iter().all(|(_, life, _)| life.step(Step::Stop(now), now).is_none()));
                }
            }
            Happening::Adopt(person) => self.is_adopted(self.people[*person]).await,
            Happening::Speak(person) => {
                let person = self.people[*person];
                store.spoken_of(person, OrderId(i64::MAX), now).await.expect("an answer");
                self.step_theirs(person, Step::SpokenOf);
            }
            Happening::Tell => {
                let token = self.token();
                match store.claim_untold(&door(), token.clone(), LEASE, now).await.expect("a claim") {
                    Some(untold) => {
                        assert!(self.step(untold.id, Step::Tell(&token, LEASE)), "{untold:?}");
                        self.tellings.push(untold);
                    }
                    None => {
                        assert!(self.orders.iter().all(|(_, life, _)| life.step(Step::Tell("", LEASE), now).is_none()));
                    }
                }
            }
            Happening::Serve(index) | Happening::Fail(index) | Happening::Renew(index) | Happening::HandBack(index) => {
                if let Some(at) = pick(index, &self.claims).map(|claim| claim.token.clone()) {
                    self.cooks(happening, &at).await;
                }
            }
            Happening::KeepTelling(index)
            | Happening::TellLater(index)
            | Happening::Told(index)
            | Happening::Unreachable(index) => {
                if let Some(untold) = pick(index, &self.tellings).cloned() {
                    self.tells(happening, &untold).await;
                }
            }
            Happening::Time(seconds) => self.now += TimeDelta::seconds(*seconds),
        }
    }

    async fn cooks(&mut self, happening: &Happening, token: &str) {
        let (store, now) = (self.db.store.clone(), self.now);
        let at = self.claims.iter().position(|claim| claim.token == token).expect("a claim");
        let claim = &self.claims[at];
        let (order, person) = (claim.id, claim.person);
        let (done, step) = match happening {
            Happening::Serve(_) => {
                // Every other cook has no model.
                let stands_in = token.ends_with(['1', '3', '5', '7', '9']);
                let dish = Dish { stands_in: stands_in.then_some(Absence::Down), ..dish("비빔밥") };
                let served = store.serve(claim, &dish, None, now).await.expect("an answer");
                if let Served::Kept(number) = served {
                    let person = self.people.iter().position(|one| *one == person).expect("known");
                    self.dishes[person] += 1;
                    self.spent[person] += u64::from(!stands_in);
                    assert_eq!(u64::from(number), self.dishes[person]);
                }
                (served != Served::Lost, Step::Serve { token, stands_in })
            }
            Happening::Fail(_) => {
                let failed = store.fail(claim, Failure::NoDish, now).await.expect("an answer");
                (failed, Step::Fail(token, Failure::NoDish))
            }
            Happening::Renew(_) => {
                (store.renew(claim, LEASE, now).await.expect("an answer"), Step::Renew(token, LEASE))
            }
            _ => {
                store.hand_back(claim, now).await.expect("an answer");
                self.step(order, Step::HandBack(token));
                return;
            }
        };
        assert_eq!(self.step(order, step), done, "{happening:?}");
    }

    async fn tells(&mut self, happening: &Happening, untold: &Untold) {
        let (store, now) = (self.db.store.clone(), self.now);
        let step = match happening {
            Happening::KeepTelling(_) => {
                store.keep_telling(untold, LEASE, now).await.expect("an answer");
                Step::KeepTelling(&untold.token, LEASE)
            }
            Happening::TellLater(_) => {
                store.tell_later(untold, now + GRACE, now).await.expect("an answer");
                Step::TellLater(&untold.token, now + GRACE)
            }
            Happening::Told(_) => {
                store.told(untold.id, now).await.expect("an answer");
                Step::Told
            }
            _ => {
                store.unreachable(untold.id, now).await.expect("an answer");
                Step::Unreachable
            }
        };
        self.step(untold.id, step);
    }

    async fn are_sound(&self) {
        self.db.is_sound().await;
        for (order, life, _) in &self.orders {
            assert_eq!(self.db.store.lifecycle(*order).await.expect("an answer").as_ref(), Some(life), "{order}");
        }
        for (person, spent) in self.people.iter().zip(&self.spent) {
            let left = self.db.store.tickets_left(*person, crate::support::quota(), self.now).await.expect("tickets");
            assert!(left.left <= 5);
            assert_eq!(left.used_ever, *spent);
        }
    }
}

fn pick<'a, T>(index: &prop::sample::Index, from: &'a [T]) -> Option<&'a T> {
    (!from.is_empty()).then(|| index.get(from))
}

fn any_sequence(cases: u32, open: impl AsyncFn() -> Db) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let config =
        ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() };
    let happenings = prop::collection::vec(happening(), 1..80);
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
