//! The program's own look at its sources: `bapsang photos check` and `replay`, and a terminal that shows a photo.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::{Gallery, Plan, jpeg, list};
use crate::support::program;

/// Settings with one source, `mine`, that asks this server at a path.
pub(crate) fn settings(gallery: &Gallery, path: &str) -> String {
    format!(
        "[photos]\nbudget_milliseconds = 30000\norder = [\"mine\", \"naver\", \"folder\"]\nallow = [\"{address}\"]\n\
         [photos.sources.mine]\nkind = \"json\"\nkeys = [\"MINE_KEY\"]\n\
         url = \"http://{address}{path}?q={{ko}}&key=${{MINE_KEY}}\"\nheaders = [\"X-Key: ${{MINE_KEY}}\"]\n\
         rows = \"$.items[*]\"\nexpects = [\"$.items\"]\nuntitled = true\nimage = [\"$.image\"]\n\
         credit = \"Mine\"\ncache_hours = 1\nweight = 1.0\n",
        address = gallery.address(),
    )
}

/// A gallery that has one picture for whatever is asked at a path.
pub(crate) async fn gallery(paths: &[&str]) -> Gallery {
    let gallery = Gallery::open().await;
    gallery.plan("/picture.jpg", Plan::ok("image/jpeg", jpeg(1600, 1200)));
    let list = list(&[&format!("http://{}/picture.jpg", gallery.address())]);
    for path in paths {
        gallery.plan(path, Plan::ok("application/json", list.clone()));
    }
    gallery
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder.path()).env_clear().envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

const KEY: (&str, &str) = ("MINE_KEY", "hush-hush");

async fn house(path: &str) -> (TempDir, Gallery) {
    let (folder, gallery) = (tempfile::tempdir().expect("a folder"), gallery(&["/list"]).await);
    std::fs::write(folder.path().join("bot.toml"), settings(&gallery, path)).expect("a file");
    (folder, gallery)
}

#[tokio::test(flavor = "multi_thread")]
async fn check_shows_what_each_source_answers_and_which_picture_would_be_taken() {
    let (folder, gallery) = house("/list").await;
    let all = ("BAPSANG_LOG__FILTER", "trace");
    let ran = run(&folder, &["photos", "check", "비빔밥", "--save", "answers"], &[KEY, all]).await;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let address = gallery.address().to_string();
    let out: Vec<String> = ran
        .out
        .replace(&address, "ADDRESS")
        .lines()
        .map(|line| line.split(" row").next().unwrap_or_default().to_owned())
        .collect();
    insta::assert_snapshot!(out.join("\n"));
    assert!(!ran.out.contains("hush") && !ran.err.contains("hush"), "{}{}", ran.out, ran.err);
    assert!(gallery.asked()[0].head.contains("hush-hush"), "its own server gets the key");
    assert!(ran.err.contains("OPENS AN ADDRESS THAT IS NOT PUBLIC"), "{}", ran.err);
    // What was saved reads alike.
    let file = "answers/mine.answer";
    assert!(folder.path().join(file).exists());
    let replayed = run(&folder, &["photos", "replay", file, "--source", "mine", "비빔밥"], &[KEY]).await;
    assert_eq!(replayed.code, Some(0), "{}", replayed.err);
    assert!(replayed.out.contains("ok, 1 row") && replayed.out.contains("picture.jpg"), "{}", replayed.out);
    assert_eq!(gallery.times("/list"), 1, "nothing was asked for that");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_ends_with_6_where_no_photo_was_found_and_names_the_reason() {
    let (folder, gallery) = house("/list").await;
    gallery.plan("/list", Plan::ok("text/html", "<html>Are you a robot?"));
    let ran = run(&folder, &["photos", "check", "비빔밥", "--source", "mine"], &[KEY]).await;
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    assert!(ran.out.contains("blocked (a page in place of JSON), status 200"), "{}", ran.out);
    assert!(ran.err.contains("no photo was found"), "{}", ran.err);
    let ran = run(&folder, &["photos", "check", "비빔밥", "--source", "nobody"], &[KEY]).await;
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.contains("photos.order does not list nobody; it lists mine, naver, folder"), "{}", ran.err);
    let ran = run(&folder, &["photos", "check", "비빔밥"], &[]).await;
    assert!(ran.out.contains("not asked: MINE_KEY is not set"), "{}", ran.out);
    let ran = run(&folder, &["photos", "replay", "none.answer", "--source", "mine", "비빔밥"], &[KEY]).await;
    assert_eq!((ran.code, ran.err.contains("none.answer")), (Some(1), true), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selector_that_does_not_compile_is_named_and_the_bot_starts() {
    let (folder, _gallery) = house("/list").await;
    let broken = [KEY, ("BAPSANG_PHOTOS__SOURCES__MINE__ROWS", "$.[")];
    let ran = run(&folder, &["check"], &broken).await;
    assert_eq!(ran.code, Some(6), "it is to be mended: {}", ran.err);
    assert!(ran.out.contains("MEND  mine: switched off, rows: \"$.[\" is no JSONPath"), "{}", ran.out);
    let ran = run(&folder, &["chat"], &broken).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("a photo source is switched off"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_in_the_terminal_has_its_photo_and_names_its_source() {
    let (folder, gallery) = house("/list").await;
    let script = "printf '/cancel\\n/recommend 비빔밥\\n1\\n/privacy\\n' | \"$PROGRAM\" chat --locale ko";
    let mut command = Command::new("/bin/sh");
    let path = program();
    command.args(["-c", script]).current_dir(folder.path()).env_clear().env(KEY.0, KEY.1).env("PROGRAM", &path);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let said = String::from_utf8(output.stdout).expect("text");
    let host = gallery.address().ip().to_string();
    assert!(said.contains(&format!("사진: {host}")) || said.contains("사진: Mine"), "{said}");
    let line = said.lines().find(|line| line.contains(".jpg") && line.contains("media/")).expect("a path");
    let file = line.split_whitespace().find(|word| word.contains("media/")).expect("a path");
    let size = image::image_dimensions(folder.path().join(Path::new(file.trim_matches(['(', ')']))));
    assert_eq!(size.ok(), Some((1280, 960)), "{line}");
    assert!(said.contains("사진을 찾을 때는 요리 이름만"), "{said}");
}
