//! What the days brought, in numbers: people, orders, tickets, models and photos.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, reading, tickets};
use crate::ticket::Day;

const PEOPLE: &str = "
    SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN since >= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM people";

/// Whoever ordered, changed their profile, or took a step of a dialogue.
const ACTIVE: &str = "
    SELECT COUNT(*) FROM people WHERE seen_at >= $1
        OR EXISTS (SELECT 1 FROM dialogues WHERE dialogues.person = people.id AND dialogues.saved_at >= $1)";

const WAITING: &str = "SELECT COUNT(*) FROM orders WHERE state IN ('queued', 'cooking')";

const ORDERS: &str = "SELECT day, state, COUNT(*) FROM orders WHERE day >= $1 GROUP BY day, state ORDER BY day, state";

const FAILURES: &str = "
    SELECT failure, COUNT(*) FROM orders WHERE day = $1 AND failure IS NOT NULL
    GROUP BY failure ORDER BY COUNT(*) DESC, failure";

const TICKETS: &str = "
    SELECT movement, COUNT(*) FROM orders JOIN ticket_ledger ON ticket_ledger.order_id = orders.id
    WHERE orders.day = $1 GROUP BY movement";

const MODELS: &str = "
    SELECT CAST(COALESCE(SUM(model_requests), 0) AS BIGINT), CAST(COALESCE(SUM(tokens_in), 0) AS BIGINT),
        CAST(COALESCE(SUM(tokens_out), 0) AS BIGINT), CAST(COALESCE(SUM(model_millis), 0) AS BIGINT)
    FROM orders WHERE day = $1";

/// How long the last thousand dishes of a day took, in milliseconds.
const TOOK: &str = "
    SELECT dishes.served_at - orders.placed_at FROM orders JOIN dishes ON dishes.order_id = orders.id
    WHERE orders.day = $1 ORDER BY orders.id DESC LIMIT 1000";

const PHOTOS: &str = "
    SELECT COALESCE(photos.source, ''), COUNT(*)
    FROM orders JOIN dishes ON dishes.order_id = orders.id LEFT JOIN photos ON photos.picture = dishes.picture
    WHERE orders.day >= $1 GROUP BY COALESCE(photos.source, '') ORDER BY COUNT(*) DESC, COALESCE(photos.source, '')";

pub(super) const ALL: &[(&str, &str)] = &[
    ("stats::PEOPLE", PEOPLE),
    ("stats::ACTIVE", ACTIVE),
    ("stats::WAITING", WAITING),
    ("stats::ORDERS", ORDERS),
    ("stats::FAILURES", FAILURES),
    ("stats::TICKETS", TICKETS),
    ("stats::MODELS", MODELS),
    ("stats::TOOK", TOOK),
    ("stats::PHOTOS", PHOTOS),
];

/// Orders of one day, by how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrdersOfDay {
    /// The day whose tickets they took.
    pub day: Day,
    /// With a dish.
    pub served: u64,
    /// Without one.
    pub failed: u64,
    /// Stopped by the person.
    pub cancelled: u64,
    /// Still in the making.
    pub open: u64,
}

/// The days in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// People who are known.
    pub people: u64,
    /// Of them, who came today.
    pub new_today: u64,
    /// Who did something today.
    pub active_today: u64,
    /// Who did something in the last seven days.
    pub active_week: u64,
    /// Orders in the making now.
    pub waiting: u64,
    /// Orders by day, the oldest first; days without orders are left out.
    pub orders: Vec<OrdersOfDay>,
    /// Why orders of today failed, and how many.
    pub failures: Vec<(String, u64)>,
    /// Tickets taken today.
    pub taken: u64,
    /// Tickets spent today.
    pub spent: u64,
    /// Tickets returned today.
    pub returned: u64,
    /// Requests to models today.
    pub requests: u64,
    /// Tokens read by models today.
    pub tokens_in: u64,
    /// Tokens written by models today.
    pub tokens_out: u64,
    /// How long models were asked today, in milliseconds, all requests together.
    pub model_millis: u64,
    /// How long half of today's dishes took at most, from the order on, in milliseconds.
    pub median_millis: Option<u64>,
    /// The same for nineteen of twenty.
    pub slow_millis: Option<u64>,
    /// Dishes since the first of the days, by the source of their photo; an empty name for those with a card.
    pub photos: Vec<(String, u64)>,
}

/// Since when is counted.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The day that is called today, and its first moment.
    pub today: (Day, DateTime<Utc>),
    /// The first moment of the last seven days.
    pub week: DateTime<Utc>,
    /// The first day of those that orders and photos are counted for.
    pub first: Day,
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The value that so many thousandths of sorted values do not exceed.
fn share(sorted: &[i64], thousandths: usize) -> Option<u64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last * thousandths).div_ceil(1000)).map(|value| count(*value))
}

impl Store {
    /// Counts. The statements see the database one after another, so that sums may differ by what happened in between.
    pub async fn stats(&self, span: Span) -> Result<Stats, StoreError> {
        let (today, since) = (span.today.0.to_string(), millis(span.today.1));
        let first = span.first.to_string();
        let (people, new_today): (i64, i64) =
            reading!(self, |db| sqlx::query_as(PEOPLE).bind(since).fetch_one(db).await)?;
        let active_today: i64 = reading!(self, |db| sqlx::query_scalar(ACTIVE).bind(since).fetch_one(db).await)?;
        let active_week: i64 =
            reading!(self, |db| sqlx::query_scalar(ACTIVE).bind(millis(span.week)).fetch_one(db).await)?;
        let by_state: Vec<(String, String, i64)> =
            reading!(self, |db| sqlx::query_as(ORDERS).bind(&first).fetch_all(db).await)?;
        let failures: Vec<(String, i64)> =
            reading!(self, |db| sqlx::query_as(FAILURES).bind(&today).fetch_all(db).await)?;
        let moved: Vec<(String, i64)> = reading!(self, |db| sqlx::query_as(TICKETS).bind(&today).fetch_all(db).await)?;
        let (requests, tokens_in, tokens_out, model_millis): (i64, i64, i64, i64) =
            reading!(self, |db| sqlx::query_as(MODELS).bind(&today).fetch_one(db).await)?;
        let mut took: Vec<i64> = reading!(self, |db| sqlx::query_scalar(TOOK).bind(&today).fetch_all(db).await)?;
        took.sort_unstable();
        let photos: Vec<(String, i64)> = reading!(self, |db| sqlx::query_as(PHOTOS).bind(&first).fetch_all(db).await)?;
        let tickets =
            |movement: &str| moved.iter().find(|(of, _)| of == movement).map_or(0, |(_, number)| count(*number));
        Ok(Stats {
            people: count(people),
            new_today: count(new_today),
            active_today: count(active_today),
            active_week: count(active_week),
            waiting: self.orders_waiting().await?,
            orders: by_day(by_state)?,
            failures: failures.into_iter().map(|(why, number)| (why, count(number))).collect(),
            taken: tickets("taken"),
            spent: tickets("spent"),
            returned: tickets("returned"),
            requests: count(requests),
            tokens_in: count(tokens_in),
            tokens_out: count(tokens_out),
            model_millis: count(model_millis),
            median_millis: share(&took, 500),
            slow_millis: share(&took, 950),
            photos: photos.into_iter().map(|(source, number)| (source, count(number))).collect(),
        })
    }

    /// Orders in the making, in every process.
    pub async fn orders_waiting(&self) -> Result<u64, StoreError> {
        let waiting: i64 = reading!(self, |db| sqlx::query_scalar(WAITING).fetch_one(db).await)?;
        Ok(count(waiting))
    }
}

fn by_day(rows: Vec<(String, String, i64)>) -> Result<Vec<OrdersOfDay>, StoreError> {
    let mut days: Vec<OrdersOfDay> = Vec::new();
    for (day, state, number) in rows {
        let day = tickets::day("orders", &day)?;
        if days.last().is_none_or(|last| last.day != day) {
            days.push(OrdersOfDay { day, served: 0, failed: 0, cancelled: 0, open: 0 });
        }
        let Some(last) = days.last_mut() else { continue };
        match state.as_str() {
            "served" | "delivered" => last.served += count(number),
            "failed" => last.failed += count(number),
            "cancelled" => last.cancelled += count(number),
            _ => last.open += count(number),
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_values_are_not_above_the_median() {
        assert_eq!(share(&[], 500), None);
        assert_eq!(share(&[7], 500), Some(7));
        assert_eq!(share(&[1, 2, 3, 4, 100], 500), Some(3));
        assert_eq!(share(&[1, 2, 3, 4, 100], 950), Some(100));
    }
}
