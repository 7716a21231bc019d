//! Statements built of the names of our tables and columns, which no constant could hold: for copying alone.
//!
//! Nothing that anyone typed gets into them: the names are those of [`TABLES`](super::copying::TABLES) and of the
//! database's own catalogue, and values are bound.

use sqlx::{AssertSqlSafe, Database, Encode, QueryBuilder, Type, query::Query};

use super::copying::{Column, Table, Value};

/// Rows that are read and written at a time.
pub(super) const PAGE: usize = 500;

/// Values that are bound to one statement at most: SQLite takes 32 766, PostgreSQL 65 535.
const MOST_VALUES: usize = 30_000;

/// Counts the rows of a table.
pub(super) fn count(table: &Table) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", quoted(table.name)))
}

/// Reads the next page of a table: behind a key, or from the beginning where there is none.
pub(super) fn page<'q, DB: Database>(
    table: &Table,
    columns: &[Column],
    after: &[Value],
) -> Query<'q, DB, <DB as Database>::Arguments>
where
    for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
    for<'t> Option<String>: Encode<'t, DB> + Type<DB>,
{
    let key = list(table.key.iter().copied());
    let behind = if after.is_empty() {
        String::new()
    } else {
        let values: Vec<String> = (1..=after.len()).map(|number| format!("${number}")).collect();
        format!(" WHERE ({key}) > ({})", values.join(", "))
    };
    let names = list(columns.iter().map(|column| column.name.as_str()));
    let statement = format!("SELECT {names} FROM {}{behind} ORDER BY {key} LIMIT {PAGE}", quoted(table.name));
    after.iter().fold(sqlx::query(AssertSqlSafe(statement)), |query, value| match value {
        Value::Number(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.clone()),
    })
}

/// How many rows of so many columns one statement takes.
pub(super) fn rows_at_once(columns: &[Column]) -> usize {
    (MOST_VALUES / columns.len().max(1)).max(1)
}

/// Writes rows, over those with the same key where they differ. With `numbers_given`, numbers that PostgreSQL would
/// give itself are taken as they are.
pub(super) fn write<DB: Database>(
    table: &Table,
    columns: &[Column],
    rows: &[Vec<Value>],
    numbers_given: bool,
) -> QueryBuilder<DB>
where
    for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
    for<'t> Option<String>: Encode<'t, DB> + Type<DB>,
{
    let (name, names) = (quoted(table.name), list(columns.iter().map(|column| column.name.as_str())));
    let overriding = if numbers_given { "OVERRIDING SYSTEM VALUE " } else { "" };
    let mut statement = QueryBuilder::new(format!("INSERT INTO {name} ({names}) {overriding}"));
    statement.push_values(rows, |mut tuple, row| {
        for value in row {
            match value {
                Value::Number(number) => tuple.push_bind(*number),
                Value::Text(text) => tuple.push_bind(text.clone()),
            };
        }
    });
    let key = list(table.key.iter().copied());
    let others = columns.iter().map(|column| column.name.as_str()).filter(|name| !table.key.contains(name));
    let others: Vec<String> = others.map(quoted).collect();
    if others.is_empty() {
        statement.push(format_args!(" ON CONFLICT ({key}) DO NOTHING"));
    } else {
        let set: Vec<String> = others.iter().map(|other| format!("{other} = excluded.{other}")).collect();
        let differs: Vec<String> =
            others.iter().map(|other| format!("{name}.{other} IS DISTINCT FROM excluded.{other}")).collect();
        let (set, differs) = (set.join(", "), differs.join(" OR "));
        statement.push(format_args!(" ON CONFLICT ({key}) DO UPDATE SET {set} WHERE {differs}"));
    }
    statement
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(quoted).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
