//! How an order stands and where its ticket is: read, taken one step on by [`Lifecycle::step`], and written, in one
//! transaction that holds the row. Once it is placed nothing else writes these columns.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Pool, Store, StoreError, grants, millis, moment, one_write, people, tickets, transaction};
use crate::{
    chat::PersonId,
    order::{
        Failure, OrderId,
        lifecycle::{Lease, Lifecycle, OrderState, Step, TicketState},
    },
};

/// SQLite's transactions hold the whole file from their beginning; PostgreSQL's hold the row from here. Where somebody else had
/// it until a moment ago, PostgreSQL still reads the ledger as it was before: every step that settles a ticket holds its
/// person's row before, and waits there.
const HELD_SQLITE: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled
    FROM orders WHERE id = $1";
const HELD_POSTGRES: &str = "
    SELECT id, person, day, grant_id, state, run_at, deadline, claims, tellings, lease_token, lease_until, failure, told_at,
        (SELECT movement FROM ticket_ledger WHERE order_id = orders.id AND settles = 1) AS settled
    FROM orders WHERE id = $1 FOR UPDATE OF orders";

/// Where $10 is given, answers go to that address from now on.
pub(super) const SAVE: &str = "
    UPDATE orders SET state = $2, run_at = $3, claims = $4, tellings = $5, lease_token = $6, lease_until = $7,
        failure = $8, told_at = $9, address = COALESCE($10, address)
    WHERE id = $1";

pub(super) const ALL: &[(&str, &str)] =
    &[("lifecycle::HELD_SQLITE", HELD_SQLITE), ("lifecycle::HELD_POSTGRES", HELD_POSTGRES), ("lifecycle::SAVE", SAVE)];

/// An order as its row stands, and what its ticket came from.
#[derive(Debug, FromRow)]
pub(super) struct Standing {
    pub(super) id: i64,
    pub(super) person: i64,
    pub(super) day: String,
    pub(super) grant_id: Option<i64>,
    state: String,
    run_at: i64,
    deadline: i64,
    pub(super) claims: i64,
    tellings: i64,
    lease_token: Option<String>,
    lease_until: Option<i64>,
    failure: Option<String>,
    told_at: Option<i64>,
    settled: Option<String>,
}

/// The next order of a door, with what whoever takes it needs to know.
#[derive(Debug, FromRow)]
pub(super) struct Next {
    #[sqlx(flatten)]
    pub(super) standing: Standing,
    pub(super) wanted: String,
    pub(super) locale: String,
    pub(super) address: String,
}

impl Standing {
    pub(super) fn lifecycle(&self) -> Result<Lifecycle, StoreError> {
        let state =
            OrderState::from_id(&self.state).ok_or_else(|| StoreError::corrupt("orders", "state", &self.state))?;
        let ticket = match self.settled.as_deref() {
            None => TicketState::Taken,
            Some(id) => TicketState::from_id(id).ok_or_else(|| StoreError::corrupt("ticket_ledger", "movement", id))?,
        };
        Ok(Lifecycle {
            state,
            ticket,
            run_at: moment(self.run_at),
            deadline: moment(self.deadline),
            claims: self.claims,
            tellings: self.tellings,
            lease: self
                .lease_until
                .map(|until| Lease { token: self.lease_token.clone().unwrap_or_default(), until: moment(until) }),
            failure: self.failure.as_deref().map(Failure::from_id),
            told_at: self.told_at.map(moment),
        })
    }
}

/// Reads how an order stands and takes it one step on; `None` where there is no such order or the step may not be taken.
macro_rules! step {
    ($store:expr, $tx:ident, $order:expr, $step:expr, $now:expr) => {{
        let standing: Option<crate::store::lifecycle::Standing> =
            sqlx::query_as($store.held()).bind($order).fetch_optional(&mut *$tx).await?;
        match standing {
            None => None,
            Some(standing) => {
                let before = standing.lifecycle()?;
                before.step($step, $now).map(|next| (standing, before, next))
            }
        }
    }};
}

/// Writes how an order stands now. Where its ticket was settled with this step, it is written into the ledger, and goes back
/// to where it came from if it was returned: the day, and the grant where it was not one of the day's.
macro_rules! save {
    ($tx:ident, $order:expr, $before:expr, $next:expr, $now:expr) => {
        crate::store::lifecycle::save!($tx, $order, $before, $next, $now, None::<&str>)
    };
    ($tx:ident, $order:expr, $before:expr, $next:expr, $now:expr, $address:expr) => {{
        let (order, before, next) = (&$order, &$before, &$next);
        sqlx::query(crate::store::lifecycle::SAVE)
            .bind(order.id)
            .bind(next.state.id())
            .bind(millis(next.run_at))
            .bind(next.claims)
            .bind(next.tellings)
            .bind(next.lease.as_ref().map(|lease| lease.token.as_str()))
            .bind(next.lease.as_ref().map(|lease| millis(lease.until)))
            .bind(next.failure.map(crate::order::Failure::id))
            .bind(next.told_at.map(millis))
            .bind($address)
            .execute(&mut *$tx)
            .await?;
        if next.ticket != before.ticket {
            if next.ticket == crate::order::lifecycle::TicketState::Returned {
                sqlx::query(tickets::GIVE_BACK)
                    .bind(order.person)
                    .bind(&order.day)
                    .bind(i64::from(order.grant_id.is_some()))
                    .execute(&mut *$tx)
                    .await?;
                if let Some(grant) = order.grant_id {
                    sqlx::query(grants::GIVE_BACK).bind(order.person).bind(grant).execute(&mut *$tx).await?;
                }
            }
            sqlx::query(tickets::MOVE)
                .bind(order.person)
                .bind(order.id)
                .bind(&order.day)
                .bind(next.ticket.id())
                .bind(1_i64)
                .bind(next.reason())
                .bind(millis($now))
                .execute(&mut *$tx)
                .await?;
        }
    }};
}

/// Takes the next order of a door one step on and writes that; gives it as it stood and how it stands now, where there is one.
/// The statements give a [`Next`]: $1 is the door, $2 now, and a time beyond $3 was written before the clock jumped back.
macro_rules! take_next {
    ($store:expr, $tx:ident, $sqlite:expr, $postgres:expr, $door:expr, $step:expr, $now:expr) => {{
        let next: Option<crate::store::lifecycle::Next> = sqlx::query_as($store.whichever($sqlite, $postgres))
            .bind(&$door.0)
            .bind(millis($now))
            .bind(millis($now) + crate::store::HORIZON_MILLIS)
            .fetch_optional(&mut *$tx)
            .await?;
        let Some(order) = next else { return Ok(None) };
        let before = order.standing.lifecycle()?;
        let Some(next) = before.step($step, $now) else { return Ok(None) };
        crate::store::lifecycle::save!($tx, order.standing, before, next, $now);
        (order, next)
    }};
}

pub(super) use {save, step, take_next};

impl Store {
    /// The statement for whichever database is open.
    pub(super) fn whichever(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.pool {
            Pool::Sqlite { .. } => sqlite,
            Pool::Postgres(_) => postgres,
        }
    }

    pub(super) fn held(&self) -> &'static str {
        self.whichever(HELD_SQLITE, HELD_POSTGRES)
    }

    /// Takes an order one step on; `false` where that may not be, and nothing changed. A step that settles the ticket is
    /// given the `person` whose ticket it is: their row is held first, as by everything that touches their tickets.
    pub(super) async fn advance(
        &self,
        order: OrderId,
        person: Option<PersonId>,
        step: Step<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(person) = person else {
            // No ticket is settled.
            return one_write!(self, |tx| {
                let Some((standing, before, next)) = step!(self, tx, order.0, step, now) else { return Ok(false) };
                save!(tx, standing, before, next, now);
                tx.commit().await?;
                Ok(true)
            });
        };
        transaction!(self, |tx| {
            sqlx::query(people::LOCK).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            let Some((standing, before, next)) = step!(self, tx, order.0, step, now) else { return Ok(false) };
            save!(tx, standing, before, next, now);
            tx.commit().await?;
            Ok(true)
        })
    }

    /// How an order stands.
    pub async fn lifecycle(&self, order: OrderId) -> Result<Option<Lifecycle>, StoreError> {
        let standing: Option<Standing> =
            super::reading!(self, |db| sqlx::query_as(HELD_SQLITE).bind(order.0).fetch_optional(db).await)?;
        standing.as_ref().map(Standing::lifecycle).transpose()
    }
}
