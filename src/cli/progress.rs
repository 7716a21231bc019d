//! How far long work is, and stopping it.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::{Failure, run::stop_when_asked, say};
use crate::store::Progress;

/// How often a line says how far it is where there is no terminal to draw on.
const EVERY: Duration = Duration::from_secs(10);

/// Cancelled by Ctrl-C and SIGTERM.
pub(super) fn until_asked() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    stop_when_asked(stop.clone())?;
    Ok(stop)
}

/// A bar in a terminal, and a line now and then elsewhere.
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    said: Mutex<Instant>,
}

impl Shown {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg:<18} {bar:32} {percent:>3} %  {elapsed}, {eta} to go")
            {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, said: Mutex::new(Instant::now()) }
    }

    pub(super) fn tell(&self, progress: Progress) {
        self.advance(progress);
        if self.bar.is_some() {
            return;
        }
        let Progress { what, done, of } = progress;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= EVERY {
            *said = Instant::now();
            say(&format!("{what}: {} %", done.saturating_mul(100) / of.max(1)));
        }
    }

    /// Moves the bar, where there is one.
    pub(super) fn advance(&self, Progress { what, done, of }: Progress) {
        if let Some(bar) = &self.bar {
            bar.set_length(of.max(1));
            bar.set_position(done);
            bar.set_message(what);
        }
    }

    /// Says a line above the bar.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
