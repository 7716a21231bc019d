//! `bapsang run` as a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::support::{NO_PHOTOS, keep_lines, program, variable};

/// A process of the bot.
pub(crate) struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Running {
    pub(crate) fn start(folder: &TempDir, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program())
            .arg("run")
            .current_dir(folder.path())
            .env_clear()
            .env(NO_PHOTOS.0, NO_PHOTOS.1)
            .env("BAPSANG_TELEGRAM__LIMITS__PER_SECOND", "10000")
            .env("BAPSANG_TELEGRAM__LIMITS__CHAT_PER_SECOND", "1000")
            .env("BAPSANG_TELEGRAM__LIMITS__CHAT_BURST", "1000")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let said = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let streams: [Box<dyn BufRead + Send>; 2] = [Box::new(BufReader::new(out)), Box::new(BufReader::new(err))];
        for (stream, are_log_lines) in streams.into_iter().zip([false, true]) {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in stream.lines().map_while(Result::ok) {
                    if are_log_lines {
                        keep_lines(&line);
                    }
                    let mut said = said.lock().expect("no panic");
                    said.push_str(&line);
                    said.push('\n');
                }
            });
        }
        Self { child, said }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no panic").clone()
    }

    pub(crate) async fn says(&self, text: &str) {
        for _ in 0..600 {
            if self.said().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{text} was not said:\n{}", self.said());
    }

    /// Stops it as an operator does, and gives its exit code.
    pub(crate) fn ends(mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        self.child.wait().expect("an end").code()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a number")), signal).expect("it lives");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended by itself.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("an answer").is_none()
    }

    /// As when the power fails.
    pub(crate) fn dies(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("an end");
    }
}

/// Nothing goes on for a test that failed.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// `CRASH_KILLS` says how often something is killed (25 otherwise), `CRASH_SEED` makes a run happen again.
pub(crate) fn crash_number(name: &str, otherwise: u64) -> u64 {
    variable(name).map_or(otherwise, |text| text.parse().expect("a number"))
}
