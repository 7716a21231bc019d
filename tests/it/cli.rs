//! The program from outside: what it prints, and how it ends.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use bapsang::{chat::Locale, i18n};
use tempfile::TempDir;

use crate::{
    model::{
        server::{ModelServer, Plan},
        sheet,
    },
    support::{NO_PHOTOS, is_of_tomorrow, keep_lines, program, variable},
};

/// How the program ended, and what it wrote.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program in the folder with these variables, and with an input that ends at once.
pub(crate) fn run(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    run_with(folder, arguments, variables, "")
}

fn run_with(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
    let kept = ["PATH", "HOME"].into_iter().filter_map(|name| variable(name).map(|value| (name, value)));
    let mut child = Command::new(program())
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env(NO_PHOTOS.0, NO_PHOTOS.1)
        .envs(kept)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut typed = child.stdin.take().expect("a pipe");
    // A program that ended before does not read it.
    let _ = typed.write_all(input.as_bytes());
    drop(typed);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    keep_lines(&ran.err);
    for trace in ["panicked", "backtrace", "RUST_BACKTRACE"] {
        assert!(!ran.err.contains(trace) && !ran.out.contains(trace), "{arguments:?}: {}{}", ran.out, ran.err);
    }
    ran
}

impl Ran {
    /// Ended with this code, without complaint where it is 0.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        assert_eq!(self.err.is_empty(), code == 0, "\n{}", self.err);
        self
    }

    /// Wrote one line of complaint, with all of these in it, and nothing else.
    #[track_caller]
    fn complains_once(&self, of: &[&str]) {
        assert_eq!(self.err.lines().count(), 1, "\n{}", self.err);
        assert!(self.err.starts_with("bapsang: "), "\n{}", self.err);
        assert!(self.out.is_empty(), "\n{}", self.out);
        for words in of {
            assert!(self.err.contains(words), "{words:?} is not in {}", self.err);
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).expect("a file");
}

#[test]
fn help_has_examples_and_every_exit_code() {
    let help = run(&folder(), &["--help"], &[]);
    help.ends_with(0);
    for words in ["Examples:", "bapsang chat --locale", "| bapsang chat", "Exit codes:"] {
        assert!(help.out.contains(words), "{words:?} is not in\n{}", help.out);
    }
    let codes: Vec<&str> = help
        .out
        .lines()
        .skip_while(|line| !line.starts_with("Exit codes:"))
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6", "130"], "\n{}", help.out);
}

#[test]
fn help_has_every_command() {
    let help = run(&folder(), &["--help"], &[]);
    for command in ["chat", "check", "migrate"] {
        assert!(help.out.lines().any(|line| line.trim_start().starts_with(command)), "{command}\n{}", help.out);
        run(&folder(), &[command, "--help"], &[]).ends_with(0);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let nothing: &[&str] = &[];
    for arguments in
        [nothing, &["cook"], &["chat", "--loud"], &["chat", "--locale", "fr"], &["chat", "--locale"], &["check", "it"]]
    {
        let ran = run(&folder(), arguments, &[]);
        ran.ends_with(2);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn a_language_that_is_not_spoken_is_refused_with_those_that_are() {
    let ran = run(&folder(), &["chat", "--locale", "fr"], &[]);
    assert!(ran.ends_with(2).err.contains("ko and en"), "{}", ran.err);
}

#[test]
fn check_says_what_counts_and_touches_nothing() {
    let folder = folder();
    let ran = run(&folder, &["check"], &[]);
    ran.ends_with(0);
    let dishes = "the cookbook; openai is passed over without OPENAI_API_KEY";
    for words in ["The settings are fine", "ko", "5 a day", "Asia/Seoul", "sqlite:bapsang.db", dishes] {
        assert!(ran.out.contains(words), "{words:?} is not in\n{}", ran.out);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn check_does_not_show_the_password() {
    let ran = run(&folder(), &["check"], &[("DATABASE_URL", "postgres://chef:hush-hush@127.0.0.1:9/bapsang")]);
    ran.ends_with(4);
    assert!(ran.out.contains("127.0.0.1:9") && !ran.out.contains("hush") && !ran.err.contains("hush"), "{}", ran.out);
}

#[test]
fn wrong_settings_end_with_3_and_every_mistake_is_named_whatever_the_command() {
    let folder = folder();
    write(&folder, "bot.toml", "[tickets]\ndaily_limit = 9999\ndaily_limits = 3\n");
    let variables = [("BAPSANG_BOT__TIME_ZONE", "Mars/Olympus"), ("DATABASE_URL", "mysql://chef:hush-hush@localhost")];
    for command in ["check", "migrate", "chat"] {
        let ran = run(&folder, &[command], &variables);
        ran.ends_with(3);
        assert!(ran.out.is_empty(), "{}", ran.out);
        let lines: Vec<&str> = ran.err.lines().collect();
        assert_eq!(lines.len(), 5, "{}", ran.err);
        assert!(lines.iter().all(|line| line.starts_with("bapsang: ")), "{}", ran.err);
        for name in ["tickets.daily_limit ", "tickets.daily_limits;", "BAPSANG_BOT__TIME_ZONE", "DATABASE_URL"] {
            assert_eq!(lines.iter().filter(|line| line.contains(name)).count(), 1, "{name}\n{}", ran.err);
        }
        assert!(!ran.err.contains("hush"), "{}", ran.err);
    }
}

#[test]
fn a_settings_file_that_is_not_there_ends_with_3() {
    let ran = run(&folder(), &["--settings", "none.toml", "check"], &[]);
    assert!(ran.ends_with(3).err.contains("none.toml cannot be read"), "{}", ran.err);
}

#[test]
fn the_environment_beats_dot_env_which_beats_the_file() {
    let folder = folder();
    let limit = |variables: &[(&str, &str)]| {
        let ran = run(&folder, &["check"], variables);
        let out = ran.ends_with(0).out.clone();
        out.lines().find_map(|line| line.trim().strip_prefix("tickets")?.split_whitespace().next()?.parse::<u32>().ok())
    };
    assert_eq!(limit(&[]), Some(5));
    write(&folder, "bot.toml", "[tickets]\ndaily_limit = 6\n");
    assert_eq!(limit(&[]), Some(6));
    write(&folder, ".env", "# a comment\nBAPSANG_TICKETS__DAILY_LIMIT=7\n");
    assert_eq!(limit(&[]), Some(7));
    assert_eq!(limit(&[("BAPSANG_TICKETS__DAILY_LIMIT", "8")]), Some(8));
}

#[test]
fn the_example_of_dot_env_changes_nothing() {
    let folder = folder();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example");
    let counts = || {
        let ran = run(&folder, &["check"], &[]);
        ran.ends_with(0).out.split_once("Looked at:").expect("what counts, and what was looked at").0.to_owned()
    };
    let before = counts();
    fs::copy(example, folder.path().join(".env")).expect("a copy");
    assert_eq!(counts(), before);
}

#[test]
fn a_line_of_dot_env_that_does_not_read_is_refused_without_repeating_it() {
    let folder = folder();
    write(&folder, ".env", "DATABASE_URL postgres://chef:hush-hush@localhost/bapsang\n");
    let ran = run(&folder, &["check"], &[]);
    ran.ends_with(3);
    assert!(ran.err.contains(".env has a line that is not NAME=VALUE"), "{}", ran.err);
    assert!(!ran.err.contains("hush"), "{}", ran.err);
}

#[test]
fn migrate_makes_the_file_and_does_nothing_the_second_time() {
    let folder = folder();
    for _ in 0..2 {
        let ran = run(&folder, &["migrate"], &[]);
        assert_eq!(ran.ends_with(0).out, "sqlite:bapsang.db is up to date.\n");
        assert!(folder.path().join("bapsang.db").is_file());
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_a_sentence() {
    let folder = folder();
    run(&folder, &["migrate"], &[]).ends_with(0);
    is_of_tomorrow(&folder.path().join("bapsang.db")).await;
    for command in ["migrate", "chat"] {
        let ran = run(&folder, &[command], &[]);
        ran.ends_with(4).complains_once(&["sqlite:bapsang.db", "newer version of bapsang", "9999", "DATABASE_URL"]);
    }
}

#[test]
fn a_database_in_a_folder_that_is_not_there_ends_with_3() {
    let folder = folder();
    for command in ["check", "migrate", "chat"] {
        let ran = run(&folder, &[command], &[("DATABASE_URL", "sqlite:nowhere/bapsang.db")]);
        assert!(ran.ends_with(3).err.contains("DATABASE_URL names a file in nowhere"), "{}", ran.err);
    }
}

#[test]
fn a_database_that_cannot_be_written_ends_with_4_and_check_says_so() {
    let folder = folder();
    fs::create_dir(folder.path().join("shelf")).expect("a folder");
    // Not even the superuser makes a file in /proc.
    for address in ["sqlite:shelf", "sqlite:/proc/bapsang.db"] {
        for command in ["migrate", "chat"] {
            let ran = run(&folder, &[command], &[("DATABASE_URL", address)]);
            ran.ends_with(4).complains_once(&[address, "the database cannot be opened or written"]);
        }
        let checked = run(&folder, &["check"], &[("DATABASE_URL", address)]);
        checked.ends_with(3).complains_once(&["DATABASE_URL names", "which cannot be written"]);
    }
}

#[test]
fn a_file_that_is_no_database_ends_with_4_and_is_left_alone() {
    let folder = folder();
    let text = "a shopping list, and no database\n".repeat(100);
    write(&folder, "bapsang.db", &text);
    run(&folder, &["migrate"], &[]).ends_with(4).complains_once(&["sqlite:bapsang.db"]);
    assert_eq!(fs::read_to_string(folder.path().join("bapsang.db")).expect("a file"), text);
}

#[test]
fn a_server_that_is_not_there_ends_with_4_and_the_password_is_not_shown() {
    let address = "postgres://chef:hush-hush@127.0.0.1:1/bapsang";
    let ran = run(&folder(), &["migrate"], &[("DATABASE_URL", address)]);
    ran.ends_with(4).complains_once(&["postgres://127.0.0.1:1/bapsang"]);
    assert!(!ran.err.contains("hush"), "{}", ran.err);
}

/// Arguments and variables.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn chat_speaks_the_language_of_its_surroundings_unless_told_otherwise() {
    let english: [Case; 5] = [
        (&["chat"], &[("LANG", "en_US.UTF-8")]),
        (&["chat"], &[("LANG", "ko_KR.UTF-8"), ("LC_MESSAGES", "en_GB")]),
        (&["chat"], &[("LANG", "ko_KR.UTF-8"), ("LC_MESSAGES", "ko_KR"), ("LC_ALL", "en_US.UTF-8")]),
        (&["chat", "--locale", "en"], &[("LANG", "ko_KR.UTF-8")]),
        (&["chat"], &[("LANG", "fr_FR.UTF-8"), ("BAPSANG_BOT__DEFAULT_LOCALE", "en")]),
    ];
    let korean: [Case; 5] = [
        (&["chat"], &[]),
        (&["chat"], &[("LANG", "C")]),
        (&["chat"], &[("LANG", "ko_KR.UTF-8")]),
        (&["chat"], &[("LANG", "fr_FR.UTF-8")]),
        (&["chat", "--locale", "ko"], &[("LANG", "en_US.UTF-8")]),
    ];
    for (locale, cases) in [(Locale::En, english), (Locale::Ko, korean)] {
        for (arguments, variables) in cases {
            let ran = run(&folder(), arguments, variables);
            let greeting = i18n::word(locale, "greeting");
            assert!(ran.ends_with(0).out.starts_with(&greeting), "{arguments:?} {variables:?}\n{}", ran.out);
        }
    }
}

#[test]
fn chat_reads_one_input_a_line_from_a_pipe_and_ends_with_it() {
    let ran = run_with(&folder(), &["chat", "--locale", "en"], &[], "1\n/help");
    ran.ends_with(0);
    // The second question follows the first answer; the last line counts without its line end.
    for key in ["line-theme", "topic-order"] {
        let words = i18n::word(Locale::En, key);
        assert!(ran.out.contains(&words), "{words:?} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&folder(), &["completions", shell], &[]);
        ran.ends_with(0);
        for word in ["chat", "locale", "pictures", "migrate"] {
            assert!(ran.out.contains(word), "{shell} does not complete {word}");
        }
    }
    assert_eq!(run(&folder(), &["completions", "nosuch"], &[]).code, Some(2));
}

#[test]
fn a_dish_comes_with_its_picture_in_the_media_folder_unless_pictures_are_off() {
    let folder = folder();
    let variables = [("BAPSANG_MEDIA__DIRECTORY", "kept")];
    let script = "/cancel\n/recommend soup\n1\n";
    let ran = run_with(&folder, &["chat", "--locale", "en"], &variables, script);
    let path = ran.out.split_once("Picture: ").expect("a picture").1.lines().next().expect("a path");
    assert!(path.starts_with("kept/") && folder.path().join(path).is_file(), "{path}");
    let ran = run_with(&folder, &["chat", "--locale", "en", "--pictures", "off"], &variables, script);
    assert!(!ran.ends_with(0).out.contains("Picture:"), "{}", ran.out);
    let ran = run_with(&folder, &["chat", "--locale", "en", "--pictures", "blocks"], &variables, script);
    assert!(ran.ends_with(0).out.contains('▀'), "{}", ran.out);
}

#[test]
fn check_says_where_pictures_are_kept() {
    let ran = run(&folder(), &["check"], &[]);
    assert!(ran.ends_with(0).out.contains("pictures   in media, cards with words"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_with_a_model_behind_an_address_of_ones_own() {
    let server = ModelServer::always(Plan::says(&sheet().to_string())).await;
    let url = server.url();
    let evening = tokio::task::spawn_blocking(move || {
        let variables = [("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", url.as_str()), ("OPENAI_API_KEY", "sk-hush")];
        let arguments = ["chat", "--locale", "ko", "--pictures", "off"];
        run_with(&folder(), &arguments, &variables, "/recommend 국물\n1\n")
    });
    let evening = evening.await.expect("no panic");
    evening.ends_with(0);
    for words in ["두부 버섯전골", "재료 (1인분)", "1/2모", "출처: AI 추천", "4장 남았어요"] {
        assert!(evening.out.contains(words), "{words} is not in\n{}", evening.out);
    }
    assert!(!evening.out.contains("hush") && !evening.err.contains("hush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_online_says_what_the_server_can_do_and_what_came() {
    let server = ModelServer::always(Plan::says(&sheet().to_string())).await;
    server.plan([Plan::refuses("response_format is not supported")]);
    let check = check_online(&server).await;
    check.ends_with(0);
    for words in ["capability   JSON mode", "first token", "700 read, 300 written", "passed: 두부 버섯전골"] {
        assert!(check.out.contains(words), "{words} is not in\n{}", check.out);
    }
    let check = check_online(&ModelServer::always(Plan::status(401)).await).await;
    check.ends_with(6);
    assert!(check.out.contains("it was refused with 401"), "{}", check.out);
    let check = check_online(&ModelServer::always(Plan::says("{}")).await).await;
    check.ends_with(6);
    assert!(check.out.contains("not passed: there is no JSON object"), "{}", check.out);
}

async fn check_online(server: &ModelServer) -> Ran {
    let url = server.url();
    let asking = tokio::task::spawn_blocking(move || {
        run(&folder(), &["check", "--online"], &[("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", &url)])
    });
    asking.await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn eval_judges_the_cookbook_and_a_model() {
    let eval = run(&folder(), &["eval"], &[]);
    eval.ends_with(0);
    assert!(eval.out.contains("60 of 60 passed; 0 with a forbidden ingredient, 0 repeated"), "{}", eval.out);
    let server = ModelServer::always(Plan::says(&sheet().to_string())).await;
    let url = server.url();
    let asking = tokio::task::spawn_blocking(move || {
        run(&folder(), &["eval", "openai"], &[("BAPSANG_RECOMMENDER__OPENAI__BASE_URL", &url)])
    });
    let eval = asking.await.expect("no panic");
    // One dish for every request is what most of them did not ask for.
    eval.ends_with(6);
    assert!(eval.out.contains("two answers in a row had flaws"), "{}", eval.out);
    let rest = run(&folder(), &["eval", "--from", "59"], &[]);
    assert!(rest.ends_with(0).out.contains("2 of 2 passed"), "it goes on where it was stopped: {}", rest.out);
    run(&folder(), &["eval", "--from", "61"], &[]).ends_with(2);
    run(&folder(), &["eval", "openai"], &[]).ends_with(3);
    run(&folder(), &["eval", "chef"], &[]).ends_with(3);
}
