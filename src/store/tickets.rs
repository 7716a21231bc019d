//! The ticket calendar and its ledger. The movements themselves are part of the orders' transactions.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, grants, reading};
use crate::{
    chat::PersonId,
    ticket::{Allowance, Day, Quota, TicketsLeft},
};

/// The last day that a person drew on.
pub(super) const LAST_DAY: &str = "SELECT MAX(day) FROM ticket_days WHERE person = $1";

/// Takes one ticket of the day; gives no row where they are used up. $3 is the limit, above 0.
pub(super) const TAKE: &str = "
    INSERT INTO ticket_days (person, day, taken) VALUES ($1, $2, 1)
    ON CONFLICT (person, day) DO UPDATE SET taken = ticket_days.taken + 1
        WHERE ticket_days.taken - ticket_days.extra < $3
    RETURNING taken";

/// Notes one that came from a grant.
pub(super) const TAKE_EXTRA: &str = "
    INSERT INTO ticket_days (person, day, taken, extra) VALUES ($1, $2, 1, 1)
    ON CONFLICT (person, day) DO UPDATE SET taken = ticket_days.taken + 1, extra = ticket_days.extra + 1";

/// Gives one back to the day that it was taken from; $3 is 1 where it came from a grant, else 0.
pub(super) const GIVE_BACK: &str = "
    UPDATE ticket_days SET taken = taken - 1, extra = CASE WHEN extra >= $3 THEN extra - $3 ELSE 0 END
    WHERE person = $1 AND day = $2 AND taken > 0";

/// Writes one movement; a second one of the same kind for the order breaks a unique key.
pub(super) const MOVE: &str = "
    INSERT INTO ticket_ledger (person, order_id, day, movement, settles, reason, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// What was taken on a day, without what came from grants.
pub(super) const TAKEN: &str = "SELECT taken - extra FROM ticket_days WHERE person = $1 AND day = $2";

/// The last day that a person drew on, and how many tickets they ever used.
const BOOK: &str = "
    SELECT (SELECT MAX(day) FROM ticket_days WHERE person = $1), (SELECT tickets_used FROM people WHERE id = $1)";

pub(super) const ALL: &[(&str, &str)] = &[
    ("tickets::LAST_DAY", LAST_DAY),
    ("tickets::TAKE", TAKE),
    ("tickets::TAKE_EXTRA", TAKE_EXTRA),
    ("tickets::GIVE_BACK", GIVE_BACK),
    ("tickets::MOVE", MOVE),
    ("tickets::TAKEN", TAKEN),
    ("tickets::BOOK", BOOK),
];

/// Reads a day out of the store.
pub(super) fn day(table: &'static str, text: &str) -> Result<Day, StoreError> {
    Day::parse(text).ok_or_else(|| StoreError::corrupt(table, "day", text))
}

impl Store {
    /// What a person can still order today.
    pub async fn tickets_left(
        &self,
        person: PersonId,
        quota: Quota,
        now: DateTime<Utc>,
    ) -> Result<TicketsLeft, StoreError> {
        let (last, used): (Option<String>, Option<i64>) =
            reading!(self, |db| sqlx::query_as(BOOK).bind(person.0).fetch_one(db).await)?;
        let last = last.map(|text| day("ticket_days", &text)).transpose()?;
        let today = quota.counting_day(now, last);
        let row: grants::AllowanceRow = reading!(self, |db| sqlx::query_as(grants::ALLOWANCE)
            .bind(person.0)
            .bind(today.to_string())
            .fetch_one(db)
            .await)?;
        let (Allowance { daily, extra }, taken) = grants::allowance(row, quota);
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        Ok(TicketsLeft {
            left: daily.saturating_sub(taken).saturating_add(extra),
            limit: daily,
            extra,
            back_at: quota.returns_at(today),
            used_ever: u64::try_from(used.unwrap_or_default()).unwrap_or_default(),
        })
    }
}
