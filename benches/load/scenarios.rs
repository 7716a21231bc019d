//! Evenings that a shop has to live through.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

use super::{
    Arguments, Measured, gallery, million, model,
    pace::Pace,
    people::{AGAIN, CONFIRM, Ended, Person},
    report::{Outcome, at},
    scale,
    shop::{FIRST, Shop, Tally},
    subject::{Meter, Subject},
    targets::Measure,
};

/// Each of them by its name.
pub(crate) const ALL: &[(&str, Measure)] = &[
    ("evening", |arguments| Box::pin(evening(arguments))),
    ("group", |arguments| Box::pin(group(arguments))),
    ("midnight", |arguments| Box::pin(midnight(arguments))),
    ("slow-model", |arguments| Box::pin(slow_model(arguments))),
    ("no-model", |arguments| Box::pin(no_model(arguments))),
    ("no-photos", |arguments| Box::pin(no_photos(arguments))),
    ("slow-database", |arguments| Box::pin(slow_database(arguments))),
    ("storm-of-429", |arguments| Box::pin(storm(arguments))),
    ("reconnects", |arguments| Box::pin(reconnects(arguments))),
    ("million", |arguments| Box::pin(a_million(arguments))),
];

const TWO_SECONDS: model::Mood = model::Mood::Takes(Duration::from_secs(2));
const A_MOMENT: gallery::Mood = gallery::Mood::Takes(Duration::from_millis(300));

/// What the group is called.
const GROUP: i64 = -1_001_000_000_001;

/// Lets everyone do the same at once, and counts how it ended for them.
async fn everyone<F>(people: Vec<Person>, does: impl Fn(Person) -> F) -> Tally
where
    F: Future<Output = Vec<Ended>> + Send + 'static,
{
    let mut doing = JoinSet::new();
    for person in people {
        doing.spawn(does(person));
    }
    let mut tally = Tally::default();
    while let Some(ended) = doing.join_next().await {
        ended.expect("no panic").into_iter().for_each(|one| tally.note(one));
    }
    tally
}

/// Chooses line by line and orders.
async fn has_an_evening(mut person: Person) -> Vec<Ended> {
    if !person.says("/start").await || !person.chooses().await {
        return vec![Ended::Silence];
    }
    vec![person.orders().await]
}

fn newcomers(shop: &Shop, from: i64, count: i64, think: Duration) -> Vec<Person> {
    (from..from + count).map(|number| shop.person(number, think)).collect()
}

/// Nothing may be wrong in the books, whatever happened.
async fn closed(shop: &Shop, subject: Subject, outcome: Outcome) -> Outcome {
    drop(subject);
    match shop.audit().await.as_slice() {
        [] => outcome.noting("the books are in order"),
        found => outcome.noting(format!("THE BOOKS ARE WRONG: {}", found.join("; "))),
    }
}

fn alone(outcome: Outcome) -> Measured {
    Measured { outcomes: vec![outcome], figures: Vec::new() }
}

/// Two thousand people come within ten seconds, choose with thought, and order.
async fn evening(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(TWO_SECONDS, A_MOMENT);
    let subject = shop.open().await;
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    let people = newcomers(&shop, 0, 2000, Duration::from_millis(2500));
    let tally = everyone(people, |mut person| async move {
        person.comes_within(Duration::from_secs(10)).await;
        has_an_evening(person).await
    })
    .await;
    let outcome = shop.outcome(&[&subject], 2000, before, &meter, tally).named("evening");
    alone(closed(&shop, subject, outcome).await)
}

/// Five hundred people in one group, where Telegram takes twenty messages a minute; a hundred others in private chats.
async fn group(arguments: &Arguments) -> Measured {
    let pace = Pace { per_second: 1000.0, ..Pace::official() };
    let mut shop = Shop::of(super::subject::Kind::Bapsang, 200, (640, 480), Some(pace), arguments.seed).await;
    shop.set("BAPSANG_TELEGRAM__LIMITS__PER_SECOND", &1000);
    shop.set("BAPSANG_TELEGRAM__LIMITS__CHAT_PER_SECOND", &1);
    shop.set("BAPSANG_TELEGRAM__LIMITS__CHAT_BURST", &3);
    shop.set("BAPSANG_TELEGRAM__LIMITS__GROUP_PER_MINUTE", &20);
    shop.set("BAPSANG_LIMITS__CHAT_BURST", &120);
    let subject = shop.open().await;
    let private = shop.people(100, Duration::from_secs(4)).await;
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    shop.api.keeps_moments();
    let until = Instant::now() + Duration::from_secs(60);
    let mut members = JoinSet::new();
    for user in 1..=500 {
        let patience = Duration::from_secs(60);
        let mut member = Person::new(&shop.api, GROUP, user, shop.seed, Duration::ZERO, patience);
        members.spawn(async move {
            member.comes_within(Duration::from_secs(30)).await;
            member.says("/start@bapsang_test_bot").await
        });
    }
    let tally = everyone(private, move |mut person| async move {
        while Instant::now() < until {
            for label in ["초급", "뒤로"] {
                person.thinks().await;
                if !person.presses(label).await {
                    return vec![Ended::Silence];
                }
            }
        }
        Vec::new()
    })
    .await;
    let heard = members.join_all().await.into_iter().filter(|heard| *heard).count();
    let sent = shop.api.moments();
    let first = sent.iter().find(|(_, chat)| *chat == GROUP).map(|(at, _)| *at);
    let in_a_minute = first.map_or(0, |first| {
        sent.iter().filter(|(at, chat)| *chat == GROUP && *at < first + Duration::from_secs(60)).count()
    });
    let outcome = shop.outcome(&[&subject], 600, before, &meter, tally).named("one viral group");
    let outcome = outcome.noting(format!(
        "in the group {heard} of 500 people were answered within a minute of asking; Telegram takes 20 messages a minute, and \
         {in_a_minute} went out in the first; times are those of the 100 people in private chats"
    ));
    alone(closed(&shop, subject, outcome).await)
}

/// The day's only ticket is used up, and two thousand people press again in the two seconds after midnight.
async fn midnight(arguments: &Arguments) -> Measured {
    let mut shop = Shop::usual(arguments.seed).await;
    shop.set("BAPSANG_TICKETS__DAILY_LIMIT", &1);
    shop.set("LD_PRELOAD", &faketime());
    // Ninety seconds before midnight in Seoul.
    shop.set("TZ", &"UTC");
    shop.set("FAKETIME", &"@2026-11-27 14:58:30");
    shop.set("FAKETIME_DONT_FAKE_MONOTONIC", &1);
    let subject = shop.open().await;
    let day_ends = subject.started + Duration::from_secs(90);
    let people = shop.people(2000, Duration::ZERO).await;
    let before = Arc::new(Mutex::new(Vec::new()));
    let used = Arc::clone(&before);
    let tally = everyone(people, move |mut person| {
        let used = Arc::clone(&used);
        async move {
            if !person.chooses_nothing().await {
                return vec![Ended::Silence];
            }
            let mut ended = vec![person.orders().await];
            // A second one on the same day.
            if person.asks_again().await {
                let refused = person.orders().await;
                if matches!(refused, Ended::Without(_)) && person.sees_button(CONFIRM) {
                    used.lock().expect("no panic").push(person);
                } else {
                    ended.push(refused);
                }
            }
            ended
        }
    })
    .await;
    let waiting = std::mem::take(&mut *before.lock().expect("no panic"));
    let note = format!(
        "before midnight {} dishes; {} of 2,000 people were refused a second one",
        tally.dishes.len(),
        waiting.len()
    );
    let late = Instant::now() > day_ends;
    tokio::time::sleep(day_ends.saturating_duration_since(Instant::now())).await;
    let _ = shop.api.times();
    let (counts, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    let count = i64::try_from(waiting.len()).unwrap_or_default();
    let tally = everyone(waiting, |mut person| async move {
        person.comes_within(Duration::from_secs(2)).await;
        let first = person.orders().await;
        let again =
            if person.sees_button(AGAIN) && person.asks_again().await { Some(person.orders().await) } else { None };
        [Some(first), again].into_iter().flatten().collect()
    })
    .await;
    let outcome = shop.outcome(&[&subject], count, counts, &meter, tally).named("midnight").noting(note);
    let outcome = if late { outcome.noting("MIDNIGHT CAME TOO EARLY") } else { outcome };
    alone(closed(&shop, subject, outcome).await)
}

/// The library that moves a program's clock (Debian's package `libfaketime`).
fn faketime() -> String {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let files = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let found = files.into_iter().find(|file| file.exists()).expect("libfaketime: scripts/load installs it");
    found.display().to_string()
}

/// A model that takes twenty seconds: five hundred orders in the making, and a hundred others who only look around.
async fn slow_model(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(model::Mood::Takes(Duration::from_secs(20)), A_MOMENT);
    let subject = shop.open().await;
    let others = shop.people(100, Duration::from_secs(1)).await;
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    let until = Instant::now() + Duration::from_secs(22);
    let looking = tokio::spawn(everyone(others, move |mut person| async move {
        while Instant::now() < until {
            person.thinks().await;
            if !person.presses("초급").await || !person.presses("뒤로").await {
                return vec![Ended::Silence];
            }
        }
        Vec::new()
    }));
    let mut tally = everyone(newcomers(&shop, 1000, 500, Duration::ZERO), |mut person| async move {
        if !person.says("/start").await || !person.chooses_nothing().await {
            return vec![Ended::Silence];
        }
        vec![person.orders().await]
    })
    .await;
    tally.silent += looking.await.expect("no panic").silent;
    let outcome = shop.outcome(&[&subject], 600, before, &meter, tally).named("model of 20 s");
    alone(closed(&shop, subject, outcome).await)
}

/// The model answers 500: the cookbook stands in.
async fn no_model(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(model::Mood::Down, A_MOMENT);
    let outcome = three_hundred(&shop, "no model").await;
    alone(outcome)
}

/// The search for pictures answers 503: cards are drawn.
async fn no_photos(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(TWO_SECONDS, gallery::Mood::Down);
    let outcome = three_hundred(&shop, "no photos").await;
    alone(outcome)
}

async fn three_hundred(shop: &Shop, name: &str) -> Outcome {
    let subject = shop.open().await;
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    let people = newcomers(shop, 0, 300, Duration::from_millis(500));
    let tally = everyone(people, |mut person| async move {
        person.comes_within(Duration::from_secs(5)).await;
        has_an_evening(person).await
    })
    .await;
    let outcome = shop.outcome(&[&subject], 300, before, &meter, tally).named(name);
    closed(shop, subject, outcome).await
}

/// Another process holds SQLite's lock for 200 ms of each 400.
async fn slow_database(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(TWO_SECONDS, A_MOMENT);
    let file = shop.database();
    let holding = tokio::spawn(async move {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
        let options = options.busy_timeout(Duration::from_secs(5));
        let mut connection = loop {
            match SqliteConnection::connect_with(&options).await {
                Ok(connection) => break connection,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        loop {
            if sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let _ = sqlx::query("COMMIT").execute(&mut connection).await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let outcome = three_hundred(&shop, "slow database").await;
    holding.abort();
    alone(outcome)
}

/// Each fifth message is refused with 429 and a wait of one second.
async fn storm(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(TWO_SECONDS, A_MOMENT);
    shop.api.storms(Some((5, 1)));
    let outcome = three_hundred(&shop, "storm of 429").await;
    alone(outcome)
}

/// Every connection to Telegram falls twice a second; and the same of Discord's gateway.
async fn reconnects(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(TWO_SECONDS, A_MOMENT);
    let served = shop.api.served.clone();
    let falling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            served.fall();
        }
    });
    let telegram = three_hundred(&shop, "Telegram's connections fall").await;
    falling.abort();
    let discord = super::discord::reconnects().await;
    Measured { outcomes: vec![telegram, discord], figures: Vec::new() }
}

/// A hundred people look through their histories, in a database with a million dishes; one of them has ten thousand.
async fn a_million(arguments: &Arguments) -> Measured {
    let mut outcomes = Vec::new();
    for postgres in [false, true] {
        let mut shop = Shop::usual(arguments.seed).await;
        let url = if postgres { scale::database().await } else { format!("sqlite:{}", shop.database().display()) };
        shop.set("DATABASE_URL", &url);
        super::shop::store(&url).await.close().await;
        if postgres {
            million::fill_postgres(&url).await;
        } else {
            million::fill_sqlite(&url).await;
        }
        name_people(&url, 100).await;
        let subject = shop.open().await;
        let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
        let until = Instant::now() + arguments.time();
        let mine = searches(newcomers(&shop, 1, 1, Duration::from_millis(300)), until);
        let others = searches(newcomers(&shop, 2, 99, Duration::from_secs(1)), until);
        let ((mine, one), (others, rest)) = tokio::join!(mine, others);
        let silent = Tally { silent: one.silent + rest.silent, ..Tally::default() };
        let outcome = shop.outcome(&[&subject], 100, before, &meter, silent);
        let name = if postgres { "PostgreSQL" } else { "SQLite" };
        let note = format!(
            "from a search to its page, with its sheet of pictures; of the one with 10,000 dishes p50 {:.1}, p99 {:.1}, max {:.1} ms \
             in {} searches",
            at(&mine, 500),
            at(&mine, 990),
            at(&mine, 1000),
            mine.len()
        );
        outcomes.push(Outcome { shown: others, ..outcome }.named(format!("a million dishes, {name}")).noting(note));
        drop(subject);
    }
    Measured { outcomes, figures: Vec::new() }
}

/// Everyone searches until then.
async fn searches(people: Vec<Person>, until: Instant) -> (Vec<Duration>, Tally) {
    let took: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let times = Arc::clone(&took);
    let tally = everyone(people, move |mut person| {
        let times = Arc::clone(&times);
        async move {
            while Instant::now() < until {
                for keyword in ["두부", "ㄱㅊㅉㄱ", "chicken", "없는 것"] {
                    person.thinks().await;
                    let begun = Instant::now();
                    if !person.says(&format!("/history {keyword}")).await {
                        return vec![Ended::Silence];
                    }
                    times.lock().expect("no panic").push(begun.elapsed());
                }
            }
            Vec::new()
        }
    })
    .await;
    let took = std::mem::take(&mut *took.lock().expect("no panic"));
    (took, tally)
}

/// The first people of that database are on Telegram.
async fn name_people(url: &str, count: i64) {
    for person in 1..=count {
        let statement = "INSERT INTO identities (platform, user_id, person) VALUES ('telegram', $1, $2)";
        let user = (FIRST + person).to_string();
        let named = if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(url).await.expect("the file");
            sqlx::query(statement).bind(user).bind(person).execute(&mut connection).await.map(drop)
        } else {
            let mut connection = PgConnection::connect(url).await.expect("the database");
            sqlx::query(statement).bind(user).bind(person).execute(&mut connection).await.map(drop)
        };
        named.expect("an identity");
    }
}
