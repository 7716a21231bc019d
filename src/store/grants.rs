//! Tickets beside those of the settings: so many more, once or each day, or another daily limit; for one person or everyone
//! who was here at the time.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, people, reading, tickets, transaction, writing};
use crate::{
    chat::PersonId,
    order::OrderId,
    ticket::{Allowance, Day, Quota},
};

/// The last day of what has no end.
const NO_END: &str = "9999-12-31";

/// What holds for a person $1 on a day $2: another limit (-1 for none), tickets on top each day, and what is left of those
/// that were given once. The newest limit counts, and one of their own before one for everyone.
pub(super) const ALLOWANCE: &str = "
    SELECT
        COALESCE(
            (SELECT tickets FROM grants WHERE person = $1 AND kind = 'limit' AND from_day <= $2 AND until_day >= $2
                ORDER BY id DESC LIMIT 1),
            (SELECT tickets FROM grants WHERE person IS NULL AND kind = 'limit' AND from_day <= $2 AND until_day >= $2
                ORDER BY id DESC LIMIT 1),
            -1),
        (SELECT CAST(COALESCE(SUM(tickets), 0) AS BIGINT) FROM grants
            WHERE (person = $1 OR person IS NULL) AND kind = 'daily' AND from_day <= $2 AND until_day >= $2),
        (SELECT CAST(COALESCE(SUM(CASE WHEN grants.tickets > COALESCE(grant_uses.used, 0)
                THEN grants.tickets - COALESCE(grant_uses.used, 0) ELSE 0 END), 0) AS BIGINT)
            FROM grants LEFT JOIN grant_uses ON grant_uses.grant_id = grants.id AND grant_uses.person = $1
            WHERE kind = 'once' AND from_day <= $2 AND until_day >= $2
                AND (grants.person = $1
                    OR (grants.person IS NULL AND grants.at >= (SELECT since FROM people WHERE id = $1)))),
        COALESCE((SELECT taken - extra FROM ticket_days WHERE person = $1 AND day = $2), 0)";

/// A row of [`ALLOWANCE`].
pub(super) type AllowanceRow = (i64, i64, i64, i64);

/// Takes one of those that were given once, the one that ends first; gives no row where none is left.
pub(super) const TAKE: &str = "
    INSERT INTO grant_uses (grant_id, person, used)
    SELECT grants.id, CAST($1 AS BIGINT), 1
    FROM grants LEFT JOIN grant_uses ON grant_uses.grant_id = grants.id AND grant_uses.person = $1
    WHERE kind = 'once' AND from_day <= $2 AND until_day >= $2 AND grants.tickets > COALESCE(grant_uses.used, 0)
        AND (grants.person = $1 OR (grants.person IS NULL AND grants.at >= (SELECT since FROM people WHERE id = $1)))
    ORDER BY until_day, grants.id LIMIT 1
    ON CONFLICT (grant_id, person) DO UPDATE SET used = grant_uses.used + 1
    RETURNING grant_id";

/// Gives it back.
pub(super) const GIVE_BACK: &str =
    "UPDATE grant_uses SET used = used - 1 WHERE person = $1 AND grant_id = $2 AND used > 0";

const ADD: &str = "
    INSERT INTO grants (person, kind, tickets, from_day, until_day, refunds, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (refunds) DO NOTHING";

const DROP_LIMITS: &str = "DELETE FROM grants WHERE kind = 'limit' AND (person = $1 OR (person IS NULL AND $1 = -1))";

const OF_PERSON: &str = "
    SELECT kind, tickets, COALESCE(grant_uses.used, 0), until_day, CASE WHEN grants.person IS NULL THEN 1 ELSE 0 END
    FROM grants LEFT JOIN grant_uses ON grant_uses.grant_id = grants.id AND grant_uses.person = $1
    WHERE until_day >= $2 AND (grants.person = $1
        OR (grants.person IS NULL
            AND (kind <> 'once' OR grants.at >= (SELECT since FROM people WHERE id = $1))))
    ORDER BY grants.id DESC LIMIT 10";

const ORDER: &str = "SELECT person, state FROM orders WHERE id = $1";

const REFUNDED: &str = "SELECT COUNT(*) FROM grants WHERE refunds = $1";

const RETURNED: &str = "SELECT COUNT(*) FROM ticket_ledger WHERE order_id = $1 AND movement = 'returned'";

pub(super) const ALL: &[(&str, &str)] = &[
    ("grants::ALLOWANCE", ALLOWANCE),
    ("grants::TAKE", TAKE),
    ("grants::GIVE_BACK", GIVE_BACK),
    ("grants::ADD", ADD),
    ("grants::DROP_LIMITS", DROP_LIMITS),
    ("grants::OF_PERSON", OF_PERSON),
    ("grants::ORDER", ORDER),
    ("grants::REFUNDED", REFUNDED),
    ("grants::RETURNED", RETURNED),
];

/// What somebody may order on a day, and what of the day's they have taken.
pub(super) fn allowance((limit, daily, extra, taken): AllowanceRow, quota: Quota) -> (Allowance, i64) {
    let number = |number: i64| u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX });
    let limit = if limit < 0 { quota.daily_limit } else { number(limit) };
    (Allowance { daily: limit.saturating_add(number(daily)), extra: number(extra) }, taken)
}

/// What is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// So many tickets on top, once.
    Once(u32),
    /// So many on top each day.
    Daily(u32),
    /// So many a day in place of the settings'.
    Limit(u32),
}

impl Grant {
    fn kind(self) -> (&'static str, u32) {
        match self {
            Self::Once(tickets) => ("once", tickets),
            Self::Daily(tickets) => ("daily", tickets),
            Self::Limit(tickets) => ("limit", tickets),
        }
    }
}

/// A grant as it stands with a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantOf {
    /// What was given.
    pub grant: Grant,
    /// How many of those that were given once they have taken.
    pub used: u32,
    /// The last day; `None` for no end.
    pub until: Option<Day>,
    /// Whether it was given to everyone.
    pub to_everyone: bool,
}

/// What came of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunded {
    /// The person has a ticket more.
    Done(PersonId),
    /// It was refunded before, or its ticket came back by itself.
    Before(PersonId),
    /// It is still in the making; it can be stopped, and its ticket comes back.
    InTheMaking(PersonId),
    /// There is no such order.
    Unknown,
}

impl Store {
    /// Gives tickets to one person, or to everyone who is here by `now`; from this day until that one.
    pub async fn grant(
        &self,
        whom: Option<PersonId>,
        grant: Grant,
        (from, until): (Day, Option<Day>),
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.add_grant(whom, grant, (from, until), None, now).await.map(drop)
    }

    /// Whether it was given: what stands for an order's ticket is given once.
    async fn add_grant(
        &self,
        whom: Option<PersonId>,
        grant: Grant,
        (from, until): (Day, Option<Day>),
        refunds: Option<OrderId>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (kind, tickets) = grant.kind();
        transaction!(self, |tx| {
            if let Some(person) = whom {
                // Whoever joins somebody or parts meanwhile takes it along.
                let held = sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
                if held.rows_affected() != 1 {
                    return Err(StoreError::Forgotten);
                }
            }
            let added = sqlx::query(ADD)
                .bind(whom.map(|person| person.0))
                .bind(kind)
                .bind(i64::from(tickets))
                .bind(from.to_string())
                .bind(until.map_or_else(|| NO_END.to_owned(), |day| day.to_string()))
                .bind(refunds.map(|order| order.0))
                .bind(millis(now))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            tx.commit().await?;
            Ok(added == 1)
        })
    }

    /// Takes back other limits of one person, or those for everyone; how many there were.
    pub async fn drop_limits(&self, whom: Option<PersonId>) -> Result<u64, StoreError> {
        Ok(writing!(self, |db| sqlx::query(DROP_LIMITS)
            .bind(whom.map_or(-1, |person| person.0))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?)
    }

    /// What holds for a person on a day and later, newest first.
    pub async fn grants_of(&self, person: PersonId, day: Day) -> Result<Vec<GrantOf>, StoreError> {
        let rows: Vec<(String, i64, i64, String, i64)> =
            reading!(self, |db| sqlx::query_as(OF_PERSON).bind(person.0).bind(day.to_string()).fetch_all(db).await)?;
        let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        rows.into_iter()
            .map(|(kind, given, used, until, to_everyone)| {
                let given = number(given);
                let grant = match kind.as_str() {
                    "daily" => Grant::Daily(given),
                    "limit" => Grant::Limit(given),
                    _ => Grant::Once(given),
                };
                let until = (until != NO_END).then(|| tickets::day("grants", &until)).transpose()?;
                Ok(GrantOf { grant, used: number(used), until, to_everyone: to_everyone == 1 })
            })
            .collect()
    }

    /// Gives a ticket for the one that an order spent, once for each order.
    pub async fn refund(&self, order: OrderId, day: Day, now: DateTime<Utc>) -> Result<Refunded, StoreError> {
        match self.refundable(order).await? {
            Refunded::Done(person) => {
                let given = self.add_grant(Some(person), Grant::Once(1), (day, None), Some(order), now).await?;
                Ok(if given { Refunded::Done(person) } else { Refunded::Before(person) })
            }
            other => Ok(other),
        }
    }

    /// Whose an order is, and whether it could be refunded now.
    pub async fn refundable(&self, order: OrderId) -> Result<Refunded, StoreError> {
        let found: Option<(i64, String)> =
            reading!(self, |db| sqlx::query_as(ORDER).bind(order.0).fetch_optional(db).await)?;
        let Some((person, state)) = found else { return Ok(Refunded::Unknown) };
        let person = PersonId(person);
        if matches!(state.as_str(), "queued" | "cooking") {
            return Ok(Refunded::InTheMaking(person));
        }
        let before: i64 = reading!(self, |db| sqlx::query_scalar(REFUNDED).bind(order.0).fetch_one(db).await)?;
        let returned: i64 = reading!(self, |db| sqlx::query_scalar(RETURNED).bind(order.0).fetch_one(db).await)?;
        Ok(if before + returned > 0 { Refunded::Before(person) } else { Refunded::Done(person) })
    }
}
