//! What the writer of a file promises to those who share it.

use std::{fs, path::Path};

use futures_util::{FutureExt, future::join_all};
use proptest::prelude::*;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tempfile::TempDir;

use super::*;

fn options(folder: &Path) -> SqliteConnectOptions {
    let file = SqliteConnectOptions::new().filename(folder.join("test.db")).create_if_missing(true);
    file.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full).pragma("max_page_count", "100")
}

async fn lane() -> (TempDir, Lane) {
    let folder = tempfile::tempdir().expect("a folder");
    let lane = Lane::new(options(folder.path()), Duration::from_secs(30));
    let table = "CREATE TABLE kept (number INTEGER PRIMARY KEY, much BLOB)";
    lane.alone(async |db| sqlx::query(table).execute(db).await).await.expect("a table");
    (folder, lane)
}

async fn add(joined: &mut Joined, number: i64) {
    sqlx::query("INSERT INTO kept (number) VALUES ($1)").bind(number).execute(&mut **joined).await.expect("a row");
}

/// What somebody else sees.
async fn kept(folder: &TempDir) -> Vec<i64> {
    let mut other = options(folder.path()).connect().await.expect("the file");
    sqlx::query_scalar("SELECT number FROM kept ORDER BY number").fetch_all(&mut other).await.expect("rows")
}

/// How many transactions stand in the write-ahead log: the last page of each names the size of the file
/// (<https://sqlite.org/fileformat2.html#the_write_ahead_log>, 4.1).
fn commits(folder: &TempDir) -> usize {
    let log = fs::read(folder.path().join("test.db-wal")).expect("a log");
    let page = u32::from_be_bytes(log[8..12].try_into().expect("four bytes"));
    let frames = log[32..].chunks(24 + usize::try_from(page).expect("a size"));
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn those_who_wait_share_one_commit() {
    let (folder, lane) = lane().await;
    let before = commits(&folder);
    let mut first = lane.begin().await.expect("a turn");
    let others = (1..=20).map(|number| {
        let lane = lane.clone();
        async move {
            let mut joined = lane.begin().await.expect("a turn");
            add(&mut joined, number).await;
            joined.commit().await.expect("a commit");
        }
    });
    // They are in the line before the first one is done.
    let mut waiting = Box::pin(join_all(others));
    assert!(waiting.as_mut().now_or_never().is_none());
    add(&mut first, 0).await;
    let (done, _) = tokio::join!(first.commit(), waiting);
    done.expect("a commit");
    assert_eq!(kept(&folder).await, (0..=20).collect::<Vec<i64>>());
    // The end of the first group was put into the line before they came.
    assert!(commits(&folder) - before <= 2, "{} commits", commits(&folder) - before);
}

#[tokio::test]
async fn nobody_hears_of_success_before_it_is_on_the_disk() {
    let (folder, lane) = lane().await;
    let turn = Arc::clone(&lane.connection).lock_owned().await;
    let (one, other) = (lane.clone(), lane.clone());
    let mut one = Box::pin(async move { one.begin().await });
    let mut other = Box::pin(async move { other.begin().await });
    assert!(one.as_mut().now_or_never().is_none() && other.as_mut().now_or_never().is_none());
    drop(turn);
    let mut one = one.await.expect("a turn");
    add(&mut one, 1).await;
    let mut told = Box::pin(one.commit());
    let mut other = tokio::select! {
        biased;
        _ = &mut told => panic!("somebody else is still at it"),
        other = other => other.expect("a turn"),
    };
    add(&mut other, 2).await;
    assert!(told.as_mut().now_or_never().is_none());
    assert_eq!(kept(&folder).await, Vec::<i64>::new());
    other.commit().await.expect("a commit");
    told.await.expect("a commit");
    assert_eq!(kept(&folder).await, [1, 2]);
}

#[tokio::test]
async fn whoever_leaves_after_what_they_saw_hears_so_when_it_is_on_the_disk() {
    let (folder, lane) = lane().await;
    let turn = Arc::clone(&lane.connection).lock_owned().await;
    let writes = lane.clone();
    let writes = tokio::spawn(async move {
        let mut joined = writes.begin().await.expect("a turn");
        add(&mut joined, 1).await;
        joined.commit().await.expect("a commit");
    });
    tokio::task::yield_now().await;
    let looks = lane.clone();
    let looks = tokio::spawn(async move {
        let mut joined = looks.begin().await.expect("a turn");
        let seen = joined.seen();
        let there = sqlx::query_scalar("SELECT COUNT(*) FROM kept").fetch_one(&mut *joined).await;
        drop(joined);
        seen.settles::<i64, Error>(there).await
    });
    tokio::task::yield_now().await;
    drop(turn);
    let count = looks.await.expect("no panic").expect("a count");
    assert_eq!(kept(&folder).await.len(), usize::try_from(count).expect("a number"), "others see it as well");
    writes.await.expect("no panic");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_failure_that_undoes_everything_is_told_to_everyone() {
    let (folder, lane) = lane().await;
    let turn = Arc::clone(&lane.connection).lock_owned().await;
    let good = lane.clone();
    let good = tokio::spawn(async move {
        let mut joined = good.begin().await.expect("a turn");
        add(&mut joined, 1).await;
        joined.commit().await
    });
    tokio::task::yield_now().await;
    let full = lane.clone();
    let full = tokio::spawn(async move {
        let mut joined = full.begin().await.expect("a turn");
        sqlx::query("INSERT INTO kept VALUES (2, zeroblob(10000000))").execute(&mut *joined).await.map(drop)
    });
    tokio::task::yield_now().await;
    drop(turn);
    let (good, full) = (good.await.expect("no panic"), full.await.expect("no panic"));
    assert!(full.is_err());
    assert_eq!(kept(&folder).await, if good.is_ok() { vec![1] } else { Vec::new() }, "{good:?}");
    let mut next = lane.begin().await.expect("a turn");
    add(&mut next, 3).await;
    next.commit().await.expect("the writer goes on");
    assert!(kept(&folder).await.contains(&3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Each member adds a number; then it commits, leaves, breaks a key, or goes away in the middle.
    #[test]
    fn what_was_committed_is_kept_and_nothing_else(plan in prop::collection::vec((0_u8..5, any::<bool>()), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (folder, lane) = lane().await;
            let members = (1_i64..).zip(plan).map(|(number, (does, bare))| {
                let lane = lane.clone();
                tokio::spawn(async move {
                    let joined = match (bare, number % 2 == 0) {
                        (true, true) => lane.statement().await,
                        (true, false) => lane.join().await,
                        (false, _) => lane.begin().await,
                    };
                    let mut joined = joined.expect("a turn");
                    if does == 4 {
                        // A statement that nobody waits for.
                        let _ = sqlx::query("SELECT 1").execute(&mut *joined).now_or_never();
                        return None;
                    }
                    if does == 3 && bare {
                        let broken = sqlx::query("INSERT INTO kept VALUES (NULL, zeroblob(-1)), (1.5, 0)");
                        assert!(broken.execute(&mut *joined).await.is_err());
                        return None;
                    }
                    add(&mut joined, number).await;
                    match does {
                        0 | 1 => joined.commit().await.ok().map(|()| number),
                        // One statement alone stays where whoever made it did not wait for its commit.
                        2 if bare => joined.commit().await.ok().map(|()| number),
                        2 => None,
                        _ => {
                            let twice = sqlx::query("INSERT INTO kept (number) VALUES ($1)").bind(number);
                            assert!(twice.execute(&mut *joined).await.is_err());
                            None
                        }
                    }
                })
            });
            let members: Vec<_> = members.collect();
            let done = join_all(members).await.into_iter().filter_map(|member| member.expect("no panic"));
            let done: Vec<i64> = done.collect();
            lane.close().await;
            assert_eq!(kept(&folder).await, done);
        });
    }
}
