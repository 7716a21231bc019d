//! Telling how an order ended: claimed like its cooking, until it arrived or never can.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Store, StoreError, millis, reading, writing};
use crate::{
    chat::{Address, DoorKey, Locale, PersonId},
    order::{Failure, OrderId},
};

const UNTOLD_SQLITE: &str = "
    UPDATE orders SET tellings = tellings + 1, lease_token = $3, lease_until = $4
    WHERE id = (
        SELECT id FROM orders
        WHERE door = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')
            AND (run_at <= $2 OR run_at > $5)
            AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $5)
        ORDER BY run_at, id LIMIT 1)
    RETURNING id, person, state, failure, locale, address, tellings";

const UNTOLD_POSTGRES: &str = "
    UPDATE orders SET tellings = tellings + 1, lease_token = $3, lease_until = $4
    WHERE id = (
        SELECT id FROM orders
        WHERE door = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')
            AND (run_at <= $2 OR run_at > $5)
            AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $5)
        ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, person, state, failure, locale, address, tellings";

const KEEP_TELLING: &str = "
    UPDATE orders SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND told_at IS NULL";

const TOLD: &str = "
    UPDATE orders SET state = CASE WHEN state = 'served' THEN 'delivered' ELSE state END,
        told_at = $2, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')";

/// It cannot be told: the person is out of reach for good. A dish stays 'served' and waits in history.
const UNREACHABLE: &str = "
    UPDATE orders SET told_at = $2, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')";

/// A dish that could not be told waits in the history until it was spoken of.
const MISSED: &str = "SELECT id FROM orders WHERE person = $1 AND state = 'served' AND told_at IS NOT NULL ORDER BY id";

const SPOKEN_OF: &str = "
    UPDATE orders SET state = 'delivered' WHERE person = $1 AND state = 'served' AND told_at IS NOT NULL AND id <= $2";

const TELL_LATER: &str = "
    UPDATE orders SET run_at = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND told_at IS NULL";

pub(super) const ALL: &[(&str, &str)] = &[
    ("telling::UNTOLD_SQLITE", UNTOLD_SQLITE),
    ("telling::UNTOLD_POSTGRES", UNTOLD_POSTGRES),
    ("telling::KEEP_TELLING", KEEP_TELLING),
    ("telling::TOLD", TOLD),
    ("telling::UNREACHABLE", UNREACHABLE),
    ("telling::MISSED", MISSED),
    ("telling::SPOKEN_OF", SPOKEN_OF),
    ("telling::TELL_LATER", TELL_LATER),
];

/// An order that has ended, and whose person does not know yet.
#[derive(Debug, Clone)]
pub struct Untold {
    /// Which.
    pub id: OrderId,
    /// Whose.
    pub person: PersonId,
    /// How it ended.
    pub end: UntoldEnd,
    /// The language to say it in.
    pub locale: Locale,
    /// Where to say it.
    pub address: Address,
    /// How often it was tried, this time included.
    pub tellings: i64,
    /// The fencing token.
    pub token: String,
}

/// How an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntoldEnd {
    /// With a dish.
    Served,
    /// Without one; the ticket is back.
    Failed(Failure),
    /// It was stopped; the ticket is back.
    Cancelled,
}

type UntoldRow = (i64, i64, String, Option<String>, String, String, i64);

impl Store {
    /// Claims the next ended order of a door whose person does not know yet.
    pub async fn claim_untold(
        &self,
        door: &DoorKey,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Untold>, StoreError> {
        let row: Option<UntoldRow> =
            self.claim_next((UNTOLD_SQLITE, UNTOLD_POSTGRES), door, &token, lease, now).await?;
        Ok(row.map(|(id, person, state, failure, locale, address, tellings)| Untold {
            id: OrderId(id),
            person: PersonId(person),
            end: match state.as_str() {
                "served" => UntoldEnd::Served,
                "cancelled" => UntoldEnd::Cancelled,
                _ => UntoldEnd::Failed(Failure::from_id(&failure.unwrap_or_default())),
            },
            locale: Locale::from_tag(&locale).unwrap_or(Locale::Ko),
            address: Address(address),
            tellings,
            token,
        }))
    }

    /// Keeps the claim of someone who is telling how an order ended.
    pub async fn keep_telling(&self, untold: &Untold, lease: TimeDelta, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(KEEP_TELLING)
            .bind(untold.id.0)
            .bind(&untold.token)
            .bind(millis(now + lease))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The person knows how the order ended; a served one is delivered.
    pub async fn told(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(TOLD).bind(order.0).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// The person is out of reach for good; what was served waits in history.
    pub async fn unreachable(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(UNREACHABLE).bind(order.0).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Telling failed for now; it is tried again at `at`.
    pub async fn tell_later(&self, untold: &Untold, at: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(TELL_LATER)
            .bind(untold.id.0)
            .bind(&untold.token)
            .bind(millis(at))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The dishes of a person that were served and could not be told, oldest first.
    pub async fn missed(&self, person: PersonId) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<i64> = reading!(self, |db| sqlx::query_scalar(MISSED).bind(person.0).fetch_all(db).await)?;
        Ok(ids.into_iter().map(OrderId).collect())
    }

    /// The person heard of those up to `last`.
    pub async fn spoken_of(&self, person: PersonId, last: OrderId) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SPOKEN_OF).bind(person.0).bind(last.0).execute(db).await.map(drop))?;
        Ok(())
    }
}
