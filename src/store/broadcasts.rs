//! Messages to everyone: who is to hear one, who has, and how it ended.

use chrono::{DateTime, TimeDelta, Utc};

use super::{HORIZON_MILLIS, Store, StoreError, millis, moment, reading, transaction, writing};
use crate::chat::{Address, DoorKey, Locale, PersonId};

const ADD: &str = "
    INSERT INTO broadcasts (admin, door, address, locale, text, state, begun_at, speaks)
    VALUES ($1, $2, $3, $4, $5, 'sending', $6, $7)
    ON CONFLICT DO NOTHING
    RETURNING id";

/// One that was stopped is not gone on with once another one begins.
const GIVE_UP: &str = "UPDATE broadcasts SET state = 'done', ended_at = $1 WHERE state = 'stopped'";

/// Everyone who wants to hear of news, by the platform of their last order, else by one that they are known on. Whoever has
/// chosen no language counts as speaking $3.
const ADD_PEOPLE: &str = "
    INSERT INTO broadcast_people (broadcast, person, platform, state)
    SELECT CAST($1 AS BIGINT), people.id, COALESCE(
        (SELECT orders.platform FROM orders WHERE orders.person = people.id AND orders.platform <> 'console'
            ORDER BY orders.id DESC LIMIT 1),
        (SELECT MAX(identities.platform) FROM identities
            WHERE identities.person = people.id AND identities.platform <> 'console')), 'waiting'
    FROM people WHERE news = 1 AND (CAST($2 AS TEXT) = '' OR COALESCE(locale, $3) = $2)
        AND EXISTS (SELECT 1 FROM identities WHERE identities.person = people.id AND identities.platform <> 'console')
    ORDER BY people.id";

const WOULD_HEAR: &str = "
    SELECT COUNT(*) FROM people WHERE news = 1 AND (CAST($1 AS TEXT) = '' OR COALESCE(locale, $2) = $1)
        AND EXISTS (SELECT 1 FROM identities WHERE identities.person = people.id AND identities.platform <> 'console')";

const ADDRESS: &str = "UPDATE broadcasts SET door = $2, address = $3 WHERE id = $1";

const CLAIM_SQLITE: &str = "
    UPDATE broadcast_people SET tries = tries + 1, lease_token = $3, lease_until = $4,
        interrupted = interrupted + CASE WHEN lease_token IS NULL THEN 0 ELSE 1 END
    WHERE id = (
        SELECT broadcast_people.id FROM broadcast_people JOIN broadcasts ON broadcasts.id = broadcast_people.broadcast
        WHERE broadcast_people.platform = $1 AND broadcast_people.state = 'waiting' AND broadcasts.state = 'sending'
            AND (run_at <= $2 OR run_at > $5) AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $5)
        ORDER BY broadcast_people.broadcast, run_at, broadcast_people.id LIMIT 1)
    RETURNING id, broadcast, person, tries";

const CLAIM_POSTGRES: &str = "
    UPDATE broadcast_people SET tries = tries + 1, lease_token = $3, lease_until = $4,
        interrupted = interrupted + CASE WHEN lease_token IS NULL THEN 0 ELSE 1 END
    WHERE id = (
        SELECT broadcast_people.id FROM broadcast_people JOIN broadcasts ON broadcasts.id = broadcast_people.broadcast
        WHERE broadcast_people.platform = $1 AND broadcast_people.state = 'waiting' AND broadcasts.state = 'sending'
            AND (run_at <= $2 OR run_at > $5) AND (lease_until IS NULL OR lease_until <= $2 OR lease_until > $5)
        ORDER BY broadcast_people.broadcast, run_at, broadcast_people.id LIMIT 1
        FOR UPDATE OF broadcast_people SKIP LOCKED)
    RETURNING id, broadcast, person, tries";

const WHAT: &str = "
    SELECT broadcasts.text, people.locale, identities.user_id
    FROM broadcasts JOIN people ON people.id = $2
        LEFT JOIN identities ON identities.person = people.id AND identities.platform = $3
    WHERE broadcasts.id = $1 ORDER BY identities.user_id LIMIT 1";

/// Whoever tells them goes on doing so.
const KEEP: &str = "
    UPDATE broadcast_people SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND state = 'waiting'";

const SETTLE: &str = "
    UPDATE broadcast_people SET state = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'waiting'";

const LATER: &str = "
    UPDATE broadcast_people SET run_at = $3, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'waiting'";

const LAST: &str = "
    SELECT id, admin, door, address, speaks, state, begun_at, text, told_at FROM broadcasts ORDER BY id DESC LIMIT 1";

/// Those that are being sent, or whose report did not arrive yet.
const OPEN: &str = "
    SELECT id, admin, door, address, speaks, state, begun_at, text, told_at FROM broadcasts
    WHERE told_at IS NULL ORDER BY id";

const COUNTS: &str = "
    SELECT state, COUNT(*), CAST(COALESCE(SUM(CASE WHEN interrupted > 0 THEN 1 ELSE 0 END), 0) AS BIGINT)
    FROM broadcast_people WHERE broadcast = $1 GROUP BY state";

const SET_STATE: &str = "
    UPDATE broadcasts SET state = $2 WHERE id = $1 AND state = $3
        AND ($2 <> 'sending' OR NOT EXISTS (SELECT 1 FROM broadcasts AS others WHERE others.state = 'sending'))";

const END: &str = "
    UPDATE broadcasts SET state = 'done', ended_at = $2
    WHERE id = $1 AND state = 'sending'
        AND NOT EXISTS (SELECT 1 FROM broadcast_people WHERE broadcast = $1 AND state = 'waiting')";

const TOLD: &str = "UPDATE broadcasts SET told_at = $2 WHERE id = $1 AND told_at IS NULL AND state = 'done'";

const WANTS: &str = "SELECT news FROM people WHERE id = $1";

const WANT: &str = "UPDATE people SET news = $2 WHERE id = $1";

/// Whoever wants no more news hears nothing of those that wait either.
const DROP_WAITING: &str = "DELETE FROM broadcast_people WHERE person = $1 AND state = 'waiting'";

pub(super) const ALL: &[(&str, &str)] = &[
    ("broadcasts::ADD", ADD),
    ("broadcasts::GIVE_UP", GIVE_UP),
    ("broadcasts::ADD_PEOPLE", ADD_PEOPLE),
    ("broadcasts::WOULD_HEAR", WOULD_HEAR),
    ("broadcasts::ADDRESS", ADDRESS),
    ("broadcasts::CLAIM_SQLITE", CLAIM_SQLITE),
    ("broadcasts::CLAIM_POSTGRES", CLAIM_POSTGRES),
    ("broadcasts::WHAT", WHAT),
    ("broadcasts::KEEP", KEEP),
    ("broadcasts::SETTLE", SETTLE),
    ("broadcasts::LATER", LATER),
    ("broadcasts::LAST", LAST),
    ("broadcasts::OPEN", OPEN),
    ("broadcasts::COUNTS", COUNTS),
    ("broadcasts::SET_STATE", SET_STATE),
    ("broadcasts::END", END),
    ("broadcasts::TOLD", TOLD),
    ("broadcasts::WANTS", WANTS),
    ("broadcasts::WANT", WANT),
    ("broadcasts::DROP_WAITING", DROP_WAITING),
];

/// The number of a message to everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BroadcastId(pub i64);

/// A message to everyone, about to be sent.
#[derive(Debug, Clone)]
pub struct NewBroadcast<'a> {
    /// Who sends it, as `PLATFORM:USER`.
    pub admin: &'a str,
    /// The door that the report goes through.
    pub door: &'a DoorKey,
    /// Where it goes.
    pub address: &'a Address,
    /// In which language.
    pub speaks: Locale,
    /// Whom it is for; `None` for everyone.
    pub locale: Option<Locale>,
    /// What is said.
    pub text: &'a str,
}

/// A message to everyone, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Which.
    pub id: BroadcastId,
    /// Who sends it.
    pub admin: String,
    /// The door that the report goes through.
    pub door: DoorKey,
    /// Where it goes.
    pub address: Address,
    /// In which language.
    pub speaks: Locale,
    /// How far it is.
    pub state: BroadcastState,
    /// Since when.
    pub begun_at: DateTime<Utc>,
    /// What is said.
    pub text: String,
    /// Whether the report arrived.
    pub told: bool,
}

/// How far a message to everyone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroadcastState {
    /// It is being sent.
    Sending,
    /// It was stopped, and can go on.
    Stopped,
    /// Everyone was tried.
    Done,
}

impl BroadcastState {
    fn id(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }
}

/// How many have heard it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Who has.
    pub sent: u64,
    /// Who cannot be reached: they blocked the bot, or are gone.
    pub blocked: u64,
    /// Who could not be reached.
    pub failed: u64,
    /// Who still waits.
    pub waiting: u64,
    /// Of those that were sent: who may have heard it twice, since somebody died while they were told.
    pub perhaps_twice: u64,
}

impl Reached {
    /// Everyone.
    pub fn all(&self) -> u64 {
        self.sent + self.blocked + self.failed + self.waiting
    }
}

/// One person who is to hear it, in the hands of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    id: i64,
    token: String,
    /// Of which message.
    pub broadcast: BroadcastId,
    /// Who.
    pub person: PersonId,
    /// What the platform calls them; `None` where they are not there any more.
    pub user: Option<String>,
    /// The language that they chose.
    pub locale: Option<Locale>,
    /// What is said.
    pub text: String,
    /// How often it was tried, this time included.
    pub tries: i64,
}

/// How telling one person ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// They have heard it.
    Sent,
    /// They cannot be reached.
    Blocked,
    /// It did not work.
    Failed,
}

impl Heard {
    fn id(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
        }
    }
}

type Row = (i64, String, String, String, String, String, i64, String, Option<i64>);

fn broadcast((id, admin, door, address, speaks, state, begun_at, text, told_at): Row) -> Broadcast {
    let known = [BroadcastState::Sending, BroadcastState::Stopped].into_iter().find(|known| known.id() == state);
    Broadcast {
        id: BroadcastId(id),
        admin,
        door: DoorKey(door),
        address: Address(address),
        speaks: Locale::from_tag(&speaks).unwrap_or(Locale::Ko),
        state: known.unwrap_or(BroadcastState::Done),
        begun_at: moment(begun_at),
        text,
        told: told_at.is_some(),
    }
}

impl Store {
    /// Begins to send, unless something is being sent; everyone who is here now is to hear it.
    pub async fn begin_broadcast(
        &self,
        new: &NewBroadcast<'_>,
        default: Locale,
        now: DateTime<Utc>,
    ) -> Result<Option<BroadcastId>, StoreError> {
        transaction!(self, |tx| {
            let id: Option<i64> = sqlx::query_scalar(ADD)
                .bind(new.admin)
                .bind(&new.door.0)
                .bind(&new.address.0)
                .bind(new.locale.map(Locale::id))
                .bind(new.text)
                .bind(millis(now))
                .bind(new.speaks.id())
                .fetch_optional(&mut *tx)
                .await?;
            let Some(id) = id else { return Ok(None) };
            sqlx::query(GIVE_UP).bind(millis(now)).execute(&mut *tx).await?;
            sqlx::query(ADD_PEOPLE)
                .bind(id)
                .bind(new.locale.map_or("", Locale::id))
                .bind(default.id())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Some(BroadcastId(id)))
        })
    }

    /// How many would hear something now.
    pub async fn would_hear(&self, locale: Option<Locale>, default: Locale) -> Result<u64, StoreError> {
        let count: i64 = reading!(self, |db| sqlx::query_scalar(WOULD_HEAR)
            .bind(locale.map_or("", Locale::id))
            .bind(default.id())
            .fetch_one(db)
            .await)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The report goes there.
    pub async fn report_broadcast_to(
        &self,
        broadcast: BroadcastId,
        door: &DoorKey,
        address: &Address,
    ) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(ADDRESS)
            .bind(broadcast.0)
            .bind(&door.0)
            .bind(&address.0)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Claims the next person of a platform who is to hear something.
    pub async fn claim_listener(
        &self,
        platform: &str,
        token: String,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Listener>, StoreError> {
        let claim = self.whichever(CLAIM_SQLITE, CLAIM_POSTGRES);
        let row: Option<(i64, i64, i64, i64)> = writing!(self, |db| sqlx::query_as(claim)
            .bind(platform)
            .bind(millis(now))
            .bind(&token)
            .bind(millis(now + lease))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_optional(db)
            .await)?;
        let Some((id, broadcast, person, tries)) = row else { return Ok(None) };
        let what: Option<(String, Option<String>, Option<String>)> = reading!(self, |db| sqlx::query_as(WHAT)
            .bind(broadcast)
            .bind(person)
            .bind(platform)
            .fetch_optional(db)
            .await)?;
        Ok(what.map(|(text, locale, user)| Listener {
            id,
            token,
            broadcast: BroadcastId(broadcast),
            person: PersonId(person),
            user,
            locale: locale.as_deref().and_then(Locale::from_tag),
            text,
            tries,
        }))
    }

    /// Keeps a person in hand who is being told.
    pub async fn keep_listener(&self, listener: &Listener, until: DateTime<Utc>) -> Result<(), StoreError> {
        self.put_off(KEEP, listener, until).await
    }

    /// Notes how telling one person ended.
    pub async fn heard(&self, listener: &Listener, heard: Heard) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SETTLE)
            .bind(listener.id)
            .bind(&listener.token)
            .bind(heard.id())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// They are told later.
    pub async fn hears_later(&self, listener: &Listener, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.put_off(LATER, listener, at).await
    }

    /// Gives a person who is in hand another time, by one of the statements above.
    async fn put_off(&self, statement: &'static str, of: &Listener, at: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(statement)
            .bind(of.id)
            .bind(&of.token)
            .bind(millis(at))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The last message to everyone, with how many have heard it.
    pub async fn last_broadcast(&self) -> Result<Option<(Broadcast, Reached)>, StoreError> {
        let row: Option<Row> = reading!(self, |db| sqlx::query_as(LAST).fetch_optional(db).await)?;
        match row.map(broadcast) {
            Some(last) => Ok(Some((last.clone(), self.reached(last.id).await?))),
            None => Ok(None),
        }
    }

    /// Those that are being sent, or whose report did not arrive yet.
    pub async fn open_broadcasts(&self) -> Result<Vec<Broadcast>, StoreError> {
        let rows: Vec<Row> = reading!(self, |db| sqlx::query_as(OPEN).fetch_all(db).await)?;
        Ok(rows.into_iter().map(broadcast).collect())
    }

    /// How many have heard it.
    pub async fn reached(&self, broadcast: BroadcastId) -> Result<Reached, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            reading!(self, |db| sqlx::query_as(COUNTS).bind(broadcast.0).fetch_all(db).await)?;
        let mut reached = Reached::default();
        for (state, count, again) in rows {
            let count = u64::try_from(count).unwrap_or_default();
            match state.as_str() {
                "sent" => {
                    (reached.sent, reached.perhaps_twice) = (count, u64::try_from(again).unwrap_or_default());
                }
                "blocked" => reached.blocked = count,
                "failed" => reached.failed = count,
                _ => reached.waiting = count,
            }
        }
        Ok(reached)
    }

    /// Stops it, or goes on with it; `false` where it was so, or is done.
    pub async fn set_broadcast(&self, broadcast: BroadcastId, goes_on: bool) -> Result<bool, StoreError> {
        let (to, from) = if goes_on { ("sending", "stopped") } else { ("stopped", "sending") };
        let set = writing!(self, |db| sqlx::query(SET_STATE)
            .bind(broadcast.0)
            .bind(to)
            .bind(from)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(set == 1)
    }

    /// Ends it where nobody waits any more; whether it was this that ended it.
    pub async fn end_broadcast(&self, broadcast: BroadcastId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let ended = writing!(self, |db| sqlx::query(END)
            .bind(broadcast.0)
            .bind(millis(now))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(ended == 1)
    }

    /// The report arrived.
    pub async fn broadcast_told(&self, broadcast: BroadcastId, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(TOLD).bind(broadcast.0).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Whether a person wants to hear of news.
    pub async fn wants_news(&self, person: PersonId) -> Result<bool, StoreError> {
        let wants: Option<i64> =
            reading!(self, |db| sqlx::query_scalar(WANTS).bind(person.0).fetch_optional(db).await)?;
        Ok(wants.unwrap_or(1) == 1)
    }

    /// Whether they want to from now on; what they have not heard yet they hear no more.
    pub async fn want_news(&self, person: PersonId, wants: bool) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            sqlx::query(WANT).bind(person.0).bind(i64::from(wants)).execute(&mut *tx).await?;
            if !wants {
                sqlx::query(DROP_WAITING).bind(person.0).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }
}
