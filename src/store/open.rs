//! From an address to an open, migrated database.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, Connection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Lane, Pool, Readers, Store, StoreError, history};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The server ends what takes too long, and forgets whoever is gone without a word: their locks would stop everyone else. It
/// is done before [`ANSWERS_WITHIN`](super::ANSWERS_WITHIN), so that its reason is heard.
const IN_TIME_POSTGRES: &str = "
    SELECT set_config('statement_timeout', '15s', false), set_config('lock_timeout', '10s', false),
        set_config('idle_in_transaction_session_timeout', '15s', false), set_config('tcp_keepalives_idle', '10', false),
        set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)";

const PATIENT_POSTGRES: &str = "
    SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)";

/// The same until the end of the transaction, which may also rest.
pub(super) const UNHURRIED_POSTGRES: &str = "
    SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)";

pub(super) const ALL: &[(&str, &str)] = &[
    ("open::IN_TIME_POSTGRES", IN_TIME_POSTGRES),
    ("open::PATIENT_POSTGRES", PATIENT_POSTGRES),
    ("open::UNHURRIED_POSTGRES", UNHURRIED_POSTGRES),
];

/// A connection that rested for longer is asked whether it is alive, before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// How long a connection that is given back may take to say that it is alive.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// Where the database is. It may hold a password and is never printed whole.
#[derive(Clone)]
pub struct StoreUrl(Address);

#[derive(Clone)]
enum Address {
    /// The file, and whether it may be made.
    Sqlite(Box<SqliteConnectOptions>, bool),
    Postgres(Box<PgConnectOptions>),
}

/// How to use the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for SQLite's lock.
    pub busy_timeout: Duration,
    /// The most that SQLite's file may grow to, in megabytes; 0 for no limit.
    pub sqlite_max_megabytes: u32,
    /// What the marks of people who were forgotten are made with; the same in every process on one database.
    pub privacy_key: SecretString,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), sqlite_max_megabytes: 0, privacy_key: SecretString::default() }
    }
}

impl StoreUrl {
    /// Reads `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`. The error says what is wrong
    /// without repeating the address.
    pub fn parse(url: &SecretString) -> Result<Self, &'static str> {
        let url = url.expose_secret();
        if url.starts_with("sqlite:") {
            let named =
                SqliteConnectOptions::from_str(url).map_err(|_| "it is no SQLite address; write sqlite:FILE")?;
            let file = named.get_filename();
            if file.as_os_str().is_empty() || file.to_string_lossy().starts_with("file:sqlx-in-memory") {
                return Err("it names no file; write sqlite:FILE, since a database in memory is lost");
            }
            let read_only = url.contains("mode=ro");
            Ok(Self(Address::Sqlite(Box::new(named.create_if_missing(!read_only)), !read_only)))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = url::Url::parse(url).ok().and_then(|_| PgConnectOptions::from_str(url).ok());
            let options = options.ok_or("it is no PostgreSQL address; write postgres://USER:PASSWORD@HOST/DATABASE")?;
            Ok(Self(Address::Postgres(Box::new(options))))
        } else {
            Err("it begins neither with sqlite: nor with postgres:")
        }
    }

    /// The address without secrets, for people.
    pub fn shown(&self) -> String {
        match &self.0 {
            Address::Sqlite(options, _) => format!("sqlite:{}", options.get_filename().display()),
            Address::Postgres(options) => {
                format!(
                    "postgres://{}:{}/{}",
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or_default()
                )
            }
        }
    }

    /// Whether SQLite's file could be opened and written now; tried with a file beside it where there is none yet.
    /// The error says what is wrong.
    pub fn try_writing(&self) -> Result<(), String> {
        let Address::Sqlite(options, _) = &self.0 else { return Ok(()) };
        let file = options.get_filename();
        let tried = if file.exists() {
            std::fs::OpenOptions::new().append(true).open(file).map(drop)
        } else {
            let beside = self.folder().unwrap_or_default().join(format!(".bapsang-{}", std::process::id()));
            std::fs::write(&beside, "").and_then(|()| std::fs::remove_file(beside))
        };
        tried.map_err(|error| {
            format!("DATABASE_URL names {}, which cannot be written: {}", file.display(), error.kind())
        })
    }

    /// SQLite's file.
    pub fn file(&self) -> Option<&Path> {
        self.sqlite().map(SqliteConnectOptions::get_filename)
    }

    pub(super) fn sqlite(&self) -> Option<&SqliteConnectOptions> {
        match &self.0 {
            Address::Sqlite(options, _) => Some(options),
            Address::Postgres(_) => None,
        }
    }

    /// The address of a file of SQLite that is there.
    pub(super) fn of_file(file: &Path) -> Self {
        Self(Address::Sqlite(Box::new(SqliteConnectOptions::new().filename(file).create_if_missing(false)), false))
    }

    /// How PostgreSQL's own tools are told where the database is. They ask for the password, or find it in PGPASSWORD or
    /// ~/.pgpass.
    pub(super) fn for_its_tools(&self) -> Option<String> {
        let Address::Postgres(options) = &self.0 else { return None };
        let socket = options.get_socket().map(|socket| socket.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        let (port, user) = (options.get_port(), options.get_username());
        let name = options.get_database().unwrap_or(user);
        Some(format!("--host={host} --port={port} --username={user} --dbname={name}"))
    }

    /// The folder that SQLite's file lies in.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.0 {
            Address::Sqlite(options, _) => {
                let parent = options.get_filename().parent()?.to_path_buf();
                Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent })
            }
            Address::Postgres(_) => None,
        }
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Store {
    /// Opens the database, makes SQLite's file if there is none, and brings it to this version.
    pub async fn open(url: &StoreUrl, options: &Options) -> Result<Self, StoreError> {
        let store = Self::unmigrated(url, options).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// The same without bringing it to this version.
    pub(super) async fn unmigrated(url: &StoreUrl, options: &Options) -> Result<Self, StoreError> {
        let (pool, privacy_key) = (connect(url, options).await?, options.privacy_key.clone());
        Ok(Self { pool, privacy_key, finders: history::finders() })
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let migrated = match &self.pool {
            Pool::Sqlite { write, .. } => {
                write.alone(async |connection| Ok(SQLITE.run(&mut *connection).await)).await?
            }
            Pool::Postgres(pool) => {
                // A migration may take its time, and so may waiting for whoever migrates already.
                let mut patient = pool.acquire().await?.detach();
                sqlx::query(PATIENT_POSTGRES).execute(&mut patient).await?;
                let migrated = POSTGRES.run(&mut patient).await;
                patient.close().await?;
                migrated
            }
        };
        migrated.map_err(|error| match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
                StoreError::Newer(version)
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match StoreError::from(error) {
                StoreError::Down(error) => StoreError::Migration(MigrateError::Execute(error)),
                known => known,
            },
            other => StoreError::Migration(other),
        })
    }
}

/// The newest version of the schema that is known here.
pub(super) fn newest() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Makes SQLite's file for its owner alone, where it is not there yet; its companions get the same mode from SQLite. Where
/// that cannot be done, opening it says why.
#[cfg(unix)]
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}

async fn connect(url: &StoreUrl, options: &Options) -> Result<Pool, StoreError> {
    let patience = options.busy_timeout.max(Duration::from_secs(1)) + Duration::from_secs(25);
    match &url.0 {
        Address::Sqlite(file, may_be_made) => {
            let mut file = (**file)
                .clone()
                .journal_mode(SqliteJournalMode::Wal)
                // What was acknowledged survives a power cut.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                // What was deleted is overwritten, so that forgetting leaves nothing in the file.
                .pragma("secure_delete", "ON")
                .busy_timeout(options.busy_timeout)
                .disable_statement_logging();
            if options.sqlite_max_megabytes > 0 {
                let pages = u64::from(options.sqlite_max_megabytes) * 1024 * 1024 / 4096;
                file = file.page_size(4096).pragma("max_page_count", pages.to_string());
            }
            if *may_be_made {
                make_private(file.get_filename());
            }
            let write = Lane::new(file.clone(), patience);
            // Whether it can be opened at all is known now.
            write.alone(async |_| Ok(())).await?;
            Ok(Pool::Sqlite { read: Readers::new(file, patience), write })
        }
        Address::Postgres(server) => {
            let server = (**server).clone().application_name("bapsang").disable_statement_logging();
            // A pool would try for long; a server that is not there is better said at once.
            let first = tokio::time::timeout(Duration::from_secs(10), server.connect()).await;
            first.unwrap_or(Err(sqlx::Error::PoolTimedOut))?.close().await?;
            let pool: PgPool = PgPoolOptions::new()
                .max_connections(10)
                .acquire_timeout(patience)
                .after_connect(|connection, _| {
                    Box::pin(async { sqlx::query(IN_TIME_POSTGRES).execute(connection).await.map(drop) })
                })
                // One that was in use a moment ago answered then.
                .test_before_acquire(false)
                .before_acquire(|connection, seen| {
                    Box::pin(async move {
                        if seen.idle_for > RESTED {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
                // Whoever stopped waiting for an answer leaves a connection behind that may never answer.
                .after_release(|connection, _| {
                    Box::pin(async {
                        let alive = tokio::time::timeout(LAST_ANSWER, connection.ping()).await;
                        alive
                            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
                            .map(|()| true)
                    })
                })
                .connect_with(server)
                .await?;
            Ok(Pool::Postgres(pool))
        }
    }
}
