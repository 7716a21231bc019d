//! Orders: placed with their ticket, claimed by a kitchen, and the telling of how they ended.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    HORIZON_MILLIS, Pool, SavedDialogue, Store, StoreError, dialogues, millis, moment, people, reading, tickets,
    transaction, writing,
};
use crate::{
    chat::{Address, DoorKey, Locale, PersonId, Place},
    order::{Failure, OrderId, Wanted},
    ticket::{Quota, Refusal, Ticket},
};

const BY_CONFIRMATION: &str = "SELECT id FROM orders WHERE person = $1 AND confirmation = $2";

const IN_THE_MAKING: &str = "SELECT id FROM orders WHERE person = $1 AND state IN ('queued', 'cooking')";

const PLACE: &str = "
    INSERT INTO orders (person, confirmation, state, wanted, locale, day, platform, door, address, placed_at, deadline, run_at)
    VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11)
    RETURNING id";

/// The waiting message is up: cooking may begin, and answers go to this address.
const RELEASE: &str = "UPDATE orders SET address = $2, run_at = $3 WHERE id = $1 AND state = 'queued' AND claims = 0";

/// $4 is the end of the lease. A time beyond $5 was written before the clock jumped back.
const CLAIM_SQLITE: &str = "
    UPDATE orders SET state = 'cooking', claims = claims + 1, lease_token = $3, lease_until = $4
    WHERE id = (
        SELECT id FROM orders
        WHERE door = $1 AND told_at IS NULL
            AND ((state = 'queued' AND (run_at <= $2 OR run_at > $5))
                OR (state = 'cooking' AND (lease_until <= $2 OR lease_until > $5)))
        ORDER BY run_at, id LIMIT 1)
    RETURNING id, person, wanted, locale, day, address, deadline, claims";

const CLAIM_POSTGRES: &str = "
    UPDATE orders SET state = 'cooking', claims = claims + 1, lease_token = $3, lease_until = $4
    WHERE id = (
        SELECT id FROM orders
        WHERE door = $1 AND told_at IS NULL
            AND ((state = 'queued' AND (run_at <= $2 OR run_at > $5))
                OR (state = 'cooking' AND (lease_until <= $2 OR lease_until > $5)))
        ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, person, wanted, locale, day, address, deadline, claims";

const RENEW: &str = "UPDATE orders SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND state = 'cooking'";

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

const TOLD: &str = "
    UPDATE orders SET state = CASE WHEN state = 'served' THEN 'delivered' ELSE state END,
        told_at = $2, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')";

/// It cannot be told: the person is out of reach for good. A dish stays 'served' and waits in history.
const UNREACHABLE: &str = "
    UPDATE orders SET told_at = $2, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')";

const TELL_LATER: &str = "
    UPDATE orders SET run_at = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND told_at IS NULL";

const OPEN: &str = "
    SELECT id, door FROM orders WHERE person = $1 AND platform = $2 AND told_at IS NULL ORDER BY id";

/// Takes over what a door that is gone has left behind. A dead door has no living cook either.
const ADOPT: &str = "
    UPDATE orders SET door = $3, address = $4, run_at = $5, lease_token = NULL,
        lease_until = CASE WHEN state = 'cooking' THEN $5 ELSE NULL END
    WHERE person = $1 AND platform = $2 AND told_at IS NULL AND door <> $3
        AND NOT EXISTS (
            SELECT 1 FROM leases WHERE leases.name = orders.door AND leases.until > $5 AND leases.until <= $6)
    RETURNING id, state";

const LAST_WANTED: &str = "SELECT wanted FROM orders WHERE person = $1 ORDER BY id DESC LIMIT 1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("orders::BY_CONFIRMATION", BY_CONFIRMATION),
    ("orders::IN_THE_MAKING", IN_THE_MAKING),
    ("orders::PLACE", PLACE),
    ("orders::RELEASE", RELEASE),
    ("orders::CLAIM_SQLITE", CLAIM_SQLITE),
    ("orders::CLAIM_POSTGRES", CLAIM_POSTGRES),
    ("orders::RENEW", RENEW),
    ("orders::UNTOLD_SQLITE", UNTOLD_SQLITE),
    ("orders::UNTOLD_POSTGRES", UNTOLD_POSTGRES),
    ("orders::TOLD", TOLD),
    ("orders::UNREACHABLE", UNREACHABLE),
    ("orders::TELL_LATER", TELL_LATER),
    ("orders::OPEN", OPEN),
    ("orders::ADOPT", ADOPT),
    ("orders::LAST_WANTED", LAST_WANTED),
];

/// An order about to be placed.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Whose.
    pub person: PersonId,
    /// In which conversation.
    pub place: Place,
    /// Through which door.
    pub door: DoorKey,
    /// Where its answers go until the waiting message says otherwise.
    pub address: Address,
    /// The language of the dish.
    pub locale: Locale,
    /// What is wanted.
    pub wanted: Wanted,
    /// The menu that was confirmed; the same one twice is one order.
    pub confirmation: String,
    /// How long it may take in all.
    pub patience: TimeDelta,
    /// How long cooking waits for the waiting message, at most.
    pub head_start: TimeDelta,
}

/// What came of placing an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// It is taken; the ticket and the dialogue went with it.
    Taken(OrderId),
    /// This confirmation was taken before; nothing changed.
    Before(OrderId),
    /// It is not taken; nothing changed.
    Refused(Refusal),
    /// The dialogue went on in the meantime; nothing changed.
    Conflict,
}

/// An order in the hands of one cook.
#[derive(Debug)]
pub struct Claimed {
    /// Which.
    pub id: OrderId,
    /// Whose.
    pub person: PersonId,
    /// What is wanted.
    pub wanted: Wanted,
    /// The language of the dish.
    pub locale: Locale,
    /// The proof that it is paid for.
    pub ticket: Ticket,
    /// Where its answers go.
    pub address: Address,
    /// When it ends at the latest.
    pub deadline: DateTime<Utc>,
    /// How often it was claimed, this time included.
    pub claims: i64,
    /// The fencing token: who holds another one no longer holds the order.
    pub token: String,
}

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

type ClaimedRow = (i64, i64, String, String, String, String, i64, i64);
type UntoldRow = (i64, i64, String, Option<String>, String, String, i64);

impl Store {
    /// Takes a ticket, writes the order and saves the dialogue, all or nothing.
    pub async fn place_order(
        &self,
        order: &NewOrder,
        dialogue: &SavedDialogue,
        quota: Quota,
        now: DateTime<Utc>,
    ) -> Result<Placed, StoreError> {
        let wanted =
            serde_json::to_string(&order.wanted).map_err(|error| StoreError::corrupt("orders", "wanted", error))?;
        let person = order.person.0;
        transaction!(self, |tx| {
            sqlx::query(people::LOCK).bind(person).bind(millis(now)).execute(&mut *tx).await?;
            let before: Option<i64> = sqlx::query_scalar(BY_CONFIRMATION)
                .bind(person)
                .bind(&order.confirmation)
                .fetch_optional(&mut *tx)
                .await?;
            if let Some(id) = before {
                return Ok(Placed::Before(OrderId(id)));
            }
            let saved = sqlx::query(dialogues::SAVE)
                .bind(person)
                .bind(order.place.platform.id())
                .bind(&order.place.conversation)
                .bind(dialogue.revision)
                .bind(dialogue.version)
                .bind(&dialogue.state)
                .bind(millis(now))
                .execute(&mut *tx)
                .await?;
            if saved.rows_affected() != 1 {
                return Ok(Placed::Conflict);
            }
            let making: Option<i64> = sqlx::query_scalar(IN_THE_MAKING).bind(person).fetch_optional(&mut *tx).await?;
            if making.is_some() {
                return Ok(Placed::Refused(Refusal::InTheMaking));
            }
            if quota.daily_limit == 0 {
                return Ok(Placed::Refused(Refusal::Closed));
            }
            let last: Option<String> = sqlx::query_scalar(tickets::LAST_DAY).bind(person).fetch_one(&mut *tx).await?;
            let last = last.map(|text| tickets::day("ticket_days", &text)).transpose()?;
            let day = quota.counting_day(now, last);
            let taken: Option<i64> = sqlx::query_scalar(tickets::TAKE)
                .bind(person)
                .bind(day.to_string())
                .bind(i64::from(quota.daily_limit))
                .fetch_optional(&mut *tx)
                .await?;
            if taken.is_none() {
                return Ok(Placed::Refused(Refusal::NoneLeft { back_at: quota.returns_at(day) }));
            }
            let id: i64 = sqlx::query_scalar(PLACE)
                .bind(person)
                .bind(&order.confirmation)
                .bind(&wanted)
                .bind(order.locale.id())
                .bind(day.to_string())
                .bind(order.place.platform.id())
                .bind(&order.door.0)
                .bind(&order.address.0)
                .bind(millis(now))
                .bind(millis(now + order.patience))
                .bind(millis(now + order.head_start))
                .fetch_one(&mut *tx)
                .await?;
            sqlx::query(tickets::MOVE)
                .bind(person)
                .bind(id)
                .bind(day.to_string())
                .bind("taken")
                .bind(0_i64)
                .bind("order")
                .bind(millis(now))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Placed::Taken(OrderId(id)))
        })
    }

    /// The order that a confirmation led to.
    pub async fn order_confirmed(&self, person: PersonId, confirmation: &str) -> Result<Option<OrderId>, StoreError> {
        let id: Option<i64> = reading!(self, |db| sqlx::query_scalar(BY_CONFIRMATION)
            .bind(person.0)
            .bind(confirmation)
            .fetch_optional(db)
            .await)?;
        Ok(id.map(OrderId))
    }

    /// The waiting message of an order is up: cooking may begin.
    pub async fn release(&self, order: OrderId, address: &Address, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(RELEASE)
            .bind(order.0)
            .bind(&address.0)
            .bind(millis(now))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Claims the next order of a door for one cook, for as long as `lease`.
    pub async fn claim(
        &self,
        door: &DoorKey,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Claimed>, StoreError> {
        let statement = match self.pool {
            Pool::Sqlite { .. } => CLAIM_SQLITE,
            Pool::Postgres(_) => CLAIM_POSTGRES,
        };
        let row: Option<ClaimedRow> = writing!(self, |db| sqlx::query_as(statement)
            .bind(&door.0)
            .bind(millis(now))
            .bind(&token)
            .bind(millis(now + lease))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_optional(db)
            .await)?;
        let Some((id, person, wanted, locale, day, address, deadline, claims)) = row else { return Ok(None) };
        Ok(Some(Claimed {
            id: OrderId(id),
            person: PersonId(person),
            // A wish that no longer reads is better answered by any dish than never.
            wanted: serde_json::from_str(&wanted).unwrap_or_default(),
            locale: Locale::from_tag(&locale).unwrap_or(Locale::Ko),
            ticket: Ticket::taken_on(tickets::day("orders", &day)?),
            address: Address(address),
            deadline: moment(deadline),
            claims,
            token,
        }))
    }

    /// Keeps a claim; `false` when it is no longer held: cancelled, or taken over.
    pub async fn renew(&self, order: &Claimed, lease: TimeDelta, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let renewed = writing!(self, |db| sqlx::query(RENEW)
            .bind(order.id.0)
            .bind(&order.token)
            .bind(millis(now + lease))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(renewed == 1)
    }

    /// Claims the next ended order of a door whose person does not know yet.
    pub async fn claim_untold(
        &self,
        door: &DoorKey,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Untold>, StoreError> {
        let statement = match self.pool {
            Pool::Sqlite { .. } => UNTOLD_SQLITE,
            Pool::Postgres(_) => UNTOLD_POSTGRES,
        };
        let row: Option<UntoldRow> = writing!(self, |db| sqlx::query_as(statement)
            .bind(&door.0)
            .bind(millis(now))
            .bind(&token)
            .bind(millis(now + lease))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_optional(db)
            .await)?;
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

    /// A person's orders on a platform that are in the making or not told yet, with their doors.
    pub async fn open_orders(&self, person: PersonId, place: &Place) -> Result<Vec<(OrderId, DoorKey)>, StoreError> {
        let rows: Vec<(i64, String)> =
            reading!(self, |db| sqlx::query_as(OPEN).bind(person.0).bind(place.platform.id()).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(id, door)| (OrderId(id), DoorKey(door))).collect())
    }

    /// Takes over a person's open orders whose door is gone; gives those that were taken, and whether each is
    /// still in the making.
    pub async fn adopt(
        &self,
        person: PersonId,
        place: &Place,
        door: &DoorKey,
        address: &Address,
        now: DateTime<Utc>,
    ) -> Result<Vec<(OrderId, bool)>, StoreError> {
        let rows: Vec<(i64, String)> = writing!(self, |db| sqlx::query_as(ADOPT)
            .bind(person.0)
            .bind(place.platform.id())
            .bind(&door.0)
            .bind(&address.0)
            .bind(millis(now))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_all(db)
            .await)?;
        let in_the_making = |state: String| matches!(state.as_str(), "queued" | "cooking");
        Ok(rows.into_iter().map(|(id, state)| (OrderId(id), in_the_making(state))).collect())
    }

    /// What a person ordered last.
    pub async fn last_wanted(&self, person: PersonId) -> Result<Option<Wanted>, StoreError> {
        let wanted: Option<String> =
            reading!(self, |db| sqlx::query_scalar(LAST_WANTED).bind(person.0).fetch_optional(db).await)?;
        Ok(wanted.and_then(|wanted| serde_json::from_str(&wanted).ok()))
    }
}
