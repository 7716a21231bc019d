//! Words for facts: Fluent files under `locales/`, built into the binary.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use chrono::{Datelike, NaiveTime, Timelike};
use fluent_templates::{
    LanguageIdentifier, Loader,
    fluent_bundle::{FluentArgs, FluentValue},
    langid, static_loader,
};

use crate::{
    chat::{Arg, Locale, Phrase},
    clock::Moment,
};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "ko",
        customise: |bundle| {
            bundle.set_use_isolating(false);
            // Fails only where the name is taken, which a test of every sentence would show.
            let _ = bundle.add_function("JOSA", josa);
        },
    };
}

const KO: LanguageIdentifier = langid!("ko");
const EN: LanguageIdentifier = langid!("en");

/// Sentences that are the same each time: most of what a menu says. Keys stand in the code, so there are few.
type Known = HashMap<(Locale, Option<&'static str>, &'static str), String>;
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// The sentence in `locale`. A key that is missing shows as itself; a test keeps that from happening.
pub fn say(locale: Locale, phrase: &Phrase) -> String {
    known(None, locale, phrase)
}

/// The sentence as it is said at a door: `KEY-DOOR` where there is one, else `KEY`.
pub fn say_at(door: &'static str, locale: Locale, phrase: &Phrase) -> String {
    known(Some(door), locale, phrase)
}

fn known(door: Option<&'static str>, locale: Locale, phrase: &Phrase) -> String {
    if !phrase.args.is_empty() {
        return filled(door, locale, phrase);
    }
    let key = (locale, door, phrase.key);
    let said = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    said.unwrap_or_else(|| {
        let said = filled(door, locale, phrase);
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, said.clone());
        said
    })
}

fn filled(door: Option<&'static str>, locale: Locale, phrase: &Phrase) -> String {
    match door {
        Some(door) => first_of(locale, &[&format!("{}-{door}", phrase.key), phrase.key], phrase),
        None => first_of(locale, &[phrase.key], phrase),
    }
}

/// The first of the keys that there is, filled with what the phrase is filled with.
fn first_of(locale: Locale, keys: &[&str], phrase: &Phrase) -> String {
    let args: HashMap<Cow<'static, str>, FluentValue<'_>> =
        phrase.args.iter().map(|(name, arg)| (Cow::Borrowed(*name), value(locale, arg))).collect();
    let language = match locale {
        Locale::Ko => &KO,
        Locale::En => &EN,
    };
    let said = keys.iter().find_map(|key| LOCALES.try_lookup_with_args(language, key, &args));
    said.unwrap_or_else(|| phrase.key.to_owned())
}

/// The sentence for a key without placeables.
pub fn word(locale: Locale, key: &'static str) -> String {
    say(locale, &Phrase::new(key))
}

/// How the sentence is spelled in each language.
pub fn spellings(phrase: &Phrase) -> Vec<String> {
    Locale::ALL.iter().map(|locale| say(*locale, phrase)).collect()
}

fn value(locale: Locale, arg: &Arg) -> FluentValue<'static> {
    match arg {
        Arg::Text(text) => text.clone().into(),
        Arg::Number(number) => (*number).into(),
        Arg::Phrase(phrase) => say(locale, phrase).into(),
        Arg::List(phrases) => phrases.iter().map(|phrase| say(locale, phrase)).collect::<Vec<_>>().join(", ").into(),
        Arg::Moment(at) => moment(locale, *at).into(),
        Arg::Day(at) => say(locale, &day_of(*at).0).into(),
    }
}

/// A moment as people say when it is: `내일 0시`, `11월 24일 오후 3시 30분`; `tomorrow at 12 am`,
/// `on 24 November at 3:30 pm`.
fn moment(locale: Locale, moment: Moment) -> String {
    let (day, is_near) = day_of(moment);
    let key = if is_near { "moment-near" } else { "moment-date" };
    say(locale, &Phrase::new(key).phrase("day", day).phrase("clock", clock(locale, moment.at.time())))
}

/// The day of a moment, and whether it is one that has a name: today, or a day beside it.
fn day_of(Moment { at, today, .. }: Moment) -> (Phrase, bool) {
    let near = match (at.date() - today).num_days() {
        0 => Some("day-today"),
        1 => Some("day-tomorrow"),
        -1 => Some("day-yesterday"),
        _ => None,
    };
    if let Some(key) = near {
        return (Phrase::new(key), true);
    }
    let month = Phrase::new(MONTHS[at.month0() as usize % MONTHS.len()]);
    let date = if at.year() == today.year() {
        Phrase::new("day-of-year")
    } else {
        Phrase::new("day-of-other-year").text("year", at.year().to_string())
    };
    (date.phrase("month", month).number("day", at.day()), false)
}

/// The time of day; Korean counts the hour after midnight as 0, English as 12.
fn clock(locale: Locale, at: NaiveTime) -> Phrase {
    let (is_afternoon, hour) = at.hour12();
    let hour = if hour == 12 && !is_afternoon && locale == Locale::Ko { 0 } else { hour };
    let minute = match locale {
        Locale::Ko => at.minute().to_string(),
        Locale::En => format!("{:02}", at.minute()),
    };
    match (at.hour(), at.minute(), is_afternoon) {
        (0, 0, _) => Phrase::new("clock-midnight"),
        (12, 0, _) => Phrase::new("clock-noon"),
        (_, 0, false) => Phrase::new("clock-morning-hour").number("hour", hour),
        (_, 0, true) => Phrase::new("clock-afternoon-hour").number("hour", hour),
        (_, _, false) => Phrase::new("clock-morning").number("hour", hour).text("minute", minute),
        (_, _, true) => Phrase::new("clock-afternoon").number("hour", hour).text("minute", minute),
    }
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

/// `JOSA($word, "을")`: the word with the Korean particle in the form that it asks for (을 or 를).
fn josa<'a>(positional: &[FluentValue<'a>], _named: &FluentArgs<'_>) -> FluentValue<'a> {
    let text = |value: &FluentValue<'_>| match value {
        FluentValue::String(text) => text.to_string(),
        FluentValue::Number(number) => number.as_string().into_owned(),
        _ => String::new(),
    };
    match positional {
        [word, particle] => with_particle(&text(word), &text(particle)).into(),
        _ => FluentValue::Error,
    }
}

/// The word with the particle. What follows the last letter or digit, such as a closing bracket or an
/// emoji, does not count; after a foreign letter both forms are written.
fn with_particle(word: &str, particle: &str) -> String {
    let sounded = word.chars().rev().find(|c| c.is_alphanumeric()).unwrap_or('x');
    // Before a syllable another one, since 나, 저 and 너 alone would be taken for pronouns (내가).
    let end = if ('가'..='힣').contains(&sounded) { format!("밥{sounded}") } else { sounded.to_string() };
    let suffix = tossicat::postfix(&end, particle)
        .ok()
        .and_then(|both| both.strip_prefix(&end).map(str::to_owned))
        .unwrap_or_else(|| particle.to_owned());
    // Both forms of 을 are written 을(를), as people do; 으로 stays (으)로.
    match suffix.chars().collect::<Vec<_>>()[..] {
        ['(', closed, ')', open] if closed != '으' => format!("{word}{closed}({open})"),
        _ => format!("{word}{suffix}"),
    }
}

/// Particles that may stand apart behind a name in Latin letters, and belong to one in Hangul.
const PARTICLES: [&str; 17] =
    ["에서", "에", "로", "으로", "를", "을", "는", "은", "가", "이", "나", "이나", "와", "과", "의", "도", "만"];

/// A Korean name with the particle that `rest` begins with after a space, and what is left of it.
pub fn with_its_particle<'a>(name: &str, rest: &'a str) -> (String, &'a str) {
    let word = rest.strip_prefix(' ').and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
    match word.filter(|word| PARTICLES.contains(word)) {
        Some(particle) => (with_particle(name, particle), &rest[1 + particle.len()..]),
        None => (name.to_owned(), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_sound_of_the_dish() {
        for (word, particle, expected) in [
            ("김치찌개", "을", "김치찌개를"),
            ("비빔밥", "을", "비빔밥을"),
            ("비빔밥", "이", "비빔밥이"),
            ("불고기", "이", "불고기가"),
            ("불고기", "은", "불고기는"),
            ("떡볶이 (매운맛)", "을", "떡볶이 (매운맛)을"),
            ("세트 3", "을", "세트 3을"),
            ("세트 2", "을", "세트 2를"),
            ("BLT", "을", "BLT을(를)"),
            ("🍚", "을", "🍚을(를)"),
            ("잔치국수", "으로", "잔치국수로"),
            ("쌀", "으로", "쌀로"),
        ] {
            assert_eq!(with_particle(word, particle), expected);
        }
    }

    #[test]
    fn moments_are_told_as_people_tell_them() {
        let told = |locale, at: &str| {
            let at: chrono::NaiveDateTime = at.parse().expect("a time");
            let today = "2026-11-23".parse().expect("a day");
            moment(locale, Moment { instant: at.and_utc(), at, today })
        };
        for (at, ko, en) in [
            ("2026-11-24T00:00:00", "내일 0시", "tomorrow at 12 am"),
            ("2026-11-23T12:00:00", "오늘 낮 12시", "today at noon"),
            ("2026-11-23T00:05:00", "오늘 오전 0시 5분", "today at 12:05 am"),
            ("2026-11-22T21:00:00", "어제 오후 9시", "yesterday at 9 pm"),
            ("2026-11-20T12:30:00", "11월 20일 오후 12시 30분", "on 20 November at 12:30 pm"),
            ("2025-01-02T09:05:00", "2025년 1월 2일 오전 9시 5분", "on 2 January 2025 at 9:05 am"),
        ] {
            assert_eq!((told(Locale::Ko, at).as_str(), told(Locale::En, at).as_str()), (ko, en));
        }
    }

    #[test]
    fn every_syllable_of_hangul_gets_its_particle() {
        for c in '가'..='힣' {
            let closed = (u32::from(c) - 0xac00) % 28 != 0;
            let word = c.to_string();
            assert_eq!(with_particle(&word, "을"), format!("{c}{}", if closed { "을" } else { "를" }));
            assert_eq!(with_particle(&word, "이"), format!("{c}{}", if closed { "이" } else { "가" }));
        }
    }
}
