//! How long a search takes for someone with 10,000 dishes, among a million rows, on both databases:
//! `scripts/with-postgres cargo bench --bench history`.

use std::{sync::LazyLock, time::Duration};

use bapsang::{
    chat::{Keyword, Locale, PersonId, searchable},
    recommender::Cookbook,
    store::{Options, Search, Store, StoreUrl},
};
use divan::Bencher;
use secrecy::SecretString;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Person 1 has 10,000 dishes, the 990 others a thousand each.
const MINE: u32 = 10_000;
const OTHERS: u32 = 990;
const OF_OTHERS: u32 = 1_000;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SQLITE: LazyLock<(TempDir, Store)> = LazyLock::new(|| RUNTIME.block_on(sqlite()));
static POSTGRES: LazyLock<Store> = LazyLock::new(|| RUNTIME.block_on(postgres()));

fn main() {
    // Both are filled before anything is measured.
    for store in [&SQLITE.1, &*POSTGRES] {
        let all = RUNTIME.block_on(store.find(PersonId(1), &Search::default())).expect("an answer").len();
        assert_eq!(all, 10_000);
    }
    divan::main();
}

async fn open(url: &str) -> Store {
    let url = StoreUrl::parse(&SecretString::from(url)).expect("an address");
    Store::open(&url, &Options::default()).await.expect("the database opens")
}

async fn sqlite() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bapsang.db").display());
    let store = open(&url).await;
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect(&url).await.expect("the file");
    for statement in fill() {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.expect("rows");
    }
    sqlx::query("ANALYZE").execute(&pool).await.expect("statistics");
    pool.close().await;
    (folder, store)
}

async fn postgres() -> Store {
    #[expect(clippy::disallowed_methods, reason = "settings read the program's environment, not the benchmarks'")]
    let server = std::env::var("TEST_POSTGRES_URL").expect("run it by scripts/with-postgres");
    let url = format!("{}/bench_history", server.rsplit_once('/').expect("a path").0);
    let admin = sqlx::PgPool::connect(&server).await.expect("the server");
    sqlx::query("CREATE DATABASE bench_history").execute(&admin).await.expect("a database");
    admin.close().await;
    let store = open(&url).await;
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&url).await.expect("the database");
    for statement in fill() {
        // Here an identity is given by whoever fills the table.
        let statement = statement.replacen(") SELECT", ") OVERRIDING SYSTEM VALUE SELECT", 1);
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.expect("rows");
    }
    sqlx::query("VACUUM ANALYZE").execute(&pool).await.expect("statistics");
    pool.close().await;
    store
}

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

const KEYWORDS: [&str; 6] = ["두부", "ㄱㅊㅉㄱ", "김ㅊ 두부", "chicken", "없는 것", "ㅋㅋㅋ"];

fn page(store: &Store, search: &Search, page: u32) -> u32 {
    RUNTIME.block_on(store.history(PersonId(1), search, page, 3)).expect("a page").total
}

fn search(keyword: &str) -> Search {
    Search { keyword: Keyword::parse(keyword).expect("a short keyword"), favourites: false }
}

/// As someone searches: the first of a thousand reads the history, the others find it in memory.
#[divan::bench(args = KEYWORDS, sample_count = 1000, sample_size = 1)]
fn keyword_on_sqlite(bencher: Bencher, keyword: &str) {
    bencher.bench(|| page(&SQLITE.1, &search(keyword), 1));
}

#[divan::bench(args = KEYWORDS, sample_count = 1000, sample_size = 1)]
fn keyword_on_postgres(bencher: Bencher, keyword: &str) {
    bencher.bench(|| page(&POSTGRES, &search(keyword), 1));
}

/// With nothing in memory: each search in a store of its own, whose connections are open.
#[divan::bench(args = KEYWORDS, sample_count = 100, sample_size = 1)]
fn first_search_on_sqlite(bencher: Bencher, keyword: &str) {
    bencher.with_inputs(|| fresh(&SQLITE.1)).bench_values(|store| page(&store, &search(keyword), 1));
}

#[divan::bench(args = KEYWORDS, sample_count = 100, sample_size = 1)]
fn first_search_on_postgres(bencher: Bencher, keyword: &str) {
    bencher.with_inputs(|| fresh(&POSTGRES)).bench_values(|store| page(&store, &search(keyword), 1));
}

fn fresh(store: &Store) -> Store {
    store.forgetting_what_was_read()
}

#[divan::bench(args = [1, 3334], sample_count = 1000, sample_size = 1)]
fn page_on_sqlite(bencher: Bencher, number: u32) {
    bencher.bench(|| page(&SQLITE.1, &Search::default(), number));
}

#[divan::bench(args = [1, 3334], sample_count = 1000, sample_size = 1)]
fn page_on_postgres(bencher: Bencher, number: u32) {
    bencher.bench(|| page(&POSTGRES, &Search::default(), number));
}

/// As Discord asks while someone types: 25 dishes at a time.
fn suggestions(store: &Store, keyword: &str) -> usize {
    RUNTIME.block_on(store.history(PersonId(1), &search(keyword), 1, 25)).expect("a page").dishes.len()
}

#[divan::bench(args = KEYWORDS, sample_count = 1000, sample_size = 1)]
fn suggestions_on_sqlite(bencher: Bencher, keyword: &str) {
    bencher.bench(|| suggestions(&SQLITE.1, keyword));
}

#[divan::bench(args = KEYWORDS, sample_count = 1000, sample_size = 1)]
fn suggestions_on_postgres(bencher: Bencher, keyword: &str) {
    bencher.bench(|| suggestions(&POSTGRES, keyword));
}

#[divan::bench(sample_count = 1000, sample_size = 1)]
fn favourites_on_sqlite(bencher: Bencher) {
    bencher.bench(|| page(&SQLITE.1, &Search { favourites: true, ..Search::default() }, 1));
}

#[divan::bench(sample_count = 1000, sample_size = 1)]
fn favourites_on_postgres(bencher: Bencher) {
    bencher.bench(|| page(&POSTGRES, &Search { favourites: true, ..Search::default() }, 1));
}
