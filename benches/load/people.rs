//! People with phones: they read, think, press, and wait for their dish.

use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::telegram::{BotApi, Shown};

pub(crate) const CONFIRM: &str = "추천 받기";
pub(crate) const AGAIN: &str = "다시하기";
const SKIP: &str = "건너뛰기";
const SURPRISE: &str = "알아서 골라 줘";
const LEADS_AWAY: [&str; 5] = ["뒤로", SKIP, SURPRISE, "취소", "다시하기"];

/// Somebody who writes to the bot in one chat.
pub(crate) struct Person {
    api: BotApi,
    chat: i64,
    user: i64,
    random: StdRng,
    /// The mean of what they think before they do something; the pauses are distributed exponentially.
    think: Duration,
    patience: Duration,
    shown: Shown,
    version: u64,
}

/// How an order ended for whoever gave it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// A dish came after so long, with a picture or without.
    Dish(Duration, bool),
    /// A sentence came in its place, or the order was not taken.
    Without(String),
    /// Nothing came.
    Silence,
}

impl Person {
    pub(crate) fn new(api: &BotApi, chat: i64, user: i64, seed: u64, think: Duration, patience: Duration) -> Self {
        let random = StdRng::seed_from_u64(seed ^ user.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { api: api.clone(), chat, user, random, think, patience, shown: Shown::default(), version: 0 }
    }

    pub(crate) async fn thinks(&mut self) {
        if !self.think.is_zero() {
            let part: f64 = self.random.random();
            tokio::time::sleep(self.think.mul_f64(-(1.0 - part).ln())).await;
        }
    }

    /// Waits for up to a moment, as long as this person likes.
    pub(crate) async fn comes_within(&mut self, time: Duration) {
        let part: f64 = self.random.random();
        tokio::time::sleep(time.mul_f64(part)).await;
    }

    async fn sees(&mut self, version: u64) -> bool {
        let Some((shown, version)) = self.api.after(self.chat, self.user, version, self.patience).await else {
            return false;
        };
        (self.shown, self.version) = (shown, version);
        true
    }

    /// Writes something, and waits for an answer; `false` where none came.
    pub(crate) async fn says(&mut self, text: &str) -> bool {
        let version = self.api.says(self.chat, self.user, text);
        self.sees(version).await
    }

    /// Presses the button with this label, and waits for an answer; `false` where there is none, or none came.
    pub(crate) async fn presses(&mut self, label: &str) -> bool {
        let Some(data) = self.shown.button(label).map(str::to_owned) else { return false };
        let version = self.api.presses(self.chat, self.user, &data);
        self.sees(version).await
    }

    /// Chooses until nothing but the order is left to confirm; `false` where an answer is missing.
    pub(crate) async fn chooses(&mut self) -> bool {
        for _ in 0..12 {
            self.thinks().await;
            if self.shown.button(CONFIRM).is_some() {
                return true;
            }
            let options = self.shown.buttons.iter().map(|(label, _)| label);
            let options: Vec<String> = options.filter(|label| !LEADS_AWAY.contains(&label.as_str())).cloned().collect();
            let label = match options.len() {
                0 => SKIP.to_owned(),
                several => options[self.random.random_range(0..several)].clone(),
            };
            if !self.presses(&label).await {
                return false;
            }
        }
        false
    }

    /// Leaves everything to the cook.
    pub(crate) async fn chooses_nothing(&mut self) -> bool {
        self.presses(SURPRISE).await
    }

    /// Orders the same once more.
    pub(crate) async fn asks_again(&mut self) -> bool {
        self.presses(AGAIN).await
    }

    pub(crate) fn sees_button(&self, label: &str) -> bool {
        self.shown.button(label).is_some()
    }

    /// Confirms, and waits for the dish.
    pub(crate) async fn orders(&mut self) -> Ended {
        let begun = Instant::now();
        if !self.presses(CONFIRM).await {
            return Ended::Silence;
        }
        let notice = self.api.notice(self.chat, self.user);
        if !notice.is_empty() {
            return Ended::Without(notice);
        }
        let mut picture = self.shown.photo;
        while self.shown.button(AGAIN).is_none() {
            let left = self.patience.saturating_sub(begun.elapsed());
            let Some((shown, version)) = self.api.after(self.chat, self.user, self.version, left).await else {
                return Ended::Silence;
            };
            (self.shown, self.version) = (shown, version);
            picture |= self.shown.photo;
        }
        // A dish tells how it is made; what comes in its place does not.
        if picture || self.shown.text.contains("만드는 법") {
            Ended::Dish(begun.elapsed(), picture)
        } else {
            Ended::Without(self.shown.text.lines().next().unwrap_or_default().to_owned())
        }
    }
}
