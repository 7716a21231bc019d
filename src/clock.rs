//! The time of day, as a guest: whoever needs it is handed a [`Clock`].

use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// Tells the time. [`System`] is the wall clock, [`Fixed`] stands still until a test moves it.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// The wall clock of this machine; the one place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the home of the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that moves only when it is told to, in either direction.
#[derive(Debug)]
pub struct Fixed(Mutex<DateTime<Utc>>);

impl Fixed {
    /// A clock that shows `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock by `by`, which may be negative.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A moment as a clock on the wall shows it, and the day on which it is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment itself.
    pub instant: DateTime<Utc>,
    /// The same on the wall.
    pub at: NaiveDateTime,
    /// The day of whoever speaks of it; for words such as tomorrow.
    pub today: NaiveDate,
}
