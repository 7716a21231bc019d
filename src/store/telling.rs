//! Telling how an order ended: claimed like its cooking, until it arrived or never can.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Store, StoreError, grants,
    lifecycle::{Next, take_next},
    millis, one_write, reading, tickets,
};
use crate::{
    chat::{Address, DoorKey, Locale, PersonId},
    order::{
        Failure, OrderId,
        lifecycle::{OrderState, Step},
    },
};

/// The next one whose end is to be told: $1 is the door, $2 now, and a time beyond $3 was written before the clock jumped
/// back.
const NEXT_SQLITE: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled, wanted, locale, address
    FROM orders
    WHERE door = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')
        AND (run_at <= $2 OR run_at > $3)
        AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)
    ORDER BY run_at, id LIMIT 1";
const NEXT_POSTGRES: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled, wanted, locale, address
    FROM orders
    WHERE door = $1 AND told_at IS NULL AND state IN ('served', 'failed', 'cancelled')
        AND (run_at <= $2 OR run_at > $3)
        AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $3)
    ORDER BY run_at, id LIMIT 1 FOR UPDATE OF orders SKIP LOCKED";

/// A dish that could not be told waits in the history until it was spoken of.
const MISSED: &str = "SELECT id FROM orders WHERE person = $1 AND state = 'served' AND told_at IS NOT NULL ORDER BY id";

pub(super) const ALL: &[(&str, &str)] =
    &[("telling::NEXT_SQLITE", NEXT_SQLITE), ("telling::NEXT_POSTGRES", NEXT_POSTGRES), ("telling::MISSED", MISSED)];

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

impl Store {
    /// Claims the next ended order of a door whose person does not know yet.
    pub async fn claim_untold(
        &self,
        door: &DoorKey,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Untold>, StoreError> {
        one_write!(self, |tx| {
            let step = Step::Tell(&token, lease);
            let (Next { standing, locale, address, .. }, next) =
                take_next!(self, tx, NEXT_SQLITE, NEXT_POSTGRES, door, step, now);
            tx.commit().await?;
            Ok(Some(Untold {
                id: OrderId(standing.id),
                person: PersonId(standing.person),
                end: match next.state {
                    OrderState::Served => UntoldEnd::Served,
                    OrderState::Cancelled => UntoldEnd::Cancelled,
                    _ => UntoldEnd::Failed(next.failure.unwrap_or(Failure::NoDish)),
                },
                locale: Locale::from_tag(&locale).unwrap_or(Locale::Ko),
                address: Address(address),
                tellings: next.tellings,
                token,
            }))
        })
    }

    /// Keeps the claim of someone who is telling how an order ended.
    pub async fn keep_telling(&self, untold: &Untold, lease: TimeDelta, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(untold.id, None, Step::KeepTelling(&untold.token, lease), now).await.map(drop)
    }

    /// The person knows how the order ended; a served one is delivered.
    pub async fn told(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(order, None, Step::Told, now).await.map(drop)
    }

    /// Something older may stand now where the order's end was told: it is told once more.
    pub async fn tell_again(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(order, None, Step::TellAgain, now).await.map(drop)
    }

    /// The person is out of reach for good; what was served waits in history.
    pub async fn unreachable(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(order, None, Step::Unreachable, now).await.map(drop)
    }

    /// Telling failed for now; it is tried again at `at`.
    pub async fn tell_later(&self, untold: &Untold, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.advance(untold.id, None, Step::TellLater(&untold.token, at), now).await.map(drop)
    }

    /// The dishes of a person that were served and could not be told, oldest first.
    pub async fn missed(&self, person: PersonId) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<i64> = reading!(self, |db| sqlx::query_scalar(MISSED).bind(person.0).fetch_all(db).await)?;
        Ok(ids.into_iter().map(OrderId).collect())
    }

    /// The person heard of those up to `last`.
    pub async fn spoken_of(&self, person: PersonId, last: OrderId, now: DateTime<Utc>) -> Result<(), StoreError> {
        for order in self.missed(person).await?.into_iter().filter(|order| order.0 <= last.0) {
            self.advance(order, None, Step::SpokenOf, now).await?;
        }
        Ok(())
    }
}
