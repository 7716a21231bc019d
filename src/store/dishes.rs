//! The dishes of each person.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, moment, reading};
use crate::{
    chat::{PersonId, fold},
    dish::Dish,
    order::{OrderId, Wanted},
};

const COUNT: &str = "SELECT COUNT(*) FROM dishes WHERE person = $1 AND search_text LIKE $2 ESCAPE '\\'";

const PAGE: &str = "
    SELECT dishes.number, dishes.dish, orders.wanted, dishes.served_at
    FROM dishes JOIN orders ON orders.id = dishes.order_id
    WHERE dishes.person = $1 AND dishes.search_text LIKE $2 ESCAPE '\\'
    ORDER BY dishes.number DESC LIMIT $3 OFFSET $4";

const BY_NUMBER: &str = "
    SELECT dishes.number, dishes.dish, orders.wanted, dishes.served_at
    FROM dishes JOIN orders ON orders.id = dishes.order_id
    WHERE dishes.person = $1 AND dishes.number = $2";

const BY_ORDER: &str = "
    SELECT dishes.number, dishes.dish, orders.wanted, dishes.served_at
    FROM dishes JOIN orders ON orders.id = dishes.order_id
    WHERE dishes.order_id = $1";

const RECENT: &str = "SELECT dish FROM dishes WHERE person = $1 ORDER BY number DESC LIMIT $2";

pub(super) const ALL: &[(&str, &str)] = &[
    ("dishes::COUNT", COUNT),
    ("dishes::PAGE", PAGE),
    ("dishes::BY_NUMBER", BY_NUMBER),
    ("dishes::BY_ORDER", BY_ORDER),
    ("dishes::RECENT", RECENT),
];

/// A dish as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedDish {
    /// Its number among the person's dishes, from 1.
    pub number: u32,
    /// The dish.
    pub dish: Dish,
    /// What it answered.
    pub wanted: Wanted,
    /// When it was served.
    pub served_at: DateTime<Utc>,
}

/// A page of a person's dishes, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DishPage {
    /// At most as many as were asked for.
    pub dishes: Vec<SavedDish>,
    /// How many there are on all pages.
    pub total: u32,
}

type Row = (i64, String, String, i64);

fn saved((number, dish, wanted, served_at): Row) -> Result<SavedDish, StoreError> {
    Ok(SavedDish {
        number: u32::try_from(number).map_err(|error| StoreError::corrupt("dishes", "number", error))?,
        dish: serde_json::from_str(&dish).map_err(|error| StoreError::corrupt("dishes", "dish", error))?,
        wanted: serde_json::from_str(&wanted).unwrap_or_default(),
        served_at: moment(served_at),
    })
}

/// A LIKE pattern that finds the keyword anywhere, with `%`, `_` and `\` as themselves.
fn pattern(keyword: &str) -> String {
    let mut pattern = String::from("%");
    for c in fold(keyword).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl Store {
    /// One page, from 1, of the dishes whose name contains the keyword; all for an empty one.
    pub async fn history(
        &self,
        person: PersonId,
        keyword: &str,
        page: u32,
        per_page: u32,
    ) -> Result<DishPage, StoreError> {
        let pattern = pattern(keyword);
        let total: i64 =
            reading!(self, |db| sqlx::query_scalar(COUNT).bind(person.0).bind(&pattern).fetch_one(db).await)?;
        let offset = i64::from(page.saturating_sub(1)) * i64::from(per_page);
        let rows: Vec<Row> = reading!(self, |db| sqlx::query_as(PAGE)
            .bind(person.0)
            .bind(&pattern)
            .bind(i64::from(per_page))
            .bind(offset)
            .fetch_all(db)
            .await)?;
        // One dish that does not read does not hide the others.
        let read = |row: Row| saved(row).inspect_err(|error| tracing::error!(%error, "a dish was left out")).ok();
        let dishes = rows.into_iter().filter_map(read).collect();
        Ok(DishPage { dishes, total: u32::try_from(total).unwrap_or(u32::MAX) })
    }

    /// A person's dish by its number. Numbers count for each person, so nobody can name another's dish.
    pub async fn dish(&self, person: PersonId, number: u32) -> Result<Option<SavedDish>, StoreError> {
        let row: Option<Row> = reading!(self, |db| sqlx::query_as(BY_NUMBER)
            .bind(person.0)
            .bind(i64::from(number))
            .fetch_optional(db)
            .await)?;
        row.map(saved).transpose()
    }

    /// The dish that an order led to.
    pub async fn dish_of(&self, order: OrderId) -> Result<Option<SavedDish>, StoreError> {
        let row: Option<Row> = reading!(self, |db| sqlx::query_as(BY_ORDER).bind(order.0).fetch_optional(db).await)?;
        row.map(saved).transpose()
    }

    /// The Korean names of a person's last dishes, newest first.
    pub async fn recent_names(&self, person: PersonId, most: u32) -> Result<Vec<String>, StoreError> {
        let rows: Vec<String> =
            reading!(self, |db| sqlx::query_scalar(RECENT).bind(person.0).bind(i64::from(most)).fetch_all(db).await)?;
        let names = |json: &String| serde_json::from_str::<Dish>(json).ok().map(|dish| dish.names.ko);
        Ok(rows.iter().filter_map(names).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn signs_with_a_meaning_in_like_stand_for_themselves() {
        assert_eq!(pattern("50%_\\ 밥"), "%50\\%\\_\\\\밥%");
    }
}
