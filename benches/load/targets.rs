//! What the program promises, measured.

use std::{pin::Pin, time::Duration};

use super::{
    Arguments, Measured,
    pace::Pace,
    report::{Figure, Outcome, at},
    shop::Shop,
    subject::{Kind, Meter, Subject, free_port, is_ready},
};

pub(crate) type Measuring<'a> = Pin<Box<dyn Future<Output = Measured> + 'a>>;
pub(crate) type Measure = for<'a> fn(&'a Arguments) -> Measuring<'a>;

/// Everything that can be asked for.
pub(crate) const ALL: &[(&str, Measure)] = &[
    ("stand-ins", |arguments| Box::pin(stand_ins(arguments))),
    ("presses", |arguments| Box::pin(presses(arguments))),
    ("dishes", |arguments| Box::pin(dishes(arguments))),
    ("pace", |arguments| Box::pin(pace(arguments))),
    ("order-to-dish", |arguments| Box::pin(order_to_dish(arguments))),
    ("cold-start", |arguments| Box::pin(cold_start(arguments))),
    ("memory", |arguments| Box::pin(memory(arguments))),
    ("limiter", |arguments| Box::pin(limiter(arguments))),
    ("scale", |arguments| Box::pin(super::scale::scale(arguments))),
    ("plans", |arguments| Box::pin(super::plans::plans(arguments))),
];

const KINDS: [Kind; 3] = [Kind::Bapsang, Kind::Floor, Kind::Aiogram];

fn spread(of: &[f64]) -> (f64, f64) {
    of.iter().fold((f64::INFINITY, 0.0), |(low, high), value| (low.min(*value), high.max(*value)))
}

fn median(of: &[f64]) -> f64 {
    let mut of = of.to_vec();
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// Each program in turn, as often as asked.
async fn compare<F: AsyncFn(Kind) -> Outcome>(arguments: &Arguments, measure: F) -> [Vec<Outcome>; 3] {
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for round in 1..=arguments.rounds {
        for (kind, outcomes) in KINDS.into_iter().zip(&mut all) {
            outcomes.push(measure(kind).await.named(format!("{}, round {round}", kind.name())));
        }
    }
    all
}

fn ratio(name: &str, over: &[f64], under: &[f64], target: f64, at_most: bool) -> Figure {
    let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
    let value = median(&ratios);
    let (sign, met) = if at_most { ("≤", value <= target) } else { ("≥", value >= target) };
    Figure {
        name: name.to_owned(),
        value,
        unit: "×",
        spread: spread(&ratios),
        target: format!("{sign} {target}×"),
        met,
    }
}

/// Presses as fast as the answers come, of two hundred people.
async fn presses(arguments: &Arguments) -> Measured {
    let [ours, floor, peer] = compare(arguments, async |kind| {
        let shop = Shop::of(kind, 200, (640, 480), None, arguments.seed).await;
        let subject = shop.open().await;
        shop.presses(&[&subject], 200, Duration::ZERO, arguments.time()).await
    })
    .await;
    let cpu = |of: &[Outcome]| of.iter().map(Outcome::cpu_per_update).collect::<Vec<_>>();
    let rate = |of: &[Outcome]| of.iter().map(Outcome::updates_a_second).collect::<Vec<_>>();
    let figures = vec![
        ratio("processor time for an update, of the bare bot's", &cpu(&ours), &cpu(&floor), 1.5, true),
        ratio("updates a second, of aiogram's", &rate(&ours), &rate(&peer), 10.0, false),
    ];
    Measured { outcomes: [ours, floor, peer].concat(), figures }
}

/// Dishes as fast as they come, with a model and pictures that take no time.
async fn dishes(arguments: &Arguments) -> Measured {
    let [ours, floor, peer] = compare(arguments, async |kind| {
        let shop = Shop::of(kind, 200, (640, 480), None, arguments.seed).await;
        let subject = shop.open().await;
        shop.dishes(&[&subject], 200, Duration::ZERO, arguments.time()).await
    })
    .await;
    let rate = |of: &[Outcome]| of.iter().map(Outcome::dishes_a_second).collect::<Vec<_>>();
    let old = vec![43.0; ours.len()];
    let figures = vec![
        ratio("dishes a second, of the old system's 43", &rate(&ours), &old, 25.0, false),
        ratio("dishes a second, of aiogram's", &rate(&ours), &rate(&peer), 10.0, false),
    ];
    Measured { outcomes: [ours, floor, peer].concat(), figures }
}

/// Five hundred updates a second, of a thousand people.
async fn pace(arguments: &Arguments) -> Measured {
    let mut outcomes = Vec::new();
    for round in 1..=arguments.rounds {
        let shop = Shop::usual(arguments.seed).await;
        let subject = shop.open().await;
        let outcome = shop.presses(&[&subject], 1000, Duration::from_secs(2), arguments.time()).await;
        outcomes.push(outcome.named(format!("500 updates a second, round {round}")));
    }
    let late: Vec<f64> = outcomes.iter().map(|one| at(&one.shown, 990)).collect();
    let value = median(&late);
    let figure = Figure {
        name: "press to message, 99th percentile".to_owned(),
        value,
        unit: "ms",
        spread: spread(&late),
        target: "≤ 10 ms".to_owned(),
        met: value <= 10.0,
    };
    Measured { outcomes, figures: vec![figure] }
}

/// What an order takes beside the slower of its model and its photo: one after another, some a second, fifty at once. A host of pictures
/// is asked for two things at a time at most, so new photos come no faster than that.
async fn order_to_dish(arguments: &Arguments) -> Measured {
    const MODEL: Duration = Duration::from_millis(1500);
    let mut outcomes = Vec::new();
    let of_a_second = Duration::from_secs(2);
    for (name, people, different, think) in [
        ("one after another", 1, 100, Duration::ZERO),
        ("ten a second, photos known", 40, 100, of_a_second),
        ("four a second, photos new", 16, super::model::DISHES, of_a_second),
        ("fifty at once, photos known", 50, 100, Duration::ZERO),
    ] {
        let shop = Shop::of(Kind::Bapsang, different, (640, 480), None, arguments.seed).await;
        let subject = shop.open().await;
        // The photos are fetched once.
        if different == 100 {
            shop.dishes(&[&subject], 20, Duration::ZERO, Duration::from_secs(2)).await;
        }
        shop.moods(super::model::Mood::Takes(MODEL), super::gallery::Mood::Takes(Duration::from_millis(300)));
        let mut outcome = shop.dishes(&[&subject], people, think, arguments.time()).await;
        for took in &mut outcome.dishes {
            *took = took.saturating_sub(MODEL);
        }
        outcomes.push(outcome.named(name).noting("times from order to dish are without the model's 1.5 s"));
    }
    let figures = outcomes.iter().map(|one| {
        let over = at(&one.dishes, 990);
        bound(&format!("{}: beside the model, 99th percentile", one.name), &[over], 50.0, "ms")
    });
    let figures = figures.collect();
    Measured { outcomes, figures }
}

/// From the start of the process to `/readyz`, with a database that is there and Telegram open.
async fn cold_start(arguments: &Arguments) -> Measured {
    let mut shop = Shop::usual(arguments.seed).await;
    let service = free_port();
    shop.set("BAPSANG_HTTP__SERVICE_LISTEN", &service);
    let mut took = Vec::new();
    for _ in 0..=20 {
        let subject = Subject::start(&shop.setup);
        is_ready(service, "/readyz").await;
        took.push(subject.started.elapsed().as_secs_f64() * 1000.0);
    }
    // The first one makes the database.
    let (first, again) = took.split_first().expect("some");
    let figures =
        vec![bound("first start to ready", &[*first], 150.0, "ms"), bound("start to ready", again, 150.0, "ms")];
    Measured { outcomes: Vec::new(), figures }
}

/// A hundred thousand open dialogues, and then a thousand orders in the making.
async fn memory(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    shop.moods(super::model::Mood::Takes(Duration::from_secs(55)), super::gallery::Mood::Instant);
    let subject = shop.open().await;
    let mut steps = vec![format!("{:.0} MB at the start", subject.memory().0)];
    for part in 0..100_i64 {
        let coming = (0..1000).map(|number| {
            let mut person = shop.person(part * 1000 + number, Duration::ZERO);
            async move { person.says("/start").await }
        });
        let asked = futures_util::future::join_all(coming).await;
        assert!(asked.into_iter().all(|asked| asked), "not everyone was asked");
    }
    steps.push(format!("{:.0} MB with 100,000 open dialogues", subject.memory().0));
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    let mut ordering = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let mut person = shop.person(number, Duration::ZERO);
        ordering.spawn(async move {
            let asked = person.says("/start").await && person.chooses_nothing().await;
            if asked { person.orders().await } else { super::people::Ended::Silence }
        });
    }
    let mut most: f64 = 0.0;
    let mut tally = super::shop::Tally::default();
    loop {
        tokio::select! {
            ended = ordering.join_next() => match ended {
                Some(ended) => tally.note(ended.expect("no panic")),
                None => break,
            },
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                // While none has ended all of them are in the making.
                if tally.dishes.is_empty() {
                    most = most.max(subject.memory().0);
                }
            }
        }
    }
    steps.push(format!("{most:.0} MB at most with 1,000 orders in the making as well"));
    let outcome = shop.outcome(&[&subject], 1000, before, &meter, tally).named("1,000 orders, 100,000 dialogues");
    let figures =
        vec![bound("memory with 1,000 orders in the making and 100,000 open dialogues", &[most], 100.0, "MB")];
    Measured { outcomes: vec![outcome.noting(steps.join("; "))], figures }
}

/// Telegram's own limits, kept by a strict server, and more people than it takes messages.
async fn limiter(arguments: &Arguments) -> Measured {
    let mut shop = Shop::of(Kind::Bapsang, 200, (640, 480), Some(Pace::official()), arguments.seed).await;
    for (limit, value) in [("PER_SECOND", 30), ("CHAT_PER_SECOND", 1), ("CHAT_BURST", 3), ("GROUP_PER_MINUTE", 20)] {
        shop.set(&format!("BAPSANG_TELEGRAM__LIMITS__{limit}"), &value);
    }
    let subject = shop.open().await;
    let (before, meter) = (shop.api.counts(), Meter::start(&[&subject]));
    shop.api.keeps_moments();
    let until = tokio::time::Instant::now() + Duration::from_secs(30);
    let mut pressing = tokio::task::JoinSet::new();
    for number in 0..300 {
        let mut person = shop.person(number, Duration::ZERO);
        pressing.spawn(async move {
            let mut asked = person.says("/start").await;
            while asked && tokio::time::Instant::now() < until {
                asked = person.presses("초급").await && person.presses("뒤로").await;
            }
        });
    }
    tokio::time::sleep_until(until).await;
    let moments = shop.api.moments();
    let outcome = shop.outcome(&[&subject], 300, before, &meter, super::shop::Tally::default());
    pressing.abort_all();
    // From one message to the same place a whole number of rounds later: bursts count neither too often nor too seldom.
    let first = moments.first().map_or_else(std::time::Instant::now, |(at, _)| *at) + Duration::from_secs(2);
    let times: Vec<Duration> = moments.iter().filter_map(|(at, _)| at.checked_duration_since(first)).collect();
    let rounds = times.len().saturating_sub(1) / 30 * 30;
    let time =
        times.get(rounds).zip(times.first()).map_or(1.0, |(last, first)| last.saturating_sub(*first).as_secs_f64());
    let most = times
        .iter()
        .enumerate()
        .map(|(number, from)| times[number..].iter().take_while(|at| **at < *from + Duration::from_secs(1)).count());
    let most = most.max().unwrap_or_default();
    let used = super::report::number(rounds) / time / 30.0 * 100.0;
    let figures = vec![
        Figure {
            name: "of Telegram's 30 messages a second, used".to_owned(),
            value: used,
            unit: "%",
            spread: (used, used),
            target: "≥ 95 %".to_owned(),
            met: used >= 95.0,
        },
        bound("calls refused with 429", &[super::report::number(outcome.refused)], 0.0, ""),
        bound("messages in the fullest second", &[super::report::number(most)], 30.0, ""),
    ];
    Measured { outcomes: vec![outcome.named("Telegram's own limits")], figures }
}

fn bound(name: &str, of: &[f64], most: f64, unit: &'static str) -> Figure {
    let value = median(of);
    let target = format!("≤ {most} {unit}");
    Figure { name: name.to_owned(), value, unit, spread: spread(of), target, met: value <= most }
}

/// How much the stand-ins take without anything behind them: what is measured must stay well below.
async fn stand_ins(arguments: &Arguments) -> Measured {
    let shop = Shop::usual(arguments.seed).await;
    let edit = r#"{"chat_id":1000001,"message_id":5,"text":"<b>1/6</b> 요리 난이도","reply_markup":{"inline_keyboard":[[{"text":"초급","callback_data":"1000001~1.pick.difficulty.beginner"},{"text":"뒤로","callback_data":"1000001~1.back"}]]}}"#;
    let dish = r#"{"model":"bench","messages":[],"stream":true}"#;
    let token = format!("/bot{}/SendMessage", super::telegram::TOKEN);
    let servers = [
        ("the Bot API", shop.api.served.address, token.as_str(), edit),
        ("the model", shop.model.served.address, "/v1/chat/completions", dish),
        ("the search for pictures", shop.gallery.served.address, "/list?q=tofu", ""),
        ("the host of pictures", shop.gallery.served.address, "/picture/tofu.jpg", ""),
    ];
    let mut figures = Vec::new();
    for (name, address, path, body) in servers {
        let own = super::subject::cpu_of("self");
        let begun = std::time::Instant::now();
        let (path, body) = (path.to_owned(), body.to_owned());
        let asking = (0..32).map(|_| (path.clone(), body.clone())).map(|(path, body)| async move {
            let (mut line, mut count) = (super::http::Line::to(address), 0_u64);
            while begun.elapsed() < Duration::from_secs(2) {
                assert!(line.post(&path, "", body.as_bytes()).await.is_some(), "no answer");
                count += 1;
            }
            count
        });
        let tasks: Vec<_> = asking.map(tokio::spawn).collect();
        let mut count = 0;
        for task in tasks {
            count += task.await.expect("no panic");
        }
        let rate = super::report::number(count) / begun.elapsed().as_secs_f64();
        let cpu = (super::subject::cpu_of("self") - own) * 1e6 / super::report::number(count);
        figures.push(Figure {
            name: format!(
                "{name}: requests a second, with {cpu:.0} µs of processor time for asking and answering each"
            ),
            value: rate,
            unit: "a second",
            spread: (rate, rate),
            target: "≥ 10,000 a second".to_owned(),
            met: rate >= 10_000.0,
        });
    }
    Measured { outcomes: Vec::new(), figures }
}
