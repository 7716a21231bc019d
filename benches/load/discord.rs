//! Discord under load: the stand-in of the tests, which holds everything against Discord's rules.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/discord/api.rs"]
mod api;
#[path = "../../tests/it/discord/gateway.rs"]
mod gateway;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/discord/people.rs"]
mod people;
#[path = "../../tests/it/discord/rest.rs"]
mod rest;
#[path = "../../tests/it/discord/rules.rs"]
mod rules;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/discord/world.rs"]
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

use super::report::Outcome;

/// A hundred people press for twenty seconds, while the gateway's connection falls, or is asked to begin anew, each second.
pub(crate) async fn reconnects() -> Outcome {
    let api = DiscordApi::start().await;
    api.quiet();
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = start(&folder, &api);
    api.until("the bot is connected", |api| api.identifies() > 0).await;
    let guests: Vec<(Guest, u64)> = (1..=100)
        .map(|id| {
            let guest = Guest::new(id, "손님", "ko");
            let channel = api.dm(&guest);
            (guest, channel)
        })
        .collect();
    for (guest, channel) in &guests {
        api.slash(*channel, guest, "start", &[]);
    }
    let asked =
        |api: &DiscordApi, channel: u64| api.messages(channel).first().is_some_and(|message| message.says("1/6"));
    api.until("everyone is asked", |api| guests.iter().all(|(_, channel)| asked(api, *channel))).await;
    let (begun, before) = (Instant::now(), api.acknowledgements().len());
    let (mut shown, mut lost, mut pressed, mut falls) = (Vec::new(), 0_u64, 0_u64, 0_u32);
    while begun.elapsed() < Duration::from_secs(20) {
        if begun.elapsed().as_secs() >= u64::from(falls) {
            if falls % 2 == 0 {
                api.drop_connection();
            } else {
                api.asks_to_reconnect();
            }
            falls += 1;
        }
        let round = Instant::now();
        let mut waiting: Vec<u64> = Vec::new();
        for (guest, channel) in &guests {
            let there = api.messages(*channel).remove(0);
            if there.says("1/6") {
                api.picks(*channel, guest, there.id, "초급");
            } else {
                api.presses(*channel, guest, there.id, "뒤로");
            }
            pressed += 1;
            waiting.push(*channel);
        }
        let first: Vec<bool> = waiting.iter().map(|channel| asked(&api, *channel)).collect();
        let mut waiting: Vec<(u64, bool)> = waiting.into_iter().zip(first).collect();
        // Discord gives a press up after three seconds.
        while !waiting.is_empty() && round.elapsed() < Duration::from_secs(3) {
            waiting.retain(|(channel, was_first)| {
                let answered = asked(&api, *channel) != *was_first;
                if answered {
                    shown.push(round.elapsed());
                }
                !answered
            });
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        lost += u64::try_from(waiting.len()).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let outcome = Outcome {
        people: 100,
        seconds: begun.elapsed().as_secs_f64(),
        updates: pressed,
        answered: api.acknowledgements().split_off(before),
        shown,
        silent: lost,
        ..Outcome::default()
    };
    let note = format!(
        "the connection fell or was begun anew {falls} times: {} times resumed, {} times identified; {lost} of {pressed} presses \
         had no answer within Discord's three seconds, and were pressed again",
        api.resumes(),
        api.identifies()
    );
    program.kill().expect("it lives");
    program.wait().expect("an end");
    outcome.named("Discord's gateway falls").noting(note)
}

fn start(folder: &tempfile::TempDir, api: &DiscordApi) -> Child {
    Command::new(super::subject::program())
        .arg("run")
        .current_dir(folder.path())
        .env_clear()
        .env("DISCORD_TOKEN", TOKEN)
        .env("BAPSANG_DISCORD__API_URL", api.url())
        .env("BAPSANG_LIMITS__PERSON_BURST", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program")
}
