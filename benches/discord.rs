//! How long an interaction waits for its acknowledgement on Discord, and for its answer: the program against the stand-in
//! for Discord of the tests, over the gateway, with 1 and with 200 people who press at the same moment. SQLite with
//! `synchronous=FULL`.

use std::{
    fs,
    io::Write,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/discord/api.rs"]
mod api;
#[path = "../tests/it/discord/gateway.rs"]
mod gateway;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/discord/people.rs"]
mod people;
#[path = "../tests/it/discord/rest.rs"]
mod rest;
#[path = "../tests/it/discord/rules.rs"]
mod rules;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/discord/world.rs"]
mod world;

/// The tests hold every request against the official document as well; here that would be measured too.
mod official {
    use serde_json::Value;

    pub(super) fn request(_: &str, _: &[String], _: &[(String, String)], _: &Value) -> Vec<String> {
        Vec::new()
    }
}

use api::DiscordApi;
use world::{Guest, TOKEN};

/// The first question and the second.
const QUESTIONS: [&str; 2] = ["1/6", "2/6"];

#[tokio::main]
async fn main() {
    let mut table =
        String::from("at once | presses | to the acknowledgement: median, 99% | to the answer: median, 99% | memory\n");
    for (people, rounds) in [(1, 500), (200, 20)] {
        table.push_str(&measure(people, rounds).await);
        table.push('\n');
    }
    // Cargo shows what a benchmark writes.
    let _ = std::io::stdout().write_all(table.as_bytes());
}

async fn measure(people: u64, rounds: usize) -> String {
    let api = DiscordApi::start().await;
    api.quiet();
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = start(&folder, &api);
    api.until("the bot is connected", |api| api.identifies() > 0).await;
    let guests: Vec<(Guest, u64)> = (1..=people)
        .map(|id| {
            let guest = Guest::new(id, "손님", "ko");
            let channel = api.dm(&guest);
            (guest, channel)
        })
        .collect();
    for (guest, channel) in &guests {
        api.slash(*channel, guest, "start", &[]);
    }
    until_all_are_asked(&api, &guests, QUESTIONS[0]).await;
    let before = api.acknowledgements().len();
    let mut answered = Vec::new();
    for round in 0..rounds {
        let begun = Instant::now();
        for (guest, channel) in &guests {
            let message = api.messages(*channel)[0].id;
            if round % 2 == 0 {
                api.picks(*channel, guest, message, "초급");
            } else {
                api.presses(*channel, guest, message, "뒤로");
            }
        }
        let mut waiting: Vec<u64> = guests.iter().map(|(_, channel)| *channel).collect();
        let question = QUESTIONS[(round + 1) % 2];
        while !waiting.is_empty() {
            waiting.retain(|channel| {
                let there = api.messages(*channel)[0].says(question);
                if there {
                    answered.push(begun.elapsed());
                }
                !there
            });
            assert!(begun.elapsed() < Duration::from_secs(60), "it takes too long");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
    assert_eq!(api.refused(), Vec::<String>::new());
    let memory = resident(&program);
    program.kill().expect("it lives");
    program.wait().expect("an end");
    let mut acknowledged = api.acknowledgements().split_off(before);
    let at = |times: &mut Vec<Duration>, part: usize| {
        times.sort_unstable();
        times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    format!(
        "{people:>7} | {:>7} | {:>7.1} ms, {:>7.1} ms | {:>7.1} ms, {:>7.1} ms | {memory} MB",
        acknowledged.len(),
        at(&mut acknowledged, 50),
        at(&mut acknowledged, 99),
        at(&mut answered, 50),
        at(&mut answered, 99),
    )
}

async fn until_all_are_asked(api: &DiscordApi, guests: &[(Guest, u64)], question: &str) {
    api.until(question, |api| {
        let asked = |channel: u64| api.messages(channel).first().is_some_and(|message| message.says(question));
        guests.iter().all(|(_, channel)| asked(*channel))
    })
    .await;
}

fn start(folder: &tempfile::TempDir, api: &DiscordApi) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bapsang"))
        .arg("run")
        .current_dir(folder.path())
        .env_clear()
        .env("DISCORD_TOKEN", TOKEN)
        .env("BAPSANG_DISCORD__API_URL", api.url())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program")
}

fn resident(program: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or_default() / 1024
}
