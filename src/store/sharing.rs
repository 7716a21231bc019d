//! Dishes that are shown to others by a code, and copies of them.

use chrono::{DateTime, Utc};

use super::{SavedDish, Store, StoreError, dishes, history, millis, people, reading, transaction, writing};
use crate::chat::{PersonId, PictureHash, Platform, ShareCode};

const SHARE: &str = "
    INSERT INTO shares (code, person, number, since)
    SELECT $1, person, number, $4 FROM dishes WHERE person = $2 AND number = $3
    ON CONFLICT (person, number) DO NOTHING";

const CODE: &str = "SELECT code FROM shares WHERE person = $1 AND number = $2";

const UNSHARE: &str = "DELETE FROM shares WHERE person = $1 AND number = $2";

const SHARED: &str = "
    SELECT dishes.person, dishes.number, dishes.dish, COALESCE(orders.wanted, '{}'), dishes.served_at,
        dishes.favourite, dishes.picture, photos.source, photos.credit
    FROM shares JOIN dishes ON dishes.person = shares.person AND dishes.number = shares.number
    LEFT JOIN orders ON orders.id = dishes.order_id LEFT JOIN photos ON photos.picture = dishes.picture
    WHERE shares.code = $1";

const COPIED: &str = "SELECT number FROM dishes WHERE person = $1 AND copied_from = $2";

pub(super) const ALL: &[(&str, &str)] = &[
    ("sharing::SHARE", SHARE),
    ("sharing::CODE", CODE),
    ("sharing::UNSHARE", UNSHARE),
    ("sharing::SHARED", SHARED),
    ("sharing::COPIED", COPIED),
];

/// What came of copying a shared dish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is the person's dish of this number now.
    Kept(u32),
    /// They have had it under this number already: it is their own, or was copied before.
    Before(u32),
    /// It is not shared, or no longer.
    Gone,
}

impl Store {
    /// Shares a dish of the person's under `fresh`, or under the code that it is shared by already. `None` where there
    /// is no such dish.
    pub async fn share(
        &self,
        person: PersonId,
        number: u32,
        fresh: ShareCode,
        now: DateTime<Utc>,
    ) -> Result<Option<ShareCode>, StoreError> {
        writing!(self, |db| sqlx::query(SHARE)
            .bind(fresh.to_string())
            .bind(person.0)
            .bind(i64::from(number))
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        let code: Option<String> = reading!(self, |db| sqlx::query_scalar(CODE)
            .bind(person.0)
            .bind(i64::from(number))
            .fetch_optional(db)
            .await)?;
        Ok(code.and_then(|code| ShareCode::parse(&code)))
    }

    /// Takes a share back; `false` where the dish was not shared.
    pub async fn unshare(&self, person: PersonId, number: u32) -> Result<bool, StoreError> {
        let deleted = writing!(self, |db| sqlx::query(UNSHARE)
            .bind(person.0)
            .bind(i64::from(number))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }

    /// The dish behind a code, with whose it is.
    pub async fn shared(&self, code: ShareCode) -> Result<Option<SavedDish>, StoreError> {
        let row: Option<dishes::Row> =
            reading!(self, |db| sqlx::query_as(SHARED).bind(code.to_string()).fetch_optional(db).await)?;
        row.map(dishes::saved).transpose()
    }

    /// Keeps a copy of a shared dish among the person's own. It takes no ticket, and is made once.
    pub async fn copy_shared(
        &self,
        person: PersonId,
        code: ShareCode,
        platform: Platform,
        now: DateTime<Utc>,
    ) -> Result<Copied, StoreError> {
        let Some(shared) = self.shared(code).await? else { return Ok(Copied::Gone) };
        if shared.person == person {
            return Ok(Copied::Before(shared.number));
        }
        let found_by = history::found_by(&shared.dish, None);
        let json = serde_json::to_string(&shared.dish).map_err(|error| StoreError::corrupt("dishes", "dish", error))?;
        transaction!(self, |tx| {
            sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let before: Option<i64> =
                sqlx::query_scalar(COPIED).bind(person.0).bind(code.to_string()).fetch_optional(&mut *tx).await?;
            if let Some(number) = before {
                return Ok(Copied::Before(u32::try_from(number).unwrap_or(u32::MAX)));
            }
            let number: i64 = sqlx::query_scalar(dishes::COUNT).bind(person.0).bind(0_i64).fetch_one(&mut *tx).await?;
            sqlx::query(dishes::KEEP)
                .bind(person.0)
                .bind(number)
                .bind(None::<i64>)
                .bind(shared.dish.name())
                .bind(&json)
                .bind(shared.picture.as_ref().map(PictureHash::as_str))
                .bind(millis(now))
                .bind(code.to_string())
                .bind(platform.id())
                .execute(&mut *tx)
                .await?;
            sqlx::query(history::ADD)
                .bind(person.0)
                .bind(history::block(number))
                .bind(history::line(number, &found_by))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Copied::Kept(u32::try_from(number).unwrap_or(u32::MAX)))
        })
    }
}
