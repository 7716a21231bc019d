//! The settings as they may be shown: every key and its value, without what may be a secret.

use std::collections::BTreeMap;

use config::Config;
use toml::Value;
use url::Url;

/// Every setting and its value, written as TOML. Secrets come from the environment alone and are no settings; what may hold
/// one all the same, a header or the password of an address, is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown(pub BTreeMap<String, String>);

impl Shown {
    pub(super) fn of(config: &Config) -> Self {
        let mut shown = BTreeMap::new();
        if let Ok(all) = config.clone().try_deserialize::<Value>() {
            walk("", &all, &mut shown);
        }
        Self(shown)
    }

    /// The keys whose values differ.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let keys = self.0.keys().chain(other.0.keys().filter(|key| !self.0.contains_key(*key)));
        keys.filter(|key| self.0.get(*key) != other.0.get(*key)).cloned().collect()
    }

    /// Takes over the values of these keys.
    pub fn take_over(&mut self, other: &Self, counts: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| !counts(key));
        let new = other.0.iter().filter(|(key, _)| counts(key));
        self.0.extend(new.map(|(key, value)| (key.clone(), value.clone())));
    }

    /// As lines, in the order of the keys.
    pub fn lines(&self) -> String {
        self.0.iter().fold(String::new(), |lines, (key, value)| lines + key + " = " + value + "\n")
    }
}

/// Whether the values of a key may be secrets: headers, and what takes a name where somebody may write the key itself. No
/// mistake repeats one.
pub(super) fn may_be_secret(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or_default();
    ["api_key_env", "headers", "key_header", "keys"].contains(&name)
}

/// Whether a mistake may not repeat this value of a key. An address may have a password or a key in it, and was not
/// understood.
pub(super) fn hides(key: &str, value: &str) -> bool {
    may_be_secret(key) || (key.ends_with("url") && value.contains(['@', '?']))
}

fn walk(path: &str, value: &Value, shown: &mut BTreeMap<String, String>) {
    if let Value::Table(table) = value {
        for (key, value) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            walk(&path, value, shown);
        }
        return;
    }
    let is_header = path.rsplit('.').next() == Some("headers");
    shown.insert(path.to_owned(), if is_header { names(value) } else { without_passwords(value).to_string() });
}

/// The names of headers; their values may be keys, and so may a line that is no header.
fn names(value: &Value) -> String {
    let items = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let names = items.map(|item| item.split_once(':').map(|(name, _)| name.trim()).filter(is_name));
    let names = names.map(|name| Value::from(name.map_or_else(|| "…".to_owned(), |name| format!("{name}: …"))));
    Value::Array(names.collect()).to_string()
}

fn without_passwords(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(without_passwords).collect()),
        Value::String(text) => match Url::parse(text) {
            Ok(mut url) if url.password().is_some() || !url.username().is_empty() => {
                let cleared = url.set_password(None).and_then(|()| url.set_username("…"));
                Value::from(cleared.map_or_else(|()| "…".to_owned(), |()| url.to_string()))
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use config::FileFormat;

    use super::*;

    fn shown(text: &str) -> Shown {
        let config = Config::builder().add_source(config::File::from_str(text, FileFormat::Toml)).build();
        Shown::of(&config.expect("settings"))
    }

    #[test]
    fn what_may_be_a_secret_is_left_out() {
        let lines = shown(
            "[a]\nbase_url = \"https://user:hunter2@example.org/v1\"\nheaders = [\"X-Key: hunter2\"]\nnumber = 3\n\
             list = [\"https://u:hunter2@example.org/\"]",
        )
        .lines();
        assert!(!lines.contains("hunter2"), "{lines}");
        assert!(lines.contains("X-Key: …") && lines.contains("a.number = 3"), "{lines}");
    }

    #[test]
    fn a_line_that_is_no_header_is_not_taken_for_its_name() {
        let lines = shown("headers = [\"X-Key hunter2\", \"X-Key=Bearer hunter2:\", \"X-Key : hunter2\"]").lines();
        assert!(!lines.contains("hunter2") && lines.contains("X-Key: …"), "{lines}");
    }

    #[test]
    fn keys_that_differ_are_named() {
        let (one, other) = (shown("a = 1\nb = 2"), shown("a = 1\nb = 3\nc = 4"));
        assert_eq!(one.differing(&other), ["b", "c"]);
    }
}
