//! JSON as models write it: in a fence, with prose around it, with commas too many, or broken off.

/// What was read. A map keeps its order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Loose {
    Null,
    /// A number, `true` or `false`, as it is written.
    Bare(String),
    Text(String),
    List(Vec<Loose>),
    Map(Vec<(String, Loose)>),
}

impl Loose {
    pub(super) fn get(&self, names: &[&str]) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        let of = |name: &&str| fields.iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        names.iter().find_map(of).map(|(_, value)| value).filter(|value| **value != Self::Null)
    }

    /// A text or a number as text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Bare(text) => Some(text),
            _ => None,
        }
    }
}

/// The deepest that anything may be nested.
const DEEPEST: u32 = 12;

/// How a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With the last bracket of the object.
    Closed,
    /// Between two values: only brackets are missing, or more values were to come.
    Open,
    /// Within a value.
    Broken,
}

/// The first object in a text with any of these fields in it, or inside of one field of it; and how it ended.
pub(super) fn object(text: &str, fields: &[&str]) -> Option<(Loose, Ending)> {
    // What a model thought before it answered is no answer.
    let text = text.rsplit_once("</think>").map_or(text, |(_, answer)| answer);
    text.match_indices('{').take(8).find_map(|(at, _)| {
        let mut reader = Reader { chars: text[at..].chars().collect(), at: 0, open: false, broken: false };
        let value = reader.value(0)?;
        let Loose::Map(entries) = &value else { return None };
        if fields.iter().any(|field| value.get(&[field]).is_some()) {
            return Some((value, reader.ending()));
        }
        let inner = entries.iter().find(|(_, inner)| fields.iter().any(|field| inner.get(&[field]).is_some()));
        inner.map(|(_, inner)| (inner.clone(), reader.ending()))
    })
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    /// The text ended where a bracket was to come.
    open: bool,
    /// The text ended within a value.
    broken: bool,
}

impl Reader {
    fn ending(&self) -> Ending {
        match (self.broken, self.open) {
            (true, _) => Ending::Broken,
            (false, true) => Ending::Open,
            (false, false) => Ending::Closed,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self) {
        loop {
            let rest = self.chars.get(self.at..).unwrap_or_default();
            match rest {
                [c, ..] if c.is_whitespace() => self.at += 1,
                ['/', '/', ..] => self.at += rest.iter().take_while(|c| **c != '\n').count(),
                ['/', '*', ..] => {
                    let end = rest.windows(2).skip(2).position(|two| two == ['*', '/']);
                    self.at += end.map_or(rest.len(), |end| end + 4);
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Loose> {
        self.skip();
        match self.peek()? {
            _ if depth > DEEPEST => None,
            '{' => Some(self.map(depth)),
            '[' => Some(self.list(depth)),
            quote @ ('"' | '\'' | '“') => Some(Loose::Text(self.quoted(quote))),
            _ => self.bare(),
        }
    }

    /// Whether another item begins before the bracket that ends them.
    fn more(&mut self, end: char) -> bool {
        loop {
            self.skip();
            match self.peek() {
                None => {
                    self.open = true;
                    return false;
                }
                Some(',' | ';') => self.at += 1,
                Some(bracket) if bracket == end => {
                    self.at += 1;
                    return false;
                }
                // It belongs to whoever is around.
                Some(']' | '}') => return false,
                Some(_) => return true,
            }
        }
    }

    fn map(&mut self, depth: u32) -> Loose {
        self.at += 1;
        let mut entries = Vec::new();
        while self.more('}') {
            let Some(Loose::Text(key) | Loose::Bare(key)) = self.value(depth + 1) else {
                self.broken |= self.peek().is_none();
                break;
            };
            self.skip();
            if self.peek() != Some(':') {
                self.broken |= self.peek().is_none();
                continue;
            }
            self.at += 1;
            let Some(value) = self.value(depth + 1) else {
                self.broken |= self.peek().is_none();
                break;
            };
            entries.push((key, value));
        }
        Loose::Map(entries)
    }

    fn list(&mut self, depth: u32) -> Loose {
        self.at += 1;
        let mut items = Vec::new();
        while self.more(']') {
            match self.value(depth + 1) {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Loose::List(items)
    }

    fn quoted(&mut self, quote: char) -> String {
        let end = if quote == '“' { '”' } else { quote };
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                c if c == end => return text,
                '\\' => text.push(self.escaped()),
                c => text.push(c),
            }
        }
        self.broken = true;
        text
    }

    fn escaped(&mut self) -> char {
        let Some(c) = self.peek() else { return ' ' };
        self.at += 1;
        match c {
            'n' => '\n',
            'r' | 't' | 'b' | 'f' => ' ',
            'u' => {
                let high = self.hex();
                if (0xd800..0xdc00).contains(&high) && self.chars.get(self.at..self.at + 2) == Some(&['\\', 'u']) {
                    self.at += 2;
                    let low = self.hex();
                    return char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff))
                        .unwrap_or(' ');
                }
                char::from_u32(high).unwrap_or(' ')
            }
            c => c,
        }
    }

    fn hex(&mut self) -> u32 {
        let digits: Vec<u32> = self.chars.iter().skip(self.at).take(4).map_while(|c| c.to_digit(16)).collect();
        self.at += digits.len();
        digits.iter().fold(0, |number, digit| number * 16 + digit)
    }

    fn bare(&mut self) -> Option<Loose> {
        let from = self.at;
        while self.peek().is_some_and(|c| !matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '"' | '\n' | ';')) {
            self.at += 1;
        }
        let word: String = self.chars.get(from..self.at)?.iter().collect();
        let word = word.trim();
        // A number that goes on might have gone on differently.
        self.broken |= self.peek().is_none();
        match word {
            "" => None,
            "null" | "None" | "undefined" => Some(Loose::Null),
            word => Some(Loose::Bare(word.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<(Loose, Ending)> {
        object(text, &["a"])
    }

    fn one(key: &str, value: Loose) -> Loose {
        Loose::Map(vec![(key.to_owned(), value)])
    }

    #[test]
    fn what_models_write_around_an_object_is_passed_over() {
        let expected = one("a", Loose::Text("밥".to_owned()));
        for text in [
            r#"{"a": "밥"}"#,
            "```json\n{\"a\": \"밥\",}\n```\nEnjoy!",
            "Here is {your} dish: {\"a\": \"밥\"} and more {text}",
            r#"<think>{"a": "no"}</think>{"a":"밥"}"#,
            r#"{"dish": {"a": "밥"}}"#,
            r#"[{"a": "밥"}]"#,
            "{'a': '밥'}",
            "{a: \"밥\"}",
            "{ // a comment\n \"a\": /* another */ \"밥\" }",
            r#"{"a": "\ubc25"}"#,
        ] {
            assert_eq!(read(text), Some((expected.clone(), Ending::Closed)), "{text}");
        }
        assert_eq!(read(r#"{"a": "밥""#), Some((expected, Ending::Open)));
    }

    #[test]
    fn what_broke_off_within_a_value_is_told_from_what_lacks_its_brackets() {
        for (text, ending) in [
            (r#"{"a": ["x", "y"]"#, Ending::Open),
            (r#"{"a": ["x", "y"#, Ending::Broken),
            (r#"{"a": ["x", "#, Ending::Open),
            (r#"{"a": "x", "b"#, Ending::Broken),
            (r#"{"a": "x", "b": "#, Ending::Broken),
            (r#"{"a": 12"#, Ending::Broken),
            (r#"{"a": 12}"#, Ending::Closed),
        ] {
            assert_eq!(read(text).map(|(_, ending)| ending), Some(ending), "{text}");
        }
    }

    #[test]
    fn a_pair_of_surrogates_is_one_character_and_half_of_one_is_none() {
        assert_eq!(read(r#"{"a": "\ud83c\udf5a"}"#), Some((one("a", Loose::Text("🍚".to_owned())), Ending::Closed)));
        assert_eq!(read(r#"{"a": "\ud83c"}"#), Some((one("a", Loose::Text(" ".to_owned())), Ending::Closed)));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert_eq!(read(&format!("{{\"b\": {}", "[".repeat(100_000))), None);
        assert_eq!(read(&"{".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|[\\[\\]{}:,\"'\\\\]|u[0-9a-f]{0,5}){0,200}") {
            let _ = object(&text, &["a"]);
        }

        #[test]
        fn what_serde_writes_is_read(key in "[a-z]{1,8}", texts in prop::collection::vec("\\PC{0,20}", 0..6)) {
            let json = serde_json::json!({ "a": texts, key.clone(): 1 }).to_string();
            let (value, ending) = read(&json).expect("an object");
            prop_assert_eq!(ending, Ending::Closed);
            let expected = Loose::List(texts.iter().map(|text| Loose::Text(text.clone())).collect());
            if key != "a" {
                prop_assert_eq!(value.get(&["a"]), Some(&expected));
            }
        }
    }
}
