//! Whether all is well, one thing after another, and how to mend what is not.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::office::Counter;
use crate::{
    bot::{Check, Office, SourceState},
    chat::Phrase,
    settings::Settings,
    store::{Store, StoreError},
};

/// A database that answers later than this is slow.
const SLOW: Duration = Duration::from_millis(500);

/// Less room than this on a disk is too little.
const LEAST_ROOM: u64 = 500 * 1000 * 1000;

/// From this part of its limit on, in percent, a database is nearly full.
const NEARLY_FULL: u64 = 90;

/// So many orders in the making mean that nobody cooks.
const MANY_WAITING: u64 = 500;

fn check(what: &'static str, is_well: bool, said: Phrase) -> Check {
    Check { what: Phrase::new(what), is_well, said }
}

/// A size as people read it, in megabytes.
fn megabytes(bytes: u64) -> String {
    (bytes / 1024 / 1024).to_string()
}

/// Everything that a running house can see of itself.
pub(super) async fn of_house(counter: &Counter) -> Vec<Check> {
    let mut checks = vec![database(&counter.store).await];
    checks.extend(size(&counter.store, &counter.settings).await);
    checks.extend(disks(&counter.settings));
    checks.push(queue(&counter.store).await);
    checks.extend(counter.recommenders().into_iter().filter(|source| source.name.contains(':')).map(|source| {
        let is_well = !matches!(source.state, SourceState::Rests { .. });
        let key = match source.state {
            SourceState::Rests { .. } => "health-model-rests",
            SourceState::Keyless(_) => "health-model-keyless",
            _ => "health-model-well",
        };
        check("health-models", is_well, Phrase::new(key).text("name", source.name))
    }));
    let fonts = counter.photos.has_korean().await;
    checks.push(check(
        "health-fonts",
        fonts,
        Phrase::new(if fonts { "health-fonts-well" } else { "health-fonts-none" }),
    ));
    checks
}

/// Whether the database answers, and how fast.
pub(super) async fn database(store: &Store) -> Check {
    let started = Instant::now();
    let answered = store.answers().await;
    let took = started.elapsed();
    let millis = took.as_millis().to_string();
    match answered {
        Ok(()) if took > SLOW => {
            check("health-database", false, Phrase::new("health-database-slow").text("millis", millis))
        }
        Ok(()) => check("health-database", true, Phrase::new("health-database-well").text("millis", millis)),
        Err(error) => check("health-database", false, Phrase::new("health-database-ill").text("error", told(&error))),
    }
}

fn told(error: &StoreError) -> String {
    error.to_string()
}

/// How large the database is, and how much room it has left.
pub(super) async fn size(store: &Store, settings: &Settings) -> Option<Check> {
    let size = store.size().await.ok()?;
    let most = u64::from(settings.database_options.sqlite_max_megabytes) * 1024 * 1024;
    let is_well = most == 0 || store.kind() != "sqlite" || size.saturating_mul(100) < most.saturating_mul(NEARLY_FULL);
    let said = if most == 0 || store.kind() != "sqlite" {
        Phrase::new("health-size").text("megabytes", megabytes(size))
    } else {
        Phrase::new(if is_well { "health-size-of" } else { "health-size-full" })
            .text("megabytes", megabytes(size))
            .text("most", megabytes(most))
    };
    Some(check("health-size-name", is_well, said))
}

/// The room that is left where the database and the pictures lie.
pub(super) fn disks(settings: &Settings) -> Vec<Check> {
    let database = settings.database.folder();
    let folders = database.iter().map(|folder| ("health-disk-database", folder.as_path()));
    let media = settings.media.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let media = if media.as_os_str().is_empty() { Path::new(".") } else { media };
    folders
        .chain([("health-disk-media", media)])
        .filter_map(|(what, folder)| {
            let free = free_room(folder)?;
            let key = if free < LEAST_ROOM { "health-disk-full" } else { "health-disk-well" };
            Some(check(what, free >= LEAST_ROOM, Phrase::new(key).text("megabytes", megabytes(free))))
        })
        .collect()
}

/// The bytes that this process may still write in a folder; `None` where that is not known.
#[cfg(unix)]
fn free_room(folder: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(folder).ok()?;
    room.f_bavail.checked_mul(room.f_frsize)
}

#[cfg(not(unix))]
fn free_room(_: &Path) -> Option<u64> {
    None
}

/// Orders that are waiting.
pub(super) async fn queue(store: &Store) -> Check {
    match store.orders_waiting().await {
        Ok(waiting) => {
            let said = Phrase::new("health-queue-waiting").text("waiting", waiting.to_string());
            check("health-queue", waiting < MANY_WAITING, said)
        }
        Err(error) => check("health-queue", false, Phrase::new("health-database-ill").text("error", told(&error))),
    }
}
