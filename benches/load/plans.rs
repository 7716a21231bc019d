//! How each statement finds its rows in a database with a million dishes: which of them read a whole table.

use std::fmt::Write as _;

use bapsang::store::statements;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use super::{Arguments, Measured, million, report::Outcome, scale, shop};

/// Tables that grow with people and with time; the others hold what admins and settings make.
const GROWING: [&str; 16] = [
    "people",
    "identities",
    "dialogues",
    "orders",
    "dishes",
    "history",
    "ticket_days",
    "ticket_ledger",
    "door_claims",
    "uploads",
    "photos",
    "photo_names",
    "shares",
    "reply_keys",
    "broadcast_people",
    "grant_uses",
];

pub(crate) async fn plans(_: &Arguments) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite:{}", folder.path().join("bapsang.db").display());
    let postgres = scale::database().await;
    for url in [&sqlite, &postgres] {
        shop::store(url).await.close().await;
    }
    million::fill_sqlite(&sqlite).await;
    million::fill_postgres(&postgres).await;
    let mut notes = vec![of_sqlite(&sqlite).await, of_postgres(&postgres).await];
    for url in [&sqlite, &postgres] {
        let store = shop::store(url).await;
        let megabytes = store.size().await.expect("a size") / 1_000_000;
        notes.push(format!("a million dishes take {megabytes} MB in {}", store.kind()));
        store.close().await;
    }
    let outcome = Outcome { notes, seconds: 1.0, ..Outcome::default() };
    Measured { outcomes: vec![outcome.named("plans")], figures: Vec::new() }
}

fn listed(database: &str, scans: &[(String, String)], count: usize) -> String {
    let mut text = format!("{database}: {} of {count} statements read a whole table that grows\n", scans.len());
    for (name, scan) in scans {
        let _ = writeln!(text, "  {name}: {scan}");
    }
    text
}

fn grows(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| GROWING.contains(&word))
}

async fn of_sqlite(url: &str) -> String {
    let mut connection = SqliteConnection::connect(url).await.expect("the file");
    let (mut scans, mut count) = (Vec::new(), 0);
    for (name, statement) in statements().into_iter().filter(|(name, _)| !name.ends_with("_POSTGRES")) {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let Ok(rows) = connection.fetch_all(sqlx::query(AssertSqlSafe(explain))).await else { continue };
        count += 1;
        let lines: Vec<String> = rows.iter().map(|row| row.get::<String, _>("detail")).collect();
        let whole = lines.iter().filter(|line| line.starts_with("SCAN ") && grows(line));
        let whole: Vec<&str> = whole.map(String::as_str).collect();
        if !whole.is_empty() {
            scans.push((name.to_owned(), whole.join("; ")));
        }
    }
    listed("SQLite", &scans, count)
}

async fn of_postgres(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.expect("the database");
    // A table that is small, or empty here, is read whole whatever indexes it has; with this only one without an index is.
    for setting in ["SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off"] {
        connection.execute(setting).await.expect("a setting");
    }
    let (mut scans, mut count) = (Vec::new(), 0);
    for (number, (name, statement)) in statements().into_iter().enumerate() {
        if name.ends_with("_SQLITE") {
            continue;
        }
        let most = (1..=20).rev().find(|argument| statement.contains(&format!("${argument}"))).unwrap_or(0);
        let arguments = vec!["NULL"; most].join(", ");
        let given = if most == 0 { String::new() } else { format!("({arguments})") };
        let prepare = format!("PREPARE p{number} AS {statement}");
        if connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await.is_err() {
            continue;
        }
        let explain = format!("EXPLAIN EXECUTE p{number}{given}");
        let Ok(rows) = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await else { continue };
        count += 1;
        let lines: Vec<String> = rows.iter().map(|row| row.get::<String, _>(0)).collect();
        let whole = lines.iter().filter(|line| line.contains("Seq Scan on ") && grows(line));
        let whole: Vec<&str> = whole.map(|line| line.trim().trim_start_matches("->  ")).collect();
        if !whole.is_empty() {
            scans.push((name.to_owned(), whole.join("; ")));
        }
    }
    listed("PostgreSQL", &scans, count)
}
