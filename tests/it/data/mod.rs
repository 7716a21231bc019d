//! Moving everything to another database, and backups: nothing is lost, nothing is overwritten, nothing goes unsaid.

mod backups;
mod moving;
mod program;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use bapsang::store::{Options, Restored, StoreError, StoreUrl, backup, restore};
use secrecy::SecretString;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::{Db, evening, open};

/// Runs statements on either database, past the store.
async fn sql(db: &Db, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    if db.store.kind() == "sqlite" {
        let pool = sqlx::SqlitePool::connect(&db.url).await.expect("the file");
        sqlx::raw_sql(statements).execute(&pool).await.expect("done");
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&db.url).await.expect("the server");
        sqlx::raw_sql(statements).execute(&pool).await.expect("done");
        pool.close().await;
    }
}

/// One number from either database.
async fn number(db: &Db, statement: &str) -> i64 {
    crate::support::number(&db.url, statement).await
}

/// A house of SQLite in a folder of its own, with names for what lies there.
struct Folder {
    folder: TempDir,
    url: StoreUrl,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = address(&folder.path().join("bapsang.db"));
        Self { folder, url }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self) -> Db {
        let url = format!("sqlite:{}", self.path("bapsang.db").display());
        let store = open(&url).await;
        Db::at(&url, store)
    }

    async fn back_up(&self, name: &str) -> Result<u64, StoreError> {
        backup(&self.url, &self.path(name), &|_| {}, &CancellationToken::new()).await
    }

    async fn restore(&self, name: &str) -> Result<Restored, StoreError> {
        let (from, stop) = (self.path(name), CancellationToken::new());
        restore(&from, &self.url, &Options::default(), evening(), &|_| {}, &stop).await
    }

    fn names(&self) -> BTreeSet<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().to_string_lossy().into();
        fs::read_dir(self.folder.path()).expect("a folder").map(name).collect()
    }
}

fn address(file: &Path) -> StoreUrl {
    StoreUrl::parse(&SecretString::from(format!("sqlite:{}", file.display()))).expect("an address")
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn people_in(file: &Path) -> i64 {
    let url = format!("sqlite:{}", file.display());
    let db = Db::at(&url, open(&url).await);
    let people = number(&db, "SELECT COUNT(*) FROM people").await;
    db.is_sound().await;
    db.store.close().await;
    people
}
