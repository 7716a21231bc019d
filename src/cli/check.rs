//! `bapsang check`: what counts, and whether all that it needs is there, each with how to mend it.

use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, exit, health, house, photos, say};
use crate::{
    bot::Check,
    chat::Locale,
    clock::{Clock, System},
    i18n,
    photo::Photos,
    platform::{discord, telegram},
    settings::{LinkOptions, Settings},
    store::{Looked, Store},
};

/// A clock that is off by more gives tickets back on the wrong side of midnight, and lets leases overlap.
const OFF: TimeDelta = TimeDelta::seconds(2);

/// Before this (2026, in seconds since 1970) Bapsang was not written; a clock that says so was never set.
const NOT_BEFORE: i64 = 1_767_225_600;

/// One thing that was looked at.
struct Line {
    what: &'static str,
    is_well: bool,
    said: String,
}

impl Line {
    fn well(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, is_well: true, said: said.into() }
    }

    /// What is wrong, and how to mend it.
    fn ill(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, is_well: false, said: said.into() }
    }
}

pub(super) async fn run(settings: &Settings, online: bool) -> Result<ExitCode, Failure> {
    settings.database.try_writing().map_err(|mistake| Failure(exit::SETTINGS, mistake))?;
    say(&summary(settings).await);
    say("Looked at:");
    let now = System.now();
    let (database, looked) = database(settings, now).await;
    let has_database = database.is_well;
    let mut lines = vec![database];
    lines.extend(size(settings));
    lines.extend(health::disks(settings).iter().map(disk));
    lines.push(clock(settings, now, looked.as_ref()));
    lines.extend(models(settings));
    lines.extend(photos::idle(settings).into_iter().map(|(name, why, is_broken)| {
        let said = format!("{name}: {why}");
        if is_broken { Line::ill("photos", said) } else { Line::well("photos", said) }
    }));
    lines.extend(platforms(settings, online).await);
    for Line { what, is_well, said } in &lines {
        say(&format!("  {:<10} {}  {said}", what, if *is_well { "ok  " } else { "MEND" }));
    }
    let ill = lines.iter().filter(|line| !line.is_well).count();
    match (has_database, ill) {
        (false, _) => Err(Failure(exit::DATABASE, "the database cannot be used; the lines above say why".to_owned())),
        (true, 0) => Ok(ExitCode::SUCCESS),
        (true, 1) => Err(Failure(exit::NOT_PASSED, "one thing is to be mended; its line above says how".to_owned())),
        (true, _) => Err(Failure(exit::NOT_PASSED, format!("{ill} things are to be mended; the lines above say how"))),
    }
}

/// What counts, from the settings alone.
async fn summary(settings: &Settings) -> String {
    let file =
        settings.file.as_ref().map_or_else(|| "the built-in defaults".to_owned(), |file| file.display().to_string());
    let has_korean = Photos::in_folder(settings.media.clone()).has_korean().await;
    let cards = if has_korean { "cards with words" } else { "cards without words: no font with Korean letters" };
    let token = |is_set: bool, without: &str| if is_set { "has a token".to_owned() } else { without.to_owned() };
    [
        format!("The settings are fine ({file}, the environment)."),
        format!("  language   {}, where nothing else is known", settings.default_locale.id()),
        format!("  tickets    {} a day, new ones at midnight in {}", settings.quota.daily_limit, settings.quota.zone),
        format!("  database   {}", settings.database.shown()),
        format!("  dishes     {}", house::dishes(settings)),
        format!("  pictures   in {}, {cards}", settings.media.display()),
        format!("  photos     {}", photos::sources(settings)),
        format!("  telegram   {}", token(settings.telegram_token.is_some(), "no TELEGRAM_BOT_TOKEN")),
        format!("  discord    {}", token(settings.discord_token.is_some(), "no DISCORD_TOKEN")),
    ]
    .join("\n")
}

/// Whether the database answers, and which version its schema has. It is neither made nor migrated.
async fn database(settings: &Settings, now: DateTime<Utc>) -> (Line, Option<Looked>) {
    const WHAT: &str = "database";
    let looked = match Store::look_at(&settings.database, &settings.database_options, now).await {
        Ok(looked) => looked,
        Err(error) => {
            let mend = if settings.database.file().is_some() {
                "look at the file and at who may read it, or put a backup in its place: bapsang restore FILE"
            } else {
                "look whether the server runs, and at the user, password and name in DATABASE_URL"
            };
            return (Line::ill(WHAT, format!("{error}; {mend}")), None);
        }
    };
    let line = match &looked {
        None => Line::well(WHAT, "not there yet; the first start makes it"),
        Some(Looked { copy_of: Some(from), .. }) => {
            Line::ill(WHAT, format!("it holds an unfinished copy of {from}; run the same bapsang move again"))
        }
        Some(Looked { schema: None, .. }) => Line::well(WHAT, "it answers and is empty; the first start fills it"),
        Some(Looked { schema: Some(schema), newest, .. }) if schema > newest => Line::ill(
            WHAT,
            format!("its schema ({schema}) is newer than this bapsang ({newest}); update bapsang, or name another one"),
        ),
        Some(Looked { schema: Some(schema), newest, .. }) if schema < newest => Line::well(
            WHAT,
            format!(
                "it answers; the next start brings its schema from {schema} to {newest}; make a backup before that"
            ),
        ),
        Some(Looked { newest, .. }) => {
            Line::well(WHAT, format!("it answers; its schema is that of this bapsang ({newest})"))
        }
    };
    (line, looked)
}

/// How near SQLite's file is to the most that it may have, where there is one.
fn size(settings: &Settings) -> Option<Line> {
    let most = u64::from(settings.database_options.sqlite_max_megabytes);
    let megabytes = std::fs::metadata(settings.database.file()?).ok()?.len() / 1024 / 1024;
    let said = format!("{megabytes} MB of at most {most} MB");
    Some(match most {
        0 => return None,
        _ if megabytes * 10 >= most * 9 => {
            Line::ill("size", format!("{said}; raise database.sqlite_max_megabytes, or make retention.* shorter"))
        }
        _ => Line::well("size", said),
    })
}

/// The room on a disk, said as it is said to admins.
fn disk(check: &Check) -> Line {
    let (what, said) = (i18n::say(Locale::En, &check.what), i18n::say(Locale::En, &check.said));
    Line { what: "disk", is_well: check.is_well, said: format!("{what}: {said}") }
}

/// Whether the clock can be right: against a server's, and against what was written last.
fn clock(settings: &Settings, now: DateTime<Utc>, looked: Option<&Looked>) -> Line {
    const WHAT: &str = "clock";
    const MEND: &str = "set it, and keep it set by NTP (timedatectl set-ntp true)";
    let local = now.with_timezone(&settings.quota.zone).format("%Y-%m-%d %H:%M");
    let here = format!("{local} in {}", settings.quota.zone);
    if now.timestamp() < NOT_BEFORE {
        return Line::ill(WHAT, format!("{here}, which is long ago; {MEND}"));
    }
    if let Some(seen) = looked.and_then(|looked| looked.last_seen).filter(|seen| *seen - now > OFF) {
        let seen = seen.with_timezone(&settings.quota.zone).format("%Y-%m-%d %H:%M");
        return Line::ill(WHAT, format!("{here}, but the database was used at {seen}, which is later; {MEND}"));
    }
    match looked.and_then(|looked| looked.ahead).filter(|ahead| ahead.abs() > OFF) {
        Some(ahead) => {
            let (by, side) = (ahead.abs().num_seconds(), if ahead > TimeDelta::zero() { "ahead" } else { "behind" });
            Line::ill(WHAT, format!("{here}; the clock of the database's server is {by} s {side}; on both: {MEND}"))
        }
        None => Line::well(WHAT, here),
    }
}

/// The recommenders of the chain that cannot be asked; `--online` asks the others.
fn models(settings: &Settings) -> Vec<Line> {
    let keyless = settings.chain.iter().filter_map(|link| match link {
        LinkOptions::Keyless(name, variable) => Some(Line::well(
            "dishes",
            format!("{name} is not asked; set {variable}, or leave it out of recommender.chain"),
        )),
        LinkOptions::Cookbook | LinkOptions::Model(_) => None,
    });
    keyless.collect()
}

/// The platforms that have a token, asked whose it is where that is wanted.
async fn platforms(settings: &Settings, online: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |what, variable: &str, asked: Option<Result<String, String>>| {
        lines.push(match asked {
            None => Line::well(what, format!("{variable} is set; bapsang check --online asks whose it is")),
            Some(Ok(name)) => Line::well(what, format!("{name} answers to {variable}")),
            Some(Err(reason)) => {
                Line::ill(what, format!("{reason}; look at {variable}, {what}.api_url and the network"))
            }
        });
    };
    if let Some(token) = &settings.telegram_token {
        let asked = if online { Some(telegram::who_is(token, &settings.telegram).await) } else { None };
        add("telegram", "TELEGRAM_BOT_TOKEN", asked);
    }
    if let Some(token) = &settings.discord_token {
        let asked = if online { Some(discord::who_is(token, &settings.discord).await) } else { None };
        add("discord", "DISCORD_TOKEN", asked);
    }
    lines
}
