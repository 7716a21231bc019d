//! From a press to its answer on Telegram: the program against the stand-in for the Bot API server of the tests, with 1,
//! 100 and 1,000 people who press as fast as the answers come. SQLite with `synchronous=FULL`, polling, raised limits.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/telegram/api.rs"]
mod api;
#[path = "../tests/it/telegram/html.rs"]
mod html;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/telegram/pace.rs"]
mod pace;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/telegram/people.rs"]
mod people;
#[path = "../tests/it/telegram/rules.rs"]
mod rules;
#[path = "../tests/it/telegram/server.rs"]
mod server;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/telegram/world.rs"]
mod world;

/// The tests hold everything against the official document as well; here that would be measured too.
mod official {
    use serde_json::{Map, Value};

    pub(super) fn request(_: &str, _: &Map<String, Value>, _: bool) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn answer(_: &str, _: &Value) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn update(_: &Value) -> Vec<String> {
        Vec::new()
    }
}

use api::BotApi;
use pace::Pace;
use world::{Guest, TOKEN};

/// Two buttons that lead from the first question to the second and back.
const WAY: [&str; 2] = ["초급", "뒤로"];

#[tokio::main]
async fn main() {
    let mut rows = Vec::new();
    for (people, presses) in [(1, 500), (100, 10_000), (1_000, 20_000)] {
        rows.push(measure(people, presses).await);
    }
    let mut table =
        String::from("people | presses a second | press to answer: median, 99% | to the callback's answer | memory\n");
    for row in rows {
        table.push_str(&row);
        table.push('\n');
    }
    // Cargo shows what a benchmark writes.
    let _ = std::io::stdout().write_all(table.as_bytes());
}

async fn measure(people: i64, presses: usize) -> String {
    let api = BotApi::start(Pace::generous()).await;
    api.quiet();
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = start(&folder, &api);
    let guests: HashMap<i64, Guest> = (1..=people).map(|id| (id, Guest::new(id, "손님", Some("ko")))).collect();
    for guest in guests.values() {
        let chat = api.private(guest);
        api.says(chat, guest, "/start");
    }
    let mut waiting: HashMap<i64, Instant> = HashMap::new();
    let (mut took, mut steps, mut sent) = (Vec::new(), HashMap::<i64, usize>::new(), 0);
    let mut begun = None;
    while took.len() < presses {
        let touched = api.touched();
        for chat in touched {
            if let Some(at) = waiting.remove(&chat) {
                took.push(at.elapsed());
            }
            let begun = begun.get_or_insert_with(Instant::now);
            assert!(begun.elapsed() < Duration::from_secs(300), "it takes too long");
            if sent < presses {
                let step = steps.entry(chat).or_default();
                let last = api.last(chat);
                api.presses(chat, &guests[&chat], last.id, WAY[*step % 2]);
                waiting.insert(chat, Instant::now());
                (*step, sent) = (*step + 1, sent + 1);
            }
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    let seconds = begun.expect("it began").elapsed().as_secs_f64();
    assert_eq!(api.refused(), Vec::<String>::new());
    let memory = resident(&program);
    program.kill().expect("it lives");
    program.wait().expect("an end");
    let mut answered = api.answer_times();
    let middle = |times: &mut Vec<Duration>, part: usize| {
        times.sort_unstable();
        times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    let rate = f64::from(u32::try_from(presses).expect("a number")) / seconds;
    format!(
        "{people:>6} | {rate:>8.0} | {:>7.1} ms, {:>7.1} ms | {:>7.1} ms, {:>7.1} ms | {memory} MB",
        middle(&mut took, 50),
        middle(&mut took, 99),
        middle(&mut answered, 50),
        middle(&mut answered, 99),
    )
}

fn start(folder: &tempfile::TempDir, api: &BotApi) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bapsang"))
        .arg("run")
        .current_dir(folder.path())
        .env_clear()
        .env("TELEGRAM_BOT_TOKEN", TOKEN)
        .env("BAPSANG_TELEGRAM__API_URL", api.url())
        .env("BAPSANG_TELEGRAM__LIMITS__PER_SECOND", "100000")
        .env("BAPSANG_TELEGRAM__LIMITS__CHAT_PER_SECOND", "10000")
        .env("BAPSANG_TELEGRAM__LIMITS__CHAT_BURST", "10000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program")
}

/// Megabytes that the process holds in memory.
fn resident(program: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or_default() / 1024
}
