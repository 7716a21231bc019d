//! When a source that failed is asked again.

use std::time::Duration;

use super::source::Verdict;

/// The first pause after a failure that may pass, and the longest; each is twice the one before.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// The pause after "asked too often", where the server names none, and what it may ask for at most.
const TOO_MANY: Duration = Duration::from_secs(180);
const MOST_ASKED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause after we were turned away; a day after the third time.
const BLOCKED: Duration = Duration::from_secs(60 * 60);
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
const THIRD: u32 = 3;

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Consequence {
    /// So long it is left alone.
    pub(super) pause: Duration,
    /// It concerns everyone who shares its limits.
    pub(super) of_account: bool,
    /// Somebody has to look at it.
    pub(super) needs_mending: bool,
}

/// What follows from a source's answer; `failures` is how often it has failed in a row, this time included. `None` where it is
/// sound.
pub(super) fn consequence(verdict: &Verdict, failures: u32) -> Option<Consequence> {
    let doubled = |first: Duration| first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST);
    let of_source = |pause, needs_mending| Some(Consequence { pause, of_account: false, needs_mending });
    match verdict {
        Verdict::Ok | Verdict::Empty => None,
        Verdict::TooMany(asked) => {
            let pause = asked.unwrap_or(TOO_MANY).clamp(Duration::from_secs(1), MOST_ASKED_FOR);
            Some(Consequence { pause, of_account: true, needs_mending: false })
        }
        Verdict::Blocked(_) if failures >= THIRD => of_source(A_DAY, true),
        Verdict::Blocked(_) => of_source(BLOCKED, false),
        // A key that is refused is refused the next time as well.
        Verdict::Status(401 | 403) => of_source(BLOCKED, true),
        Verdict::LayoutChanged => of_source(doubled(FIRST * 6), failures == THIRD),
        Verdict::Error(_) | Verdict::Status(_) | Verdict::Timeout | Verdict::Failed(_) => {
            of_source(doubled(FIRST), false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(verdict: &Verdict, failures: u32) -> u64 {
        consequence(verdict, failures).map_or(0, |consequence| consequence.pause.as_secs())
    }

    #[test]
    fn failures_in_a_row_make_longer_pauses_up_to_ten_minutes() {
        let pauses: Vec<u64> = (1..10).map(|failures| pause(&Verdict::Timeout, failures)).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(pause(&Verdict::Empty, 1), 0);
    }

    #[test]
    fn what_a_server_asks_for_is_honoured_up_to_a_day() {
        let asked = |seconds| pause(&Verdict::TooMany(Some(Duration::from_secs(seconds))), 1);
        assert_eq!((asked(7), asked(86_400), asked(u64::MAX), asked(0)), (7, 86_400, 86_400, 1));
        assert_eq!(pause(&Verdict::TooMany(None), 1), 180);
    }

    #[test]
    fn the_third_captcha_and_the_third_change_are_for_somebody_to_look_at() {
        let blocked = Verdict::Blocked("captcha".to_owned());
        assert_eq!([1, 2, 3].map(|failures| pause(&blocked, failures)), [3600, 3600, 86_400]);
        let mends = |verdict: &Verdict, failures| consequence(verdict, failures).is_some_and(|then| then.needs_mending);
        assert_eq!([2, 3, 4].map(|failures| mends(&Verdict::LayoutChanged, failures)), [false, true, false]);
        assert!(mends(&blocked, 3) && mends(&Verdict::Status(401), 1) && !mends(&Verdict::Status(503), 3));
    }
}
