//! How an order ends: served, failed or cancelled. Each spends or returns its ticket in the same transaction.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Claimed, Store, StoreError, dishes, grants, history,
    lifecycle::{save, step},
    millis, people, reading, tickets, transaction,
};
use crate::{
    chat::{DoorKey, PersonId, PictureHash},
    dish::Dish,
    order::{Failure, OrderId, lifecycle::Step},
};

const TO_STOP: &str = "SELECT id, door FROM orders WHERE person = $1 AND state IN ('queued', 'cooking')";

const TOO_LATE: &str = "SELECT id FROM orders WHERE person = $1 AND state = 'served' AND told_at IS NULL";

const OVERDUE: &str = "SELECT id, person FROM orders WHERE state IN ('queued', 'cooking') AND deadline < $1 LIMIT 100";

/// One dish more; $3 is the tickets that were spent on it. Holds the person's row from here on, as everything that touches
/// their tickets does first. Gives the dish's number, and what they do not eat.
const COUNT: &str = "
    UPDATE people SET seen_at = $2, dishes = dishes + 1, tickets_used = tickets_used + $3 WHERE id = $1
    RETURNING dishes, avoided";

pub(super) const ALL: &[(&str, &str)] = &[
    ("serving::TO_STOP", TO_STOP),
    ("serving::OVERDUE", OVERDUE),
    ("serving::TOO_LATE", TOO_LATE),
    ("serving::COUNT", COUNT),
];

/// What came of serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// The dish is saved under this number, and the ticket is spent, or returned where the dish stands in for a model's.
    Kept(u32),
    /// The order was cancelled or taken over in the meantime; nothing changed.
    Lost,
    /// The dish has something that the person does not eat, by their profile as it is now; nothing changed.
    Avoided,
}

/// What came of cancelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It is stopped and the ticket is back; the door that asked is the one that answers for it.
    Here(OrderId),
    /// The same, but the order waits behind another door, whose kitchen tells it there.
    Elsewhere(OrderId),
    /// The dish was ready before.
    TooLate,
    /// Nothing was in the making.
    Nothing,
}

impl Store {
    /// Saves the dish of a claimed order, with its picture if there is one, and spends its ticket; one that stands in for a
    /// model's costs none. The dish is looked
    /// through once more for what the person does not eat, in the transaction that holds their row.
    pub async fn serve(
        &self,
        order: &Claimed,
        dish: &Dish,
        picture: Option<&PictureHash>,
        now: DateTime<Utc>,
    ) -> Result<Served, StoreError> {
        let json = serde_json::to_string(dish).map_err(|error| StoreError::corrupt("dishes", "dish", error))?;
        let found_by = history::found_by(dish, order.wanted.wish.as_ref());
        let person = order.person.0;
        transaction!(self, |tx| {
            let counted: Option<(i64, Option<String>)> = sqlx::query_as(COUNT)
                .bind(person)
                .bind(millis(now))
                .bind(i64::from(dish.stands_in.is_none()))
                .fetch_optional(&mut *tx)
                .await?;
            // Whoever was forgotten meanwhile has no order any more.
            let Some((number, avoided)) = counted else { return Ok(Served::Lost) };
            let serve = Step::Serve { token: &order.token, stands_in: dish.stands_in.is_some() };
            let served = step!(self, tx, order.id.0, serve, now);
            let Some((standing, before, next)) = served else { return Ok(Served::Lost) };
            if !people::avoided(avoided)?.found_in(dish).is_empty() {
                return Ok(Served::Avoided);
            }
            sqlx::query(dishes::KEEP)
                .bind(person)
                .bind(number)
                .bind(order.id.0)
                .bind(dish.name())
                .bind(&json)
                .bind(picture.map(PictureHash::as_str))
                .bind(millis(now))
                .bind(None::<String>)
                .bind(None::<String>)
                .execute(&mut *tx)
                .await?;
            sqlx::query(history::ADD)
                .bind(person)
                .bind(history::block(number))
                .bind(history::line(number, &found_by))
                .execute(&mut *tx)
                .await?;
            save!(tx, standing, before, next, now);
            tx.commit().await?;
            Ok(Served::Kept(u32::try_from(number).unwrap_or(u32::MAX)))
        })
    }

    /// Ends a claimed order without a dish and returns its ticket; `false` when it was no longer held.
    pub async fn fail(&self, order: &Claimed, failure: Failure, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.advance(order.id, Some(order.person), Step::Fail(&order.token, failure), now).await
    }

    /// Stops a person's order in the making, if it is this `order` where one is named, and returns its
    /// ticket. Who stops it through the order's own `door` tells the person and says so by [`Store::told`];
    /// where that does not happen within `grace`, the kitchen tells them.
    pub async fn cancel(
        &self,
        person: PersonId,
        order: Option<OrderId>,
        door: &DoorKey,
        grace: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Cancelled, StoreError> {
        let making: Option<(i64, String)> =
            reading!(self, |db| sqlx::query_as(TO_STOP).bind(person.0).fetch_optional(db).await)?;
        let making = making.filter(|(id, _)| order.is_none_or(|order| order.0 == *id));
        if let Some((id, its_door)) = &making {
            let here = *its_door == door.0;
            let tell_at = if here { now + grace } else { now };
            if self.advance(OrderId(*id), Some(person), Step::Stop(tell_at), now).await? {
                let id = OrderId(*id);
                return Ok(if here { Cancelled::Here(id) } else { Cancelled::Elsewhere(id) });
            }
        }
        let ready: Option<i64> =
            reading!(self, |db| sqlx::query_scalar(TOO_LATE).bind(person.0).fetch_optional(db).await)?;
        let ready = ready.is_some_and(|id| order.is_none_or(|order| order.0 == id));
        Ok(if ready { Cancelled::TooLate } else { Cancelled::Nothing })
    }

    /// Stops a person's order on somebody else's behalf, and returns its ticket; `false` where it has ended. The kitchen
    /// tells the person.
    pub async fn stop(&self, person: PersonId, order: OrderId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.advance(order, Some(person), Step::Stop(now), now).await
    }

    /// Ends every order whose deadline passed before `before`, whoever should have cooked it, and returns their
    /// tickets. Telling is left to their doors.
    pub async fn end_overdue(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let overdue: Vec<(i64, i64)> =
            reading!(self, |db| sqlx::query_as(OVERDUE).bind(millis(before)).fetch_all(db).await)?;
        let mut ended = 0;
        for (order, person) in overdue {
            let step = Step::Expire(before);
            ended += usize::from(self.advance(OrderId(order), Some(PersonId(person)), step, now).await?);
        }
        Ok(ended)
    }
}
