//! The door in a real terminal: colours, a line editor, a spinner, Ctrl-C and Ctrl-D.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};
use tempfile::TempDir;

use crate::support::{NO_PHOTOS, program};

fn start(folder: &TempDir, more: &[(&str, &str)]) -> PtySession {
    let mut command = Command::new(program());
    command
        .arg("chat")
        .current_dir(folder.path())
        .env_clear()
        .env(NO_PHOTOS.0, NO_PHOTOS.1)
        .env("TERM", "xterm-256color");
    command.envs(more.iter().copied());
    spawn_command(command, Some(30_000)).expect("a terminal")
}

/// Reads on until `text` is written; gives what stood before it.
fn sees(terminal: &mut PtySession, text: &str) -> String {
    // The session reads bytes as characters.
    let bytes: String = text.bytes().map(char::from).collect();
    terminal.exp_string(&bytes).unwrap_or_else(|error| panic!("{text:?} is not seen: {error}"))
}

fn leaves(mut terminal: PtySession) -> String {
    // The line editor reads one key after the other; Ctrl-D counts on an empty line.
    terminal.send_control('d').expect("a key");
    let rest = terminal.exp_eof().expect("the end");
    let status = terminal.process().wait().expect("an end");
    assert!(format!("{status:?}").contains(", 0)"), "{status:?}");
    rest
}

#[test]
fn an_evening_in_a_terminal_has_colours_and_a_prompt() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = start(&folder, &[("LANG", "ko_KR.UTF-8")]);
    let before = sees(&mut terminal, "요리 난이도");
    assert!(before.contains("\u{1b}["), "no colours: {before:?}");
    sees(&mut terminal, "› ");
    terminal.send_line("/recommend 국물").expect("keys");
    sees(&mut terminal, "추천 받기");
    sees(&mut terminal, "› ");
    terminal.send_line("1").expect("keys");
    sees(&mut terminal, "만드는 법");
    sees(&mut terminal, "다시하기");
    sees(&mut terminal, "› ");
    leaves(terminal);
}

#[test]
fn a_terminal_of_24_bit_colours_shows_the_picture_above_its_dish() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = start(&folder, &[("LANG", "ko_KR.UTF-8"), ("COLORTERM", "truecolor")]);
    sees(&mut terminal, "› ");
    terminal.send_line("/recommend 국물").expect("keys");
    sees(&mut terminal, "추천 받기");
    sees(&mut terminal, "› ");
    terminal.send_line("1").expect("keys");
    sees(&mut terminal, "▀");
    sees(&mut terminal, "만드는 법");
    sees(&mut terminal, "› ");
    leaves(terminal);
}

#[test]
fn no_color_is_respected() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = start(&folder, &[("LANG", "en_US.UTF-8"), ("NO_COLOR", "1")]);
    let before = sees(&mut terminal, "Surprise me");
    assert!(!before.contains("\u{1b}["), "colours: {before:?}");
    sees(&mut terminal, "› ");
    leaves(terminal);
}

#[test]
fn ctrl_c_while_cooking_stops_the_order_and_the_evening_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = [("LANG", "en_US.UTF-8"), ("BAPSANG_RECOMMENDER__COOKBOOK_DELAY_MILLISECONDS", "60000")];
    let mut terminal = start(&folder, &slow);
    sees(&mut terminal, "› ");
    terminal.send_line("/recommend soup").expect("keys");
    sees(&mut terminal, "Get my dish");
    sees(&mut terminal, "› ");
    terminal.send_line("1").expect("keys");
    sees(&mut terminal, "Choosing a dish that fits.");
    terminal.send_control('c').expect("a key");
    sees(&mut terminal, "Your ticket is back.");
    sees(&mut terminal, "› ");
    terminal.send_line("tickets").expect("keys");
    sees(&mut terminal, "all 5 of today");
    sees(&mut terminal, "› ");
    leaves(terminal);
}

#[test]
fn ctrl_c_at_the_prompt_ends_with_130() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = start(&folder, &[("LANG", "ko_KR.UTF-8")]);
    sees(&mut terminal, "› ");
    terminal.send_control('c').expect("a key");
    terminal.exp_eof().expect("the end");
    let status = terminal.process().wait().expect("an end");
    assert!(format!("{status:?}").contains(", 130)"), "{status:?}");
}
