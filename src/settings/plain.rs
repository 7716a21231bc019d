//! Sources of settings whose names are names and nothing else.

use config::{ConfigError, Map, Source, Value};

/// No key that the manual explains is as long.
const LONGEST: usize = 128;

/// A source without what no key is called. The crate takes a name for a path and makes everything that it leads through:
/// `a[999999999]` is a list with so many items, and a thousand parts are as many tables, each within another. Whoever sets
/// such a name hears all the same that it is unknown.
#[derive(Debug, Clone)]
pub(super) struct Plain<S>(pub(super) S);

impl<S: Source + Clone + Send + Sync + 'static> Source for Plain<S> {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut found = self.0.collect()?;
        found.retain(|name, _| is_plain(name));
        Ok(found)
    }
}

fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use config::{File, FileFormat};

    use super::*;

    #[test]
    fn what_no_key_is_called_is_left_out_and_the_rest_stays() {
        let deep = "a.".repeat(100);
        let text = format!("\"b[2]\" = 1\n\"밥\" = 1\n\"{deep}a\" = 1\n\"a.b-c_0\" = 1\n[tickets]\n\"daily[3]\" = 1\n");
        let found = Plain(File::from_str(&text, FileFormat::Toml)).collect().expect("settings");
        let mut names: Vec<&String> = found.keys().collect();
        names.sort();
        assert_eq!(names, ["a.b-c_0", "tickets"]);
    }
}
