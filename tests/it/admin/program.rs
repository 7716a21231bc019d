//! `bapsang admin`, as it is run.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{NO_PHOTOS, program};

fn run(folder: &TempDir, words: &[&str]) -> Output {
    let output = Command::new(program())
        .current_dir(folder.path())
        .env_clear()
        .envs([NO_PHOTOS, ("LANG", "en_US.UTF-8"), ("USER", "cook"), ("HOME", "/nonexistent")])
        .args(words)
        .stdin(Stdio::null())
        .output();
    let output = output.expect("it runs");
    crate::support::keep_lines(&String::from_utf8_lossy(&output.stderr));
    output
}

fn says(output: &Output, part: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains(part) || err.contains(part), "{part:?} is neither in {out} nor in {err}");
}

#[test]
fn the_counter_answers_in_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = run(&folder, &["admin"]);
    assert_eq!(help.status.code(), Some(0));
    says(&help, "/admin grant WHO or all TICKETS [once|daily]");
    says(&run(&folder, &["admin", "stats"]), "People");
    says(&run(&folder, &["admin", "config"]), "bapsang-settings.toml");
    let config = std::fs::read_to_string(folder.path().join("bapsang-settings.toml")).expect("a file");
    assert!(config.contains("tickets.daily_limit = 5") && config.contains("# DATABASE_URL is sqlite:bapsang.db"));
    says(&run(&folder, &["admin", "health"]), "All is well");
}

#[test]
fn what_cannot_be_undone_is_asked_first_and_yes_can_be_said_with_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = run(&folder, &["admin", "maintenance", "on", "back", "soon"]);
    assert_eq!(asked.status.code(), Some(130));
    says(&asked, "Add --yes");
    let wrong = run(&folder, &["admin", "grant"]);
    assert_eq!(wrong.status.code(), Some(2));
    says(&wrong, "Usage:");
    let done = run(&folder, &["admin", "--yes", "maintenance", "on", "back", "soon"]);
    assert_eq!(done.status.code(), Some(0));
    says(&done, "Closed");
    says(&run(&folder, &["admin", "audit"]), "maintenance on back soon → done");
}
