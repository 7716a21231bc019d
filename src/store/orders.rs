//! Orders: placed with their ticket, and claimed by a kitchen.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use super::{
    HORIZON_MILLIS, Pool, SavedDialogue, Store, StoreError, dialogues,
    grants::{self, Allowance},
    millis, moment, people, reading, tickets, transaction, writing,
};
use crate::{
    chat::{Address, DoorKey, Locale, PersonId, Place},
    order::{OrderId, Wanted},
    ticket::{Quota, Refusal, Ticket},
};

const BY_CONFIRMATION: &str = "SELECT id FROM orders WHERE person = $1 AND confirmation = $2";

const IN_THE_MAKING: &str = "SELECT id FROM orders WHERE person = $1 AND state IN ('queued', 'cooking')";

const PLACE: &str = "
    INSERT INTO orders (person, confirmation, state, wanted, locale, day, platform, conversation, door, address, placed_at,
        deadline, run_at, grant_id)
    VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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

/// It was not given up, so this claim does not count.
const HAND_BACK: &str = "
    UPDATE orders SET state = 'queued', claims = claims - 1, run_at = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'cooking'";

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

const WHEREABOUTS: &str = "SELECT platform, conversation, address FROM orders WHERE id = $1";

const LAST_WANTED: &str = "SELECT wanted FROM orders WHERE person = $1 ORDER BY id DESC LIMIT 1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("orders::BY_CONFIRMATION", BY_CONFIRMATION),
    ("orders::IN_THE_MAKING", IN_THE_MAKING),
    ("orders::PLACE", PLACE),
    ("orders::RELEASE", RELEASE),
    ("orders::CLAIM_SQLITE", CLAIM_SQLITE),
    ("orders::CLAIM_POSTGRES", CLAIM_POSTGRES),
    ("orders::RENEW", RENEW),
    ("orders::HAND_BACK", HAND_BACK),
    ("orders::OPEN", OPEN),
    ("orders::ADOPT", ADOPT),
    ("orders::WHEREABOUTS", WHEREABOUTS),
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

type ClaimedRow = (i64, i64, String, String, String, String, i64, i64);
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
            let last: Option<String> = sqlx::query_scalar(tickets::LAST_DAY).bind(person).fetch_one(&mut *tx).await?;
            let last = last.map(|text| tickets::day("ticket_days", &text)).transpose()?;
            let day = quota.counting_day(now, last);
            let allowance: (i64, i64, i64) =
                sqlx::query_as(grants::ALLOWANCE).bind(person).bind(day.to_string()).fetch_one(&mut *tx).await?;
            let Allowance { daily, extra } = Allowance::of(allowance, quota);
            let taken: Option<i64> = if daily == 0 {
                None
            } else {
                sqlx::query_scalar(tickets::TAKE)
                    .bind(person)
                    .bind(day.to_string())
                    .bind(i64::from(daily))
                    .fetch_optional(&mut *tx)
                    .await?
            };
            let mut grant: Option<i64> = None;
            if taken.is_none() {
                grant = sqlx::query_scalar(grants::TAKE)
                    .bind(person)
                    .bind(day.to_string())
                    .fetch_optional(&mut *tx)
                    .await?;
                match grant {
                    None if daily == 0 && extra == 0 => return Ok(Placed::Refused(Refusal::Closed)),
                    None => return Ok(Placed::Refused(Refusal::NoneLeft { back_at: quota.returns_at(day) })),
                    Some(_) => {
                        sqlx::query(tickets::TAKE_EXTRA).bind(person).bind(day.to_string()).execute(&mut *tx).await?;
                    }
                }
            }
            let id: i64 = sqlx::query_scalar(PLACE)
                .bind(person)
                .bind(&order.confirmation)
                .bind(&wanted)
                .bind(order.locale.id())
                .bind(day.to_string())
                .bind(order.place.platform.id())
                .bind(&order.place.conversation)
                .bind(&order.door.0)
                .bind(&order.address.0)
                .bind(millis(now))
                .bind(millis(now + order.patience))
                .bind(millis(now + order.head_start))
                .bind(grant)
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
        let row: Option<ClaimedRow> = self.claim_next((CLAIM_SQLITE, CLAIM_POSTGRES), door, &token, lease, now).await?;
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

    /// Claims the next of a door by the statement of whichever database is open: $1 is the door, $2 now, $3 the token,
    /// $4 the end of the lease, and a time beyond $5 was written before the clock jumped back.
    pub(super) async fn claim_next<T>(
        &self,
        (sqlite, postgres): (&'static str, &'static str),
        door: &DoorKey,
        token: &str,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let statement = match self.pool {
            Pool::Sqlite { .. } => sqlite,
            Pool::Postgres(_) => postgres,
        };
        Ok(writing!(self, |db| sqlx::query_as(statement)
            .bind(&door.0)
            .bind(millis(now))
            .bind(token)
            .bind(millis(now + lease))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_optional(db)
            .await)?)
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

    /// Puts a claimed order back for the next cook.
    pub async fn hand_back(&self, order: &Claimed, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(HAND_BACK)
            .bind(order.id.0)
            .bind(&order.token)
            .bind(millis(now))
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

    /// Where answers to an order go, and whether it was placed in this conversation.
    pub async fn whereabouts(&self, order: OrderId, place: &Place) -> Result<Option<(Address, bool)>, StoreError> {
        let row: Option<(String, String, String)> =
            reading!(self, |db| sqlx::query_as(WHEREABOUTS).bind(order.0).fetch_optional(db).await)?;
        Ok(row.map(|(platform, conversation, address)| {
            let here = platform == place.platform.id() && conversation == place.conversation;
            (Address(address), here)
        }))
    }

    /// What a person ordered last.
    pub async fn last_wanted(&self, person: PersonId) -> Result<Option<Wanted>, StoreError> {
        let wanted: Option<String> =
            reading!(self, |db| sqlx::query_scalar(LAST_WANTED).bind(person.0).fetch_optional(db).await)?;
        Ok(wanted.and_then(|wanted| serde_json::from_str(&wanted).ok()))
    }
}
