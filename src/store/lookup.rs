//! What admins see of a person.

use chrono::{DateTime, Utc};

use super::{Ban, Store, StoreError, moment, reading};
use crate::{
    chat::{Locale, PersonId},
    dish::Avoided,
    order::OrderId,
    profile::Profile,
};

const PERSON: &str = "SELECT locale, since, seen_at, tickets_used, dishes FROM people WHERE id = $1";

const BY_USER: &str = "SELECT person FROM identities WHERE user_id = $1 ORDER BY platform LIMIT 6";

/// SQLite folds ASCII letters alone; Korean has none to fold.
const BY_NICKNAME: &str = "SELECT id FROM people WHERE LOWER(nickname) = LOWER($1) ORDER BY id LIMIT 6";

const ORDERS: &str = "
    SELECT id, platform, state, COALESCE(failure, ''), placed_at FROM orders WHERE person = $1 ORDER BY id DESC LIMIT $2";

const LEDGER: &str = "
    SELECT order_id, day, movement, reason, at FROM ticket_ledger WHERE person = $1 ORDER BY id DESC LIMIT $2";

pub(super) const ALL: &[(&str, &str)] = &[
    ("lookup::PERSON", PERSON),
    ("lookup::BY_USER", BY_USER),
    ("lookup::BY_NICKNAME", BY_NICKNAME),
    ("lookup::ORDERS", ORDERS),
    ("lookup::LEDGER", LEDGER),
];

/// Orders and movements that are shown of a person.
const LAST: i64 = 8;

/// A person as admins see them. What they ordered is nobody else's business.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonCard {
    /// Who.
    pub id: PersonId,
    /// Where they come from: platform and user.
    pub identities: Vec<(String, String)>,
    /// The language that they chose.
    pub locale: Option<Locale>,
    /// Since when they are known.
    pub since: DateTime<Utc>,
    /// When they last ordered, or changed something.
    pub seen_at: DateTime<Utc>,
    /// Tickets ever spent.
    pub tickets_used: u64,
    /// Dishes ever served.
    pub dishes: u64,
    /// What they say of themselves, without what they do not eat, which is nobody else's business.
    pub profile: Profile,
    /// Whether they are served.
    pub ban: Option<Ban>,
    /// Their last orders, newest first.
    pub orders: Vec<OrderInShort>,
    /// The last movements of their tickets, newest first.
    pub ledger: Vec<LedgerLine>,
}

/// An order as admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderInShort {
    /// Which.
    pub id: OrderId,
    /// Where it was placed.
    pub platform: String,
    /// Its state, as it stands in the store.
    pub state: String,
    /// Why it failed; empty where it did not.
    pub failure: String,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
}

/// One movement of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// For which order.
    pub order: OrderId,
    /// Of which day.
    pub day: String,
    /// `taken`, `spent` or `returned`.
    pub movement: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// People by the number that a platform gives them, whichever platform; six at most.
    pub async fn people_by_user(&self, user: &str) -> Result<Vec<PersonId>, StoreError> {
        let ids: Vec<i64> = reading!(self, |db| sqlx::query_scalar(BY_USER).bind(user).fetch_all(db).await)?;
        Ok(ids.into_iter().map(PersonId).collect())
    }

    /// People by what they call themselves; six at most.
    pub async fn people_by_nickname(&self, nickname: &str) -> Result<Vec<PersonId>, StoreError> {
        let ids: Vec<i64> = reading!(self, |db| sqlx::query_scalar(BY_NICKNAME).bind(nickname).fetch_all(db).await)?;
        Ok(ids.into_iter().map(PersonId).collect())
    }

    /// What admins see of a person; `None` where there is none.
    pub async fn person_card(&self, person: PersonId, now: DateTime<Utc>) -> Result<Option<PersonCard>, StoreError> {
        let row: Option<(Option<String>, i64, i64, i64, i64)> =
            reading!(self, |db| sqlx::query_as(PERSON).bind(person.0).fetch_optional(db).await)?;
        let Some((locale, since, seen_at, tickets_used, dishes)) = row else { return Ok(None) };
        let orders: Vec<(i64, String, String, String, i64)> =
            reading!(self, |db| sqlx::query_as(ORDERS).bind(person.0).bind(LAST).fetch_all(db).await)?;
        let ledger: Vec<(i64, String, String, String, i64)> =
            reading!(self, |db| sqlx::query_as(LEDGER).bind(person.0).bind(LAST).fetch_all(db).await)?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Some(PersonCard {
            id: person,
            identities: self.identities(person).await?,
            locale: locale.as_deref().and_then(Locale::from_tag),
            since: moment(since),
            seen_at: moment(seen_at),
            tickets_used: number(tickets_used),
            dishes: number(dishes),
            profile: Profile { avoided: Avoided::default(), ..self.profile(person).await? },
            ban: self.ban_of(person, now).await?,
            orders: orders
                .into_iter()
                .map(|(id, platform, state, failure, placed_at)| OrderInShort {
                    id: OrderId(id),
                    platform,
                    state,
                    failure,
                    placed_at: moment(placed_at),
                })
                .collect(),
            ledger: ledger
                .into_iter()
                .map(|(order, day, movement, reason, at)| LedgerLine {
                    order: OrderId(order),
                    day,
                    movement,
                    reason,
                    at: moment(at),
                })
                .collect(),
        }))
    }
}
