//! A server that fails again and again is left alone for a while.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Failures in a row after which a server is left alone.
const MOST_FAILURES: u32 = 5;

/// How long it is left alone before one request tries again.
const ALONE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
}

/// Whether a server is worth asking.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    /// Whether to ask now. After a pause one is let through; the others wait for what comes of it.
    pub(super) fn lets_through(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.until {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.until = Some(Instant::now() + ALONE);
                true
            }
            None => true,
        }
    }

    /// Whether it failed again and again, and has not answered well since.
    pub(super) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).until.is_some()
    }

    pub(super) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    pub(super) fn failed(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= MOST_FAILURES {
            if state.until.is_none() {
                tracing::error!(
                    seconds = ALONE.as_secs(),
                    "a model fails again and again; it is left alone for a while"
                );
            }
            state.until = Some(Instant::now() + ALONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_failures_open_it_and_one_success_after_a_pause_closes_it() {
        let breaker = Breaker::default();
        for _ in 0..MOST_FAILURES {
            assert!(breaker.lets_through());
            breaker.failed();
        }
        assert!(!breaker.lets_through());
        tokio::time::advance(ALONE).await;
        assert!(breaker.lets_through());
        assert!(!breaker.lets_through(), "one at a time");
        breaker.failed();
        tokio::time::advance(ALONE).await;
        assert!(breaker.lets_through());
        breaker.succeeded();
        assert!(breaker.lets_through() && breaker.lets_through());
    }
}
