//! What asking models took: by order, and by day for the whole bot.

use super::{Store, StoreError, reading, transaction, writing};
use crate::{
    order::{OrderId, Usage},
    ticket::Day,
};

/// Takes one request of the day, where the day has room for it. $2 and $3 are the most requests and tokens of a day.
const RESERVE: &str = "
    INSERT INTO model_days (day, requests, tokens) VALUES ($1, 1, 0)
    ON CONFLICT (day) DO UPDATE SET requests = model_days.requests + 1
        WHERE model_days.requests < $2 AND model_days.tokens < $3
    RETURNING requests";

const ADD_TO_DAY: &str = "
    INSERT INTO model_days (day, requests, tokens) VALUES ($1, $2, $3)
    ON CONFLICT (day) DO UPDATE SET requests = model_days.requests + excluded.requests,
        tokens = model_days.tokens + excluded.tokens";

const ADD_TO_ORDER: &str = "
    UPDATE orders SET model_requests = model_requests + $2, tokens_in = tokens_in + $3, tokens_out = tokens_out + $4,
        model_millis = model_millis + $6, tokens_estimated = CASE WHEN tokens_estimated = 1 OR $5 = 1 THEN 1 ELSE 0 END
    WHERE id = $1";

const OF_DAY: &str = "SELECT requests, tokens FROM model_days WHERE day = $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("budget::RESERVE", RESERVE),
    ("budget::ADD_TO_DAY", ADD_TO_DAY),
    ("budget::ADD_TO_ORDER", ADD_TO_ORDER),
    ("budget::OF_DAY", OF_DAY),
];

/// The most that may be spent on models in a day, by everyone together; 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests.
    pub requests: u64,
    /// Tokens, read and written.
    pub tokens: u64,
}

/// What was spent on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpentOnDay {
    /// Requests.
    pub requests: u64,
    /// Tokens, read and written.
    pub tokens: u64,
}

fn amount(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn limit(number: u64) -> i64 {
    if number == 0 { i64::MAX } else { amount(number) }
}

impl Store {
    /// Takes one request of the day's budget; `false` where it is spent.
    pub async fn reserve_request(&self, day: Day, budget: Budget) -> Result<bool, StoreError> {
        let taken: Option<i64> = writing!(self, |db| sqlx::query_scalar(RESERVE)
            .bind(day.to_string())
            .bind(limit(budget.requests))
            .bind(limit(budget.tokens))
            .fetch_optional(db)
            .await)?;
        Ok(taken.is_some())
    }

    /// Notes what an order took, in one transaction with the day, of which one request was reserved.
    pub async fn note_spent(&self, order: OrderId, day: Day, spent: Usage) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            sqlx::query(ADD_TO_ORDER)
                .bind(order.0)
                .bind(i64::from(spent.requests))
                .bind(amount(spent.tokens_in))
                .bind(amount(spent.tokens_out))
                .bind(i64::from(spent.estimated))
                .bind(amount(spent.millis))
                .execute(&mut *tx)
                .await?;
            sqlx::query(ADD_TO_DAY)
                .bind(day.to_string())
                .bind(i64::from(spent.requests) - 1)
                .bind(amount(spent.tokens_in.saturating_add(spent.tokens_out)))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        })
    }

    /// What was spent on a day by everyone.
    pub async fn spent_on(&self, day: Day) -> Result<SpentOnDay, StoreError> {
        let row: Option<(i64, i64)> =
            reading!(self, |db| sqlx::query_as(OF_DAY).bind(day.to_string()).fetch_optional(db).await)?;
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        Ok(row.map_or_else(SpentOnDay::default, |(requests, tokens)| SpentOnDay {
            requests: number(requests),
            tokens: number(tokens),
        }))
    }
}
