//! A database with a million dishes: person 1 has 10,000, the 990 others a thousand each.

use std::time::Duration;

use bapsang::{
    chat::{Locale, searchable},
    recommender::Cookbook,
};
use sqlx::AssertSqlSafe;

pub(crate) const MINE: u32 = 10_000;
const OTHERS: u32 = 990;
const OF_OTHERS: u32 = 1_000;

/// What fills an empty database: dishes of the cookbook in turn, those of all people mixed as they would come.
fn fill() -> Vec<String> {
    let cookbook = Cookbook::load(Duration::ZERO).expect("the cookbook");
    let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let menu = cookbook.entries().iter().enumerate().map(|(n, entry)| {
        let dish = entry.dish(Locale::Ko, Vec::new());
        let found_by = [dish.names.ko.as_str(), &dish.names.en, "매운 국물"].into_iter();
        let found_by = searchable(found_by.chain(dish.ingredients.iter().map(|line| line.name.as_str())));
        let json = serde_json::to_string(&dish).expect("JSON");
        format!("({n}, {}, {}, {})", quote(dish.name()), quote(&json), quote(&found_by))
    });
    let menu: Vec<String> = menu.collect();
    let numbers = format!(
        "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {MINE}),
         numbers (person, number) AS (
             SELECT people.id, series.n FROM series, people WHERE series.n <= people.dishes)"
    );
    let wanted = quote(r#"{"wish":"매운 국물"}"#);
    vec![
        format!(
            "INSERT INTO people (id, dishes, tickets_used, since, seen_at) SELECT n, CASE n WHEN 1 THEN {MINE} ELSE {OF_OTHERS} END, 0, 0, 0
             FROM (WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n <= {OTHERS}) SELECT n FROM series) AS all_people"
        ),
        "CREATE TABLE menu (n BIGINT PRIMARY KEY, name TEXT, dish TEXT, found_by TEXT)".to_owned(),
        format!("INSERT INTO menu VALUES {}", menu.join(", ")),
        format!(
            "INSERT INTO orders (id, person, confirmation, state, wanted, locale, day, platform, door, address, placed_at, deadline, run_at, told_at) SELECT
             made.id, made.person, CAST(made.id AS TEXT), 'delivered', {wanted}, 'ko', '2026-11-25', 'console', 'd', 'a', 0, 0, 0, 0
             FROM ({numbers} SELECT person * 100000 + number AS id, person FROM numbers ORDER BY number, person) AS made"
        ),
        format!(
            "INSERT INTO dishes (id, person, number, order_id, name, dish, served_at, favourite) SELECT
             made.id, made.person, made.number, made.id, menu.name, menu.dish, 0, CASE made.number % 100 WHEN 0 THEN 1 ELSE 0 END
             FROM ({numbers} SELECT person * 100000 + number AS id, person, number FROM numbers ORDER BY number, person) AS made
             JOIN menu ON menu.n = (made.person * 31 + made.number * 7) % {}",
            menu.len()
        ),
        format!(
            "INSERT INTO history (person, block, lines) SELECT person, block, lines FROM ({numbers}
             SELECT numbers.person AS person, numbers.number / 16 AS block,
                 string_agg(CAST(numbers.number AS TEXT) || '\t' || menu.found_by || '\n', '' ORDER BY numbers.number) AS lines
             FROM numbers JOIN menu ON menu.n = (numbers.person * 31 + numbers.number * 7) % {}
             GROUP BY numbers.person, numbers.number / 16 ORDER BY 2, 1) AS made",
            menu.len()
        ),
    ]
}

/// Fills SQLite's file.
pub(crate) async fn fill_sqlite(url: &str) {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect(url).await.expect("the file");
    for statement in fill() {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.expect("rows");
    }
    sqlx::query("ANALYZE").execute(&pool).await.expect("statistics");
    pool.close().await;
}

/// Fills a database of PostgreSQL.
pub(crate) async fn fill_postgres(url: &str) {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(url).await.expect("the database");
    for statement in fill() {
        // Here an identity is given by whoever fills the table.
        let statement = statement.replacen(") SELECT", ") OVERRIDING SYSTEM VALUE SELECT", 1);
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.expect("rows");
    }
    sqlx::query("VACUUM ANALYZE").execute(&pool).await.expect("statistics");
    pool.close().await;
}
