//! The settings: a mistake is named, and no secret is.

use std::path::PathBuf;

use crate::settings::{Mistakes, Settings, Surroundings};

/// Is in every secret below, and in nothing else.
const HUSH: &str = "hush-7f3a";

/// The database is one that no folder is looked at for.
const SECRETS: [(&str, &str); 9] = [
    ("TELEGRAM_BOT_TOKEN", "4242:hush-7f3a-telegram"),
    ("DISCORD_TOKEN", "NDI0Mg.hush-7f3a.discord"),
    ("OPENAI_API_KEY", "sk-hush-7f3a"),
    ("DATABASE_URL", "postgres://bapsang:hush-7f3a@localhost/bapsang"),
    ("PRIVACY_KEY", "hush-7f3a-privacy"),
    ("NAVER_HUB_ID", "hush-7f3a-id"),
    ("NAVER_HUB_SECRET", "hush-7f3a-secret"),
    ("KAKAO_REST_API_KEY", "hush-7f3a-kakao"),
    // Whoever names it as a key hears that it is none.
    ("ODD_KEY", "hush-7f3a \u{1}"),
];

pub(super) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if text.contains(HUSH) {
        return;
    }
    let (file, variables) = text.split_once("\n---\n").unwrap_or((&text, ""));
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    let variables = variables.filter(|(name, _)| name.starts_with("BAPSANG_"));
    let said = match read(file, &variables.collect::<Vec<_>>()) {
        Ok(settings) => format!("{settings:?}\n{}", settings.shown.lines()),
        Err(mistakes) => {
            assert!(!mistakes.0.is_empty(), "the settings do not read, and nobody knows why");
            mistakes.to_string()
        }
    };
    assert!(!said.contains(HUSH), "{said}");
}

/// Settings of a text and of these variables beside the secrets.
pub(super) fn read(file: &str, variables: &[(&str, &str)]) -> Result<Settings, Mistakes> {
    let surroundings = Surroundings::with(&[&SECRETS[..], variables].concat());
    Settings::of(PathBuf::from("bot.toml"), Some(file), &surroundings, Vec::new())
}
