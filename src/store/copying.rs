//! Copying everything from one open database to another, whatever kind either is.
//!
//! All is read in one snapshot, in pages by primary key, and each page is written in one transaction over what is there
//! with the same key. So a copy that was stopped is simply made once more: what is there already is read and left alone,
//! and what changed meanwhile is made good. A row in `house` marks the target from the beginning of the copy to its end.

use chrono::{DateTime, Utc};
use sqlx::{ColumnIndex, Decode, Postgres, Row, SqliteConnection, Transaction, Type};
use tokio_util::sync::CancellationToken;

use super::{HORIZON_MILLIS, Pool, Store, StoreError, built, millis, open, reading, transaction, writing};
use crate::clock::Clock;

/// A table and its primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key, in their order.
    pub key: &'static [&'static str],
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key }
}

/// Every table that is copied, each behind those that it refers to; a test finds one that is missing.
pub const TABLES: &[Table] = &[
    table("people", &["id"]),
    table("identities", &["platform", "user_id"]),
    table("dialogues", &["person", "platform", "conversation"]),
    table("ticket_days", &["person", "day"]),
    table("orders", &["id"]),
    table("dishes", &["id"]),
    table("ticket_ledger", &["id"]),
    table("history", &["person", "block"]),
    table("shares", &["code"]),
    table("link_codes", &["mark"]),
    table("forgotten", &["mark"]),
    table("uploads", &["door", "picture"]),
    table("model_days", &["day"]),
    table("photos", &["picture"]),
    table("photo_names", &["name"]),
    table("photo_sources", &["name"]),
    table("grants", &["id"]),
    table("grant_uses", &["grant_id", "person"]),
    table("bans", &["mark"]),
    table(HOUSE, &["name"]),
    table("admin_log", &["id"]),
    table("broadcasts", &["id"]),
    table("broadcast_people", &["id"]),
];

/// Tables that are not copied, since what they hold is of the moment and of the processes that run on the database: who
/// is alive, what opens a place for answers for a quarter of an hour, and what was brought twice within one.
pub const OF_THE_MOMENT: &[&str] = &["leases", "reply_keys", "door_claims"];

/// Where the mark of an unfinished copy stands.
const HOUSE: &str = "house";

/// The name of the mark.
const MARK: &str = "copy";

/// A table's columns, in the order of their names.
const COLUMNS_SQLITE: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY name";

const COLUMNS_POSTGRES: &str = "
    SELECT column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1";

const MARKED: &str = "SELECT value FROM house WHERE name = $1";

const BEGIN: &str = "INSERT INTO house (name, value, at) VALUES ($1, $2, $3)";

const END: &str = "DELETE FROM house WHERE name = $1";

/// A time after $2 was written before the clock jumped back.
const ALIVE: &str = "SELECT name FROM leases WHERE until > $1 AND until <= $2 ORDER BY name LIMIT 1";

/// The highest number that was ever given in a table, if any was.
const NUMBERED_SQLITE: &str = "SELECT seq FROM sqlite_sequence WHERE name = $1";

const NUMBERED_POSTGRES: &str = "
    SELECT last_value FROM pg_sequences
    WHERE quote_ident(schemaname) || '.' || quote_ident(sequencename) = pg_get_serial_sequence($1, 'id')";

const RAISE_SQLITE: &str = "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1 AND seq < $2";

/// A table that no row was ever written to has no number yet.
const ENTER_SQLITE: &str = "
    INSERT INTO sqlite_sequence (name, seq)
    SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)";

/// GREATEST passes over a NULL, which stands for a sequence that gave no number yet.
const RAISE_POSTGRES: &str = "
    SELECT setval(pg_get_serial_sequence($1, 'id')::regclass, GREATEST(CAST($2 AS BIGINT), (
        SELECT last_value FROM pg_sequences
        WHERE quote_ident(schemaname) || '.' || quote_ident(sequencename) = pg_get_serial_sequence($1, 'id'))))";

pub(super) const ALL: &[(&str, &str)] = &[
    ("copying::COLUMNS_SQLITE", COLUMNS_SQLITE),
    ("copying::COLUMNS_POSTGRES", COLUMNS_POSTGRES),
    ("copying::MARKED", MARKED),
    ("copying::BEGIN", BEGIN),
    ("copying::END", END),
    ("copying::ALIVE", ALIVE),
    ("copying::NUMBERED_SQLITE", NUMBERED_SQLITE),
    ("copying::NUMBERED_POSTGRES", NUMBERED_POSTGRES),
    ("copying::RAISE_SQLITE", RAISE_SQLITE),
    ("copying::ENTER_SQLITE", ENTER_SQLITE),
    ("copying::RAISE_POSTGRES", RAISE_POSTGRES),
];

/// How far something has come that takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done: a table that is copied, or a step.
    pub what: &'static str,
    /// Rows or bytes that are done, of everything.
    pub done: u64,
    /// Rows or bytes in all, as far as is known.
    pub of: u64,
}

/// How many rows a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCount {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What stands in a column of a row. Every column of ours is a whole number or a text, or NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
}

/// Everything as it was at one moment, whatever is written meanwhile.
enum Snapshot {
    Sqlite(SqliteConnection),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one reading statement in a snapshot.
macro_rules! seeing {
    ($snapshot:expr, |$db:ident| $body:expr) => {
        match $snapshot {
            Snapshot::Sqlite(tx) => {
                let $db = &mut *tx;
                $body
            }
            Snapshot::Postgres(tx) => {
                let $db = &mut **tx;
                $body
            }
        }
    };
}

impl Store {
    /// Copies everything into `to`, and compares the number of rows of each table in the end. `from` is what this
    /// database is called in the mark that stands in `to` until then (its address without secrets): a copy that was
    /// stopped is taken up again from the same database alone.
    ///
    /// Nobody may run on either, and `to` must be empty, or hold what an earlier copy from here has left.
    pub async fn copy_to(
        &self,
        to: &Self,
        from: &str,
        clock: &dyn Clock,
        progress: &(dyn Fn(Progress) + Sync),
        stop: &CancellationToken,
    ) -> Result<Vec<TableCount>, StoreError> {
        let now = clock.now();
        self.is_left_alone("is copied", now).await?;
        to.is_left_alone("is copied to", now).await?;
        if let Some(other) = self.unfinished_copy().await? {
            return refused(format!(
                "the database that is to be copied holds a part of {other}: copy that one instead"
            ));
        }
        let mut plan = Vec::new();
        for table in TABLES {
            plan.push((table, self.same_columns(to, table).await?));
        }
        to.begin_copy(from, now).await?;
        let mut snapshot = Snapshot::of(self).await?;
        let mut expected = Vec::new();
        for table in TABLES {
            expected.push(TableCount { table: table.name, rows: snapshot.count(table).await? });
        }
        let mut done: u64 = 0;
        let of: u64 = expected.iter().map(|count| count.rows).sum();
        for (table, columns) in &plan {
            let mut after: Vec<Value> = Vec::new();
            loop {
                if stop.is_cancelled() {
                    return Err(StoreError::Stopped);
                }
                progress(Progress { what: table.name, done, of });
                let rows = snapshot.page(table, columns, &after).await?;
                let Some(last) = rows.last() else { break };
                after = key_of(table, columns, last);
                to.can_keep(table, columns, &rows)?;
                to.write_rows(table, columns, &rows).await?;
                done += rows.len() as u64;
                if rows.len() < built::PAGE {
                    break;
                }
            }
            if table.key == ["id"] {
                let given = self.highest_number(table).await?;
                let seen = if let Some(Value::Number(id)) = after.first() { *id } else { None };
                // SQLite notes a 0 for some tables that never had a row; PostgreSQL has no such number.
                if let Some(number) = given.max(seen).filter(|number| *number > 0) {
                    to.number_from(table, number).await?;
                }
            }
        }
        drop(snapshot);
        to.compare(&expected).await?;
        // Whoever began meanwhile has changed what was copied already.
        self.is_left_alone("is copied", clock.now()).await?;
        writing!(to, |db| sqlx::query(END).bind(MARK).execute(db).await.map(drop))?;
        progress(Progress { what: "done", done, of });
        Ok(expected)
    }

    /// What this database is an unfinished copy of, if it is one: nobody should run on half a house.
    pub async fn unfinished_copy(&self) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_scalar(MARKED).bind(MARK).fetch_optional(db).await)?)
    }

    async fn is_left_alone(&self, what: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (now, horizon) = (millis(now), millis(now) + HORIZON_MILLIS);
        let alive: Option<String> =
            reading!(self, |db| sqlx::query_scalar(ALIVE).bind(now).bind(horizon).fetch_optional(db).await)?;
        match alive {
            None => Ok(()),
            Some(door) => refused(format!(
                "bapsang runs on the database that {what} ({door}), or ended a moment ago without saying goodbye: \
                 stop it, wait ten seconds, and try again"
            )),
        }
    }

    /// The columns of a table, which must be the same in both.
    async fn same_columns(&self, to: &Self, table: &Table) -> Result<Vec<Column>, StoreError> {
        let (ours, theirs) = (self.columns(table).await?, to.columns(table).await?);
        if ours == theirs && table.key.iter().all(|key| ours.iter().any(|column| column.name == *key)) {
            return Ok(ours);
        }
        let only = |these: &[Column], those: &[Column]| {
            let names = these.iter().filter(|column| !those.contains(column)).map(|column| column.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        refused(format!(
            "the table {} has other columns in the two databases: [{}] here, [{}] there",
            table.name,
            only(&ours, &theirs),
            only(&theirs, &ours)
        ))
    }

    async fn columns(&self, table: &Table) -> Result<Vec<Column>, StoreError> {
        let statement = self.of_this_kind(COLUMNS_SQLITE, COLUMNS_POSTGRES);
        let rows: Vec<(String, String)> =
            reading!(self, |db| sqlx::query_as(statement).bind(table.name).fetch_all(db).await)?;
        let mut columns = Vec::new();
        for (name, kind) in rows {
            let kind = match kind.to_ascii_lowercase().as_str() {
                "integer" | "bigint" => Kind::Number,
                "text" => Kind::Text,
                other => return refused(format!("{}.{name} is {other}, which nobody here can copy", table.name)),
            };
            columns.push(Column { name, kind });
        }
        columns.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(columns)
    }

    fn of_this_kind(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.pool {
            Pool::Sqlite { .. } => sqlite,
            Pool::Postgres(_) => postgres,
        }
    }

    /// Marks an empty database as the beginning of a copy; one that is marked so already may be gone on with.
    async fn begin_copy(&self, from: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let marked: Option<String> = sqlx::query_scalar(MARKED).bind(MARK).fetch_optional(&mut *tx).await?;
            match marked {
                Some(other) if other == from => return Ok(()),
                Some(other) => {
                    return refused(format!("the target holds a part of {other}, and cannot take {from} as well"));
                }
                None => {}
            }
            // The house may have noted something for itself when it was opened.
            for table in TABLES.iter().filter(|table| table.name != HOUSE) {
                let rows: i64 = sqlx::query_scalar(built::count(table)).fetch_one(&mut *tx).await?;
                if rows > 0 {
                    return refused(format!(
                        "the target is in use: its table {} has {rows} rows; name an empty database",
                        table.name
                    ));
                }
            }
            sqlx::query(BEGIN).bind(MARK).bind(from).bind(millis(now)).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(())
        })
    }

    /// PostgreSQL keeps no U+0000 in a text.
    fn can_keep(&self, table: &Table, columns: &[Column], rows: &[Vec<Value>]) -> Result<(), StoreError> {
        if matches!(self.pool, Pool::Sqlite { .. }) {
            return Ok(());
        }
        for row in rows {
            let broken = columns.iter().zip(row).find(|(_, value)| match value {
                Value::Text(Some(text)) => text.contains('\0'),
                _ => false,
            });
            if let Some((column, _)) = broken {
                return refused(format!(
                    "the row of {} with {} cannot be copied: its {} holds the sign U+0000, which PostgreSQL does not keep",
                    table.name,
                    shown(table, &key_of(table, columns, row)),
                    column.name
                ));
            }
        }
        Ok(())
    }

    async fn write_rows(&self, table: &Table, columns: &[Column], rows: &[Vec<Value>]) -> Result<(), StoreError> {
        let numbers_given = matches!(self.pool, Pool::Postgres(_));
        let failed = |error: sqlx::Error| match StoreError::from(error) {
            StoreError::Forgotten => {
                StoreError::Refused(format!("a row of {} refers to one that is not there", table.name))
            }
            other => other,
        };
        transaction!(self, |tx| {
            for some in rows.chunks(built::rows_at_once(columns)) {
                let mut statement = built::write(table, columns, some, numbers_given);
                statement.build().execute(&mut *tx).await.map_err(failed)?;
            }
            tx.commit().await?;
            Ok(())
        })
    }

    async fn highest_number(&self, table: &Table) -> Result<Option<i64>, StoreError> {
        let statement = self.of_this_kind(NUMBERED_SQLITE, NUMBERED_POSTGRES);
        let number: Option<Option<i64>> =
            reading!(self, |db| sqlx::query_scalar(statement).bind(table.name).fetch_optional(db).await)?;
        Ok(number.flatten())
    }

    /// The next row that is written gets a number above this one, whatever was copied.
    async fn number_from(&self, table: &Table, number: i64) -> Result<(), StoreError> {
        let statements: &[&'static str] = match self.pool {
            Pool::Sqlite { .. } => &[RAISE_SQLITE, ENTER_SQLITE],
            Pool::Postgres(_) => &[RAISE_POSTGRES],
        };
        for statement in statements {
            writing!(self, |db| sqlx::query(*statement).bind(table.name).bind(number).execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// Every row that was read stands here; as many rows are the same rows.
    async fn compare(&self, expected: &[TableCount]) -> Result<(), StoreError> {
        for (table, TableCount { rows, .. }) in TABLES.iter().zip(expected) {
            let here: i64 = reading!(self, |db| sqlx::query_scalar(built::count(table)).fetch_one(db).await)?;
            // The mark still stands there, and what the house noted for itself when it was opened.
            let is_whole = |rows: i64| if table.name == HOUSE { here > rows } else { here == rows };
            if !i64::try_from(*rows).is_ok_and(is_whole) {
                return refused(format!(
                    "the table {} has {rows} rows in the database that was copied and {here} in the target: \
                     begin again with an empty one",
                    table.name
                ));
            }
        }
        Ok(())
    }
}

impl Snapshot {
    async fn of(store: &Store) -> Result<Self, StoreError> {
        Ok(match &store.pool {
            Pool::Sqlite { read, .. } => {
                let mut snapshot = read.connect().await?;
                sqlx::query("BEGIN").execute(&mut snapshot).await?;
                Self::Sqlite(snapshot)
            }
            Pool::Postgres(pool) => {
                let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                // It lasts as long as all the rest takes.
                sqlx::query(open::UNHURRIED_POSTGRES).execute(&mut *snapshot).await?;
                Self::Postgres(snapshot)
            }
        })
    }

    async fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let rows: i64 = seeing!(self, |db| sqlx::query_scalar(built::count(table)).fetch_one(db).await)?;
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    async fn page(
        &mut self,
        table: &Table,
        columns: &[Column],
        after: &[Value],
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        seeing!(self, |db| {
            let rows = built::page(table, columns, after).fetch_all(db).await?;
            rows.iter().map(|row| values(table, columns, row)).collect()
        })
    }
}

/// A row, column by column.
fn values<R: Row>(table: &Table, columns: &[Column], row: &R) -> Result<Vec<Value>, StoreError>
where
    usize: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(index, column): (usize, &Column)| {
        let value = match column.kind {
            Kind::Number => row.try_get::<Option<i64>, _>(index).map(Value::Number),
            Kind::Text => row.try_get::<Option<String>, _>(index).map(Value::Text),
        };
        value.map_err(|_| {
            let kind = if column.kind == Kind::Number { "a whole number" } else { "a text" };
            let key = table.key.iter().filter_map(|key| {
                let index = columns.iter().position(|column| column.name == *key)?;
                let number = row.try_get::<Option<i64>, _>(index).ok().flatten().map(|number| number.to_string());
                let value = number.or_else(|| row.try_get::<Option<String>, _>(index).ok().flatten())?;
                Some(format!("{key} {}", value.escape_debug()))
            });
            let key = key.collect::<Vec<_>>().join(", ");
            StoreError::Refused(format!(
                "the row of {} with {key} cannot be copied: its {} is not {kind}",
                table.name, column.name
            ))
        })
    };
    columns.iter().enumerate().map(value).collect()
}

fn key_of(table: &Table, columns: &[Column], row: &[Value]) -> Vec<Value> {
    let value = |key: &&str| columns.iter().zip(row).find(|(column, _)| column.name == **key);
    table.key.iter().filter_map(value).map(|(_, value)| value.clone()).collect()
}

/// A key for people: `platform telegram, user_id 1`.
fn shown(table: &Table, key: &[Value]) -> String {
    let value = |value: &Value| match value {
        Value::Number(number) => number.map(|number| number.to_string()),
        Value::Text(text) => text.as_ref().map(|text| text.escape_debug().to_string()),
    };
    let pairs = table.key.iter().zip(key).map(|(name, of)| format!("{name} {}", value(of).unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(", ")
}

fn refused<T>(sentence: String) -> Result<T, StoreError> {
    Err(StoreError::Refused(sentence))
}
