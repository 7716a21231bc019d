//! Copies of SQLite's file, and putting one back.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bapsang::store::{Options, Restored, StoreError, StoreUrl, backup, restore};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{Folder, moving::furnish, names, people_in};
use crate::support::{evening, is_of_tomorrow, open, postgres_url, try_open};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_and_sound_while_others_write() {
    let house = Folder::new();
    let db = house.open().await;
    let people = furnish(&db).await;
    let enough = AtomicBool::new(false);
    let writing = async {
        let mut written = 0;
        while !enough.load(Ordering::SeqCst) {
            let person = db.person(&format!("writer {written}")).await;
            db.taken(person, "1", evening()).await;
            written += 1;
        }
        written
    };
    let backing_up = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut sizes = Vec::new();
        for n in 0..3 {
            sizes.push(house.back_up(&format!("{n}.db")).await.expect("a backup"));
        }
        enough.store(true, Ordering::SeqCst);
        sizes
    };
    let (written, sizes) = tokio::join!(writing, backing_up);
    assert!(written > 0 && sizes.iter().all(|size| *size > 4096), "{written} {sizes:?}");
    let mut before = i64::try_from(people.len()).expect("few");
    for n in 0..3 {
        let file = house.path(&format!("{n}.db"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        }
        let there = people_in(&file).await;
        assert!(there >= before, "{there} < {before}");
        before = there;
    }
    assert!(!house.names().iter().any(|name| name.contains(".part")), "{:?}", house.names());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_overwrites_nothing_and_leaves_nothing_when_it_is_stopped() {
    let house = Folder::new();
    let refused = house.back_up("copy.db").await.expect_err("nothing there").to_string();
    assert!(refused.contains("nothing to back up"), "{refused}");
    assert_eq!(house.names(), names(&[]), "a backup makes no database");
    house.open().await.store.close().await;
    fs::write(house.path("copy.db"), "precious").expect("a file");
    let refused = house.back_up("copy.db").await.expect_err("a refusal").to_string();
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(fs::read_to_string(house.path("copy.db")).expect("a file"), "precious");
    let stop = CancellationToken::new();
    stop.cancel();
    let stopped = backup(&house.url, &house.path("other.db"), &|_| {}, &stop).await;
    assert!(matches!(stopped, Err(StoreError::Stopped)), "{stopped:?}");
    assert_eq!(house.names(), names(&["bapsang.db", "copy.db"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_left_to_its_own_tools() {
    let url = postgres_url().await;
    let url = StoreUrl::parse(&SecretString::from(url)).expect("an address");
    let file = Path::new("/nowhere/copy.db");
    let refused = backup(&url, file, &|_| {}, &CancellationToken::new()).await.expect_err("a refusal").to_string();
    assert!(refused.contains("pg_dump --format=custom --file='/nowhere/copy.db' --host="), "{refused}");
    let stop = CancellationToken::new();
    let refused = restore(file, &url, &Options::default(), evening(), &|_| {}, &stop).await;
    assert!(refused.expect_err("a refusal").to_string().contains("pg_restore --clean"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_put_back_and_the_present_database_is_moved_aside() {
    let house = Folder::new();
    let db = house.open().await;
    let people = furnish(&db).await;
    house.back_up("monday.db").await.expect("a backup");
    db.person("tuesday's guest").await;
    // Nobody may have it open, not even idly.
    let refused = house.restore("monday.db").await.expect_err("a refusal").to_string();
    assert!(refused.contains("stop bapsang first"), "{refused}");
    db.store.close().await;
    assert_eq!(people_in(&house.path("bapsang.db")).await, 4);
    let restored = house.restore("monday.db").await.expect("restored");
    let aside = house.path("bapsang.db.before-restore-20261123-120000");
    assert_eq!(restored, Restored { people: 3, aside: Some(aside.clone()) });
    let expected = ["bapsang.db", "bapsang.db.before-restore-20261123-120000", "monday.db"];
    assert_eq!(house.names(), names(&expected));
    assert_eq!(people_in(&house.path("bapsang.db")).await, 3);
    assert_eq!(people_in(&aside).await, 4, "nothing was lost");
    let db = house.open().await;
    assert!(db.person("new").await.0 > people[2].0 + 1, "numbers are not given twice");
    db.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_put_where_there_is_nothing_or_a_broken_database() {
    let house = Folder::new();
    let db = house.open().await;
    furnish(&db).await;
    house.back_up("monday.db").await.expect("a backup");
    db.store.close().await;
    fs::remove_file(house.path("bapsang.db")).expect("removed");
    assert_eq!(house.restore("monday.db").await.expect("restored"), Restored { people: 3, aside: None });
    fs::write(house.path("bapsang.db"), "a shopping list".repeat(1000)).expect("broken");
    let restored = house.restore("monday.db").await.expect("restored");
    let aside = restored.aside.expect("moved aside");
    assert!(fs::read_to_string(aside).expect("as it was").starts_with("a shopping list"));
    assert_eq!(people_in(&house.path("bapsang.db")).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_or_foreign_backup_is_refused_and_changes_nothing() {
    let house = Folder::new();
    let db = house.open().await;
    furnish(&db).await;
    house.back_up("good.db").await.expect("a backup");
    db.store.close().await;
    let before = fs::read(house.path("bapsang.db")).expect("the database");
    let good = fs::read(house.path("good.db")).expect("the backup");
    fs::write(house.path("cut.db"), &good[..good.len() / 2]).expect("a file");
    let mut scratched = good.clone();
    for byte in scratched.iter_mut().skip(4096 * 3).take(4096 * 4) {
        *byte = 0xa5;
    }
    fs::write(house.path("scratched.db"), scratched).expect("a file");
    fs::write(house.path("list.db"), "a shopping list, and no database").expect("a file");
    fs::write(house.path("empty.db"), "").expect("a file");
    let foreign = format!("sqlite:{}?mode=rwc", house.path("foreign.db").display());
    let pool = sqlx::SqlitePool::connect(&foreign).await.expect("a file");
    sqlx::raw_sql("CREATE TABLE songs (name TEXT)").execute(&pool).await.expect("a table");
    pool.close().await;
    fs::copy(house.path("good.db"), house.path("tomorrow.db")).expect("a copy");
    is_of_tomorrow(&house.path("tomorrow.db")).await;
    fs::write(house.path("busy.db"), &good).expect("a file");
    fs::write(house.path("busy.db-wal"), "something").expect("a file");
    let lying = house.names();
    for (name, words) in [
        ("cut.db", "is broken"),
        ("scratched.db", "is broken"),
        ("list.db", "is no database of SQLite"),
        ("empty.db", "is no database of SQLite"),
        ("foreign.db", "is no database of bapsang"),
        ("tomorrow.db", "newer version of bapsang"),
        ("busy.db", "bapsang backup"),
        ("none.db", "cannot be read"),
        ("bapsang.db", "is the database itself"),
    ] {
        let refused = house.restore(name).await.expect_err(name).to_string();
        assert!(refused.contains(words), "{name}: {refused}");
        assert!(fs::read(house.path("bapsang.db")).expect("the database") == before, "{name} changed it");
        assert_eq!(house.names(), lying, "{name} left something behind");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_restore_changes_nothing() {
    let house = Folder::new();
    house.open().await.store.close().await;
    house.back_up("monday.db").await.expect("a backup");
    let (stop, before) = (CancellationToken::new(), house.names());
    stop.cancel();
    let stopped = restore(&house.path("monday.db"), &house.url, &Options::default(), evening(), &|_| {}, &stop).await;
    assert!(matches!(stopped, Err(StoreError::Stopped)), "{stopped:?}");
    assert_eq!(house.names(), before);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_is_its_owners_alone_and_what_is_only_read_is_not_made() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bapsang.db");
    let opened = try_open(&format!("sqlite:{}?mode=ro", file.display()), Options::default()).await;
    opened.map(drop).expect_err("it is not there");
    assert!(!file.exists());
    let store = open(&format!("sqlite:{}", file.display())).await;
    store.hold("somebody", chrono::TimeDelta::seconds(1), evening()).await.expect("something is written");
    for entry in fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
}
