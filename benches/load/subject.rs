//! What is measured: a program in a process of its own, started as people start it.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use super::{gallery::Gallery, model::Model, telegram::TOKEN};

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bapsang,
    /// teloxide and nothing else, making the same calls.
    Floor,
    /// The same dialogue in Python.
    Aiogram,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bapsang => "Bapsang",
            Self::Floor => "bare teloxide",
            Self::Aiogram => "aiogram",
        }
    }
}

/// How it is started.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) kind: Kind,
    /// Where the Bot API is, if Telegram is opened.
    pub(crate) telegram: Option<String>,
    pub(crate) model: String,
    pub(crate) gallery: SocketAddr,
    /// The folder with its database and pictures.
    pub(crate) folder: PathBuf,
    /// Lines of its environment, which come last.
    pub(crate) environment: Vec<(String, String)>,
}

impl Setup {
    pub(crate) fn new(kind: Kind, telegram: &str, model: &Model, gallery: &Gallery, folder: &Path) -> Self {
        Self {
            kind,
            telegram: Some(telegram.to_owned()),
            model: format!("{}/v1", model.served.url()),
            gallery: gallery.served.address,
            folder: folder.to_owned(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &dyn ToString) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }
}

/// The program while it runs; it is killed when this is dropped.
pub(crate) struct Subject {
    child: Child,
    pub(crate) started: Instant,
    pub(crate) folder: PathBuf,
}

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Which build of Bapsang is measured.
pub(crate) fn measures(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

pub(crate) fn program() -> &'static Path {
    PROGRAM.get().map_or(Path::new(env!("CARGO_BIN_EXE_bapsang")), PathBuf::as_path)
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// The settings of Bapsang: its own limits out of the way, one model, one source of pictures.
fn settings(setup: &Setup) -> String {
    let (model, gallery) = (&setup.model, setup.gallery);
    format!(
        r#"
[tickets]
daily_limit = 1000
[orders]
at_once = 2000
[recommender]
chain = ["bench", "cookbook"]
daily_requests = 0
daily_tokens = 0
[recommender.bench]
base_url = "{model}"
model = "bench"
api_key_env = ""
first_token_seconds = 60
at_once = 2000
[limits]
person_burst = 0
chat_burst = 0
[telegram.limits]
per_second = 100000
chat_per_second = 10000
chat_burst = 10000
group_per_minute = 100000
[photos]
order = ["bench"]
allow = ["{gallery}"]
[photos.sources.bench]
kind = "json"
url = "http://{gallery}/list?q={{en}}"
rows = "$.items[*]"
expects = ["$.items"]
untitled = true
image = ["$.image"]
credit = "A picture of the load generator"
cache_hours = 720
per_minute = 0
weight = 1.0
"#
    )
}

impl Subject {
    pub(crate) fn start(setup: &Setup) -> Self {
        let this = std::env::current_exe().expect("a path");
        let mut command = match setup.kind {
            Kind::Bapsang => {
                fs::write(setup.folder.join("bot.toml"), settings(setup)).expect("a file");
                let mut command = Command::new(program());
                command.arg("run").env_clear();
                if let Some(telegram) = &setup.telegram {
                    command.env("TELEGRAM_BOT_TOKEN", TOKEN).env("BAPSANG_TELEGRAM__API_URL", telegram);
                }
                command
            }
            Kind::Floor => {
                let mut command = Command::new(this);
                command.arg("--floor");
                command
            }
            Kind::Aiogram => {
                let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/aiogram/bot.py");
                let mut command = Command::new(super::python());
                command.arg(peer);
                command
            }
        };
        if setup.kind != Kind::Bapsang {
            command
                .env("TELEGRAM_BOT_TOKEN", TOKEN)
                .env("TELEGRAM_API_URL", setup.telegram.as_deref().unwrap_or_default())
                .env("DATABASE", setup.folder.join("peer.db"))
                .env("MODEL_URL", &setup.model)
                .env("PHOTO_URL", format!("http://{}/list?q=", setup.gallery))
                .env("DAILY_LIMIT", "1000");
        }
        let log = fs::File::create(setup.folder.join(format!("log-{}", free_port().port()))).expect("a file");
        command.current_dir(&setup.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.envs(setup.environment.iter().map(|(name, value)| (name, value)));
        let started = Instant::now();
        Self { child: command.spawn().expect("the program"), started, folder: setup.folder.clone() }
    }

    /// Seconds of processor time so far, of all threads.
    pub(crate) fn cpu(&self) -> f64 {
        cpu_of(&self.child.id().to_string())
    }

    /// Megabytes in memory now, and at most so far.
    pub(crate) fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            let number = line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
            number.unwrap_or_default() / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it wrote into its log, from the beginning.
    pub(crate) fn said(&self) -> String {
        let logs = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let logs = logs.filter(|file| file.file_name().to_string_lossy().starts_with("log-"));
        logs.filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Seconds of processor time of a process so far.
pub(crate) fn cpu_of(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
    // A tick is a hundredth of a second on every Linux that there is.
    (ticks(11) + ticks(12)) / 100.0
}

/// What the machine and the programs did between two moments.
pub(crate) struct Meter {
    begun: Instant,
    subjects: f64,
    own: f64,
}

impl Meter {
    pub(crate) fn start(subjects: &[&Subject]) -> Self {
        Self { begun: Instant::now(), subjects: subjects.iter().map(|one| one.cpu()).sum(), own: cpu_of("self") }
    }

    /// Seconds on the wall, of the programs' processors, and of the generator's own.
    pub(crate) fn stop(&self, subjects: &[&Subject]) -> (f64, f64, f64) {
        let cpu: f64 = subjects.iter().map(|one| one.cpu()).sum();
        (self.begun.elapsed().as_secs_f64(), cpu - self.subjects, cpu_of("self") - self.own)
    }
}

/// Waits until this answers 200 over HTTP.
pub(crate) async fn is_ready(address: SocketAddr, path: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    loop {
        if let Ok(mut stream) = tokio::net::TcpStream::connect(address).await {
            let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            let mut answer = String::new();
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.read_to_string(&mut answer).await;
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
