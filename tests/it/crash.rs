//! The program, killed at random moments and started again. Whatever the moment: ledger, orders and
//! dishes agree, every order ends, and the person is told.
//!
//! `CRASH_KILLS` says how often (25 otherwise), `CRASH_SEED` makes a run happen again.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use bapsang::{chat::Platform, store::Search};
use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tempfile::TempDir;

use crate::running::crash_number;
use crate::support::{NO_PHOTOS, evening, open, postgres_url, program, variable};

/// The program, fed from a pipe.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Program {
    pub(crate) fn start(folder: &TempDir, url: &str, more: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program())
            .arg("chat")
            .current_dir(folder.path())
            .env_clear()
            .env(NO_PHOTOS.0, NO_PHOTOS.1)
            .envs(variable("PATH").map(|path| ("PATH", path)))
            .env("DATABASE_URL", url)
            .envs(more.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            // A killed program may leave half a character behind.
            for line in output.split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
        Self { input: child.stdin.take(), child, lines, said: Vec::new() }
    }

    /// Starts it over a file of its own, with an order that takes so many milliseconds and is in the making.
    fn cooking(folder: &TempDir, milliseconds: &str) -> Self {
        let slow = [("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", milliseconds)];
        let mut program = Self::start(folder, "sqlite:bapsang.db", &slow);
        program.types("/recommend 국물");
        program.types("1");
        program.says("주문을 받았어요.");
        program
    }

    /// Types a line; a program that is gone does not hear it.
    pub(crate) fn types(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{line}");
        }
    }

    /// Reads on until a line contains `text`.
    pub(crate) fn says(&mut self, text: &str) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !self.said.last().is_some_and(|line| line.contains(text)) {
            match self.lines.recv_timeout(patience.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("{text:?} was not said, but:\n{}", self.said.join("\n")),
            }
        }
    }

    /// Reads whatever is said for a time.
    fn listen(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.said.push(line);
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().expect("an id")), signal).expect("it is there");
    }

    /// Puts it to sleep while it does not hold SQLite's lock, which it would keep: the lock is taken from it before.
    fn sleeps(&self, folder: &TempDir) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("an id"));
        let url = format!("sqlite:{}", folder.path().join("bapsang.db").display());
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let pool = sqlx::SqlitePool::connect(&url).await.expect("the file");
            let lock = pool.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
            self.signal(Signal::SIGSTOP);
            let stopped = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).expect("it stops");
            assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
            lock.rollback().await.expect("the lock is free");
            pool.close().await;
        });
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended by itself.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("an answer").is_none()
    }

    /// All that it has said so far.
    pub(crate) fn heard(&mut self) -> &[String] {
        self.said.extend(self.lines.try_iter());
        &self.said
    }

    /// Kills it where it stands; gives all that it said.
    pub(crate) fn kill(mut self) -> Vec<String> {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("an end");
        while let Ok(line) = self.lines.recv() {
            self.said.push(line);
        }
        std::mem::take(&mut self.said)
    }

    /// Lets the input end, and waits; gives the exit code and all that it said.
    pub(crate) fn ends(mut self) -> (Option<i32>, Vec<String>) {
        drop(self.input.take());
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end, but says:\n{}", self.said.join("\n")),
            }
        }
        (self.child.wait().expect("an end").code(), std::mem::take(&mut self.said))
    }
}

/// Nothing goes on for a test that failed.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Many orders, a slow cookbook, a short lease: every moment is worth being killed in.
const BUSY: &[(&str, &str)] = &[
    ("BAPSANG_TICKETS__DAILY_LIMIT", "1000"),
    ("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "40"),
    ("BAPSANG_ORDERS__LEASE_SECONDS", "1"),
];

#[expect(clippy::print_stdout, reason = "the seed makes a run happen again")]
async fn kills(url: &str, folder: &TempDir) {
    let (times, seed) = (crash_number("CRASH_KILLS", 25), crash_number("CRASH_SEED", rand::random::<u32>().into()));
    println!("CRASH_SEED={seed} CRASH_KILLS={times}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut said = Vec::new();
    for _ in 0..times {
        let mut program = Program::start(folder, url, BUSY);
        // Some die while they start, the others after a few orders.
        if random.random_ratio(9, 10) {
            program.says("취소");
            for _ in 0..40 {
                program.types("/recommend 국물");
                program.types("1");
                program.types("/again");
                program.types("1");
            }
        }
        program.listen(Duration::from_millis(random.random_range(0..400)));
        if random.random_ratio(1, 5) {
            program.signal(Signal::SIGINT);
            program.listen(Duration::from_millis(random.random_range(0..30)));
        }
        said.extend(program.kill());
        // Nothing may disagree at any moment, not only in the end.
        let store = open(url).await;
        assert_eq!(store.audit().await.expect("an audit"), Vec::<String>::new(), "CRASH_SEED={seed}");
        store.close().await;
    }
    let (code, last) = Program::start(folder, url, BUSY).ends();
    assert_eq!(code, Some(0), "CRASH_SEED={seed}");
    said.extend(last);

    let store = open(url).await;
    assert_eq!(store.audit().await.expect("an audit"), Vec::<String>::new(), "CRASH_SEED={seed}");
    let name = whoami::username().expect("a user");
    let person = store.person_for(Platform::Console, &name, evening()).await.expect("a person").id;
    let open_orders = store.open_orders(person, &crate::support::place()).await.expect("orders");
    assert!(open_orders.is_empty(), "CRASH_SEED={seed}: {open_orders:?}");
    let dishes = store.history(person, &Search::default(), 1, 3).await.expect("a page").total;
    assert!(dishes > 0, "CRASH_SEED={seed}: nothing was ever served");
    let shown = |number: u32| said.iter().filter(|line| line.ends_with(&format!("· {number}번 요리"))).count();
    let mut doubled = 0;
    for number in 1..=dishes {
        assert!(shown(number) >= 1, "CRASH_SEED={seed}: dish {number} was never shown");
        doubled += shown(number) - 1;
    }
    assert!(doubled as u64 <= times, "CRASH_SEED={seed}: {doubled} dishes were shown twice");
    println!("{dishes} dishes, {doubled} shown twice, {times} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_every_order_ends_and_the_books_agree_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    kills(&format!("sqlite:{}/bapsang.db", folder.path().display()), &folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_every_order_ends_and_the_books_agree_on_postgres() {
    let folder = tempfile::tempdir().expect("a folder");
    kills(&postgres_url().await, &folder).await;
}

#[test]
fn killed_in_step_four_it_asks_step_four_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(&folder, "sqlite:bapsang.db", &[]);
    for step in ["1/6", "2/6", "3/6"] {
        program.says(step);
        program.types("1");
    }
    program.says("4/6");
    program.kill();
    let mut again = Program::start(&folder, "sqlite:bapsang.db", &[]);
    again.says("4/6 메인 재료");
    again.types("닭고기");
    again.says("5/6");
    assert_eq!(again.ends().0, Some(0));
}

#[test]
fn killed_while_cooking_the_dish_is_served_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::cooking(&folder, "60000");
    program.kill();
    let (code, said) = Program::start(&folder, "sqlite:bapsang.db", &[]).ends();
    assert_eq!(code, Some(0));
    let said = said.join("\n");
    assert!(
        said.contains("이어서 준비할게요") && said.contains("만드는 법") && said.contains("4장 남았어요"),
        "{said}"
    );
}

#[test]
fn ctrl_c_while_cooking_stops_the_order_and_returns_the_ticket() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Program::cooking(&folder, "60000");
    program.signal(Signal::SIGINT);
    program.says("주문을 멈췄어요.");
    program.types("식권");
    program.says("5장이 모두 남아");
    assert_eq!(program.ends().0, Some(0));
}

#[test]
fn ctrl_c_while_nothing_cooks_ends_with_130() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(&folder, "sqlite:bapsang.db", &[]);
    program.says("5. 뒤로");
    program.says("");
    program.signal(Signal::SIGINT);
    assert_eq!(program.child.wait().expect("an end").code(), Some(130));
}

#[test]
fn an_order_in_another_window_is_left_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut one = Program::cooking(&folder, "6000");
    let mut other = Program::start(&folder, "sqlite:bapsang.db", &[]);
    other.says("다른 창에서 만들고 있어요.");
    other.types("/recommend 국물");
    other.types("1");
    other.says("먼저 주문하신 요리를 준비하고 있어요.");
    one.says("만드는 법");
    assert_eq!((one.ends().0, other.ends().0), (Some(0), Some(0)));
}

#[test]
fn an_order_stopped_in_another_window_is_told_in_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut one = Program::cooking(&folder, "60000");
    let mut other = Program::start(&folder, "sqlite:bapsang.db", &[]);
    other.types("/cancel");
    other.says("주문을 멈췄어요.");
    one.says("주문을 멈췄어요.");
    one.types("식권");
    one.says("5장이 모두 남아");
    assert_eq!((one.ends().0, other.ends().0), (Some(0), Some(0)));
}

#[test]
fn a_window_that_slept_while_another_took_its_order_over_says_so_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut asleep = Program::cooking(&folder, "60000");
    asleep.sleeps(&folder);
    let mut awake = Program::start(&folder, "sqlite:bapsang.db", &[]);
    awake.says("만드는 법");
    asleep.signal(Signal::SIGCONT);
    asleep.says("다른 창이 이 주문을 이어받았어요.");
    asleep.types("식권");
    asleep.says("4장 남았어요.");
    assert_eq!((asleep.ends().0, awake.ends().0), (Some(0), Some(0)));
}
