//! How much Telegram takes: too much is answered by 429, and the wait is enforced.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// What the fake takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// For all chats: so many a second, and as many at once.
    pub(crate) per_second: f64,
    pub(crate) chat_burst: f64,
    pub(crate) chat_per_second: f64,
    pub(crate) group_per_minute: usize,
}

impl Pace {
    /// As Telegram says it does.
    pub(crate) fn official() -> Self {
        Self { per_second: 30.0, chat_burst: 4.0, chat_per_second: 1.0, group_per_minute: 20 }
    }

    /// So much that nothing is ever too much.
    pub(crate) fn generous() -> Self {
        Self { per_second: 100_000.0, chat_burst: 10_000.0, chat_per_second: 10_000.0, group_per_minute: 100_000 }
    }
}

#[derive(Debug)]
pub(super) struct Taken {
    pace: Pace,
    all: (f64, Instant),
    chats: HashMap<i64, (f64, Instant)>,
    groups: HashMap<i64, VecDeque<Instant>>,
    waits: HashMap<i64, Instant>,
    /// How often 429 was answered, and how often a wait was not kept.
    pub(super) too_many: usize,
    pub(super) violations: usize,
}

impl Taken {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            all: (pace.per_second, Instant::now()),
            chats: HashMap::new(),
            groups: HashMap::new(),
            waits: HashMap::new(),
            too_many: 0,
            violations: 0,
        }
    }

    /// Takes one message to the chat, or says how many seconds to wait.
    pub(super) fn take(&mut self, chat: i64) -> Result<(), u64> {
        let now = Instant::now();
        let wait = |left: Duration| left.as_secs() + 1;
        if let Some(until) = self.waits.get(&chat).filter(|until| **until > now) {
            self.violations += 1;
            self.too_many += 1;
            return Err(wait(*until - now));
        }
        let recent = |sent: &mut VecDeque<Instant>, span: Duration| {
            while sent.front().is_some_and(|at| *at + span <= now) {
                sent.pop_front();
            }
            sent.len()
        };
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let filled =
            |(room, since): (f64, Instant), rate: f64, most: f64| (room + (now - since).as_secs_f64() * rate).min(most);
        let overall = filled(self.all, self.pace.per_second, self.pace.per_second);
        let (room, since) = *self.chats.get(&chat).unwrap_or(&(self.pace.chat_burst, now));
        let room = filled((room, since), self.pace.chat_per_second, self.pace.chat_burst);
        let group = self.groups.entry(chat).or_default();
        let full = chat < 0 && recent(group, minute) >= self.pace.group_per_minute;
        if overall < 1.0 || room < 1.0 || full {
            self.too_many += 1;
            let pause = if full { Duration::from_secs(20) } else { second };
            self.waits.insert(chat, now + pause);
            return Err(wait(pause) - 1);
        }
        self.all = (overall - 1.0, now);
        if chat < 0 {
            group.push_back(now);
        }
        self.chats.insert(chat, (room - 1.0, now));
        Ok(())
    }

    /// From now on the chat takes nothing for so long.
    pub(super) fn refuse(&mut self, chat: i64, pause: Duration) {
        self.too_many += 1;
        self.waits.insert(chat, Instant::now() + pause);
    }
}
