//! Who is alive. A name is held until its time runs out or it is let go.

use chrono::{DateTime, TimeDelta, Utc};

use super::{HORIZON_MILLIS, Store, StoreError, millis, reading, writing};

/// No turn is longer: one that ends later was written before the clock jumped back. Shorter than the horizon of other leases,
/// since nothing comes in meanwhile.
const TURN_HORIZON_MILLIS: i64 = 60_000;

const HOLD: &str = "
    INSERT INTO leases (name, until) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET until = excluded.until";

/// Names that begin alike and are held now: $2 is now, and a time beyond $3 was written before the clock jumped back.
const COUNT: &str = "SELECT COUNT(*) FROM leases WHERE name LIKE $1 AND until > $2 AND until <= $3";

const LET_GO: &str = "DELETE FROM leases WHERE name = $1";

/// Where it is free, its time ran out ($4 is now), or it was written before the clock jumped back (beyond $5), or it is the
/// holder's own.
const TAKE: &str = "
    INSERT INTO leases (name, until, holder) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET until = excluded.until, holder = excluded.holder
        WHERE leases.holder = excluded.holder OR leases.until <= $4 OR leases.until > $5";

const HOLDER: &str = "SELECT holder FROM leases WHERE name = $1";

const GIVE_BACK: &str = "DELETE FROM leases WHERE name = $1 AND holder = $2";

const SWEEP: &str = "DELETE FROM leases WHERE until < $1";

pub(super) const ALL: &[(&str, &str)] = &[
    ("leases::HOLD", HOLD),
    ("leases::COUNT", COUNT),
    ("leases::LET_GO", LET_GO),
    ("leases::TAKE", TAKE),
    ("leases::HOLDER", HOLDER),
    ("leases::GIVE_BACK", GIVE_BACK),
    ("leases::SWEEP", SWEEP),
];

impl Store {
    /// Holds `name`, or goes on holding it, for as long as `lease`.
    pub async fn hold(&self, name: &str, lease: TimeDelta, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(HOLD).bind(name).bind(millis(now + lease)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// How many names that begin with `prefix` (without `%` and `_`) are held.
    pub async fn held_names(&self, prefix: &str, now: DateTime<Utc>) -> Result<u32, StoreError> {
        let count: i64 = reading!(self, |db| sqlx::query_scalar(COUNT)
            .bind(format!("{prefix}%"))
            .bind(millis(now))
            .bind(millis(now) + HORIZON_MILLIS)
            .fetch_one(db)
            .await)?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Holds `name` for as long as `lease`, or goes on holding it, as the only one; `false` where somebody else does.
    pub async fn take_turn(
        &self,
        name: &str,
        holder: &str,
        lease: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let taken = writing!(self, |db| sqlx::query(TAKE)
            .bind(name)
            .bind(millis(now + lease))
            .bind(holder)
            .bind(millis(now))
            .bind(millis(now) + TURN_HORIZON_MILLIS)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(taken == 1)
    }

    /// Who holds `name`, or held it last.
    pub async fn turn_of(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_scalar(HOLDER).bind(name).fetch_optional(db).await)?)
    }

    /// Gives `name` back, where `holder` still has it.
    pub async fn end_turn(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(GIVE_BACK).bind(name).bind(holder).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Lets `name` go at once.
    pub async fn let_go(&self, name: &str) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(LET_GO).bind(name).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Forgets the names whose time ran out before `before`.
    pub async fn sweep_leases(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SWEEP).bind(millis(before)).execute(db).await.map(drop))?;
        Ok(())
    }
}
