//! How an order ends: served, failed or cancelled. Each spends or returns its ticket in the same transaction.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Claimed, Store, StoreError, audit, dishes, grants, history, millis, people, reading, tickets, transaction,
};
use crate::{
    chat::{DoorKey, PersonId, PictureHash},
    dish::Dish,
    order::{Failure, OrderId},
};

const SERVE: &str = "
    UPDATE orders SET state = 'served', run_at = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'cooking'
    RETURNING grant_id";

/// Ends an order without a dish. $3 is the claim's token, or empty for whoever may end it without one.
const END: &str = "
    UPDATE orders SET state = $2, failure = $4, run_at = $5, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND state IN ('queued', 'cooking') AND ($3 = '' OR lease_token = $3)
    RETURNING day, grant_id";

const TO_STOP: &str = "SELECT id, door FROM orders WHERE person = $1 AND state IN ('queued', 'cooking')";

const TOO_LATE: &str = "SELECT id FROM orders WHERE person = $1 AND state = 'served' AND told_at IS NULL";

const OVERDUE: &str = "SELECT id, person FROM orders WHERE state IN ('queued', 'cooking') AND deadline < $1 LIMIT 100";

pub(super) const ALL: &[(&str, &str)] = &[
    ("serving::SERVE", SERVE),
    ("serving::END", END),
    ("serving::TO_STOP", TO_STOP),
    ("serving::OVERDUE", OVERDUE),
    ("serving::TOO_LATE", TOO_LATE),
];

/// Gives a ticket back to where it came from: the day, and the grant where it was not one of the day's.
macro_rules! give_back {
    ($tx:ident, $person:expr, $day:expr, $grant:expr) => {
        sqlx::query(tickets::GIVE_BACK)
            .bind($person)
            .bind($day)
            .bind(i64::from($grant.is_some()))
            .execute(&mut *$tx)
            .await?;
        if let Some(grant) = $grant {
            sqlx::query(grants::GIVE_BACK).bind($person).bind(grant).execute(&mut *$tx).await?;
        }
    };
}

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
            sqlx::query(people::LOCK).bind(person).bind(millis(now)).execute(&mut *tx).await?;
            let served: Option<(Option<i64>,)> = sqlx::query_as(SERVE)
                .bind(order.id.0)
                .bind(&order.token)
                .bind(millis(now))
                .fetch_optional(&mut *tx)
                .await?;
            let Some((grant,)) = served else { return Ok(Served::Lost) };
            let avoided: Option<String> = sqlx::query_scalar(people::AVOIDED).bind(person).fetch_one(&mut *tx).await?;
            if !people::avoided(avoided)?.found_in(dish).is_empty() {
                return Ok(Served::Avoided);
            }
            let number: i64 = sqlx::query_scalar(dishes::COUNT)
                .bind(person)
                .bind(i64::from(dish.stands_in.is_none()))
                .fetch_one(&mut *tx)
                .await?;
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
            let day = order.ticket.day().to_string();
            let stands_in = dish.stands_in.is_some();
            if stands_in {
                give_back!(tx, person, &day, grant);
            }
            let (movement, reason) = if stands_in { ("returned", audit::STOOD_IN) } else { ("spent", "served") };
            sqlx::query(tickets::MOVE)
                .bind(person)
                .bind(order.id.0)
                .bind(&day)
                .bind(movement)
                .bind(1_i64)
                .bind(reason)
                .bind(millis(now))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Served::Kept(u32::try_from(number).unwrap_or(u32::MAX)))
        })
    }

    /// Ends a claimed order without a dish and returns its ticket; `false` when it was no longer held.
    pub async fn fail(&self, order: &Claimed, failure: Failure, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.end(
            order.person,
            order.id,
            End { state: "failed", token: &order.token, failure: Some(failure), tell_at: now },
            now,
        )
        .await
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
            let end = End { state: "cancelled", token: "", failure: None, tell_at };
            if self.end(person, OrderId(*id), end, now).await? {
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
        self.end(person, order, End { state: "cancelled", token: "", failure: None, tell_at: now }, now).await
    }

    /// Ends every order whose deadline passed before `before`, whoever should have cooked it, and returns their
    /// tickets. Telling is left to their doors.
    pub async fn end_overdue(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let overdue: Vec<(i64, i64)> =
            reading!(self, |db| sqlx::query_as(OVERDUE).bind(millis(before)).fetch_all(db).await)?;
        let mut ended = 0;
        for (order, person) in overdue {
            let end = End { state: "failed", token: "", failure: Some(Failure::Deadline), tell_at: now };
            ended += usize::from(self.end(PersonId(person), OrderId(order), end, now).await?);
        }
        Ok(ended)
    }

    pub(super) async fn end(
        &self,
        person: PersonId,
        id: OrderId,
        end: End<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        transaction!(self, |tx| {
            sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let ended: Option<(String, Option<i64>)> = sqlx::query_as(END)
                .bind(id.0)
                .bind(end.state)
                .bind(end.token)
                .bind(end.failure.map(Failure::id))
                .bind(millis(end.tell_at))
                .fetch_optional(&mut *tx)
                .await?;
            let Some((day, grant)) = ended else { return Ok(false) };
            give_back!(tx, person.0, &day, grant);
            sqlx::query(tickets::MOVE)
                .bind(person.0)
                .bind(id.0)
                .bind(&day)
                .bind("returned")
                .bind(1_i64)
                .bind(end.failure.map_or(end.state, Failure::id))
                .bind(millis(now))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(true)
        })
    }
}

/// How an order ends without a dish.
pub(super) struct End<'a> {
    pub(super) state: &'static str,
    /// The claim's token, or empty for whoever may end it without one.
    pub(super) token: &'a str,
    pub(super) failure: Option<Failure>,
    pub(super) tell_at: DateTime<Utc>,
}
