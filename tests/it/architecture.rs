//! Who may know whom, and what belongs where, read from the sources themselves.

use std::collections::BTreeSet;

use crate::sources::{Source, sources};

/// The plain values that every room but telemetry may know.
const WORDS: [&str; 6] = ["chat", "clock", "dish", "order", "profile", "ticket"];

const ROOMS: [&str; 18] = [
    "chat",
    "clock",
    "dish",
    "order",
    "profile",
    "ticket",
    "dialogue",
    "photo",
    "recommender",
    "store",
    "bot",
    "kitchen",
    "platform",
    "http",
    "cli",
    "i18n",
    "settings",
    "telemetry",
];

/// The rooms that a room may know beside itself; `None` for a room that has no rule.
fn may_know(room: &str) -> Option<Vec<&'static str>> {
    let words_and = |rooms: &[&'static str]| Some([&WORDS[..], rooms].concat());
    match room {
        "chat" | "clock" | "dish" | "order" | "profile" | "ticket" | "dialogue" | "recommender" | "store" | "i18n" => {
            words_and(&[])
        }
        "photo" => words_and(&["i18n"]),
        "bot" => words_and(&["dialogue", "photo", "store", "i18n"]),
        "kitchen" => words_and(&["dialogue", "photo", "store", "recommender", "bot"]),
        "platform" => words_and(&["bot", "i18n"]),
        "settings" => words_and(&["bot", "kitchen", "photo", "platform", "recommender", "store", "telemetry"]),
        "http" | "telemetry" => Some(Vec::new()),
        "cli" | "fuzzing" | "lib" | "main" => Some(ROOMS.to_vec()),
        _ => None,
    }
}

/// A crate and where it may be used: files, or folders.
const CRATES: [(&str, &[&str]); 50] = [
    ("hyper", &["http.rs"]),
    ("hyper_util", &["http.rs"]),
    ("metrics_exporter_prometheus", &["telemetry.rs"]),
    ("charts_rs", &["photo/chart.rs"]),
    ("rustix", &["cli/health.rs", "cli/process.rs", "cli.rs"]),
    ("async_openai", &["recommender/model/call.rs"]),
    ("reqwest", &["recommender/model/call.rs", "photo/net/fetch.rs"]),
    ("rustls", &["recommender/model/call.rs", "photo/net/fetch.rs"]),
    ("rustls_platform_verifier", &["photo/net/fetch.rs"]),
    ("ipnet", &["photo/net/guard.rs"]),
    ("scraper", &["photo/source/"]),
    ("html5ever", &["photo/source/page.rs"]),
    ("serde_json_path", &["photo/source/"]),
    ("regex", &["photo/source/field.rs"]),
    ("encoding_rs", &["photo/source/page.rs"]),
    ("chardetng", &["photo/source/page.rs"]),
    ("fast_image_resize", &["photo/develop.rs"]),
    ("tower", &["recommender/model/call.rs", "http.rs"]),
    ("tokio_stream", &["recommender/model/call.rs"]),
    ("schemars", &["recommender/model/sheet.rs"]),
    ("sqlx", &["store/"]),
    ("fluent_templates", &["i18n.rs"]),
    ("tossicat", &["i18n.rs"]),
    ("rustyline", &["platform/console/", "cli.rs"]),
    ("indicatif", &["platform/console/", "cli/progress.rs"]),
    ("textwrap", &["platform/console/", "cli.rs"]),
    ("console", &["platform/console/", "cli.rs"]),
    ("clap", &["cli.rs", "cli/", "main.rs"]),
    ("config", &["settings.rs", "settings/"]),
    ("dotenvy", &["settings.rs"]),
    ("strsim", &["settings.rs"]),
    ("tracing_subscriber", &["telemetry.rs", "settings.rs"]),
    ("toml", &["settings.rs", "settings/", "recommender/cookbook", "recommender/eval.rs"]),
    ("rand", &["bot/", "recommender/cookbook", "recommender/model/mod.rs", "photo/plate.rs"]),
    ("resvg", &["photo/"]),
    ("image", &["photo/", "platform/console/picture.rs"]),
    ("base64", &["platform/console/picture.rs", "platform/discord/mod.rs"]),
    ("tempfile", &["photo/shelf.rs"]),
    ("sha2", &["photo/shelf.rs", "store/forgetting.rs", "platform/telegram/webhook.rs"]),
    ("hmac", &["store/forgetting.rs", "platform/telegram/webhook.rs"]),
    ("teloxide", &["platform/telegram/"]),
    ("serenity", &["platform/discord/"]),
    ("axum", &["platform/telegram/", "platform/discord/endpoint.rs", "http.rs"]),
    ("subtle", &["platform/telegram/webhook.rs"]),
    ("unicode_width", &["platform/telegram/keyboard.rs"]),
    ("clap_complete", &["cli.rs"]),
    ("memchr", &["chat/finder.rs", "photo/develop.rs", "dish/sources.rs"]),
    ("aho_corasick", &["dish/sources.rs"]),
    ("mimalloc", &["main.rs"]),
    ("moka", &["store/history.rs", "bot/", "photo/", "platform/telegram/mod.rs", "platform/discord/mod.rs"]),
];

/// A path and where it may be used. The clippy list of disallowed methods knows some of them as well.
const PATHS: [(&str, &[&str]); 6] = [
    ("Ticket::of_the_house", &["cli/"]),
    ("std::env", &["settings.rs"]),
    ("Utc::now", &["clock.rs"]),
    ("Ticket::taken_on", &["store/"]),
    ("Local::now", &["clock.rs"]),
    ("SystemTime", &["clock.rs"]),
];

/// Files whose Hangul is understood or grammar, and is not said: names of commands and of languages, what turns a
/// wish round, what ingredients are called, and the syllable that a particle is asked for.
const HANGUL: [&str; 15] = [
    "chat/admin/mod.rs",
    "chat/commands.rs",
    "bot/commands.rs",
    "order/wish.rs",
    "dish/avoided.rs",
    "dish/servings.rs",
    "dish/sources.rs",
    "dish/sources/words.rs",
    "dish/caution.rs",
    "dish/reading.rs",
    "dish/review.rs",
    "dish/seasoning.rs",
    "photo/notebook.rs",
    "recommender/model/sheet.rs",
    "i18n.rs",
];

const MOST_LINES: usize = 500;

/// The rooms that a source names: `store` for `crate::store::Store`, also where `super` leads to the root.
fn rooms_named(source: &Source) -> BTreeSet<String> {
    let floor = source.path.split('/').filter(|part| !matches!(*part, "mod.rs" | "lib.rs" | "main.rs")).count();
    let room = |path: &String| {
        let parts: Vec<&str> = path.split("::").collect();
        let room = match parts.iter().take_while(|part| **part == "super").count() {
            0 if parts[0] == "crate" => parts.get(1).copied(),
            supers if supers > 0 && supers >= floor => parts.get(supers).copied().filter(|part| ROOMS.contains(part)),
            _ => None,
        };
        room.map(str::to_owned)
    };
    source.paths.iter().filter_map(room).collect()
}

fn strangers(source: &Source) -> Vec<String> {
    let (path, room) = (&source.path, source.room());
    let Some(known) = may_know(room) else {
        return vec![format!("{path}: tests/it/architecture.rs has no rule for whom {room} may know")];
    };
    let named = rooms_named(source).into_iter();
    let strangers = named.filter(|other| other.as_str() != room && !known.iter().any(|known| known == other));
    strangers.map(|other| format!("{path} may not know {other}")).collect()
}

fn trespasses(source: &Source) -> Vec<String> {
    let crates = CRATES.iter().filter(|(name, _)| source.uses_crate(name));
    let paths = PATHS.iter().filter(|(name, _)| source.uses_path(name));
    let outside = crates.chain(paths).filter(|(_, homes)| !source.lives_in(homes));
    outside
        .map(|(name, homes)| format!("{} may not use {name}; it belongs to {}", source.path, homes.join(", ")))
        .collect()
}

/// Words and thinking run no tasks and wait for nothing.
fn restlessness(source: &Source) -> Vec<String> {
    if source.room() != "dialogue" && !WORDS.contains(&source.room()) {
        return Vec::new();
    }
    let crates = ["tokio", "tokio_util", "async_trait"].into_iter().filter(|name| source.uses_crate(name));
    let keywords = ["async", "await"].into_iter().filter(|name| source.paths.iter().any(|path| path == name));
    crates.chain(keywords).map(|name| format!("{} may not use {name}", source.path)).collect()
}

fn length(source: &Source) -> Vec<String> {
    let Source { path, lines, .. } = source;
    if *lines > MOST_LINES { vec![format!("{path} has {lines} lines; {MOST_LINES} are allowed")] } else { Vec::new() }
}

fn hopes(source: &Source) -> Vec<String> {
    let path = &source.path;
    let calls = [".unwrap()", ".expect(", "::unwrap", "::expect"].into_iter().flat_map(|call| {
        // `::unwrap_or` and its like are no hope.
        let lines = source.lines_with(call).into_iter();
        lines.filter(move |line| {
            let line = source.code.lines().nth(line - 1).unwrap_or_default();
            line.match_indices(call).any(|(at, _)| !line[at + call.len()..].starts_with('_'))
        })
    });
    calls.map(|line| format!("{path}:{line} hopes with unwrap or expect")).collect()
}

fn prints(source: &Source) -> Vec<String> {
    let loud = ["print", "println", "eprint", "eprintln", "dbg"];
    let printed = source.macros.iter().filter(|name| loud.contains(&name.as_str()));
    printed.map(|name| format!("{} prints with {name}!", source.path)).collect()
}

/// Whether a text reads as SQL.
fn is_sql(text: &str) -> bool {
    let line = format!(" {} ", text.replace('"', " ").split_whitespace().collect::<Vec<_>>().join(" "));
    [" SELECT ", " INSERT INTO ", " DELETE FROM ", " CREATE TABLE "].iter().any(|words| line.contains(words))
        || line.split_once(" UPDATE").is_some_and(|(_, rest)| rest.contains(" SET "))
}

fn stray_sql(source: &Source) -> Vec<String> {
    if source.room() == "store" {
        return Vec::new();
    }
    let stray = source.literals.iter().filter(|literal| is_sql(literal));
    stray.map(|literal| format!("{} may not speak SQL: {literal:?}", source.path)).collect()
}

/// Whether a text has a Korean letter.
pub(crate) fn has_hangul(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}'))
}

fn sentences(source: &Source) -> Vec<String> {
    if HANGUL.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let said = source.literals.iter().filter(|literal| has_hangul(literal));
    said.map(|literal| format!("{} speaks Korean; sentences belong to locales/: {literal:?}", source.path)).collect()
}

/// The names of the constants that hold a statement.
fn statements(source: &Source) -> Vec<&str> {
    let constant = |(at, word): (usize, &str)| {
        let (name, rest) = source.text[at + word.len()..].split_once(':')?;
        let (kind, rest) = rest.split_once('=')?;
        let (value, _) = rest.split_once(';')?;
        (matches!(kind.trim(), "&str" | "&'static str") && is_sql(value)).then(|| name.trim())
    };
    source.text.match_indices("const ").filter_map(constant).collect()
}

/// What stands in `ALL`: labels and names.
fn listed(source: &Source) -> Vec<(&str, &str)> {
    let Some((_, rest)) = source.text.split_once("const ALL: &[(&str, &str)] =") else { return Vec::new() };
    let rest = rest.split_once("&[").map_or(rest, |(_, rest)| rest);
    let list = rest.split_once("];").map_or(rest, |(list, _)| list);
    let entries = list.split(')').filter_map(|entry| {
        let (label, name) = entry.split_once('(')?.1.split_once(',')?;
        Some((label.trim().trim_matches('"'), name.trim().trim_end_matches(',')))
    });
    entries.collect()
}

/// `tickets` for `store/tickets.rs`.
fn shelf(source: &Source) -> &str {
    let file = source.path.rsplit('/').next().unwrap_or_default();
    file.strip_suffix(".rs").unwrap_or(file)
}

/// Where statements are built of the names of tables and columns, which no constant could hold.
const BUILT: &str = "store/built.rs";

fn unlisted(source: &Source) -> Vec<String> {
    let (path, shelf) = (&source.path, shelf(source));
    if source.room() != "store" || source.path == BUILT {
        return Vec::new();
    }
    let (statements, listed) = (statements(source), listed(source));
    let mut wrong = Vec::new();
    for name in &statements {
        if listed.iter().filter(|(_, listed)| listed == name).count() != 1 {
            wrong.push(format!("{path}: ALL must list {name} once"));
        }
    }
    for (label, name) in &listed {
        if *label != format!("{shelf}::{name}") {
            wrong.push(format!("{path}: ALL calls {name} {label}"));
        }
        if !statements.contains(name) {
            wrong.push(format!("{path}: ALL lists {name}, which is no statement"));
        }
    }
    if source.literals.iter().filter(|literal| is_sql(literal)).count() != statements.len() {
        wrong.push(format!("{path}: a statement is not the value of a constant"));
    }
    wrong
}

#[track_caller]
fn holds(rule: fn(&Source) -> Vec<String>) {
    let broken: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn a_room_knows_only_the_rooms_that_it_may() {
    holds(strangers);
}

#[test]
fn a_crate_and_a_path_stay_where_they_belong() {
    holds(trespasses);
}

#[test]
fn every_fence_has_something_behind_it() {
    let sources = sources();
    let not_yet = ["Local::now", "SystemTime"];
    for (name, homes) in CRATES.iter().chain(&PATHS).filter(|(name, _)| !not_yet.contains(name)) {
        let at_home = |source: &Source| source.lives_in(homes) && (source.uses_crate(name) || source.uses_path(name));
        assert!(sources.iter().any(at_home), "nobody uses {name}; the fence can go");
    }
}

#[test]
fn words_and_dialogue_wait_for_nothing() {
    holds(restlessness);
}

#[test]
fn no_file_is_longer_than_500_lines() {
    holds(length);
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    holds(hopes);
}

#[test]
fn nothing_is_printed_past_the_doors() {
    holds(prints);
}

#[test]
fn only_the_store_speaks_sql() {
    holds(stray_sql);
}

#[test]
fn sentences_stand_in_locales_and_not_in_the_code() {
    holds(sentences);
}

#[test]
fn every_statement_is_listed_for_the_test_that_prepares_it() {
    holds(unlisted);
    let sources = sources();
    let lobby = sources.iter().find(|source| source.path == "store/mod.rs").expect("store/mod.rs");
    for source in sources.iter().filter(|source| source.room() == "store" && !statements(source).is_empty()) {
        let list = format!("{}::ALL", shelf(source));
        assert!(lobby.paths.contains(&list), "store/mod.rs does not list {list}");
    }
    assert!(sources.iter().map(|source| statements(source).len()).sum::<usize>() > 30, "statements were not found");
}

/// The rules on made-up sources: what they must find, and what must not mislead them.
mod scanner {
    use super::*;

    const MADE_UP: &str = r#"
//! use crate::kitchen::Kitchen;
use std::{env, time::{Duration, SystemTime}};

use super::super::bot::Bot;
use crate::{
    chat::{Locale, Phrase},
    dialogue::{
        Input,
        choice as pick,
    },
    i18n,
};

/* crate::platform /* within */ crate::telemetry */
const SAID: &str = "crate::recommender \" // no comment";

#[derive(sqlx::FromRow)]
struct Row<'a>(&'a str);

fn quote(c: char) -> &'static str {
    if c == '"' || c == '\'' { crate::settings::variable } else { r"\" }
}

#[cfg(test)]
mod tests {
    use crate::kitchen::Pace;
    const TEXT: &str = "밥 } {";
    fn hope() { None.unwrap() }
}

fn after() { let console = 1; console.max(2) }
"#;

    #[test]
    fn a_stranger_is_named_in_a_sentence() {
        let source = Source::read("store/tickets.rs", MADE_UP);
        let strangers = strangers(&source);
        let expected =
            ["bot", "dialogue", "i18n", "settings"].map(|room| format!("store/tickets.rs may not know {room}"));
        assert_eq!(strangers, expected);
        assert!(source.code.contains("fn after()"), "the tests end where they end");
    }

    #[test]
    fn a_room_without_a_rule_is_named() {
        let wrong = strangers(&Source::read("garden/pond.rs", ""));
        assert_eq!(wrong, ["garden/pond.rs: tests/it/architecture.rs has no rule for whom garden may know"]);
    }

    #[test]
    fn the_root_is_seen_through_super_and_globs() {
        assert_eq!(strangers(&Source::read("ticket.rs", "use super::store::Store;")), ["ticket.rs may not know store"]);
        assert_eq!(strangers(&Source::read("chat/mod.rs", "use super::bot;")), ["chat/mod.rs may not know bot"]);
        assert_eq!(strangers(&Source::read("chat/text.rs", "use super::reply::Reply;")), Vec::<String>::new());
        assert_eq!(strangers(&Source::read("chat/text.rs", "use crate::*;")), ["chat/text.rs may not know *"]);
    }

    #[test]
    fn a_crate_outside_its_fence_is_named() {
        let wrong = trespasses(&Source::read("bot/visit.rs", MADE_UP));
        let expected = [
            "bot/visit.rs may not use sqlx; it belongs to store/",
            "bot/visit.rs may not use std::env; it belongs to settings.rs",
            "bot/visit.rs may not use SystemTime; it belongs to clock.rs",
        ];
        assert_eq!(wrong, expected);
        let wrong = trespasses(&Source::read("bot/mod.rs", "use toml;\nfn f() { chrono::Utc::now() }"));
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        let inside = Source::read("bot/mod.rs", "use crate::platform::console::Console;\nfn f(config: u8) { config }");
        assert_eq!(trespasses(&inside), Vec::<String>::new());
        let taken = Source::read("kitchen/cook.rs", "fn f() { Ticket::taken_on(day) }");
        assert_eq!(trespasses(&taken), ["kitchen/cook.rs may not use Ticket::taken_on; it belongs to store/"]);
    }

    #[test]
    fn waiting_words_are_named() {
        let wrong = restlessness(&Source::read("dialogue/step.rs", "async fn f() { tokio::task::yield_now() }"));
        assert_eq!(wrong, ["dialogue/step.rs may not use tokio", "dialogue/step.rs may not use async"]);
        assert_eq!(restlessness(&Source::read("bot/mod.rs", "async fn f() {}")), Vec::<String>::new());
    }

    #[test]
    fn hopes_and_prints_are_named_outside_tests_alone() {
        assert_eq!(hopes(&Source::read("bot/mod.rs", MADE_UP)), Vec::<String>::new());
        let text = "fn f() {\n    a.unwrap();\n    b.unwrap_or(1);\n    c.map(Option::unwrap_or_default);\n    d.expect(\"it\")\n}";
        let mut wrong = hopes(&Source::read("bot/mod.rs", text));
        wrong.sort();
        assert_eq!(wrong, ["bot/mod.rs:2 hopes with unwrap or expect", "bot/mod.rs:5 hopes with unwrap or expect"]);
        let wrong = prints(&Source::read("bot/mod.rs", "fn f() { println!(\"밥\"); std::eprintln!(); if a != b {} }"));
        assert_eq!(wrong, ["bot/mod.rs prints with println!", "bot/mod.rs prints with eprintln!"]);
    }

    #[test]
    fn a_long_file_is_named() {
        assert_eq!(length(&Source::read("cli.rs", &"\n".repeat(500))), Vec::<String>::new());
        assert_eq!(length(&Source::read("cli.rs", &"\n".repeat(501))), ["cli.rs has 501 lines; 500 are allowed"]);
    }

    #[test]
    fn sql_and_korean_are_named_outside_their_homes() {
        let sql =
            "const A: &str = \"\n    UPDATE orders\n    SET state = 1\";\nconst B: &str = \"SELECTED, UPDATE later\";";
        assert_eq!(stray_sql(&Source::read("kitchen/mod.rs", sql)).len(), 1);
        assert_eq!(stray_sql(&Source::read("store/mod.rs", sql)), Vec::<String>::new());
        let said = Source::read("bot/mod.rs", "/// 밥\nfn f() -> &'static str { r#\"밥 \"상\" \"# }");
        assert_eq!(sentences(&said), ["bot/mod.rs speaks Korean; sentences belong to locales/: \"밥 \\\"상\\\" \""]);
        assert_eq!(sentences(&Source::read("bot/mod.rs", MADE_UP)), Vec::<String>::new());
    }

    #[test]
    fn a_statement_that_is_not_listed_is_named() {
        let text = "
            const GOOD: &str = \"SELECT 1 FROM people\";
            const LOST: &str = \"
                DELETE FROM people\";
            const WORD: &str = \"people\";
            pub(super) const ALL: &[(&str, &str)] = &[(\"people::GOOD\", GOOD), (\"dishes::WORD\", WORD)];
            fn f() { sqlx::query(\"INSERT INTO people\") }";
        let source = Source::read("store/people.rs", text);
        assert_eq!(statements(&source), ["GOOD", "LOST"]);
        assert_eq!(
            unlisted(&source),
            [
                "store/people.rs: ALL must list LOST once",
                "store/people.rs: ALL calls WORD dishes::WORD",
                "store/people.rs: ALL lists WORD, which is no statement",
                "store/people.rs: a statement is not the value of a constant",
            ]
        );
    }

    #[test]
    fn tests_in_files_of_their_own_are_found() {
        let text = "#[cfg(test)]\nmod tests;\nfn f() {}";
        assert_eq!(Source::read("recommender/cookbook.rs", text).tests, ["recommender/cookbook/tests"]);
        assert_eq!(Source::read("store/mod.rs", text).tests, ["store/tests"]);
        assert_eq!(Source::read("lib.rs", text).tests, ["tests"]);
    }
}
