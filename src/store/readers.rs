//! SQLite's readers: a few connections that wait for use. A pool of sqlx looks after each with a question before and after
//! every statement, which a file in this machine does not need.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions, Connection, Error, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// So many read at the same time.
const AT_ONCE: usize = 4;

/// A connection, once it was needed.
type Place = Arc<Mutex<Option<SqliteConnection>>>;

/// The readers. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    options: Arc<SqliteConnectOptions>,
    patience: Duration,
    room: Arc<Semaphore>,
    places: Arc<[Place; AT_ONCE]>,
}

/// A connection for one statement.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its way to the database.
    pub(super) connection: OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>,
    // The place is free before the room is.
    _room: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(options: SqliteConnectOptions, patience: Duration) -> Self {
        let (room, places) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(std::array::from_fn(|_| Place::default())));
        Self { options: Arc::new(options), patience, room, places }
    }

    /// Waits for a connection.
    pub(super) async fn take(&self) -> Result<Reading, Error> {
        let room = timeout(self.patience, Arc::clone(&self.room).acquire_owned()).await;
        let room = room.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        // The first ones are used most, so that few are opened where little is read.
        let free = self.places.iter().find_map(|place| Arc::clone(place).try_lock_owned().ok());
        let mut place = free.ok_or(Error::PoolTimedOut)?;
        if place.is_none() {
            *place = Some(self.connect().await?);
        }
        let connection = OwnedMutexGuard::try_map(place, Option::as_mut).map_err(|_| Error::WorkerCrashed)?;
        Ok(Reading { connection, _room: room })
    }

    /// A connection of its own, for whoever reads for long.
    pub(super) async fn connect(&self) -> Result<SqliteConnection, Error> {
        self.options.connect().await
    }

    /// Connections in use, and those that wait for it.
    pub(super) fn count(&self) -> (usize, usize) {
        let idle = self.places.iter().filter(|place| place.try_lock().is_ok_and(|place| place.is_some())).count();
        (AT_ONCE.saturating_sub(self.room.available_permits()), idle)
    }

    /// Waits for whoever reads, and closes every connection.
    pub(super) async fn close(&self) {
        let all = self.room.acquire_many(u32::try_from(AT_ONCE).unwrap_or(u32::MAX));
        let _all = timeout(self.patience, all).await;
        self.room.close();
        for place in self.places.iter() {
            let Ok(mut place) = place.try_lock() else { continue };
            if let Some(connection) = place.take()
                && let Err(error) = connection.close().await
            {
                tracing::debug!(%error, "a connection was not closed in order");
            }
        }
    }
}
