//! `photos.*`: whether and where photos are looked for.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use config::ConfigError;
use secrecy::SecretString;

use super::{Reader, shown::may_be_secret};
use crate::photo::{
    PhotoOptions,
    source::{Details, FieldName, SourceOptions, Words},
};

const SOURCES: &str = "photos.sources.";

/// What the table of a second request has beside fields.
const OF_DETAILS: [&str; 2] = ["url", "rows"];

/// Whether `photos.sources.NAME.KEY` is a key that the manual explains, whatever the name.
pub(super) fn is_explained(key: &str) -> bool {
    let Some((name, key)) = key.strip_prefix(SOURCES).and_then(|rest| rest.split_once('.')) else { return false };
    let is_field = |key: &str| FieldName::ALL.iter().any(|field| field.id() == key);
    is_name(name)
        && match key.strip_prefix("details.") {
            Some(key) => OF_DETAILS.contains(&key) || is_field(key),
            None => SourceOptions::KEYS.contains(&key) || is_field(key),
        }
}

/// The same for a variable: `BAPSANG_PHOTOS__SOURCES__NAME__KEY`.
pub(super) fn is_explained_variable(variable: &str) -> bool {
    let key = variable.strip_prefix("BAPSANG_").unwrap_or_default();
    is_explained(&key.to_lowercase().replace("__", "."))
}

fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

impl Reader<'_> {
    pub(super) fn photos(&self, wrong: &mut Vec<String>) -> Option<PhotoOptions> {
        let enabled = self.word("photos.enabled", wrong, "true or false", |word| word.parse().ok());
        let contact = self.word("photos.contact", wrong, "a page or an e-mail address, or empty", |text| {
            let text = text.trim();
            let fits = text.len() <= 200 && text.chars().all(|c| c.is_ascii_graphic());
            fits.then(|| (!text.is_empty()).then(|| text.to_owned()))
        });
        let millis =
            |key: &str, most: u64, wrong: &mut Vec<String>| self.number(key, 0, most, wrong).map(Duration::from_millis);
        let budget = millis("photos.budget_milliseconds", 60_000, wrong);
        let hedge = millis("photos.hedge_milliseconds", 60_000, wrong);
        let late = self.number("photos.late_seconds", 0, 300, wrong).map(Duration::from_secs);
        let fetches = self.number("photos.fetches", 1, 50, wrong);
        let nothing =
            self.number("photos.nothing_hours", 0, 8760, wrong).map(|hours| Duration::from_secs(hours * 3600));
        let least_score = self.word("photos.least_score", wrong, "a number from 0 to 1", |text| {
            text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number))
        });
        let allow = self.texts("photos.allow", wrong);
        let allow: Option<Vec<SocketAddr>> = allow.iter().map(|text| text.parse().ok()).collect();
        if allow.is_none() {
            wrong.push(format!("{} must list addresses such as \"127.0.0.1:8081\"", self.place("photos.allow")));
        }
        let words = Words {
            food: self.texts("photos.food_words", wrong),
            unwanted: self.texts("photos.unwanted_words", wrong),
            unwanted_hosts: self.texts("photos.unwanted_hosts", wrong),
        };
        let (mut sources, mut broken) = (Vec::new(), Vec::new());
        for name in self.texts("photos.order", wrong) {
            if sources.iter().any(|(known, _)| *known == name) {
                wrong.push(format!("{} lists {name:?} twice", self.place("photos.order")));
                continue;
            }
            let Some(table) = self.config.get_table(&format!("{SOURCES}{name}")).ok().filter(|_| is_name(&name)) else {
                let place = self.place("photos.order");
                wrong.push(format!("{place} lists {name:?}, and there is no table [{SOURCES}{name}]"));
                continue;
            };
            match source(table) {
                Ok(source) => sources.push((name, source)),
                Err(error) => broken.push((name, said(&error))),
            }
        }
        let keys = self.source_keys(&sources, wrong);
        Some(PhotoOptions {
            enabled: enabled?,
            contact: contact?,
            sources,
            broken,
            keys,
            budget: budget?,
            late: late?,
            hedge: hedge?,
            fetches: usize::try_from(fetches?).ok()?,
            least_score: least_score?,
            nothing: nothing?,
            allow: allow?,
            words,
        })
    }

    /// A list of texts; one that is empty is none.
    fn texts(&self, key: &str, wrong: &mut Vec<String>) -> Vec<String> {
        let items = self.config.get::<Vec<String>>(key).or_else(|_| self.config.get_string(key).map(|one| vec![one]));
        if items.is_err() {
            wrong.push(format!("{} must be a list of texts", self.place(key)));
        }
        let items = items.unwrap_or_default().into_iter().map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect()
    }

    /// The keys of the sources that are set.
    fn source_keys(
        &self,
        sources: &[(String, SourceOptions)],
        wrong: &mut Vec<String>,
    ) -> BTreeMap<String, SecretString> {
        let mut keys = BTreeMap::new();
        for variable in sources.iter().flat_map(|(_, source)| &source.keys) {
            let Some(key) = self.surroundings.get(variable).map(str::trim).filter(|key| !key.is_empty()) else {
                continue;
            };
            if key.chars().any(|c| !c.is_ascii_graphic()) {
                wrong.push(format!("{variable} has characters that no key has"));
            }
            keys.insert(variable.clone(), SecretString::from(key));
        }
        keys
    }
}

/// What is wrong with a source. The crate repeats the value, which may be a secret.
fn said(error: &ConfigError) -> String {
    let (ConfigError::Type { key, .. } | ConfigError::At { key, .. }) = error else { return error.to_string() };
    // Of a list it says the item as well: `headers[0]`.
    let key = key.as_deref().and_then(|key| key.split('[').next()).unwrap_or_default();
    if may_be_secret(key) { format!("{key} must be a list of texts") } else { error.to_string() }
}

/// A source of its table.
fn source(mut table: Table) -> Result<SourceOptions, ConfigError> {
    let fields = take_fields(&mut table)?;
    let details = match table.remove("details") {
        None => None,
        Some(details) => {
            let mut details = details.into_table()?;
            let fields = take_fields(&mut details)?;
            let read: Details = config::Value::from(details).try_deserialize()?;
            Some(Details { fields, ..read })
        }
    };
    let read: SourceOptions = config::Value::from(table).try_deserialize()?;
    Ok(SourceOptions { fields, details, ..read })
}

type Table = config::Map<String, config::Value>;

/// The fields of a row, out of the other keys; each is a text or a list of texts.
fn take_fields(table: &mut Table) -> Result<BTreeMap<FieldName, Vec<String>>, ConfigError> {
    let mut fields = BTreeMap::new();
    for field in FieldName::ALL {
        if let Some(value) = table.remove(field.id()) {
            let texts = match value.clone().into_array() {
                Ok(texts) => texts.into_iter().map(config::Value::into_string).collect::<Result<_, _>>()?,
                Err(_) => vec![value.into_string()?],
            };
            fields.insert(field, texts);
        }
    }
    Ok(fields)
}
