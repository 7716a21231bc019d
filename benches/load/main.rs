//! Loads the shop with people, and says what came of it: `just load`, or `just load evening` for one scenario.
//!
//! Everything around the program is made here: Telegram, Discord, a model, a search for pictures, and people with phones.
//! The programs that are measured run in processes of their own, so that their processor time and memory are theirs alone.

mod call;
mod discord;
mod gallery;
mod http;
mod million;
mod model;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/telegram/pace.rs"]
mod pace;
mod people;
mod plans;
mod report;
mod scale;
mod scenarios;
mod shop;
mod subject;
mod targets;
mod telegram;
mod wire;

#[path = "../peers/floor.rs"]
mod floor;

use std::{io::Write as _, path::PathBuf, time::Duration};

use clap::Parser;

use report::{Figure, Outcome};

/// Measures the shop under load.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything where nothing is named.
    what: Vec<String>,
    /// What the people's choices and pauses come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long each measurement lasts.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often each comparison is made.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where JSON and pictures are written.
    #[arg(long, default_value = "target/load")]
    out: PathBuf,
    /// Another build of the program, for a comparison of before and after.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_bapsang"))]
    program: PathBuf,
    /// Is the bare bot that others are compared with.
    #[arg(long, hide = true)]
    floor: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What a measurement gives.
#[derive(Debug, Default)]
struct Measured {
    outcomes: Vec<Outcome>,
    figures: Vec<Figure>,
}

#[expect(clippy::disallowed_methods, reason = "settings read the program's environment, not the benchmarks'")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The Python that has the packages of `benches/peers/aiogram`.
fn python() -> String {
    Some(variable("PEER_PYTHON")).filter(|path| !path.is_empty()).unwrap_or_else(|| "python3".to_owned())
}

fn say(line: &str) {
    // Cargo shows what a benchmark writes.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn main() {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if arguments.floor {
        return runtime.block_on(floor::run(variable));
    }
    subject::measures(arguments.program.clone());
    say(&report::machine());
    let all = [targets::ALL, scenarios::ALL].concat();
    let chosen = |name: &str| arguments.what.is_empty() || arguments.what.iter().any(|what| what == name);
    if let Some(unknown) = arguments.what.iter().find(|what| all.iter().all(|(name, _)| name != *what)) {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        say(&format!("there is no {unknown}; there are {}", names.join(", ")));
        std::process::exit(2);
    }
    let mut together = Measured::default();
    for (name, measure) in all.iter().filter(|(name, _)| chosen(name)) {
        let measured = runtime.block_on(measure(&arguments));
        say(&format!("\n## {name}\n"));
        if !measured.outcomes.is_empty() {
            say(&report::table(&measured.outcomes));
        }
        if !measured.figures.is_empty() {
            say(&report::figures(&measured.figures));
        }
        report::write(&arguments.out, name, &measured.outcomes, &measured.figures);
        together.outcomes.extend(measured.outcomes);
        together.figures.extend(measured.figures);
    }
    report::write(&arguments.out, "together", &together.outcomes, &together.figures);
}
