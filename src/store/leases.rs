//! Who is alive. A name is held until its time runs out or it is let go.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Store, StoreError, millis, writing};

const HOLD: &str = "
    INSERT INTO leases (name, until) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET until = excluded.until";

const LET_GO: &str = "DELETE FROM leases WHERE name = $1";

const SWEEP: &str = "DELETE FROM leases WHERE until < $1";

pub(super) const ALL: &[(&str, &str)] = &[("leases::HOLD", HOLD), ("leases::LET_GO", LET_GO), ("leases::SWEEP", SWEEP)];

impl Store {
    /// Holds `name`, or goes on holding it, for as long as `lease`.
    pub async fn hold(&self, name: &str, lease: TimeDelta, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(HOLD).bind(name).bind(millis(now + lease)).execute(db).await.map(drop))?;
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
