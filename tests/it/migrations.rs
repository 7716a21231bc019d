//! Both databases go the same way: the same migrations, and the same tables and columns in the end.

use std::{collections::BTreeSet, path::Path};

use crate::support::{postgres, sqlite};

fn files(kind: &str) -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("text"))
    };
    std::fs::read_dir(folder).expect("a folder").map(read).collect()
}

#[test]
fn both_databases_have_the_same_migrations_and_each_says_why() {
    let names = |kind| files(kind).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("sqlite"), names("postgres"));
    for (name, text) in files("sqlite").into_iter().chain(files("postgres")) {
        assert!(text.starts_with("-- "), "{name} does not begin with a word on why it is there");
        assert!(name.starts_with(|c: char| c.is_ascii_digit()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_end_with_the_same_tables_and_columns() {
    let (sqlite, postgres) = (sqlite().await, postgres().await);
    let pool = sqlx::SqlitePool::connect(&sqlite.url).await.expect("the file");
    let in_sqlite: Vec<(String, String)> = sqlx::query_as(
        "SELECT sqlite_master.name, columns.name FROM sqlite_master, pragma_table_info(sqlite_master.name) AS columns
         WHERE sqlite_master.type = 'table' AND sqlite_master.name NOT LIKE 'sqlite_%'
             AND sqlite_master.name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .expect("columns");
    let pool = sqlx::PgPool::connect(&postgres.url).await.expect("the server");
    let in_postgres: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .expect("columns");
    let sorted = |columns: Vec<(String, String)>| columns.into_iter().collect::<BTreeSet<_>>();
    assert!(in_sqlite.len() > 30);
    assert_eq!(sorted(in_sqlite), sorted(in_postgres));
}
