//! `recommender.*`: who is asked for a dish, how, and for how much.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::Reader;
use crate::{
    recommender::{ModelOptions, OPENAI_ADDRESS, Patience},
    store::Budget,
};

/// The link whose table stands in the manual. What another one does not set is as there.
const PATTERN: &str = "openai";

/// What every link has to say for itself.
const OWN: [&str; 2] = ["base_url", "model"];

/// What is nobody else's business: another link does without, unless it has its own.
const SECRET: [(&str, &str); 3] = [("api_key_env", ""), ("key_header", "authorization"), ("headers", "")];

/// One link of the chain.
#[derive(Debug, Clone)]
pub enum LinkOptions {
    /// The built-in cookbook.
    Cookbook,
    /// A model.
    Model(Box<ModelOptions>),
    /// A model at the address of `OpenAI` itself without a key; the name of its table and of the variable that is missing.
    Keyless(String, String),
}

/// `recommender.NAME.KEY` as the key that the manual explains, where NAME may be one.
pub(super) fn explained(key: &str) -> Option<String> {
    let (name, key) = key.strip_prefix("recommender.")?.split_once('.')?;
    is_name(name).then(|| format!("recommender.{PATTERN}.{key}"))
}

/// The same for a variable: `BAPSANG_RECOMMENDER__NAME__KEY`.
pub(super) fn explained_variable(variable: &str) -> Option<String> {
    let (name, key) = variable.strip_prefix("BAPSANG_RECOMMENDER__")?.split_once("__")?;
    is_name(&name.to_lowercase()).then(|| format!("BAPSANG_RECOMMENDER__{}__{key}", PATTERN.to_uppercase()))
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len()) && name != "cookbook" && name.chars().all(fits)
}

impl Reader<'_> {
    pub(super) fn chain(&self, wrong: &mut Vec<String>) -> Option<Vec<LinkOptions>> {
        let links: Vec<String> = self.config.get("recommender.chain").unwrap_or_default();
        let unknown: Vec<&String> = links.iter().filter(|link| *link != "cookbook" && !self.is_link(link)).collect();
        if links.is_empty() || !unknown.is_empty() {
            let place = self.place("recommender.chain");
            wrong.push(format!(
                "{place} must list \"cookbook\" and names of tables such as [recommender.{PATTERN}], not {unknown:?}"
            ));
            return None;
        }
        links.iter().map(|link| self.link(link, wrong)).collect()
    }

    pub(super) fn budget(&self, wrong: &mut Vec<String>) -> Option<Budget> {
        const MOST: u64 = 1_000_000_000_000;
        let requests = self.number("recommender.daily_requests", 0, MOST, wrong);
        let tokens = self.number("recommender.daily_tokens", 0, MOST, wrong);
        Some(Budget { requests: requests?, tokens: tokens? })
    }

    fn is_link(&self, name: &str) -> bool {
        is_name(name) && self.config.get_table(&format!("recommender.{name}")).is_ok()
    }

    /// Where a link's value stands: in its own table, else in the one of the manual.
    fn key_of(&self, name: &str, key: &str) -> String {
        let own = format!("recommender.{name}.{key}");
        let is_own = OWN.contains(&key) || self.config.get::<config::Value>(&own).is_ok();
        if is_own { own } else { format!("recommender.{PATTERN}.{key}") }
    }

    fn link(&self, name: &str, wrong: &mut Vec<String>) -> Option<LinkOptions> {
        if name == "cookbook" {
            return Some(LinkOptions::Cookbook);
        }
        let key = |key: &str| self.key_of(name, key);
        // A key goes to its own server alone.
        let without = |word: &str| {
            let own = self.config.get::<config::Value>(&format!("recommender.{name}.{word}")).is_ok();
            SECRET.iter().find(|(known, _)| name != PATTERN && !own && *known == word).map(|(_, instead)| *instead)
        };
        let base_url = self.word(&key("base_url"), wrong, "an http or https address", |text| {
            Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        });
        let model = self.word(&key("model"), wrong, "the name of a model", |text| {
            let text = text.trim();
            (!text.is_empty() && text.len() <= 200).then(|| text.to_owned())
        });
        let is_variable = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let key_variable = self.word(&key("api_key_env"), wrong, "the name of a variable, or empty", |text| {
            let text = without("api_key_env").unwrap_or(text);
            is_variable(text).then(|| text.to_owned())
        });
        let key_header = self.word(&key("key_header"), wrong, "the name of a header", |text| {
            let text = without("key_header").unwrap_or(text);
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
            (!text.is_empty() && text.chars().all(fits)).then(|| text.to_lowercase())
        });
        let headers = match without("headers") {
            Some(_) => Some(Vec::new()),
            None => self.headers(&key("headers"), wrong),
        };
        let temperature = self.word(&key("temperature"), wrong, "a number from 0 to 2", |text| {
            text.parse::<f64>().ok().filter(|number| (0.0..=2.0).contains(number))
        });
        let max_tokens = self.number(&key("max_tokens"), 256, 32_768, wrong);
        let mut seconds = |word: &str| self.number(&key(word), 1, 600, wrong).map(Duration::from_secs);
        let patience = (
            seconds("connect_seconds"),
            seconds("first_token_seconds"),
            seconds("between_tokens_seconds"),
            seconds("timeout_seconds"),
        );
        let at_once = self.number(&key("at_once"), 1, 10_000, wrong);
        let (base_url, key_variable) = (base_url?, key_variable?);
        let api_key = self.surroundings.get(&key_variable).map(str::trim).filter(|key| !key.is_empty());
        if api_key.is_some_and(|key| key.chars().any(|c| !c.is_ascii_graphic())) {
            wrong.push(format!("{key_variable} has characters that no key has"));
            return None;
        }
        if api_key.is_none() && base_url.as_str().trim_end_matches('/') == OPENAI_ADDRESS {
            return Some(LinkOptions::Keyless(name.to_owned(), key_variable));
        }
        Some(LinkOptions::Model(Box::new(ModelOptions {
            name: name.to_owned(),
            base_url,
            model: model?,
            key: api_key.map(SecretString::from),
            key_header: key_header?,
            headers: headers?,
            temperature: temperature?,
            max_tokens: u32::try_from(max_tokens?).ok()?,
            patience: Patience {
                connect: patience.0?,
                first_token: patience.1?,
                between_tokens: patience.2?,
                total: patience.3?,
            },
            at_once: usize::try_from(at_once?).ok()?,
        })))
    }

    /// Headers, each `NAME: VALUE`. They may hold a key, so a wrong one is not repeated.
    fn headers(&self, key: &str, wrong: &mut Vec<String>) -> Option<Vec<(String, SecretString)>> {
        let lines = self.config.get::<Vec<String>>(key).or_else(|_| self.config.get_string(key).map(|line| vec![line]));
        let header = |line: &String| {
            let (name, value) = line.split_once(':')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let is_value = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            (is_name && is_value).then(|| (name.to_owned(), SecretString::from(value)))
        };
        let headers: Option<Vec<_>> =
            lines.ok().and_then(|lines| lines.iter().filter(|line| !line.trim().is_empty()).map(header).collect());
        if headers.is_none() {
            wrong.push(format!("{} must list headers such as \"X-Title: Bapsang\"", self.place(key)));
        }
        headers
    }
}
