//! SQLite's one writer. Those who wait for it anyway share one commit, since a commit waits for the disk and what stands
//! before it does not.
//!
//! Whoever comes first begins a transaction of SQLite, and puts its end into the line, behind everyone who waits at that
//! moment. Those come one after another, each in a savepoint of its own; whoever fails undoes what they did, and nothing else.
//! [`Joined::commit`] returns when all of it is on the disk: nobody hears of success before that.

use std::{
    future::poll_fn,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, Error, SqliteConnection,
    error::{DatabaseError, ErrorKind},
    sqlite::SqliteConnectOptions,
};
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMappedMutexGuard, OwnedMutexGuard, oneshot},
    time::timeout,
};

/// The lock is taken from the start (BEGIN IMMEDIATE), since one that is asked for later fails under contention.
const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const SAVEPOINT: &str = "SAVEPOINT joined";

/// Goes back to the last savepoint of that name. None is released before the commit, which releases them all.
const UNDO: &str = "ROLLBACK TO joined";

/// Fails where a transaction is alive.
const IS_NONE_ALIVE: &str = "BEGIN";

/// The way to the writer. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    options: Arc<SqliteConnectOptions>,
    patience: Duration,
    /// Whoever holds it has the writer to themselves. There is none before the first use, after the last, and where one broke.
    connection: Arc<AsyncMutex<Option<SqliteConnection>>>,
    /// The transaction that is open; it is looked at by whoever has the writer.
    group: Arc<Mutex<Option<Group>>>,
}

/// A transaction of SQLite in which several take part.
#[derive(Debug, Default)]
struct Group {
    /// Those who are done, and wait for the commit.
    members: Vec<oneshot::Sender<Result<(), Shared>>>,
    left: Left,
}

/// What whoever was here last left behind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Left {
    #[default]
    Nothing,
    /// Something that was done since the savepoint.
    Unfinished,
    /// One statement that failed, and undid itself; or that nobody waited for to its end.
    Statement,
}

/// The writer, and who has it.
type Turn = OwnedMutexGuard<Option<SqliteConnection>>;

/// One transaction, or one statement, with the writer to itself. Dropped before its commit, it is undone.
#[derive(Debug)]
pub(super) struct Joined {
    // It goes last, when what was left is noted.
    group: Leaving,
    connection: OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>,
}

/// What others in a group did before, and somebody saw: it may still come to nothing.
#[derive(Debug)]
pub(super) struct Seen(Option<oneshot::Receiver<Result<(), Shared>>>);

/// Notes what was left behind, where something was.
#[derive(Debug)]
struct Leaving {
    group: Arc<Mutex<Option<Group>>>,
    has_savepoint: bool,
    done: bool,
}

/// What kept a commit from the disk, told to everyone who took part.
#[derive(Debug, Clone)]
struct Shared(Arc<Error>);

fn open(group: &Mutex<Option<Group>>) -> MutexGuard<'_, Option<Group>> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}

impl Lane {
    pub(super) fn new(options: SqliteConnectOptions, patience: Duration) -> Self {
        Self { options: Arc::new(options), patience, connection: Arc::default(), group: Arc::default() }
    }

    fn group(&self) -> MutexGuard<'_, Option<Group>> {
        open(&self.group)
    }

    async fn turn(&self) -> Result<Turn, Error> {
        let turn = timeout(self.patience, Arc::clone(&self.connection).lock_owned()).await;
        let mut turn = turn.map_err(|_| Error::PoolTimedOut)?;
        self.mend(&mut turn).await;
        Ok(turn)
    }

    async fn connected(&self, mut turn: Turn) -> Result<Joined, Error> {
        if turn.is_none() {
            *turn = Some(self.options.connect().await?);
        }
        let connection = OwnedMutexGuard::try_map(turn, Option::as_mut).map_err(|_| Error::WorkerCrashed)?;
        // Before anything is done nothing is left.
        Ok(Joined { connection, group: Leaving { group: Arc::clone(&self.group), has_savepoint: false, done: false } })
    }

    /// Waits for the writer, for one statement and nothing else. Where nobody waits, it is a transaction by itself.
    pub(super) async fn statement(&self) -> Result<Joined, Error> {
        let free = Arc::clone(&self.connection).try_lock_owned().ok();
        // While a group is open its end waits in the line.
        match free.filter(|_| self.group().is_none()) {
            Some(turn) => self.connected(turn).await,
            None => self.join().await,
        }
    }

    /// Waits for the writer, for several statements that are done all or not at all.
    pub(super) async fn begin(&self) -> Result<Joined, Error> {
        let mut joined = self.join().await?;
        // Whoever is alone in a group is undone with it.
        if self.group().as_ref().is_some_and(|group| !group.members.is_empty()) {
            run(&mut joined, SAVEPOINT).await?;
            joined.group.has_savepoint = true;
        }
        Ok(joined)
    }

    /// Waits for the writer, for statements of which the last alone writes: where that fails, it undoes itself.
    pub(super) async fn join(&self) -> Result<Joined, Error> {
        let turn = self.turn().await?;
        let mut joined = self.connected(turn).await?;
        let begins = self.group().is_none();
        if begins {
            *self.group() = Some(Group::default());
            run(&mut joined, BEGIN).await?;
            self.line_up_the_end().await;
        }
        Ok(joined)
    }

    /// The end of the group has its place in the line behind everyone who waits now.
    async fn line_up_the_end(&self) {
        let mut end = Box::pin(Arc::clone(&self.connection).lock_owned());
        // Asked once, it has its place; the writer is ours until then.
        let placed = poll_fn(|context| Poll::Ready(end.as_mut().poll(context).is_pending())).await;
        debug_assert!(placed, "the writer is ours");
        let lane = self.clone();
        tokio::spawn(async move {
            let mut turn = end.await;
            lane.mend(&mut turn).await;
            lane.end(&mut turn).await;
        });
    }

    /// Waits for the writer, outside of every transaction.
    pub(super) async fn alone<T>(
        &self,
        does: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut turn = self.turn().await?;
        self.end(&mut turn).await;
        let mut alone = self.connected(turn).await?;
        alone.group.done = true;
        does(&mut alone).await
    }

    /// Whether somebody writes now.
    pub(super) fn is_busy(&self) -> bool {
        self.connection.try_lock().is_err()
    }

    /// Waits for whoever writes, and closes the connection.
    pub(super) async fn close(&self) {
        let Ok(mut turn) = self.turn().await else { return };
        self.end(&mut turn).await;
        if let Some(connection) = turn.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }

    /// Undoes what was left unfinished.
    async fn mend(&self, turn: &mut Turn) {
        let (left, is_alone) = match &mut *self.group() {
            Some(group) => (std::mem::take(&mut group.left), group.members.is_empty()),
            None => return,
        };
        let Some(connection) = &mut **turn else { return };
        let whole = match left {
            Left::Nothing => return,
            _ if is_alone => {
                *self.group() = None;
                // It fails where SQLite has undone it already; a new connection is open to no doubt.
                if run(connection, ROLLBACK).await.is_err() {
                    **turn = None;
                }
                return;
            }
            Left::Unfinished => run(connection, UNDO).await.is_ok(),
            Left::Statement => run(connection, IS_NONE_ALIVE).await.is_err(),
        };
        // Some failures undo all that is open, whoever's it is (<https://sqlite.org/lang_transaction.html>, 3.1).
        if !whole {
            self.give_up(turn, Error::Protocol("a statement of somebody else undid the whole transaction".to_owned()));
        }
    }

    /// Nothing of the group stays.
    fn give_up(&self, turn: &mut Turn, why: Error) {
        **turn = None;
        self.tell(&Err(Shared(Arc::new(why))));
    }

    /// The group has ended, and whoever took part hears how.
    fn tell(&self, how: &Result<(), Shared>) {
        let group = self.group().take();
        for member in group.into_iter().flat_map(|group| group.members) {
            let _ = member.send(how.clone());
        }
    }

    /// Commits what is open.
    async fn end(&self, turn: &mut Turn) {
        if self.group().is_none() {
            return;
        }
        let committed = match &mut **turn {
            Some(connection) => run(connection, COMMIT).await,
            None => Err(Error::WorkerCrashed),
        };
        match committed {
            Ok(()) => self.tell(&Ok(())),
            Err(error) => self.give_up(turn, error),
        }
    }
}

impl Seen {
    /// Says what came of somebody's part once what they saw is on the disk: nobody acts on what readers do not see yet, or
    /// on what may be undone.
    pub(super) async fn settles<T, E: From<Error>>(self, done: Result<T, E>) -> Result<T, E> {
        let Some(seen) = self.0 else { return done };
        match seen.await {
            Ok(Ok(())) => done,
            Ok(Err(error)) => Err(done.err().unwrap_or_else(|| Error::Database(Box::new(error)).into())),
            Err(_) => Err(done.err().unwrap_or_else(|| Error::WorkerCrashed.into())),
        }
    }
}

impl Joined {
    /// What is seen from here on and is not on the disk.
    pub(super) fn seen(&self) -> Seen {
        let (tell, told) = oneshot::channel();
        match &mut *open(&self.group.group) {
            Some(group) if !group.members.is_empty() => {
                group.members.push(tell);
                Seen(Some(told))
            }
            _ => Seen(None),
        }
    }

    /// Keeps what was done; returns when it is on the disk.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.group.done = true;
        let (tell, told) = oneshot::channel();
        match &mut *open(&self.group.group) {
            Some(group) => group.members.push(tell),
            // A statement by itself is on the disk by now.
            None => return Ok(()),
        }
        drop(self);
        match told.await {
            Ok(told) => told.map_err(|error| Error::Database(Box::new(error))),
            Err(_) => Err(Error::WorkerCrashed),
        }
    }
}

impl Deref for Joined {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Joined {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Some(group) = &mut *open(&self.group) {
            group.left = if self.has_savepoint { Left::Unfinished } else { Left::Statement };
        }
    }
}

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {}

impl Shared {
    fn of_database(&self) -> Option<&dyn DatabaseError> {
        self.0.as_database_error()
    }
}

impl DatabaseError for Shared {
    fn message(&self) -> &str {
        self.of_database().map_or("the commit failed", DatabaseError::message)
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.of_database()?.code()
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        self.of_database().map_or(ErrorKind::Other, DatabaseError::kind)
    }
}

#[cfg(test)]
mod tests;
