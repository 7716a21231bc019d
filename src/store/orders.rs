//! Orders: placed with their ticket, and claimed by a kitchen.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    HORIZON_MILLIS, SavedDialogue, Store, StoreError, dialogues, grants,
    lifecycle::{Next, save, step, take_next},
    millis, one_write, people, reading, tickets, transaction,
};
use crate::{
    chat::{Address, DoorKey, Locale, PersonId, Place},
    order::{
        OrderId, Wanted,
        lifecycle::{Lifecycle, Step},
    },
    ticket::{Drawn, Quota, Refusal, Ticket},
};

/// What there is before an order is placed: the order of this confirmation, one in the making, the last day that was drawn on.
const BEFORE: &str = "
    SELECT (SELECT id FROM orders WHERE person = $1 AND confirmation = $2),
        (SELECT MIN(id) FROM orders WHERE person = $1 AND state IN ('queued', 'cooking')),
        (SELECT MAX(day) FROM ticket_days WHERE person = $1)";

const BY_CONFIRMATION: &str = "SELECT id FROM orders WHERE person = $1 AND confirmation = $2";

const PLACE: &str = "
    INSERT INTO orders (person, confirmation, state, wanted, locale, day, platform, conversation, door, address, placed_at,
        deadline, run_at, grant_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    RETURNING id";

/// Answers go to this address from now on.
const ADDRESS: &str = "UPDATE orders SET address = $2 WHERE id = $1";

/// How many may be cooked, and how many ends are to be told: 64 of each at most; $1 to $3 as below.
const TO_DO: &str = "
    SELECT
        (SELECT COUNT(*) FROM (
            SELECT id FROM orders
            WHERE door = $1 AND told_at IS NULL
                AND ((state = 'queued' AND (run_at <= $2 OR run_at > $3))
                    OR (state = 'cooking' AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)))
            LIMIT 64) AS to_cook),
        (SELECT COUNT(*) FROM (
            SELECT id FROM orders
            WHERE door = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')
                AND (run_at <= $2 OR run_at > $3)
                AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)
            LIMIT 64) AS to_tell)";

/// The next one that may be cooked: $1 is the door, $2 now, and a time beyond $3 was written before the clock jumped back.
const NEXT_SQLITE: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled, wanted, locale, address
    FROM orders
    WHERE door = $1 AND told_at IS NULL
        AND ((state = 'queued' AND (run_at <= $2 OR run_at > $3))
            OR (state = 'cooking' AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)))
    ORDER BY run_at, id LIMIT 1";
const NEXT_POSTGRES: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled, wanted, locale, address
    FROM orders
    WHERE door = $1 AND told_at IS NULL
        AND ((state = 'queued' AND (run_at <= $2 OR run_at > $3))
            OR (state = 'cooking' AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)))
    ORDER BY run_at, id LIMIT 1 FOR UPDATE OF orders SKIP LOCKED";

const OPEN: &str = "
    SELECT id, door FROM orders WHERE person = $1 AND platform = $2 AND told_at IS NULL ORDER BY id";

/// What a door that is gone has left behind: $3 is the door that asks, $4 now.
const LEFT_BEHIND: &str = "
    SELECT id FROM orders
    WHERE person = $1 AND platform = $2 AND told_at IS NULL AND door <> $3
        AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.name = orders.door AND leases.until > $4 AND leases.until <= $5)
    ORDER BY id";

const MOVE_IN: &str = "UPDATE orders SET door = $2, address = $3 WHERE id = $1";

const WHEREABOUTS: &str = "SELECT platform, conversation, address FROM orders WHERE id = $1";

const LAST_WANTED: &str = "SELECT wanted FROM orders WHERE person = $1 ORDER BY id DESC LIMIT 1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("orders::BY_CONFIRMATION", BY_CONFIRMATION),
    ("orders::BEFORE", BEFORE),
    ("orders::PLACE", PLACE),
    ("orders::ADDRESS", ADDRESS),
    ("orders::TO_DO", TO_DO),
    ("orders::NEXT_SQLITE", NEXT_SQLITE),
    ("orders::NEXT_POSTGRES", NEXT_POSTGRES),
    ("orders::OPEN", OPEN),
    ("orders::LEFT_BEHIND", LEFT_BEHIND),
    ("orders::MOVE_IN", MOVE_IN),
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

/// What waits for a kitchen; more may wait than is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToDo {
    /// Orders that may be claimed for cooking.
    pub cooking: usize,
    /// Ends that may be claimed for telling.
    pub telling: usize,
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
            let (before, making, last): (Option<i64>, Option<i64>, Option<String>) =
                sqlx::query_as(BEFORE).bind(person).bind(&order.confirmation).fetch_one(&mut *tx).await?;
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
            if making.is_some() {
                return Ok(Placed::Refused(Refusal::InTheMaking));
            }
            let last = last.map(|text| tickets::day("ticket_days", &text)).transpose()?;
            let day = quota.counting_day(now, last);
            let row: grants::AllowanceRow =
                sqlx::query_as(grants::ALLOWANCE).bind(person).bind(day.to_string()).fetch_one(&mut *tx).await?;
            let (allowance, taken) = grants::allowance(row, quota);
            let grant: Option<i64> = match allowance.draw(taken, quota.returns_at(day)) {
                Err(refusal) => return Ok(Placed::Refused(refusal)),
                Ok(Drawn::OfTheDay) => {
                    // It is counted once more by whoever holds the row.
                    let taken: Option<i64> = sqlx::query_scalar(tickets::TAKE)
                        .bind(person)
                        .bind(day.to_string())
                        .bind(i64::from(allowance.daily))
                        .fetch_optional(&mut *tx)
                        .await?;
                    if taken.is_none() {
                        return Ok(Placed::Refused(Refusal::NoneLeft { back_at: quota.returns_at(day) }));
                    }
                    None
                }
                Ok(Drawn::Given) => {
                    let grant: Option<i64> = sqlx::query_scalar(grants::TAKE)
                        .bind(person)
                        .bind(day.to_string())
                        .fetch_optional(&mut *tx)
                        .await?;
                    if grant.is_none() {
                        return Ok(Placed::Refused(Refusal::NoneLeft { back_at: quota.returns_at(day) }));
                    }
                    sqlx::query(tickets::TAKE_EXTRA).bind(person).bind(day.to_string()).execute(&mut *tx).await?;
                    grant
                }
            };
            let new = Lifecycle::placed(now, order.patience, order.head_start);
            let id: i64 = sqlx::query_scalar(PLACE)
                .bind(person)
                .bind(&order.confirmation)
                .bind(new.state.id())
                .bind(&wanted)
                .bind(order.locale.id())
                .bind(day.to_string())
                .bind(order.place.platform.id())
                .bind(&order.place.conversation)
                .bind(&order.door.0)
                .bind(&order.address.0)
                .bind(millis(now))
                .bind(millis(new.deadline))
                .bind(millis(new.run_at))
                .bind(grant)
                .fetch_one(&mut *tx)
                .await?;
            sqlx::query(tickets::MOVE)
                .bind(person)
                .bind(id)
                .bind(day.to_string())
                .bind(new.ticket.id())
                .bind(0_i64)
                .bind(new.reason())
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

    /// The waiting message of an order is up: cooking may begin. `false` where it begun already, or will not.
    pub async fn release(&self, order: OrderId, address: &Address, now: DateTime<Utc>) -> Result<bool, StoreError> {
        one_write!(self, |tx| {
            let released = step!(self, tx, order.0, Step::Release, now);
            let Some((standing, before, next)) = released else { return Ok(false) };
            save!(tx, standing, before, next, now, Some(address.0.as_str()));
            tx.commit().await?;
            Ok(true)
        })
    }

    /// What a kitchen can claim of a door now.
    pub async fn to_do(&self, door: &DoorKey, now: DateTime<Utc>) -> Result<ToDo, StoreError> {
        let (cooking, telling): (i64, i64) = reading!(self, |db| sqlx::query_as(TO_DO)
            .bind(&door.0)
            .bind(millis(now))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_one(db)
            .await)?;
        let count = |count: i64| usize::try_from(count).unwrap_or_default();
        Ok(ToDo { cooking: count(cooking), telling: count(telling) })
    }

    /// Claims the next order of a door for one cook, for as long as `lease`.
    pub async fn claim(
        &self,
        door: &DoorKey,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Claimed>, StoreError> {
        one_write!(self, |tx| {
            let step = Step::Claim(&token, lease);
            let (Next { standing, wanted, locale, address }, next) =
                take_next!(self, tx, NEXT_SQLITE, NEXT_POSTGRES, door, step, now);
            tx.commit().await?;
            // One that does not read is passed over until its lease ends, and keeps up nobody else.
            let ticket = Ticket::taken_on(tickets::day("orders", &standing.day)?);
            Ok(Some(Claimed {
                id: OrderId(standing.id),
                person: PersonId(standing.person),
                // A wish that no longer reads is better answered by any dish than never.
                wanted: serde_json::from_str(&wanted).unwrap_or_default(),
                locale: Locale::from_tag(&locale).unwrap_or(Locale::Ko),
                ticket,
                address: Address(address),
                deadline: next.deadline,
                claims: next.claims,
                token,
            }))
        })
    }

    /// Keeps a claim; `false` when it is no longer held: cancelled, or taken over.
    pub async fn renew(&self, order: &Claimed, lease: TimeDelta, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.advance(order.id, None, Step::Renew(&order.token, lease), now).await
    }

    /// Puts a claimed order back for the next cook.
    pub async fn hand_back(&self, order: &Claimed, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(order.id, None, Step::HandBack(&order.token), now).await.map(drop)
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
        transaction!(self, |tx| {
            let left: Vec<i64> = sqlx::query_scalar(LEFT_BEHIND)
                .bind(person.0)
                .bind(place.platform.id())
                .bind(&door.0)
                .bind(millis(now))
                .bind(millis(now) + HORIZON_MILLIS)
                .fetch_all(&mut *tx)
                .await?;
            let mut adopted = Vec::new();
            for id in left {
                let Some((standing, before, next)) = step!(self, tx, id, Step::Adopt, now) else { continue };
                save!(tx, standing, before, next, now);
                sqlx::query(MOVE_IN).bind(standing.id).bind(&door.0).bind(&address.0).execute(&mut *tx).await?;
                adopted.push((OrderId(standing.id), next.state.is_in_the_making()));
            }
            tx.commit().await?;
            Ok(adopted)
        })
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
