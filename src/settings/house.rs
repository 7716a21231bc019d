//! `limits.*` and `retention.*`.

use chrono::TimeDelta;

use super::Reader;
use crate::{
    bot::{Flow, Flows},
    kitchen::Retention,
};

impl Reader<'_> {
    pub(super) fn flows(&self, wrong: &mut Vec<String>) -> Option<Flows> {
        let mut number = |key: &str, least: u64| {
            self.number(key, least, 10_000, wrong).and_then(|number| u32::try_from(number).ok())
        };
        let person = (number("limits.person_burst", 0), number("limits.person_per_minute", 1));
        let chat = (number("limits.chat_burst", 0), number("limits.chat_per_minute", 1));
        let flow =
            |(burst, per_minute): (Option<u32>, Option<u32>)| Some(Flow { burst: burst?, per_minute: per_minute? });
        Some(Flows { person: flow(person)?, chat: flow(chat)? })
    }

    pub(super) fn retention(&self, wrong: &mut Vec<String>) -> Option<Retention> {
        let mut days = |key: &str| {
            let days = self.number(key, 0, 36_500, wrong)?;
            // 0 keeps it for good.
            Some((days > 0).then(|| TimeDelta::days(i64::try_from(days).unwrap_or(i64::MAX))))
        };
        let (dialogues, orders) = (days("retention.dialogues_days"), days("retention.orders_days"));
        let (photos, log) = (days("retention.photos_days"), days("retention.log_days"));
        Some(Retention { dialogues: dialogues?, orders: orders?, photos: photos?, log: log? })
    }
}
