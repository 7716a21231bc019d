//! All that is stored about a person.

use serde_json::{Map, Value};
use sqlx::{Column, ColumnIndex, Decode, Row, Type};

use super::{Store, StoreError, moment, reading};
use crate::chat::PersonId;

const PEOPLE: &str = "SELECT * FROM people WHERE id = $1";
const IDENTITIES: &str = "SELECT * FROM identities WHERE person = $1 ORDER BY platform, user_id";
const DIALOGUES: &str = "SELECT * FROM dialogues WHERE person = $1 ORDER BY platform, conversation";
const TICKET_DAYS: &str = "SELECT * FROM ticket_days WHERE person = $1 ORDER BY day";
const TICKET_LEDGER: &str = "SELECT * FROM ticket_ledger WHERE person = $1 ORDER BY id";
const ORDERS: &str = "SELECT * FROM orders WHERE person = $1 ORDER BY id";
const DISHES: &str = "SELECT * FROM dishes WHERE person = $1 ORDER BY number";
const SHARES: &str = "SELECT * FROM shares WHERE person = $1 ORDER BY number";
const LINK_CODES: &str = "SELECT * FROM link_codes WHERE person = $1 ORDER BY until";
const GRANTS: &str = "SELECT * FROM grants WHERE person = $1 ORDER BY id";
const GRANT_USES: &str = "SELECT * FROM grant_uses WHERE person = $1 ORDER BY grant_id";
/// Who wrote it, and from where, is about the admins.
const ADMIN_LOG: &str =
    "SELECT id, at, person, word, line, state, outcome FROM admin_log WHERE person = $1 ORDER BY id";
const BROADCAST_PEOPLE: &str = "SELECT * FROM broadcast_people WHERE person = $1 ORDER BY broadcast";
const HISTORY: &str = "SELECT * FROM history WHERE person = $1 ORDER BY block";

/// A statement for each table with rows about people, called like the table; a test finds a table that is missing.
pub(super) const ALL: &[(&str, &str)] = &[
    ("export::PEOPLE", PEOPLE),
    ("export::IDENTITIES", IDENTITIES),
    ("export::DIALOGUES", DIALOGUES),
    ("export::TICKET_DAYS", TICKET_DAYS),
    ("export::TICKET_LEDGER", TICKET_LEDGER),
    ("export::ORDERS", ORDERS),
    ("export::DISHES", DISHES),
    ("export::HISTORY", HISTORY),
    ("export::SHARES", SHARES),
    ("export::LINK_CODES", LINK_CODES),
    ("export::GRANTS", GRANTS),
    ("export::GRANT_USES", GRANT_USES),
    ("export::BROADCAST_PEOPLE", BROADCAST_PEOPLE),
    ("export::ADMIN_LOG", ADMIN_LOG),
];

/// Columns that hold JSON.
const JSON: [&str; 4] = ["avoided", "dish", "state", "wanted"];

/// Columns that hold a time in milliseconds, besides those that end in `_at`.
const TIMES: [&str; 5] = ["at", "deadline", "lease_until", "since", "until"];

impl Store {
    /// Every row about a person, by table: `{ "dishes": [{ … }, …], … }`, with JSON as JSON and times as RFC 3339.
    pub async fn export(&self, person: PersonId) -> Result<Map<String, Value>, StoreError> {
        let mut tables = Map::new();
        for (name, statement) in ALL.iter().copied() {
            let table = name.trim_start_matches("export::").to_lowercase();
            let rows: Vec<Value> = reading!(self, |db| {
                let rows = sqlx::query(statement).bind(person.0).fetch_all(db).await?;
                rows.iter().map(row).collect::<Result<_, sqlx::Error>>()
            })?;
            tables.insert(table, Value::Array(rows));
        }
        Ok(tables)
    }
}

/// A row as an object. Every column of ours is a whole number or a text, or NULL.
fn row<R: Row>(row: &R) -> Result<Value, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
{
    let columns = row.columns().iter();
    let pair = |column: &<R::Database as sqlx::Database>::Column| {
        let (name, index) = (column.name(), column.ordinal());
        let value = match row.try_get::<Option<i64>, _>(index) {
            Ok(number) => number.map_or(Value::Null, |number| number_value(name, number)),
            Err(_) => row.try_get::<Option<String>, _>(index)?.map_or(Value::Null, |text| text_value(name, text)),
        };
        Ok((name.to_owned(), value))
    };
    columns.map(pair).collect::<Result<Map<String, Value>, _>>().map(Value::Object)
}

fn number_value(column: &str, number: i64) -> Value {
    if column.ends_with("_at") || TIMES.contains(&column) {
        moment(number).to_rfc3339_opts(chrono::SecondsFormat::Millis, true).into()
    } else {
        number.into()
    }
}

fn text_value(column: &str, text: String) -> Value {
    let json = JSON.contains(&column).then(|| serde_json::from_str(&text).ok()).flatten();
    json.unwrap_or_else(|| text.into())
}
