//! The daily allowance: days, what is left, and the proof that one ticket was taken.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::clock::Moment;

/// How many tickets a person has each day, and where midnight is.
///
/// Five a day in Asia/Seoul unless the settings say otherwise (the seed's daily limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Tickets a day; 0 closes the shop.
    pub daily_limit: u32,
    /// The time zone whose midnight brings new tickets.
    pub zone: Tz,
}

/// A day of the ticket calendar, in the quota's time zone. Written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(NaiveDate);

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        // Days are compared as text in the store.
        let is_date = text.len() == 10 && text.starts_with(|c: char| c.is_ascii_digit());
        text.parse().ok().filter(|_| is_date).map(Self)
    }

    /// So many days before.
    pub fn earlier(self, days: Days) -> Self {
        Self(self.0.checked_sub_days(days).unwrap_or(NaiveDate::MIN))
    }

    /// So many days after.
    pub fn later(self, days: Days) -> Self {
        Self(self.0.checked_add_days(days).unwrap_or(NaiveDate::MAX))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Quota {
    /// The day that `now` falls on.
    pub fn day(&self, now: DateTime<Utc>) -> Day {
        Day(now.with_timezone(&self.zone).date_naive())
    }

    /// The day whose tickets count now: never earlier than one that was already drawn on, so that a
    /// clock that jumps back hands out no second allowance.
    pub fn counting_day(&self, now: DateTime<Utc>, last_used: Option<Day>) -> Day {
        last_used.map_or(self.day(now), |last| last.max(self.day(now)))
    }

    /// When the tickets of `day` are replaced by new ones: the first moment of the next day. Where a
    /// daylight-saving change skips midnight, the day begins at the first minute that exists.
    pub fn returns_at(&self, day: Day) -> DateTime<Utc> {
        let next = day.0.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        let midnight = next.and_time(chrono::NaiveTime::MIN);
        (0..=26 * 4)
            .find_map(|quarter| {
                self.zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarter))).earliest()
            })
            .map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
    }

    /// A moment as it is spoken of at `now`, both by a clock on the wall in the quota's time zone.
    pub fn moment(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> Moment {
        let local = |at: DateTime<Utc>| at.with_timezone(&self.zone).naive_local();
        Moment { instant: at, at: local(at), today: local(now).date() }
    }
}

/// What a person can still order today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketsLeft {
    /// Tickets left, those that were given once among them.
    pub left: u32,
    /// Tickets of a whole day; 0 when the shop is closed.
    pub limit: u32,
    /// Of those left: what was given once, and is there until it is used.
    pub extra: u32,
    /// When the next ones come.
    pub back_at: DateTime<Utc>,
    /// Tickets ever spent by this person.
    pub used_ever: u64,
}

/// What somebody may order on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Tickets of the day.
    pub daily: u32,
    /// What is left of those that were given once.
    pub extra: u32,
}

/// Where a ticket is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// The day's.
    OfTheDay,
    /// One of those that were given once.
    Given,
}

impl Allowance {
    /// Where the next ticket comes from after `taken` of the day's: first the day's, then those that were given.
    pub fn draw(self, taken: i64, back_at: DateTime<Utc>) -> Result<Drawn, Refusal> {
        if taken < i64::from(self.daily) {
            Ok(Drawn::OfTheDay)
        } else if self.extra > 0 {
            Ok(Drawn::Given)
        } else if self.daily == 0 {
            Err(Refusal::Closed)
        } else {
            Err(Refusal::NoneLeft { back_at })
        }
    }
}

/// Why no order was taken. Nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The tickets of the day are used up; new ones come at `back_at`.
    NoneLeft {
        /// The first moment with new tickets.
        back_at: DateTime<Utc>,
    },
    /// The daily limit is 0.
    Closed,
    /// One order of this person is in the making already.
    InTheMaking,
}

/// Proof that one ticket was taken for an order. Only the store makes one for an order; a recommender asks to see
/// it, so that cooking without charging does not compile.
#[derive(Debug, Clone)]
pub struct Ticket {
    day: Day,
}

impl Ticket {
    /// The house's own, for trying a recommender without an order. Nobody pays, and nothing is served.
    pub fn of_the_house() -> Self {
        Self::taken_on(Day(NaiveDate::default()))
    }

    /// For `store` alone, after it took the ticket (held by a test of the architecture).
    pub(crate) fn taken_on(day: Day) -> Self {
        Self { day }
    }

    /// The day that it was taken from, and goes back to.
    pub fn day(&self) -> Day {
        self.day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(zone: Tz) -> Quota {
        Quota { daily_limit: 5, zone }
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_day_in_seoul_ends_at_15_utc() {
        let quota = quota(chrono_tz::Asia::Seoul);
        assert_eq!(quota.day(utc("2026-11-23T14:59:59Z")).to_string(), "2026-11-23");
        assert_eq!(quota.day(utc("2026-11-23T15:00:00Z")).to_string(), "2026-11-24");
        let day = quota.day(utc("2026-11-23T14:59:59Z"));
        assert_eq!(quota.returns_at(day), utc("2026-11-23T15:00:00Z"));
    }

    #[test]
    fn days_of_23_and_25_hours_end_at_their_own_midnight() {
        let quota = quota(chrono_tz::Europe::Berlin);
        let spring = Day::parse("2026-03-29").expect("a day");
        assert_eq!(quota.returns_at(spring), utc("2026-03-29T22:00:00Z"));
        let autumn = Day::parse("2026-10-25").expect("a day");
        assert_eq!(quota.returns_at(autumn), utc("2026-10-25T23:00:00Z"));
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_at_one() {
        // Cairo goes from 23:59:59 on 23 April to 01:00 on 24 April 2026.
        let quota = quota(chrono_tz::Africa::Cairo);
        let eve = Day::parse("2026-04-23").expect("a day");
        assert_eq!(quota.returns_at(eve), utc("2026-04-23T22:00:00Z"));
        assert_eq!(quota.day(quota.returns_at(eve)).to_string(), "2026-04-24");
    }

    #[test]
    fn a_clock_that_jumps_back_stays_on_the_later_day() {
        let quota = quota(chrono_tz::Asia::Seoul);
        let yesterday = utc("2026-11-22T03:00:00Z");
        let used = Day::parse("2026-11-23");
        assert_eq!(quota.counting_day(yesterday, used).to_string(), "2026-11-23");
    }
}
