//! How long a search takes for someone with 10,000 dishes, among a million rows, on both databases:
//! `scripts/with-postgres cargo bench --bench history`.

#[path = "load/million.rs"]
mod million;

use std::sync::LazyLock;

use bapsang::{
    chat::{Keyword, PersonId},
    store::{Options, Search, Store, StoreUrl},
};
use divan::Bencher;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SQLITE: LazyLock<(TempDir, Store)> = LazyLock::new(|| RUNTIME.block_on(sqlite()));
static POSTGRES: LazyLock<Store> = LazyLock::new(|| RUNTIME.block_on(postgres()));

fn main() {
    // Both are filled before anything is measured.
    for store in [&SQLITE.1, &*POSTGRES] {
        let all = RUNTIME.block_on(store.find(PersonId(1), &Search::default())).expect("an answer").len();
        assert_eq!(all, million::MINE as usize);
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
    million::fill_sqlite(&url).await;
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
    million::fill_postgres(&url).await;
    store
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
