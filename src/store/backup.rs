//! A copy of SQLite's file while it is in use, and putting one back into its place. A file has its name only once it is
//! whole, and none is ever overwritten.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio_util::sync::CancellationToken;

use super::{Options, Progress, Store, StoreError, StoreUrl, reading};

const OURS_SQLITE: &str = "
    SELECT COUNT(*) FROM sqlite_master
    WHERE type = 'table' AND name IN ('_sqlx_migrations', 'people', 'orders')";

const PEOPLE: &str = "SELECT COUNT(*) FROM people";

pub(super) const ALL: &[(&str, &str)] = &[("backup::OURS_SQLITE", OURS_SQLITE), ("backup::PEOPLE", PEOPLE)];

/// What every file of SQLite begins with.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// What may lie beside SQLite's file and belongs to it.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Steps of SQLite's machine between two looks at whether it should stop.
const STEPS: i32 = 10_000;

/// How often it is told how far a backup is.
const TICK: Duration = Duration::from_millis(100);

/// What came of putting a backup back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many people are in it.
    pub people: u64,
    /// Where the database lies now that was there before, if there was one.
    pub aside: Option<PathBuf>,
}

/// Writes a consistent copy of SQLite's database into a new file, whoever works on it meanwhile, and gives its size in
/// bytes. It neither makes nor migrates the database, so that it can be backed up before a newer version opens it.
pub async fn backup(
    url: &StoreUrl,
    file: &Path,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &CancellationToken,
) -> Result<u64, StoreError> {
    if let Some(server) = url.for_its_tools() {
        return refused(format!(
            "PostgreSQL has a tool of its own for this: pg_dump --format=custom --file='{}' {server}",
            file.display()
        ));
    }
    let Some(source) = url.file().filter(|source| source.is_file()) else {
        return refused(format!("{} is not there, so there is nothing to back up", url.shown()));
    };
    if fs::symlink_metadata(file).is_ok() {
        return refused(format!("{} is there already, and a backup overwrites nothing", file.display()));
    }
    let at = |error| failed(file, error);
    let (part, _) = Part::make(with_ending(&std::path::absolute(file).map_err(at)?, ".part"))?;
    let Some(name) = part.path.to_str() else {
        return refused(format!("{} is a name that SQLite cannot write: it is no Unicode", file.display()));
    };
    let mut connection = connect(url, stop).await?;
    let made = async {
        let size = size(&mut connection).await?;
        // SQLite takes a file that is there as long as it is empty.
        let mut making = Box::pin(sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection));
        loop {
            tokio::select! {
                made = &mut making => {
                    made?;
                    break;
                }
                () = tokio::time::sleep(TICK) => {
                    let done = fs::metadata(&part.path).map_or(0, |written| written.len()).min(size);
                    progress(Progress { what: "copying", done, of: size });
                }
            }
        }
        Ok::<_, StoreError>(size)
    }
    .await;
    // Whatever came of it: a connection that is only dropped may leave SQLite's companions behind for a while.
    let closed = connection.close().await;
    if stop.is_cancelled() {
        return Err(StoreError::Stopped);
    }
    let size = made?;
    closed?;
    part.sync()?;
    progress(Progress { what: "checking", done: size, of: size });
    check(&part.path, source, stop).await?;
    give_name(&part.path, file).map_err(at)?;
    sync_folder(file).map_err(at)?;
    Ok(fs::metadata(file).map_err(at)?.len())
}

/// Puts a backup into the place of SQLite's database, which must not be open anywhere. The database that is there is
/// moved aside, never lost; whatever goes wrong before that changes nothing.
pub async fn restore(
    from: &Path,
    url: &StoreUrl,
    options: &Options,
    now: DateTime<Utc>,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &CancellationToken,
) -> Result<Restored, StoreError> {
    if let Some(server) = url.for_its_tools() {
        return refused(format!(
            "PostgreSQL has a tool of its own for this: pg_restore --clean --if-exists --no-owner --single-transaction \
             {server} '{}'",
            from.display()
        ));
    }
    let Some(place) = url.file() else { return refused(format!("{} names no file", url.shown())) };
    look_at(from, place)?;
    let (part, copy) = Part::make(with_ending(place, ".restoring"))?;
    copy_bytes(from, copy, &part, progress, stop).await?;
    progress(Progress { what: "checking", done: 1, of: 1 });
    check(&part.path, from, stop).await?;
    let people = brought_up_to_date(&part.path, options).await?;
    part.sync()?;
    like(place, &part.path).map_err(|error| failed(&part.path, error))?;
    if stop.is_cancelled() {
        return Err(StoreError::Stopped);
    }
    let held = if place.is_file() { alone_or_broken(url).await? } else { None };
    let aside = put_in_place(&part.path, place, now).map_err(|error| failed(place, error));
    if let Some(held) = held {
        // It is closed whatever is said; nothing was written through it.
        let _ = held.close().await;
    }
    Ok(Restored { people, aside: aside? })
}

/// A file that is not whole yet; what is left of it when it is dropped is removed.
struct Part {
    path: PathBuf,
}

impl Part {
    /// Makes an empty file that nobody else may read.
    fn make(path: PathBuf) -> Result<(Self, fs::File), StoreError> {
        let mut how = fs::OpenOptions::new();
        how.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        match how.open(&path) {
            Ok(file) => Ok((Self { path }, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refused(format!(
                "{} is there: someone else is at it, or was cut off; if nobody is, remove it and try again",
                path.display()
            )),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// What was written survives a power cut.
    fn sync(&self) -> Result<(), StoreError> {
        let file = fs::OpenOptions::new().write(true).open(&self.path);
        file.and_then(|file| file.sync_all()).map_err(|error| failed(&self.path, error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once it has its name it is gone from here, which is as good.
        let _ = fs::remove_file(&self.path);
        for companion in COMPANIONS {
            let _ = fs::remove_file(with_ending(&self.path, companion));
        }
    }
}

/// Opens SQLite's file as it is: it is neither made nor migrated. What runs on the connection is broken off by `stop`.
async fn connect(url: &StoreUrl, stop: &CancellationToken) -> Result<SqliteConnection, StoreError> {
    let Some(options) = url.sqlite() else { return refused(format!("{} names no file", url.shown())) };
    let mut connection = options.clone().create_if_missing(false).disable_statement_logging().connect().await?;
    let stop = stop.clone();
    connection.lock_handle().await?.set_progress_handler(STEPS, move || !stop.is_cancelled());
    Ok(connection)
}

/// How many bytes of a database are in use, nearly.
async fn size(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let mut numbers = [0_i64; 3];
    for (number, pragma) in numbers.iter_mut().zip(["PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"]) {
        *number = sqlx::query_scalar(pragma).fetch_one(&mut *connection).await?;
    }
    let [pages, free, size] = numbers;
    Ok(u64::try_from((pages - free) * size).unwrap_or_default())
}

/// Whether a file is a sound database of ours; `named` is what it is called where it is not.
async fn check(file: &Path, named: &Path, stop: &CancellationToken) -> Result<(), StoreError> {
    let broken = |reason: String| StoreError::Refused(format!("{} is broken: {reason}", named.display()));
    let unread = |error: sqlx::Error| if stop.is_cancelled() { StoreError::Stopped } else { broken(error.to_string()) };
    let mut connection = connect(&StoreUrl::of_file(file), stop).await.map_err(|error| match error {
        StoreError::Down(error) => unread(error),
        other => other,
    })?;
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_all(&mut connection).await.map_err(unread)?;
    if found != ["ok"] {
        return Err(broken(found.join("; ")));
    }
    let stray = sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut connection).await.map_err(unread)?;
    if let Some(row) = stray {
        let table: String = row.try_get(0)?;
        return Err(broken(format!("a row of {table} refers to one that is not there")));
    }
    let ours: i64 = sqlx::query_scalar(OURS_SQLITE).fetch_one(&mut connection).await.map_err(unread)?;
    connection.close().await?;
    if ours == 3 { Ok(()) } else { refused(format!("{} is no database of bapsang", named.display())) }
}

/// What can be seen of a backup before it is copied.
fn look_at(from: &Path, place: &Path) -> Result<(), StoreError> {
    let mut header = [0; HEADER.len()];
    let read = fs::File::open(from).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) if header == *HEADER => {}
        Ok(()) => return refused(format!("{} is no database of SQLite", from.display())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return refused(format!("{} is no database of SQLite", from.display()));
        }
        Err(error) => return Err(failed(from, error)),
    }
    if let (Ok(one), Ok(other)) = (from.canonicalize(), place.canonicalize())
        && one == other
    {
        return refused(format!("{} is the database itself", from.display()));
    }
    let log = with_ending(from, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return refused(format!(
            "{} has {} beside it, so it is a database in use and not a backup: make one with bapsang backup",
            from.display(),
            log.display()
        ));
    }
    Ok(())
}

async fn copy_bytes(
    from: &Path,
    mut to: fs::File,
    part: &Part,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let mut source = fs::File::open(from).map_err(|error| failed(from, error))?;
    let of = source.metadata().map_err(|error| failed(from, error))?.len();
    let (mut bytes, mut done) = (vec![0; 1 << 20], 0);
    loop {
        if stop.is_cancelled() {
            return Err(StoreError::Stopped);
        }
        progress(Progress { what: "copying", done, of });
        let read = source.read(&mut bytes).map_err(|error| failed(from, error))?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&bytes[..read]).map_err(|error| failed(&part.path, error))?;
        done += read as u64;
        tokio::task::yield_now().await;
    }
}

/// Migrates the copy, which refuses one of a newer version, and leaves it as one single file.
async fn brought_up_to_date(file: &Path, options: &Options) -> Result<u64, StoreError> {
    let url = StoreUrl::of_file(file);
    let store = Store::open(&url, options).await?;
    let people: Result<i64, sqlx::Error> = reading!(store, |db| sqlx::query_scalar(PEOPLE).fetch_one(db).await);
    store.close().await;
    alone(&url).await?.close().await?;
    Ok(u64::try_from(people?).unwrap_or_default())
}

/// Makes one single file of the database and keeps everybody else from it for as long as the connection is open.
async fn alone(url: &StoreUrl) -> Result<SqliteConnection, StoreError> {
    let mut connection = connect(url, &CancellationToken::new()).await?;
    // Whoever has it open, even idly, keeps SQLite from leaving its write-ahead log.
    let _: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(&mut connection).await?;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
    Ok(connection)
}

/// The same for the database that is to be replaced, which may be what is broken; then there is nothing to hold.
async fn alone_or_broken(url: &StoreUrl) -> Result<Option<SqliteConnection>, StoreError> {
    match alone(url).await {
        // Windows renames no file that is open.
        Ok(connection) if cfg!(windows) => connection.close().await.map(|()| None).map_err(StoreError::from),
        Ok(connection) => Ok(Some(connection)),
        Err(StoreError::Busy(_)) => {
            refused(format!("somebody has {} open: stop bapsang first, and try again", url.shown()))
        }
        Err(StoreError::Down(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves the database aside, if there is one, and the copy into its place.
fn put_in_place(part: &Path, place: &Path, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
    let aside = with_ending(place, &format!(".before-restore-{}", now.format("%Y%m%d-%H%M%S")));
    let was_there = fs::symlink_metadata(place).is_ok();
    if was_there {
        // With a second name for the old file, the place is never empty.
        give_name(place, &aside)?;
    }
    for companion in COMPANIONS {
        let beside = with_ending(place, companion);
        if beside.exists() {
            fs::rename(beside, with_ending(&aside, companion))?;
        }
    }
    if let Err(error) = fs::rename(part, place) {
        if was_there && !place.exists() {
            fs::rename(&aside, place)?;
        }
        return Err(error);
    }
    sync_folder(place)?;
    Ok(was_there.then_some(aside))
}

/// Gives a file another name, over which nothing may stand. It keeps the old name where a file can have two.
fn give_name(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // Some disks know no second names.
            if fs::symlink_metadata(name).is_ok() { Err(error) } else { fs::rename(file, name) }
        }
        done => done,
    }
}

/// The names in a file's folder survive a power cut.
fn sync_folder(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Whoever could use the database before can use it afterwards.
fn like(place: &Path, copy: &Path) -> io::Result<()> {
    let Ok(before) = fs::metadata(place) else { return Ok(()) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let now = fs::metadata(copy)?;
        if (before.uid(), before.gid()) != (now.uid(), now.gid()) {
            chown(copy, Some(before.uid()), Some(before.gid()))?;
        }
    }
    fs::set_permissions(copy, before.permissions())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn failed(file: &Path, reason: io::Error) -> StoreError {
    StoreError::File { file: file.to_path_buf(), reason }
}

fn refused<T>(sentence: String) -> Result<T, StoreError> {
    Err(StoreError::Refused(sentence))
}
