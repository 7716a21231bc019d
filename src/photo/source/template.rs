//! An address with names and keys to be filled in.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::dish::Names;

/// More of a dish's name is not asked for, in characters.
const LONGEST_NAME: usize = 60;

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Ko,
    En,
    File,
    /// A key, and the variable that it stands in.
    Key(String, SecretString),
}

/// Text with places to fill in: `{ko}`, `{en}`, `{file}` and `${KEY}`.
#[derive(Clone)]
pub(super) struct Template(Vec<Piece>);

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Names { ko: "{ko}".to_owned(), en: "{en}".to_owned() };
        f.write_str(&self.shown(&names, "{file}"))
    }
}

impl Template {
    pub(super) fn plain(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }

    /// Reads a template; the keys that it may use are listed.
    pub(super) fn parse(
        text: &str,
        keys: &[String],
        key: impl Fn(&str) -> Option<SecretString>,
    ) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find('{') {
            let is_key = rest[..at].ends_with('$');
            pieces.push(Piece::Text(rest[..at - usize::from(is_key)].to_owned()));
            let (name, after) = rest[at + 1..].split_once('}').ok_or("a { is not closed")?;
            pieces.push(match name {
                _ if is_key => {
                    let listed = keys.iter().any(|known| known == name);
                    let value = key(name).filter(|_| listed).ok_or_else(|| format!("{name} is not among its keys"))?;
                    Piece::Key(name.to_owned(), value)
                }
                "ko" => Piece::Ko,
                "en" => Piece::En,
                "file" => Piece::File,
                _ => return Err(format!("{{{name}}} is neither {{ko}} nor {{en}}")),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The address for a dish; what is filled in can change nothing but its own place. `None` where a name is missing
    /// or nothing but dots, or where it is no address.
    pub(super) fn fill(&self, names: &Names, file: &str) -> Option<Url> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Key(_, key) => text.push_str(&encoded(key.expose_secret())),
                Piece::Ko | Piece::En | Piece::File => {
                    let value = value(piece, names, file);
                    // As a part of a path, `.` and `..` lead to another one, encoded or not (URL, 4.1).
                    if value.chars().all(|c| c == '.') {
                        return None;
                    }
                    text.push_str(&encoded(&value));
                }
            }
        }
        Url::parse(&text).ok()
    }

    /// The text with its keys, for a header.
    pub(super) fn secret(&self, names: &Names) -> Option<SecretString> {
        let text: String = self
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Text(part) => part.clone(),
                Piece::Key(_, key) => key.expose_secret().to_owned(),
                other => encoded(&value(other, names, "")),
            })
            .collect();
        (!text.chars().any(char::is_control)).then(|| SecretString::from(text))
    }

    /// The same with the names of keys in place of them.
    pub(super) fn shown(&self, names: &Names, file: &str) -> String {
        let shown = self.0.iter().map(|piece| match piece {
            Piece::Text(part) => part.clone(),
            Piece::Key(name, _) => format!("${{{name}}}"),
            other => value(other, names, file),
        });
        shown.collect()
    }
}

fn value(piece: &Piece, names: &Names, file: &str) -> String {
    let all = match piece {
        Piece::Ko => &names.ko,
        Piece::En => &names.en,
        _ => file,
    };
    if matches!(piece, Piece::File) {
        all.to_owned()
    } else {
        crate::chat::clean(all).chars().take(LONGEST_NAME).collect()
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_nothing_but_its_own_place() {
        let key = |_: &str| Some(SecretString::from("se&cret"));
        let template =
            Template::parse("https://x.test/a?q={ko}&k=${KEY}", &["KEY".to_owned()], key).expect("a template");
        let names = Names { ko: "밥&q=1#../ \"><".to_owned(), en: String::new() };
        let url = template.fill(&names, "").expect("an address");
        let pairs: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        assert_eq!(pairs, [("q".to_owned(), names.ko.clone()), ("k".to_owned(), "se&cret".to_owned())]);
        assert_eq!((url.host_str(), url.path(), url.fragment()), (Some("x.test"), "/a", None));
        assert!(!template.shown(&names, "").contains("se&cret") && !format!("{template:?}").contains("se&cret"));
        assert_eq!(template.fill(&Names { ko: "\u{202e}\r\n".to_owned(), en: "x".to_owned() }, ""), None);
    }

    #[test]
    fn a_name_of_dots_alone_leads_nowhere_else() {
        let template = Template::parse("https://x.test/a/{ko}/b/{file}", &[], |_| None).expect("a template");
        let path = |ko: &str, file: &str| {
            let names = Names { ko: ko.to_owned(), en: String::new() };
            template.fill(&names, file).map(|url| url.path().to_owned())
        };
        for dots in [".", "..", "...", " .. "] {
            assert_eq!(path(dots, "x"), None, "{dots:?}");
        }
        assert_eq!(path("x", ".."), None);
        assert_eq!(path("..x", "x.").as_deref(), Some("/a/%2E%2Ex/b/x%2E"));
    }

    #[test]
    fn only_listed_keys_and_known_places_are_filled_in() {
        let key = |_: &str| Some(SecretString::from("secret"));
        for text in ["https://x.test/${PATH}", "https://x.test/{name}", "https://x.test/{ko"] {
            assert!(Template::parse(text, &[], key).is_err(), "{text}");
        }
    }
}
