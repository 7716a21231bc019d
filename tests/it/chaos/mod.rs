//! Everything that breaks, at every stage of an order, on every database, through every door: the order ends once, its
//! ticket with it, whoever ordered hears of it, at most once more than once, and nobody is left waiting.
//!
//! `CHAOS` says how many cells of each table are tried (4 otherwise, `all` for all), `CHAOS_SEED` which, and `CHAOS_RESULTS`
//! names a file for a line of JSON for each. `CHAOS_FAULT` names the one fault that is tried. `docs/proof.md` has the tables of
//! a whole run.

mod faults;
mod link;
mod people;
mod process;
mod server;
mod world;

use std::{
    fs::OpenOptions,
    io::Write,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;

use self::{
    faults::{Base, Fault, Stage},
    world::World,
};
use crate::{running::crash_number, support::variable};

/// An order that did not end by then never will.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a person waits before they press again, where nothing seems to have happened.
const NOTHING_HAPPENED: Duration = Duration::from_secs(6);

async fn table(door: &'static str, base: Base) {
    let seed = crash_number("CHAOS_SEED", 20_261_127);
    let mut random = StdRng::seed_from_u64(seed ^ (door.len() as u64) << 8 ^ base as u64);
    let terminal = door == "terminal";
    let mut cells: Vec<(Fault, Stage)> = Fault::ALL
        .into_iter()
        .filter(|fault| fault.can_be(terminal, base))
        .filter(|fault| variable("CHAOS_FAULT").is_none_or(|name| format!("{fault:?}") == name))
        .flat_map(|fault| Stage::ALL.map(|stage| (fault, stage)))
        .filter(|(_, stage)| !terminal || stage.is_met_in_a_terminal())
        .collect();
    if variable("CHAOS").as_deref() != Some("all") {
        cells.shuffle(&mut random);
        cells.truncate(crash_number("CHAOS", 4).try_into().expect("few"));
    }
    let (of_the_clock, others): (Vec<_>, Vec<_>) = cells.into_iter().partition(|(fault, _)| fault.is_of_the_clock());
    let mut broken = Vec::new();
    for (cells, with_clock) in [(others, false), (of_the_clock, true)] {
        if cells.is_empty() {
            continue;
        }
        let mut world = World::open(door, base, with_clock).await;
        for (count, (fault, stage)) in cells.into_iter().enumerate() {
            if with_clock && count > 0 && count % 4 == 0 {
                // Turns change hands with the clock, and Discord's gateway is asked ten times in a quarter of an hour at most.
                std::mem::replace(&mut world, World::open(door, base, with_clock).await).closes().await;
            }
            let which = random.random_range(0..world.processes());
            let cell = AssertUnwindSafe(cell(&mut world, (door, base), (fault, stage), (which, seed)));
            if cell.catch_unwind().await.is_err() {
                broken.push(format!("{fault:?} at {stage:?}"));
                // Nobody knows how it stands with this one.
                std::mem::replace(&mut world, World::open(door, base, with_clock).await).closes().await;
            }
        }
        world.closes().await;
    }
    assert_eq!(broken, Vec::<String>::new(), "CHAOS_SEED={seed}");
}

/// A connection that nobody answers on says nothing by itself. Those to the database are given up within their time, and the
/// order that waited for them is brought to its end.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_database_that_fell_silent_are_given_up() {
    let mut world = World::open("telegram", Base::Postgres, false).await;
    let guest = world.arrives().await;
    world.comes_to(Stage::Cooking, guest, 0).await;
    world.database().silence();
    let silent = Instant::now();
    while !world.orders(guest, 0).await.iter().all(|order| order.told) {
        assert!(silent.elapsed() < PATIENCE, "{}\n{}", world.door.transcript(guest), world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let orders = world.orders(guest, 0).await;
    assert_eq!((orders.len(), orders[0].state.as_str()), (1, "delivered"));
    assert_eq!(world.store.audit().await.expect("an audit"), Vec::<String>::new());
    world.closes().await;
}

/// One order that something happens to.
#[expect(clippy::print_stdout, reason = "what came of it is what this is for")]
async fn cell(
    world: &mut World,
    (door, base): (&str, Base),
    (fault, stage): (Fault, Stage),
    (which, random_seed): (usize, u64),
) {
    // In a terminal somebody sits at the first one.
    let which = if door == "terminal" { 0 } else { which };
    let named = format!("{door}, {}, {fault:?} of {which} at {stage:?}, CHAOS_SEED={random_seed}", base.name());
    let guest = world.arrives().await;
    let after = world.last_order(guest).await;
    let met = world.comes_to(stage, guest, after).await;
    world.strikes(fault, which).await;
    if stage == Stage::Queued && !fault.is_of_the_platform() {
        world.lets_arrive();
    }
    tokio::time::sleep(fault.lasts()).await;
    let mended = Instant::now();
    world.mends(fault, which).await;
    let (mut again, mut nothing_since, mut after) = (0, Instant::now(), after);
    let order = loop {
        let orders = world.orders(guest, after).await;
        assert!(orders.len() <= 1, "{named}: one confirmation is one order, not {orders:?}");
        match orders.into_iter().next() {
            // Discord itself says that a press failed which is not acknowledged in time; such an order is not kept.
            Some(order) if order.told && door == "discord" && order.state == "cancelled" => {
                assert_eq!((again, order.settled.as_deref()), (0, Some("returned")), "{named}");
                (again, after, nothing_since) = (1, order.id, Instant::now());
                world.tries_again(guest).await;
            }
            Some(order) if order.told => break order,
            None if nothing_since.elapsed() > NOTHING_HAPPENED => {
                world.tries_again(guest).await;
                (again, nothing_since) = (again + 1, Instant::now());
            }
            _ => {}
        }
        assert!(
            mended.elapsed() < PATIENCE,
            "{named}: it does not end: {:?}\n{}\n{}",
            world.orders(guest, after).await,
            world.door.transcript(guest),
            world.said()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let recovery = mended.elapsed();
    world.starts_again().await;
    world.is_over();
    let ending = order.failure.clone().unwrap_or_else(|| order.state.clone());
    let seen = {
        let mut seen = world.sees(guest, order.dish);
        let patience = Instant::now();
        // What was said last may still be on its way to where it is seen.
        while (seen.dishes + seen.sorry == 0 || seen.waiting > 0) && patience.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            seen = world.sees(guest, order.dish);
        }
        seen
    };
    let what = format!("{named}: {order:?}, {seen:?}\n{}", world.door.transcript(guest));
    assert_eq!(world.store.audit().await.expect("an audit"), Vec::<String>::new(), "{what}");
    // Where another process answers, by whose clock the interaction has expired, it cannot change what stands there.
    let may_stay = (door, base, fault) == ("discord", Base::Two, Fault::ClockAhead);
    assert!(seen.waiting == 0 || may_stay, "nobody waits: {what}");
    assert!((1..=2).contains(&(seen.dishes + seen.sorry)), "it is told, and once more at most: {what}");
    assert_eq!(world.door.refused(), Vec::<String>::new(), "{what}");
    if !fault.is_of_the_clock() {
        assert_eq!(order.state, "delivered", "nothing but its deadline may keep a dish from somebody: {what}");
    }
    let result = json!({
        "door": door, "base": base.name(), "fault": format!("{fault:?}"), "stage": format!("{stage:?}"), "met": met,
        "end": ending,
        "ticket": order.settled, "waiting": seen.waiting, "told": seen.dishes + seen.sorry, "pressed_again": again, "seed": random_seed,
        "recovery_ms": u64::try_from(recovery.as_millis()).expect("short"),
    });
    println!("{result}");
    if let Some(file) = variable("CHAOS_RESULTS") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
        file.write_all(format!("{result}\n").as_bytes()).expect("room");
    }
}

macro_rules! tables {
    ($($door:ident),+) => {
        $(mod $door {
            use super::{Base, table};

            #[tokio::test(flavor = "multi_thread")]
            async fn whatever_breaks_an_order_ends_once_on_sqlite() {
                table(stringify!($door), Base::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn whatever_breaks_an_order_ends_once_on_postgres() {
                table(stringify!($door), Base::Postgres).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn whatever_breaks_an_order_ends_once_with_two_processes_on_postgres() {
                table(stringify!($door), Base::Two).await;
            }
        })+
    };
}

tables!(telegram, discord, terminal);
