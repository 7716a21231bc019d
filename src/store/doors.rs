//! What doors need kept: pictures that a platform has already, conversations that end or move.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, reading, writing};
use crate::{
    chat::{DoorKey, PersonId, PictureHash, Place},
    order::{OrderId, lifecycle::Step},
};

const UPLOADED: &str = "SELECT file FROM uploads WHERE door = $1 AND picture = $2";

const REMEMBER_UPLOAD: &str = "
    INSERT INTO uploads (door, picture, file) VALUES ($1, $2, $3)
    ON CONFLICT (door, picture) DO UPDATE SET file = excluded.file";

const FORGET_UPLOADS: &str = "
    DELETE FROM uploads WHERE NOT EXISTS (SELECT 1 FROM dishes WHERE dishes.picture = uploads.picture)";

const IN_THE_MAKING: &str = "
    SELECT id, person FROM orders
    WHERE platform = $1 AND conversation = $2 AND told_at IS NULL AND state IN ('queued', 'cooking')";

/// Whoever is gone is told nothing; a dish waits in their history.
const UNTOLD: &str = "
    SELECT id FROM orders
    WHERE platform = $1 AND conversation = $2 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')";

const DROP_DIALOGUES: &str = "DELETE FROM dialogues WHERE platform = $1 AND conversation = $2";

/// Someone who already talks in the new conversation keeps what they have there.
const MOVE_DIALOGUES: &str = "
    UPDATE dialogues SET conversation = $3 WHERE platform = $1 AND conversation = $2
        AND NOT EXISTS (
            SELECT 1 FROM dialogues AS there
            WHERE there.person = dialogues.person AND there.platform = $1 AND there.conversation = $3)";

const MOVE_ORDERS: &str = "
    UPDATE orders SET conversation = $3, address = REPLACE(address, $4, $5)
    WHERE platform = $1 AND conversation = $2 AND told_at IS NULL";

const READDRESS: &str = "
    UPDATE orders SET address = $2 WHERE id = $1 AND told_at IS NULL";

pub(super) const ALL: &[(&str, &str)] = &[
    ("doors::UPLOADED", UPLOADED),
    ("doors::REMEMBER_UPLOAD", REMEMBER_UPLOAD),
    ("doors::FORGET_UPLOADS", FORGET_UPLOADS),
    ("doors::IN_THE_MAKING", IN_THE_MAKING),
    ("doors::UNTOLD", UNTOLD),
    ("doors::DROP_DIALOGUES", DROP_DIALOGUES),
    ("doors::MOVE_DIALOGUES", MOVE_DIALOGUES),
    ("doors::MOVE_ORDERS", MOVE_ORDERS),
    ("doors::READDRESS", READDRESS),
];

impl Store {
    /// What the platform behind a door calls a picture, if it was given it before.
    pub async fn uploaded(&self, door: &DoorKey, picture: &PictureHash) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_scalar(UPLOADED)
            .bind(&door.0)
            .bind(picture.as_str())
            .fetch_optional(db)
            .await)?)
    }

    /// Remembers what the platform behind a door calls a picture.
    pub async fn remember_upload(&self, door: &DoorKey, picture: &PictureHash, file: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(REMEMBER_UPLOAD)
            .bind(&door.0)
            .bind(picture.as_str())
            .bind(file)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets uploads of pictures that no dish has.
    pub async fn forget_uploads(&self) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(FORGET_UPLOADS).execute(db).await.map(drop))?;
        Ok(())
    }

    /// A conversation is over for good: orders in the making end and their tickets go back, open dialogues are dropped,
    /// and nothing more is told there. Gives the orders that were ended.
    pub async fn leave(&self, place: &Place, now: DateTime<Utc>) -> Result<Vec<OrderId>, StoreError> {
        let making: Vec<(i64, i64)> = reading!(self, |db| sqlx::query_as(IN_THE_MAKING)
            .bind(place.platform.id())
            .bind(&place.conversation)
            .fetch_all(db)
            .await)?;
        let mut ended = Vec::new();
        for (order, person) in making {
            if self.advance(OrderId(order), Some(PersonId(person)), Step::Abandon, now).await? {
                ended.push(OrderId(order));
            }
        }
        let untold: Vec<i64> = reading!(self, |db| sqlx::query_scalar(UNTOLD)
            .bind(place.platform.id())
            .bind(&place.conversation)
            .fetch_all(db)
            .await)?;
        for order in untold {
            self.unreachable(OrderId(order), now).await?;
        }
        writing!(self, |db| sqlx::query(DROP_DIALOGUES)
            .bind(place.platform.id())
            .bind(&place.conversation)
            .execute(db)
            .await
            .map(drop))?;
        Ok(ended)
    }

    /// A conversation goes on under another name: dialogues and untold orders move there. In the addresses of those
    /// orders `from` is replaced by `to`, both as the door writes them.
    pub async fn move_place(&self, old: &Place, new: &Place, from: &str, to: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(MOVE_DIALOGUES)
            .bind(old.platform.id())
            .bind(&old.conversation)
            .bind(&new.conversation)
            .execute(db)
            .await
            .map(drop))?;
        writing!(self, |db| sqlx::query(MOVE_ORDERS)
            .bind(old.platform.id())
            .bind(&old.conversation)
            .bind(&new.conversation)
            .bind(from)
            .bind(to)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Later answers to an order go to another address.
    pub async fn readdress(&self, order: OrderId, address: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(READDRESS).bind(order.0).bind(address).execute(db).await.map(drop))?;
        Ok(())
    }
}
