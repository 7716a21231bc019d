//! Who does too much too fast is passed over, and hears so once.

use std::time::Duration;

use moka::{ops::compute::Op, sync::Cache};
use tokio::time::Instant;

use crate::chat::{Incoming, Platform};

/// How much somebody may do: so many at once, and then so many a minute. 0 at once is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// At once, after a while of rest.
    pub burst: u32,
    /// In a minute.
    pub per_minute: u32,
}

/// The limits of `limits.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flows {
    /// Of one person, wherever they are.
    pub person: Flow,
    /// Of everyone in one conversation where others read, together.
    pub chat: Flow,
}

impl Flows {
    /// No limits.
    pub const NONE: Self = Self { person: Flow::NONE, chat: Flow::NONE };
}

impl Flow {
    /// No limit.
    pub const NONE: Self = Self { burst: 0, per_minute: 0 };
}

/// What is known of one of them: a bucket that fills up with time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// How much is left, in parts of a thing.
    left: f64,
    at: Instant,
    /// Whether it was said that it is too much.
    told: bool,
}

/// What becomes of a thing that somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It is handled.
    Free,
    /// It is too much; they hear so.
    TellOnce,
    /// It is too much, and they know.
    Silent,
}

impl Bucket {
    fn full(flow: Flow, now: Instant) -> Self {
        Self { left: flow.burst.into(), at: now, told: false }
    }

    /// One thing more at `now`.
    fn take(mut self, flow: Flow, now: Instant) -> (Self, Passage) {
        let rested = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + rested * f64::from(flow.per_minute) / 60.0).min(flow.burst.into());
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            // Whoever has calmed down is told once more the next time.
            self.told &= self.left < f64::from(flow.burst) / 2.0;
            return (self, Passage::Free);
        }
        let passage = if self.told { Passage::Silent } else { Passage::TellOnce };
        self.told = true;
        (self, passage)
    }
}

/// People and chats that are remembered; about 100 bytes each.
const REMEMBERED: u64 = 100_000;

/// Whoever rests for so long has a full bucket again with every limit that makes sense.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// Keeps the limits of one process.
#[derive(Debug)]
pub(super) struct Flood {
    flows: Flows,
    people: Cache<(Platform, String), Bucket>,
    chats: Cache<(Platform, String), Bucket>,
}

impl Flood {
    pub(super) fn new(flows: Flows) -> Self {
        let cache = || Cache::builder().max_capacity(REMEMBERED).time_to_idle(FORGOTTEN).build();
        Self { flows, people: cache(), chats: cache() }
    }

    /// Whether a thing is handled.
    pub(super) fn passes(&self, incoming: &Incoming) -> Passage {
        let (platform, now) = (incoming.place.platform, Instant::now());
        let person = take(&self.people, (platform, incoming.user.id.clone()), self.flows.person, now);
        if person != Passage::Free || !incoming.others_read {
            return person;
        }
        take(&self.chats, (platform, incoming.place.conversation.clone()), self.flows.chat, now)
    }
}

fn take(cache: &Cache<(Platform, String), Bucket>, key: (Platform, String), flow: Flow, now: Instant) -> Passage {
    if flow.burst == 0 {
        return Passage::Free;
    }
    let mut passage = Passage::Free;
    // One after another for each of them.
    cache.entry(key).and_compute_with(|known| {
        let bucket = known.map_or_else(|| Bucket::full(flow, now), moka::Entry::into_value);
        let (bucket, passes) = bucket.take(flow, now);
        passage = passes;
        Op::Put(bucket)
    });
    passage
}

#[cfg(test)]
mod tests {
    use super::{
        Passage::{Free, Silent, TellOnce},
        *,
    };

    #[test]
    fn what_is_left_fills_up_with_time_and_it_is_said_once() {
        let (flow, start) = (Flow { burst: 3, per_minute: 60 }, Instant::now());
        let mut bucket = Bucket::full(flow, start);
        let mut take = |seconds: f64| {
            let (next, passage) = bucket.take(flow, start + Duration::from_secs_f64(seconds));
            bucket = next;
            passage
        };
        let passages: Vec<Passage> = [0.0, 0.0, 0.0, 0.0, 0.1, 1.2, 1.3].into_iter().map(&mut take).collect();
        assert_eq!(passages, [Free, Free, Free, TellOnce, Silent, Free, Silent]);
        let passages: Vec<Passage> = [60.0, 60.0, 60.0, 60.0].into_iter().map(take).collect();
        assert_eq!(passages, [Free, Free, Free, TellOnce], "it is said again after a rest");
    }
}
