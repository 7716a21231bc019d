//! The dishes of each person.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, moment, photos::read_credit, reading, writing};
use crate::{
    chat::{Credit, PersonId, PictureHash},
    dish::{Dish, Names},
    order::{OrderId, Wanted},
};

const BY_NUMBER: &str = "
    SELECT dishes.person, dishes.number, dishes.dish, COALESCE(orders.wanted, '{}'), dishes.served_at,
        dishes.favourite, dishes.picture, photos.source, photos.credit
    FROM dishes LEFT JOIN orders ON orders.id = dishes.order_id LEFT JOIN photos ON photos.picture = dishes.picture
    WHERE dishes.person = $1 AND dishes.number = $2";

const BY_ORDER: &str = "
    SELECT dishes.person, dishes.number, dishes.dish, COALESCE(orders.wanted, '{}'), dishes.served_at,
        dishes.favourite, dishes.picture, photos.source, photos.credit
    FROM dishes LEFT JOIN orders ON orders.id = dishes.order_id LEFT JOIN photos ON photos.picture = dishes.picture
    WHERE dishes.order_id = $1";

/// One dish more; $2 is the tickets that were spent on it. Gives its number.
pub(super) const COUNT: &str = "
    UPDATE people SET dishes = dishes + 1, tickets_used = tickets_used + $2 WHERE id = $1 RETURNING dishes";

/// Answers the order $3, or is a copy of the share $8 that was made on the platform $9.
pub(super) const KEEP: &str = "
    INSERT INTO dishes (person, number, order_id, name, dish, picture, served_at, copied_from, copied_on)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const RECENT: &str = "SELECT dish FROM dishes WHERE person = $1 ORDER BY number DESC LIMIT $2";

const FAVOURITES: &str = "SELECT name FROM dishes WHERE person = $1 AND favourite = 1 ORDER BY number DESC LIMIT $2";

const SET_FAVOURITE: &str = "UPDATE dishes SET favourite = $3 WHERE person = $1 AND number = $2";

const SET_PICTURE: &str = "UPDATE dishes SET picture = $3 WHERE person = $1 AND number = $2";

pub(super) const ALL: &[(&str, &str)] = &[
    ("dishes::BY_NUMBER", BY_NUMBER),
    ("dishes::BY_ORDER", BY_ORDER),
    ("dishes::COUNT", COUNT),
    ("dishes::KEEP", KEEP),
    ("dishes::RECENT", RECENT),
    ("dishes::FAVOURITES", FAVOURITES),
    ("dishes::SET_FAVOURITE", SET_FAVOURITE),
    ("dishes::SET_PICTURE", SET_PICTURE),
];

/// A dish as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedDish {
    /// Whose.
    pub person: PersonId,
    /// Its number among the person's dishes, from 1.
    pub number: u32,
    /// The dish.
    pub dish: Dish,
    /// What it answered; nothing for a copy.
    pub wanted: Wanted,
    /// When it was served, or copied.
    pub served_at: DateTime<Utc>,
    /// Whether it is one of the person's favourites.
    pub favourite: bool,
    /// Its picture, if one could be kept.
    pub picture: Option<PictureHash>,
    /// Whether that is a photo, and no card.
    pub has_photo: bool,
    /// What is said under a photo.
    pub credit: Option<Credit>,
}

pub(super) type Row = (i64, i64, String, String, i64, i64, Option<String>, Option<String>, Option<String>);

pub(super) fn saved(
    (person, number, dish, wanted, served_at, favourite, picture, source, credit): Row,
) -> Result<SavedDish, StoreError> {
    Ok(SavedDish {
        person: PersonId(person),
        number: u32::try_from(number).map_err(|error| StoreError::corrupt("dishes", "number", error))?,
        dish: serde_json::from_str(&dish).map_err(|error| StoreError::corrupt("dishes", "dish", error))?,
        wanted: serde_json::from_str(&wanted).unwrap_or_default(),
        served_at: moment(served_at),
        favourite: favourite == 1,
        picture: picture.as_deref().and_then(PictureHash::parse),
        has_photo: source.is_some(),
        credit: read_credit(credit.as_deref()),
    })
}

/// The names of a saved dish; the rest of it is passed over.
#[derive(serde::Deserialize)]
struct Named {
    names: Names,
}

impl Store {
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

    /// The names of a person's last dishes, newest first.
    pub async fn recent_names(&self, person: PersonId, most: u32) -> Result<Vec<Names>, StoreError> {
        let rows: Vec<String> =
            reading!(self, |db| sqlx::query_scalar(RECENT).bind(person.0).bind(i64::from(most)).fetch_all(db).await)?;
        let names = |json: &String| serde_json::from_str::<Named>(json).ok().map(|dish| dish.names);
        Ok(rows.iter().filter_map(names).collect())
    }

    /// The names of a person's last favourites, newest first, each in its dish's language.
    pub async fn favourite_names(&self, person: PersonId, most: u32) -> Result<Vec<String>, StoreError> {
        let names: Vec<String> = reading!(self, |db| sqlx::query_scalar(FAVOURITES)
            .bind(person.0)
            .bind(i64::from(most))
            .fetch_all(db)
            .await)?;
        Ok(names)
    }

    /// Whether a dish is one of the person's favourites; `false` where there is no such dish.
    pub async fn set_favourite(&self, person: PersonId, number: u32, favourite: bool) -> Result<bool, StoreError> {
        let changed = writing!(self, |db| sqlx::query(SET_FAVOURITE)
            .bind(person.0)
            .bind(i64::from(number))
            .bind(i64::from(favourite))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Gives a dish another picture.
    pub async fn set_picture(&self, person: PersonId, number: u32, picture: &PictureHash) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SET_PICTURE)
            .bind(person.0)
            .bind(i64::from(number))
            .bind(picture.as_str())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}
