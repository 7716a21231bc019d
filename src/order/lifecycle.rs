//! The life of an order and of its ticket: one function says what may happen next and what it changes.
//!
//! ```text
//!            ┌──hand back / adopt──┐
//!  placed ─▶ queued ──claim──▶ cooking ──serve──▶ served ──told──▶ delivered     ticket: spent, or returned where the
//!    │         │                  │                  └─unreachable─▶ served, told later   dish stands in for a model's
//!  ticket      └─stop, expire,────┴─fail─▶ failed or cancelled ──told / unreachable──▶ the same, told
//!  taken          abandon                  ticket: returned
//! ```
//!
//! Cooking and telling are each held by a lease with a fencing token: whoever holds another token no longer holds the order.
//! The store reads a [`Lifecycle`], takes one [`Step`], and writes what comes of it, in one transaction that holds the row;
//! nothing else changes how an order stands.

use chrono::{DateTime, TimeDelta, Utc};

use super::Failure;

/// A lease or a waiting time that ends later than this after now was written before the clock jumped back, and counts as
/// ended. Well above the longest lease that can be set (an hour), so that clocks of two machines that differ a little do no
/// harm.
pub const HORIZON: TimeDelta = TimeDelta::hours(2);

/// Why a ticket came back although there was a dish: it stood in for a model's.
const STOOD_IN: &str = "stood_in";

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// It waits for a cook.
    Queued,
    /// A cook has it, or had it when they died.
    Cooking,
    /// Its dish is kept; the person does not know yet, or could not be reached.
    Served,
    /// The person has the dish.
    Delivered,
    /// It ended without a dish.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl OrderState {
    /// The word it is stored under.
    pub fn id(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Cooking => "cooking",
            Self::Served => "served",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the stored word.
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::Queued, Self::Cooking, Self::Served, Self::Delivered, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.id() == id)
    }

    /// Whether a dish may still come of it.
    pub fn is_in_the_making(self) -> bool {
        matches!(self, Self::Queued | Self::Cooking)
    }
}

/// Where the ticket of an order is. It was taken with the order, and is settled once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketState {
    /// The order holds it.
    Taken,
    /// There is a dish for it.
    Spent,
    /// It went back to where it came from.
    Returned,
}

impl TicketState {
    /// The movement it is written under in the ledger.
    pub fn id(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Spent => "spent",
            Self::Returned => "returned",
        }
    }

    /// Reads what settled it.
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::Taken, Self::Spent, Self::Returned].into_iter().find(|state| state.id() == id)
    }
}

/// Who cooks or tells an order, and until when nobody else does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The fencing token of whoever holds it.
    pub token: String,
    /// When it ends unless it is renewed.
    pub until: DateTime<Utc>,
}

/// An order and its ticket, as far as these rules ask.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lifecycle {
    /// Where it stands.
    pub state: OrderState,
    /// Where its ticket is.
    pub ticket: TicketState,
    /// Not cooked or told before this.
    pub run_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub deadline: DateTime<Utc>,
    /// How often cooking was begun.
    pub claims: i64,
    /// How often telling was begun.
    pub tellings: i64,
    /// Who holds it.
    pub lease: Option<Lease>,
    /// Why it ended without a dish.
    pub failure: Option<Failure>,
    /// When the person knew how it ended, or was given up.
    pub told_at: Option<DateTime<Utc>>,
}

/// What may happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The waiting message is up: cooking may begin.
    Release,
    /// A cook takes it for so long.
    Claim(&'a str, TimeDelta),
    /// The cook keeps it for so long.
    Renew(&'a str, TimeDelta),
    /// The cook puts it back unfinished; that claim does not count.
    HandBack(&'a str),
    /// The cook has a dish.
    Serve {
        /// The cook's.
        token: &'a str,
        /// Whether it stands in for a model's, and costs nothing.
        stands_in: bool,
    },
    /// The cook gives it up.
    Fail(&'a str, Failure),
    /// Somebody stops it; the kitchen tells that from this moment on.
    Stop(DateTime<Utc>),
    /// Nobody ended it although its deadline was before this moment.
    Expire(DateTime<Utc>),
    /// Nobody is left to tell: the conversation is over for good.
    Abandon,
    /// The door it came through is gone, and another one answers for it. A dead door has no living cook either.
    Adopt,
    /// Somebody takes it for so long, to tell how it ended.
    Tell(&'a str, TimeDelta),
    /// They keep it for so long.
    KeepTelling(&'a str, TimeDelta),
    /// It could not be told now; from this moment on it is tried again.
    TellLater(&'a str, DateTime<Utc>),
    /// The person knows how it ended.
    Told,
    /// Something older may stand where its end was told: it is told once more.
    TellAgain,
    /// The person is out of reach for good; a dish waits in their history.
    Unreachable,
    /// The person heard of a dish that could not be told.
    SpokenOf,
}

impl Lifecycle {
    /// A new order, which has just taken its ticket: it ends within `patience`, and waits for its waiting message for
    /// `head_start` at most.
    pub fn placed(now: DateTime<Utc>, patience: TimeDelta, head_start: TimeDelta) -> Self {
        Self {
            state: OrderState::Queued,
            ticket: TicketState::Taken,
            run_at: now + head_start,
            deadline: now + patience,
            claims: 0,
            tellings: 0,
            lease: None,
            failure: None,
            told_at: None,
        }
    }

    /// What comes of a step at `now`; `None` where it may not be taken, and nothing changes.
    #[must_use]
    pub fn step(&self, step: Step<'_>, now: DateTime<Utc>) -> Option<Self> {
        let in_the_making = self.state.is_in_the_making() && self.told_at.is_none();
        let is_cooked_by = |token| self.is_cooked_by(token);
        let to_be_told = !self.state.is_in_the_making() && self.told_at.is_none();
        let mut next = self.clone();
        let allowed = match step {
            Step::Release => {
                next.run_at = now;
                self.state == OrderState::Queued && self.claims == 0
            }
            Step::Claim(token, lease) => {
                next.state = OrderState::Cooking;
                next.claims += 1;
                next.lease = Some(Lease { token: token.to_owned(), until: now + lease });
                let waits = self.state == OrderState::Queued && has_come(self.run_at, now);
                in_the_making && (waits || self.state == OrderState::Cooking && self.is_free(now))
            }
            Step::Renew(token, lease) => {
                next.lease = Some(Lease { token: token.to_owned(), until: now + lease });
                is_cooked_by(token)
            }
            Step::HandBack(token) => {
                (next.state, next.lease, next.run_at) = (OrderState::Queued, None, now);
                next.claims -= 1;
                is_cooked_by(token)
            }
            Step::Serve { token, stands_in } => {
                let ticket = if stands_in { TicketState::Returned } else { TicketState::Spent };
                next.end(OrderState::Served, ticket, now);
                is_cooked_by(token)
            }
            Step::Fail(token, failure) => {
                next.failure = Some(failure);
                next.end(OrderState::Failed, TicketState::Returned, now);
                is_cooked_by(token)
            }
            Step::Stop(tell_at) => {
                next.end(OrderState::Cancelled, TicketState::Returned, tell_at);
                in_the_making
            }
            Step::Expire(before) => {
                next.failure = Some(Failure::Deadline);
                next.end(OrderState::Failed, TicketState::Returned, now);
                in_the_making && self.deadline < before
            }
            Step::Abandon => {
                next.failure = Some(Failure::Unreachable);
                next.end(OrderState::Failed, TicketState::Returned, now);
                in_the_making
            }
            Step::Adopt => {
                if self.state == OrderState::Cooking {
                    next.state = OrderState::Queued;
                }
                (next.lease, next.run_at) = (None, now);
                self.told_at.is_none()
            }
            Step::Tell(token, lease) => {
                next.tellings += 1;
                next.lease = Some(Lease { token: token.to_owned(), until: now + lease });
                to_be_told && has_come(self.run_at, now) && self.is_free(now)
            }
            Step::KeepTelling(token, lease) => {
                next.lease = Some(Lease { token: token.to_owned(), until: now + lease });
                to_be_told && self.is_held_by(token)
            }
            Step::TellLater(token, at) => {
                (next.lease, next.run_at) = (None, at);
                to_be_told && self.is_held_by(token)
            }
            Step::Told => {
                if self.state == OrderState::Served {
                    next.state = OrderState::Delivered;
                }
                (next.lease, next.told_at) = (None, Some(now));
                to_be_told
            }
            Step::TellAgain => {
                if self.state == OrderState::Delivered {
                    next.state = OrderState::Served;
                }
                (next.lease, next.told_at, next.run_at) = (None, None, now);
                !self.state.is_in_the_making() && self.told_at.is_some()
            }
            Step::Unreachable => {
                (next.lease, next.told_at) = (None, Some(now));
                to_be_told
            }
            Step::SpokenOf => {
                next.state = OrderState::Delivered;
                self.state == OrderState::Served && self.told_at.is_some()
            }
        };
        // What is settled is settled.
        let settles = next.ticket != self.ticket;
        (allowed && (!settles || self.ticket == TicketState::Taken)).then_some(next)
    }

    /// Why the ticket is where it is, as the ledger says it.
    pub fn reason(&self) -> &'static str {
        match (self.state, self.ticket) {
            (OrderState::Served | OrderState::Delivered, TicketState::Returned) => STOOD_IN,
            (OrderState::Served | OrderState::Delivered, _) => "served",
            (OrderState::Queued | OrderState::Cooking, _) => "order",
            (OrderState::Failed | OrderState::Cancelled, _) => self.failure.map_or("cancelled", Failure::id),
        }
    }

    /// Whether whoever has this token may still cook it.
    pub fn is_cooked_by(&self, token: &str) -> bool {
        self.state == OrderState::Cooking && self.is_held_by(token)
    }

    fn end(&mut self, state: OrderState, ticket: TicketState, tell_at: DateTime<Utc>) {
        (self.state, self.ticket, self.run_at, self.lease) = (state, ticket, tell_at, None);
    }

    fn is_held_by(&self, token: &str) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.token == token)
    }

    fn is_free(&self, now: DateTime<Utc>) -> bool {
        self.lease.as_ref().is_none_or(|lease| has_come(lease.until, now))
    }
}

/// Whether a moment has come, or was written before the clock jumped back.
fn has_come(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now || at > now + HORIZON
}

#[cfg(test)]
mod tests;
