//! One, two and four processes on one PostgreSQL, behind something that hands out updates in turn.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::{
    Arguments, Measured,
    shop::Shop,
    subject::{Kind, Subject, free_port, is_ready},
};

/// A database of its own on the server of `scripts/with-postgres`.
pub(crate) async fn database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = super::variable("TEST_POSTGRES_URL");
    assert!(!server.is_empty(), "run it by scripts/load");
    let name = format!("load_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = sqlx::PgPool::connect(&server).await.expect("the server");
    let create = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(create)).execute(&admin).await.expect("a database");
    admin.close().await;
    format!("{}/{name}", server.rsplit_once('/').expect("a path").0)
}

/// So many processes of one bot on one database; updates are brought to them.
async fn open(shop: &mut Shop, count: usize) -> Vec<Subject> {
    shop.set("DATABASE_URL", &database().await);
    let mut addresses = Vec::new();
    let mut subjects = Vec::new();
    for _ in 0..count {
        let (listen, service) = (free_port(), free_port());
        let setup =
            shop.setup.clone().with("BAPSANG_HTTP__LISTEN", &listen).with("BAPSANG_HTTP__SERVICE_LISTEN", &service);
        let setup = setup.with("BAPSANG_TELEGRAM__MODE", &"webhook");
        let setup = setup.with("BAPSANG_TELEGRAM__WEBHOOK_URL", &"https://bapsang.example/telegram");
        subjects.push(Subject::start(&setup));
        is_ready(service, "/readyz").await;
        addresses.push(listen);
    }
    // Telegram opens up to a hundred connections.
    shop.api.bring(&addresses, 64 / count);
    subjects
}

/// Presses and dishes a second.
pub(crate) async fn scale(arguments: &Arguments) -> Measured {
    let mut outcomes = Vec::new();
    for count in [1, 2, 4] {
        for dishes in [false, true] {
            let mut shop = Shop::of(Kind::Bapsang, 200, (640, 480), None, arguments.seed).await;
            let subjects = open(&mut shop, count).await;
            let them: Vec<&Subject> = subjects.iter().collect();
            let database = postgres_cpu();
            let outcome = if dishes {
                shop.dishes(&them, 200, Duration::ZERO, arguments.time()).await
            } else {
                shop.presses(&them, 200, Duration::ZERO, arguments.time()).await
            };
            let what = if dishes { "dishes" } else { "presses" };
            let used = (postgres_cpu() - database) * 100.0 / outcome.seconds;
            let note = format!("the database took {used:.0} % of a core, its start and first people included");
            let note = if dishes { format!("{:.0} dishes a second; {note}", outcome.dishes_a_second()) } else { note };
            outcomes.push(outcome.named(format!("{count} processes, {what}")).noting(note));
        }
    }
    Measured { outcomes, figures: Vec::new() }
}

/// Seconds of processor time of everything that is called postgres.
fn postgres_cpu() -> f64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let named = processes.filter(|process| {
        std::fs::read_to_string(process.path().join("comm")).is_ok_and(|name| name.trim() == "postgres")
    });
    named.map(|process| super::subject::cpu_of(&process.file_name().to_string_lossy())).sum()
}
