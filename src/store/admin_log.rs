//! What admins did: who, what, on whom, when and from where; and what they were asked before it was done.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, millis, moment, reading, writing};
use crate::chat::PersonId;

const WRITE: &str = "
    INSERT INTO admin_log (at, admin, place, word, line, person, state, code, outcome, ended_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// A question counts for whoever was asked, and not for ever.
const TAKE_UP: &str = "
    UPDATE admin_log SET state = $4, ended_at = $3 WHERE code = $1 AND admin = $2 AND state = 'asked' AND at > $5
    RETURNING line, person";

const CONCLUDE: &str = "UPDATE admin_log SET outcome = $2 WHERE code = $1";

const STATE: &str = "SELECT state, outcome FROM admin_log WHERE code = $1 AND admin = $2";

const PAGE: &str = "
    SELECT id, at, admin, place, word, line, person, state, outcome FROM admin_log ORDER BY id DESC LIMIT $1 OFFSET $2";

const COUNT: &str = "SELECT COUNT(*) FROM admin_log";

/// Whom it was about is known no more.
pub(super) const SCRUB: &str = "UPDATE admin_log SET person = NULL, line = '' WHERE person = $1";

/// Whom it was about goes on as somebody else.
pub(super) const MOVE: &str = "UPDATE admin_log SET person = $2 WHERE person = $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("admin_log::WRITE", WRITE),
    ("admin_log::TAKE_UP", TAKE_UP),
    ("admin_log::CONCLUDE", CONCLUDE),
    ("admin_log::STATE", STATE),
    ("admin_log::PAGE", PAGE),
    ("admin_log::COUNT", COUNT),
    ("admin_log::SCRUB", SCRUB),
    ("admin_log::MOVE", MOVE),
];

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminEntry {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as `PLATFORM:USER`.
    pub admin: String,
    /// From where, as `PLATFORM:CONVERSATION`.
    pub place: String,
    /// The command's word.
    pub word: String,
    /// What was typed; empty once whom it is about was forgotten.
    pub line: String,
    /// On whom, unless they were forgotten.
    pub person: Option<PersonId>,
    /// What became of it.
    pub state: AdminState,
    /// What came of it, in a few words.
    pub outcome: String,
}

/// What became of an admin's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminState {
    /// It was asked whether to do it.
    Asked,
    /// It was done.
    Done,
    /// It was put down.
    Dropped,
}

impl AdminState {
    fn id(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    fn from_id(id: &str) -> Self {
        [Self::Asked, Self::Dropped].into_iter().find(|state| state.id() == id).unwrap_or(Self::Done)
    }
}

/// What is written into the log.
#[derive(Debug, Clone)]
pub struct NewAdminEntry<'a> {
    /// Who, as `PLATFORM:USER`.
    pub admin: &'a str,
    /// From where, as `PLATFORM:CONVERSATION`.
    pub place: &'a str,
    /// The command's word.
    pub word: &'a str,
    /// What was typed.
    pub line: &'a str,
    /// On whom.
    pub whom: Option<PersonId>,
    /// What the buttons carry, where it is only asked yet.
    pub code: Option<&'a str>,
    /// What came of it.
    pub outcome: &'a str,
}

impl Store {
    /// Writes down what an admin did, or was asked about.
    pub async fn log_admin(&self, entry: &NewAdminEntry<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let state = if entry.code.is_some() { AdminState::Asked } else { AdminState::Done };
        writing!(self, |db| sqlx::query(WRITE)
            .bind(millis(now))
            .bind(entry.admin)
            .bind(entry.place)
            .bind(entry.word)
            .bind(entry.line)
            .bind(entry.whom.map(|person| person.0))
            .bind(state.id())
            .bind(entry.code)
            .bind(entry.outcome)
            .bind((state == AdminState::Done).then(|| millis(now)))
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Takes up what an admin was asked after `since`, as done or dropped, once; gives what was typed, and whom it is about. `None` where it was
    /// answered before, is too old, or was asked of somebody else.
    pub async fn answer_admin(
        &self,
        code: &str,
        admin: &str,
        done: bool,
        (since, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Option<(String, Option<PersonId>)>, StoreError> {
        let state = if done { AdminState::Done } else { AdminState::Dropped };
        let row: Option<(String, Option<i64>)> = writing!(self, |db| sqlx::query_as(TAKE_UP)
            .bind(code)
            .bind(admin)
            .bind(millis(now))
            .bind(state.id())
            .bind(millis(since))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(line, person)| (line, person.map(PersonId))))
    }

    /// What became of what an admin was asked, and what came of it.
    pub async fn admin_state(&self, code: &str, admin: &str) -> Result<Option<(AdminState, String)>, StoreError> {
        let row: Option<(String, String)> =
            reading!(self, |db| sqlx::query_as(STATE).bind(code).bind(admin).fetch_optional(db).await)?;
        Ok(row.map(|(state, outcome)| (AdminState::from_id(&state), outcome)))
    }

    /// Notes what came of what an admin confirmed.
    pub async fn conclude_admin(&self, code: &str, outcome: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(CONCLUDE).bind(code).bind(outcome).execute(db).await.map(drop))?;
        Ok(())
    }

    /// A page of the log, from 1, newest first; and how many lines it has in all.
    pub async fn admin_log(&self, page: u32, per_page: u32) -> Result<(Vec<AdminEntry>, u64), StoreError> {
        type Row = (i64, i64, String, String, String, String, Option<i64>, String, String);
        let rows: Vec<Row> = reading!(self, |db| sqlx::query_as(PAGE)
            .bind(i64::from(per_page))
            .bind(i64::from(page.saturating_sub(1)) * i64::from(per_page))
            .fetch_all(db)
            .await)?;
        let count: i64 = reading!(self, |db| sqlx::query_scalar(COUNT).fetch_one(db).await)?;
        let entries = rows.into_iter().map(|(id, at, admin, place, word, line, person, state, outcome)| AdminEntry {
            id,
            at: moment(at),
            admin,
            place,
            word,
            line,
            person: person.map(PersonId),
            state: AdminState::from_id(&state),
            outcome,
        });
        Ok((entries.collect(), u64::try_from(count).unwrap_or_default()))
    }
}
