//! Every interleaving of two workers, a person who orders and stops, a clock that reaches midnight, deadlines and crashes, up
//! to a depth; and random ones far beyond it.

use std::{collections::HashSet, fmt::Write};

use proptest::prelude::*;

use super::*;
use crate::ticket::{Allowance, Drawn};

/// A day of one ticket, so that a second order depends on what became of the first.
const LIMIT: u32 = 1;
const LEASE: TimeDelta = TimeDelta::minutes(2);
const PATIENCE: TimeDelta = TimeDelta::minutes(5);
const GRACE: TimeDelta = TimeDelta::minutes(1);
const MOST_CLAIMS: i64 = 3;

/// How deep every interleaving is looked at.
const DEPTH: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happening {
    Place,
    Release,
    Claim(usize),
    Renew(usize),
    HandBack(usize),
    Serve(usize),
    StandIn(usize),
    Fail(usize),
    Crash(usize),
    Stop,
    DoorSays,
    DoorNotes,
    Tell(usize),
    Says(usize),
    Notes(usize),
    Later(usize),
    Gone(usize),
    KeepsTelling(usize),
    /// The door of the newest order is gone, and another one answers for it.
    Adopt,
    /// The conversation of the newest order is over.
    Leave,
    /// Somebody hears of a dish that could not be told.
    Speak,
    /// A message that was long on its way comes over the end of the newest order.
    Overwrite,
    Tick,
    Midnight,
    ClockBack,
    Sweep,
}

/// Happenings of everything but the clock going back, which the random ones have.
fn happenings() -> Vec<Happening> {
    use Happening::*;
    let mut all =
        vec![Place, Release, Stop, DoorSays, DoorNotes, Adopt, Leave, Speak, Overwrite, Tick, Midnight, Sweep];
    for hand in 0..2 {
        all.extend([Claim(hand), Renew(hand), HandBack(hand), Serve(hand), StandIn(hand), Fail(hand), Crash(hand)]);
        all.extend([Tell(hand), Says(hand), KeepsTelling(hand), Notes(hand), Later(hand), Gone(hand)]);
    }
    all
}

/// What a worker has in hand, by their own belief: the order, and their token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Hand {
    Empty,
    Cooks(usize, String),
    Tells(usize, String, bool),
}

/// An order, and what became of it outside of its row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Order {
    life: Lifecycle,
    day: usize,
    dishes: u8,
    /// Movements of its ticket after it was taken.
    settled: u8,
    /// How often the person heard how it ended.
    heard: u8,
    /// Whether the door that stopped it still has to say so, or to note it.
    door: Option<bool>,
    /// The token of whoever was the last to take it, until they or somebody else put it down.
    taken_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    now: DateTime<Utc>,
    orders: Vec<Order>,
    /// Tickets of each day that are taken and not returned.
    taken: [u32; 2],
    hands: [Hand; 2],
    tokens: u8,
    /// Crashes, and leases that ran out under somebody.
    interruptions: u8,
}

fn midnight() -> DateTime<Utc> {
    "2026-11-23T15:00:00Z".parse().expect("a time")
}

impl World {
    fn new() -> Self {
        Self {
            now: midnight() - TimeDelta::minutes(10),
            orders: Vec::new(),
            taken: [0, 0],
            hands: [Hand::Empty, Hand::Empty],
            tokens: 0,
            interruptions: 0,
        }
    }

    fn token(&mut self) -> String {
        self.tokens = self.tokens.wrapping_add(1);
        self.tokens.to_string()
    }

    /// Takes an order one step on, as the store does; whether that may be.
    fn step(&mut self, at: usize, step: Step<'_>) -> bool {
        let order = &mut self.orders[at];
        let Some(next) = order.life.step(step, self.now) else { return false };
        let ended = |life: &Lifecycle| !life.state.is_in_the_making();
        assert!(ended(&next) || !ended(&order.life), "an end is an end: {:?}", order.life);
        if next.ticket != order.life.ticket {
            order.settled += 1;
            if next.ticket == TicketState::Returned {
                self.taken[order.day] -= 1;
            }
        }
        if next.state == OrderState::Served && !ended(&order.life) {
            order.dishes += 1;
        }
        order.taken_by = match step {
            Step::Claim(token, _) | Step::Tell(token, _) => Some(token.to_owned()),
            Step::Renew(..) | Step::KeepTelling(..) | Step::Release => order.taken_by.take(),
            _ => None,
        };
        order.life = next;
        true
    }

    /// The same world with its tokens counted anew and its workers in order, since neither tells two worlds apart.
    fn without_names(mut self) -> Self {
        self.hands.sort();
        let mut names: Vec<String> = Vec::new();
        let leases = self.orders.iter_mut().flat_map(|Order { life, taken_by, .. }| {
            life.lease.as_mut().map(|lease| &mut lease.token).into_iter().chain(taken_by)
        });
        let held = self.hands.iter_mut().filter_map(|hand| match hand {
            Hand::Empty => None,
            Hand::Cooks(_, token) | Hand::Tells(_, token, _) => Some(token),
        });
        for token in leases.chain(held) {
            let known = names.iter().position(|name| name == token).unwrap_or_else(|| {
                names.push(token.clone());
                names.len() - 1
            });
            *token = known.to_string();
        }
        self.tokens = u8::try_from(names.len()).expect("few");
        self
    }

    fn newest(&self) -> Option<usize> {
        self.orders.len().checked_sub(1)
    }

    /// Lets it happen; `false` where it cannot.
    fn happens(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Place => return self.place(),
            Happening::Release => {
                let Some(newest) = self.newest() else { return false };
                return self.step(newest, Step::Release);
            }
            Happening::Stop => {
                let Some(newest) = self.newest() else { return false };
                let stopped = self.step(newest, Step::Stop(self.now + GRACE));
                if stopped {
                    self.orders[newest].door = Some(false);
                }
                return stopped;
            }
            Happening::DoorSays => {
                let Some(order) = self.orders.last_mut().filter(|order| order.door == Some(false)) else {
                    return false;
                };
                (order.heard, order.door) = (order.heard + 1, Some(true));
            }
            Happening::DoorNotes => {
                let Some(newest) = self.newest().filter(|at| self.orders[*at].door == Some(true)) else { return false };
                self.orders[newest].door = None;
                self.step(newest, Step::Told);
            }
            Happening::Adopt => {
                let Some(newest) = self.newest() else { return false };
                // Whoever cooks or tells it is no longer the one.
                let held = self.orders[newest].life.lease.is_some();
                let adopted = self.step(newest, Step::Adopt);
                let order = &mut self.orders[newest];
                self.interruptions += u8::from(adopted && (held || order.door.take().is_some()));
                return adopted;
            }
            Happening::Leave => {
                let Some(newest) = self.newest() else { return false };
                // Whoever tells it goes on in vain.
                self.interruptions += u8::from(self.orders[newest].life.lease.is_some());
                let left = self.step(newest, Step::Abandon);
                return self.step(newest, Step::Unreachable) || left;
            }
            Happening::Speak => {
                let Some(newest) = self.newest() else { return false };
                let spoken = self.step(newest, Step::SpokenOf);
                let order = &mut self.orders[newest];
                order.heard = order.heard.max(u8::from(spoken));
                return spoken;
            }
            Happening::Overwrite => {
                let Some(newest) = self.newest() else { return false };
                let again = self.step(newest, Step::TellAgain);
                self.interruptions += u8::from(again);
                return again;
            }
            Happening::Tick => self.passes(self.now + TimeDelta::minutes(1)),
            Happening::Midnight if self.now < midnight() => self.passes(midnight()),
            Happening::Midnight => return false,
            Happening::ClockBack => self.passes(self.now - TimeDelta::hours(5)),
            Happening::Sweep => {
                let mut swept = false;
                for at in 0..self.orders.len() {
                    swept |= self.step(at, Step::Expire(self.now));
                }
                return swept;
            }
            Happening::Crash(hand) => {
                let crashed = self.hands[hand] != Hand::Empty;
                self.interruptions += u8::from(crashed);
                self.hands[hand] = Hand::Empty;
                return crashed;
            }
            Happening::Claim(hand) => return self.claim(hand),
            Happening::Tell(hand) => return self.tell(hand),
            Happening::Renew(hand)
            | Happening::HandBack(hand)
            | Happening::Serve(hand)
            | Happening::StandIn(hand)
            | Happening::Fail(hand) => return self.cooks(hand, happening),
            Happening::Says(hand)
            | Happening::KeepsTelling(hand)
            | Happening::Notes(hand)
            | Happening::Later(hand)
            | Happening::Gone(hand) => {
                return self.tells(hand, happening);
            }
        }
        true
    }

    fn place(&mut self) -> bool {
        if self.orders.len() == 2 || self.orders.iter().any(|order| order.life.state.is_in_the_making()) {
            return false;
        }
        let day = usize::from(self.now >= midnight());
        let allowance = Allowance { daily: LIMIT, extra: 0 };
        if allowance.draw(self.taken[day].into(), midnight()) != Ok(Drawn::OfTheDay) {
            return false;
        }
        self.taken[day] += 1;
        let life = Lifecycle::placed(self.now, PATIENCE, GRACE);
        self.orders.push(Order { life, day, dishes: 0, settled: 0, heard: 0, door: None, taken_by: None });
        true
    }

    /// Time passes; whoever holds a lease that ends is interrupted.
    fn passes(&mut self, to: DateTime<Utc>) {
        let holds = |world: &Self, hand: &Hand| match hand {
            Hand::Empty => false,
            Hand::Cooks(at, token) | Hand::Tells(at, token, _) => {
                world.orders[*at].life.is_held_by(token) && !world.orders[*at].life.is_free(world.now)
            }
        };
        let waits = |order: &Order, now| order.door.is_some() && !has_come(order.life.run_at, now);
        let held = |world: &Self| -> Vec<bool> {
            let hands = world.hands.iter().map(|hand| holds(world, hand));
            hands.chain(world.orders.iter().map(|order| waits(order, world.now))).collect()
        };
        let before = held(self);
        self.now = to;
        let lost = before.iter().zip(held(self)).filter(|(before, after)| **before && !after).count();
        self.interruptions += u8::try_from(lost).expect("few");
    }

    fn claim(&mut self, hand: usize) -> bool {
        if self.hands[hand] != Hand::Empty {
            return false;
        }
        let token = self.token();
        let claimed = (0..self.orders.len()).find(|at| self.step(*at, Step::Claim(&token, LEASE)));
        if let Some(at) = claimed {
            self.hands[hand] = Hand::Cooks(at, token);
        }
        claimed.is_some()
    }

    fn cooks(&mut self, hand: usize, happening: Happening) -> bool {
        let Hand::Cooks(at, token) = self.hands[hand].clone() else { return false };
        let given_up = self.orders[at].life.claims > MOST_CLAIMS;
        let step = match happening {
            Happening::Renew(_) => Step::Renew(&token, LEASE),
            Happening::HandBack(_) => Step::HandBack(&token),
            Happening::Fail(_) if given_up => Step::Fail(&token, Failure::GaveUp),
            Happening::Fail(_) => Step::Fail(&token, Failure::NoDish),
            _ => Step::Serve { token: &token, stands_in: matches!(happening, Happening::StandIn(_)) },
        };
        let is_theirs = self.orders[at].taken_by.as_ref() == Some(&token);
        let done = self.step(at, step);
        assert_eq!(done, is_theirs, "whoever has it can go on, and nobody else");
        // Whoever lost it knows that from now on.
        if !done || !matches!(happening, Happening::Renew(_)) {
            self.hands[hand] = Hand::Empty;
        }
        true
    }

    fn tell(&mut self, hand: usize) -> bool {
        if self.hands[hand] != Hand::Empty {
            return false;
        }
        let token = self.token();
        let claimed = (0..self.orders.len()).find(|at| self.step(*at, Step::Tell(&token, LEASE)));
        if let Some(at) = claimed {
            self.hands[hand] = Hand::Tells(at, token, false);
        }
        claimed.is_some()
    }

    fn tells(&mut self, hand: usize, happening: Happening) -> bool {
        let Hand::Tells(at, token, said) = self.hands[hand].clone() else { return false };
        match (happening, said) {
            (Happening::Says(_), false) => {
                self.orders[at].heard += 1;
                self.hands[hand] = Hand::Tells(at, token, true);
                return true;
            }
            (Happening::KeepsTelling(_), _) => return self.step(at, Step::KeepTelling(&token, LEASE)),
            (Happening::Notes(_), true) => self.step(at, Step::Told),
            (Happening::Later(_), false) => self.step(at, Step::TellLater(&token, self.now + GRACE)),
            (Happening::Gone(_), false) => self.step(at, Step::Unreachable),
            _ => return false,
        };
        self.hands[hand] = Hand::Empty;
        true
    }

    /// What holds in every state.
    fn is_sound(&self) {
        let in_the_making = self.orders.iter().filter(|order| order.life.state.is_in_the_making()).count();
        assert!(in_the_making <= 1, "one order at a time");
        for (day, taken) in self.taken.iter().enumerate() {
            let held = |order: &&Order| order.day == day && order.life.ticket != TicketState::Returned;
            assert_eq!(self.orders.iter().filter(held).count(), *taken as usize, "day {day} counts what is held");
            assert!(*taken <= LIMIT, "no second ticket of a day");
        }
        for order in &self.orders {
            let life = &order.life;
            let (served, making) = (order.dishes == 1, life.state.is_in_the_making());
            assert_eq!(order.settled, u8::from(!making), "a ticket is settled once, with the end");
            assert_eq!(served, matches!(life.state, OrderState::Served | OrderState::Delivered));
            assert!(order.dishes <= 1 && (making || served || life.ticket == TicketState::Returned));
            assert!(!making || life.told_at.is_none() && life.ticket == TicketState::Taken);
            assert!(life.lease.is_none() || life.state == OrderState::Cooking || !making && life.told_at.is_none());
            assert!(life.claims >= 0 && (life.state != OrderState::Cooking || life.claims > 0));
            assert!(order.heard <= 1 + self.interruptions, "an end is told again only after an interruption: {self:?}");
            assert!(life.state != OrderState::Delivered || order.heard > 0, "whoever has the dish heard of it");
        }
    }

    /// Wherever it stands: once all are gone, one cook makes whatever is in the making; and where there is none, it ends with
    /// its deadline. Every end comes to its person.
    fn comes_to_an_end(&self) {
        for makes in [&[Happening::Claim(0), Happening::Serve(0)][..], &[Happening::Sweep]] {
            let mut world = self.clone();
            world.hands = [Hand::Empty, Hand::Empty];
            if makes.contains(&Happening::Sweep) {
                // Where the clock jumped back, its deadline comes later.
                world.now = world.orders.iter().map(|order| order.life.deadline).fold(world.now, Ord::max);
            }
            for _ in 0..4 {
                world.now += TimeDelta::minutes(3);
                for happening in makes {
                    world.happens(*happening);
                }
                for _ in 0..2 {
                    for happening in [Happening::Tell(0), Happening::Says(0), Happening::Notes(0)] {
                        world.happens(happening);
                    }
                }
            }
            let open = world.orders.iter().find(|order| order.life.told_at.is_none());
            assert_eq!(open, None, "by {makes:?} from {self:?}");
        }
    }
}

#[test]
fn every_interleaving_of_two_workers_a_stop_a_deadline_crashes_and_a_midnight_keeps_the_books() {
    let all = happenings();
    let (mut seen, mut edge) = (HashSet::from([World::new()]), vec![World::new()]);
    let mut reached = HashSet::new();
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for world in &edge {
            for happening in &all {
                let mut after = world.clone();
                if !after.happens(*happening) {
                    continue;
                }
                let after = after.without_names();
                if !seen.contains(&after) {
                    after.is_sound();
                    after.comes_to_an_end();
                    reached.extend(after.orders.iter().map(|order| (order.life.state, order.life.ticket)));
                    seen.insert(after.clone());
                    next.push(after);
                }
            }
        }
        edge = next;
    }
    let mut ends = String::new();
    for (state, ticket) in [
        (OrderState::Delivered, TicketState::Spent),
        (OrderState::Delivered, TicketState::Returned),
        (OrderState::Failed, TicketState::Returned),
        (OrderState::Cancelled, TicketState::Returned),
    ] {
        if !reached.contains(&(state, ticket)) {
            let _ = writeln!(ends, "{state:?} with its ticket {ticket:?}");
        }
    }
    assert_eq!(ends, "", "these ends were never reached, so that the depth says little");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_random_interleavings_with_a_clock_that_jumps_back_keep_the_books(
        choices in prop::collection::vec((0usize..100, any::<prop::sample::Index>()), 1..300),
    ) {
        let (all, mut world) = (happenings(), World::new());
        for (dice, index) in choices {
            let happening = if dice == 0 { Happening::ClockBack } else { *index.get(&all) };
            world.happens(happening);
            world.is_sound();
        }
        world.comes_to_an_end();
    }

    #[test]
    fn whoever_holds_no_token_changes_nothing(state in 0usize..6, token in "[a-c]{0,1}", held in "[d-f]") {
        let now = midnight();
        let mut life = Lifecycle::placed(now, PATIENCE, GRACE);
        life.state = [OrderState::Queued, OrderState::Cooking, OrderState::Served, OrderState::Delivered,
            OrderState::Failed, OrderState::Cancelled][state];
        life.lease = Some(Lease { token: held, until: now + LEASE });
        for step in [
            Step::Renew(&token, LEASE), Step::HandBack(&token), Step::Serve { token: &token, stands_in: false },
            Step::Fail(&token, Failure::NoDish), Step::KeepTelling(&token, LEASE), Step::TellLater(&token, now),
        ] {
            prop_assert_eq!(life.step(step, now), None);
        }
    }
}

#[test]
fn states_and_tickets_are_read_as_they_are_written() {
    for word in ["queued", "cooking", "served", "delivered", "failed", "cancelled"] {
        assert_eq!(OrderState::from_id(word).map(OrderState::id), Some(word));
    }
    for word in ["taken", "spent", "returned"] {
        assert_eq!(TicketState::from_id(word).map(TicketState::id), Some(word));
    }
    assert_eq!((OrderState::from_id("Served"), TicketState::from_id("")), (None, None));
}
