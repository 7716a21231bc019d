//! What is kept only for a while.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, reading, transaction, writing};
use crate::chat::PictureHash;

const DROP_DIALOGUES: &str = "DELETE FROM dialogues WHERE saved_at < $1";

/// Orders that came to no dish; the movements of their tickets, which took and returned one, go with them.
const OLD_ORDERS: &str = "
    SELECT id FROM orders WHERE placed_at < $1 AND state IN ('failed', 'cancelled') AND told_at IS NOT NULL LIMIT 500";

const DROP_ORDER: &str = "
    DELETE FROM orders WHERE id = $1 AND state IN ('failed', 'cancelled') AND told_at IS NOT NULL";

const DROP_LOG: &str = "DELETE FROM admin_log WHERE at < $1";

const DROP_PICTURE: &str = "UPDATE dishes SET picture = NULL WHERE picture = $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("retention::DROP_DIALOGUES", DROP_DIALOGUES),
    ("retention::OLD_ORDERS", OLD_ORDERS),
    ("retention::DROP_ORDER", DROP_ORDER),
    ("retention::DROP_LOG", DROP_LOG),
    ("retention::DROP_PICTURE", DROP_PICTURE),
];

impl Store {
    /// Forgets what people were choosing and left open before then; how many there were.
    pub async fn drop_dialogues(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(writing!(self, |db| sqlx::query(DROP_DIALOGUES)
            .bind(millis(before))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?)
    }

    /// Forgets orders from before then that came to no dish, some hundred at a time; how many there were. What is kept of a
    /// day agrees as before, since each took a ticket and returned it.
    pub async fn drop_orders(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let old: Vec<i64> =
            reading!(self, |db| sqlx::query_scalar(OLD_ORDERS).bind(millis(before)).fetch_all(db).await)?;
        transaction!(self, |tx| {
            let mut dropped = 0;
            for order in &old {
                dropped += sqlx::query(DROP_ORDER).bind(order).execute(&mut *tx).await?.rows_affected();
            }
            tx.commit().await?;
            Ok(dropped)
        })
    }

    /// Forgets what admins did before then; how many lines there were.
    pub async fn drop_admin_log(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(writing!(self, |db| sqlx::query(DROP_LOG)
            .bind(millis(before))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?)
    }

    /// A picture is gone: the dishes that had it have a drawn card from now on.
    pub async fn drop_picture(&self, picture: &PictureHash) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(DROP_PICTURE).bind(picture.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }
}
