//! `bapsang photos check` and `bapsang photos replay`: for whoever mends a source of photos.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use bytes::Bytes;
use clap::Subcommand;
use tokio::time::Instant;

use super::{Failure, exit, house, say};
use crate::{
    chat::shorten,
    dish::Names,
    photo::{
        Idle, Inspection, Setup,
        net::Answer,
        source::{Candidate, Judgement, Reading, Source, Verdict},
    },
    settings::Settings,
};

/// Candidates that are shown of one source.
const SHOWN: usize = 5;

/// What to look at.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ask each source for a dish, and show what it answers, what is thought of it, and which picture would be taken
    Check {
        /// The dish, in Korean or in English
        dish: String,
        /// The same dish in the other language; the cookbook knows it for its own dishes
        other: Option<String>,
        /// Ask this source alone
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// Save each answer as it came, as FOLDER/SOURCE.answer
        #[arg(long, value_name = "FOLDER")]
        save: Option<PathBuf>,
    },
    /// Read an answer that was saved, by the settings as they are now
    Replay {
        /// The file
        file: PathBuf,
        /// Whose answer it is
        #[arg(long, value_name = "NAME")]
        source: String,
        /// The dish that it was asked for, in Korean or in English
        dish: String,
        /// The same dish in the other language
        other: Option<String>,
        /// The HTTP status that it came with
        #[arg(long, default_value_t = 200)]
        status: u16,
    },
}

pub(super) async fn run(settings: &Settings, command: &Command) -> Result<ExitCode, Failure> {
    let setup = house::photo_setup(&settings.photos)
        .ok_or_else(|| Failure(exit::FAILED, "no photos can be looked for".to_owned()))?;
    match command {
        Command::Check { dish, other, source, save } => {
            let names = names(settings, dish, other.as_deref())?;
            if let Some(folder) = save {
                std::fs::create_dir_all(folder)
                    .map_err(|error| Failure(exit::FAILED, format!("{}: {}", folder.display(), error.kind())))?;
            }
            check(settings, &setup, &names, source.as_deref(), save.as_deref()).await
        }
        Command::Replay { file, source, dish, other, status } => {
            let names = names(settings, dish, other.as_deref())?;
            replay(&setup, file, *status, source, &names)
        }
    }
}

/// The sources in their order, and why some are not asked.
pub(super) fn sources(settings: &Settings) -> String {
    if !settings.photos.enabled {
        return "off: photos.enabled is false".to_owned();
    }
    let setup = match Setup::new(&settings.photos) {
        Ok(setup) => setup,
        Err(error) => return format!("none: {error}"),
    };
    let asked: Vec<&str> = setup.sources().iter().map(|source| source.name.as_str()).collect();
    let broken = setup.idle.iter().filter(|(_, idle)| matches!(idle, Idle::Broken(_)));
    let order = format!("{}, then the card", asked.join(", "));
    broken.fold(order, |said, (name, idle)| format!("{said}; {name}: {}", why(idle)))
}

/// The sources that are not asked, each with why and whether that is a mistake.
pub(super) fn idle(settings: &Settings) -> Vec<(String, String, bool)> {
    let Some(setup) = settings.photos.enabled.then(|| Setup::new(&settings.photos)) else { return Vec::new() };
    match setup {
        Ok(setup) => {
            let idle = setup.idle.iter();
            idle.map(|(name, idle)| (name.clone(), why(idle), matches!(idle, Idle::Broken(_)))).collect()
        }
        Err(error) => vec![("all".to_owned(), error.to_string(), true)],
    }
}

/// A dish in both languages, as far as they are given or the cookbook knows it.
fn names(settings: &Settings, dish: &str, other: Option<&str>) -> Result<Names, Failure> {
    let is_korean = |text: &str| text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
    let known = if other.is_some() { None } else { house::cookbook(settings)?.pair(dish) };
    let (ko, en) = if is_korean(dish) { (Some(dish), other) } else { (other, Some(dish)) };
    let name = |given: Option<&str>, known: Option<String>| given.map(str::to_owned).or(known).unwrap_or_default();
    let (known_ko, known_en) = known.map(|names| (names.ko, names.en)).unzip();
    Ok(Names { ko: name(ko, known_ko), en: name(en, known_en) })
}

async fn check(
    settings: &Settings,
    setup: &Setup,
    names: &Names,
    only: Option<&str>,
    save: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let readable = settings.photos.sources.iter().map(|(name, _)| name.as_str());
    let order: Vec<&str> = readable.chain(settings.photos.broken.iter().map(|(name, _)| name.as_str())).collect();
    if let Some(name) = only.filter(|name| !order.contains(name)) {
        return Err(Failure(
            exit::SETTINGS,
            format!("photos.order does not list {name}; it lists {}", order.join(", ")),
        ));
    }
    say(&format!("{} / {}", or_none(&names.ko), or_none(&names.en)));
    let mut has_photo = false;
    for name in order.iter().filter(|name| only.is_none_or(|only| only == **name)) {
        say("");
        if let Some((_, idle)) = setup.idle.iter().find(|(idle, _)| idle == name) {
            say(&format!("{name:<16} not asked: {}", why(idle)));
            continue;
        }
        let Some(source) = setup.sources().iter().find(|source| source.name == **name) else {
            say(&format!("{name:<16} not asked: photos.enabled is false"));
            continue;
        };
        has_photo |= check_one(setup, source, names, save).await;
    }
    if has_photo { Ok(ExitCode::SUCCESS) } else { Err(Failure(exit::NOT_PASSED, "no photo was found".to_owned())) }
}

async fn check_one(setup: &Setup, source: &Arc<Source>, names: &Names, save: Option<&Path>) -> bool {
    if source.folder().is_none() && source.request(names).is_none() {
        say(&format!("{:<16} not asked: it wants the other language's name", source.name));
        return false;
    }
    let started = Instant::now();
    let Inspection { answer, reading, judged, picked } = setup.inspect(source, names).await;
    let came = answer
        .as_ref()
        .map_or_else(String::new, |answer| format!(", status {}, {} bytes", answer.status, answer.body.len()));
    let took = started.elapsed().as_secs_f64();
    say(&format!("{:<16} {}{came}, {}, {took:.3} s", source.name, reading.verdict, rows(reading.rows)));
    say(&format!("  asked          {}", source.request_shown(names)));
    show(&reading, &judged);
    for one in &picked {
        match &one.came {
            Ok(picture) => {
                let ((width, height), size) = (picture.size, picture.jpeg.len() / 1000);
                say(&format!("  taken          {width}×{height}, {size} KB: {}", one.url));
                if let Some(credit) = &one.credit {
                    let parts =
                        [Some(&credit.source), credit.author.as_ref(), credit.licence.as_ref(), credit.page.as_ref()];
                    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
                    say(&format!("  credit         {}", parts.join(" · ")));
                }
            }
            Err(reason) => say(&format!("  not taken      {reason}: {}", one.url)),
        }
    }
    if let (Some(folder), Some(answer)) = (save, &answer) {
        let file = folder.join(format!("{}.answer", source.name));
        match std::fs::write(&file, &answer.body) {
            Ok(()) => say(&format!("  saved          {}", file.display())),
            Err(error) => say(&format!("  not saved      {}: {}", file.display(), error.kind())),
        }
    }
    picked.iter().any(|one| one.came.is_ok())
}

fn replay(setup: &Setup, file: &Path, status: u16, name: &str, names: &Names) -> Result<ExitCode, Failure> {
    let Some(source) = setup.sources().iter().find(|source| source.name == name) else {
        let reason = setup.idle.iter().find(|(idle, _)| idle == name).map(|(_, idle)| why(idle));
        let reason = reason.unwrap_or_else(|| "photos.order does not list it".to_owned());
        return Err(Failure(exit::SETTINGS, format!("{name} is not asked: {reason}")));
    };
    let unreadable = |error: std::io::Error| Failure(exit::FAILED, format!("{}: {}", file.display(), error.kind()));
    let body = Bytes::from(std::fs::read(file).map_err(unreadable)?);
    if source.folder().is_some() {
        return Err(Failure(exit::SETTINGS, format!("{name} is a folder and answers nothing")));
    }
    let Some(request) = source.request(names) else {
        return Err(Failure(exit::SETTINGS, format!("{name} wants the dish's name in the other language")));
    };
    let answer = Answer { status, url: request.url, retry_after: None, charset: None, body };
    let (reading, judged) = setup.replay(source, &answer, names);
    say(&format!("{name:<16} {}, {}", reading.verdict, rows(reading.rows)));
    show(&reading, &judged);
    match reading.verdict {
        Verdict::Ok => Ok(ExitCode::SUCCESS),
        verdict => Err(Failure(exit::NOT_PASSED, format!("{name}: {verdict}"))),
    }
}

fn show(reading: &Reading, judged: &[(Candidate, Judgement)]) {
    for (candidate, judgement) in judged.iter().take(SHOWN) {
        let score = judgement.score.map_or_else(|| "out".to_owned(), |score| format!("{score:.2}"));
        let size = candidate.size.map(|(width, height)| format!(" · {width}×{height}")).unwrap_or_default();
        let title = if candidate.title.is_empty() { "no title".to_owned() } else { shorten(&candidate.title, 60) };
        say(&format!("  {score:<14} {title}{size}"));
        let images: Vec<String> = candidate.images.iter().map(|url| shorten(url.as_str(), 120)).collect();
        say(&format!("                 {}", images.join(", ")));
        say(&format!("                 {}", judgement.reasons.join("; ")));
    }
    if judged.len() > SHOWN {
        say(&format!("                 and {} more", judged.len() - SHOWN));
    }
    for (row, reason) in reading.dropped.iter().take(SHOWN) {
        say(&format!("  row {row:<10} {reason}"));
    }
    if reading.dropped.len() > SHOWN {
        say(&format!("                 and {} rows more without a picture", reading.dropped.len() - SHOWN));
    }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn why(idle: &Idle) -> String {
    match idle {
        Idle::Off => "it is off".to_owned(),
        Idle::Keyless(keys) => format!("{} is not set", keys.join(", ")),
        Idle::Broken(error) => format!("switched off, {error}"),
    }
}

fn or_none(name: &str) -> &str {
    if name.is_empty() { "-" } else { name }
}
