//! Requests, answers and updates, held against the official document of the Bot API, where it is (`crate::official`).
//! Types, lengths and how the types of a union are told apart are read from the document itself.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::html;
use crate::official;

static DOCUMENT: LazyLock<Option<Document>> = LazyLock::new(|| official::document("telegram-bot-api.json"));

/// What is wrong with a request. A form says numbers, switches and objects as text.
pub(super) fn request(method: &str, fields: &Map<String, Value>, form: bool) -> Vec<String> {
    let Some(document) = &*DOCUMENT else { return Vec::new() };
    official::checked(&format!("telegram {method}"), document.request(method, fields, form))
}

/// What is wrong with an answer of the stand-in.
pub(super) fn answer(method: &str, result: &Value) -> Vec<String> {
    let Some(document) = &*DOCUMENT else { return Vec::new() };
    official::found("an answer of the stand-in", document.answer(method, result))
}

/// What is wrong with an update of the stand-in.
pub(super) fn update(update: &Value) -> Vec<String> {
    let Some(document) = &*DOCUMENT else { return Vec::new() };
    official::found("an update of the stand-in", document.value("Update", update, "Update", false))
}

/// What is read of the document.
#[derive(Deserialize)]
struct Document {
    methods: HashMap<String, Shape>,
    types: HashMap<String, Shape>,
}

/// A method or a type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    fields: Vec<Field>,
    /// What a union is made of.
    subtypes: Vec<String>,
    returns: Vec<String>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    types: Vec<String>,
    required: bool,
    description: Said,
}

/// What a description says of a value in words that are always the same.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Said {
    /// "must be photo", "always \"private\"".
    constant: Option<String>,
    range: Option<Range>,
    letters: Option<fn(char) -> bool>,
}

/// "1-4096 characters", "1-64 bytes", "1-100".
struct Range {
    low: i64,
    high: i64,
    /// The next word.
    unit: String,
}

impl From<String> for Said {
    fn from(description: String) -> Self {
        Self {
            constant: constant(&description).map(str::to_owned),
            range: Range::of(&description),
            letters: letters(&description),
        }
    }
}

/// The one value that a description allows.
fn constant(description: &str) -> Option<&str> {
    let (_, value) = description.rsplit_once(" must be ").or_else(|| description.rsplit_once(" always "))?;
    let value = value.trim_matches('"');
    let is_name = value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_name.then_some(value)
}

/// The letters that a description allows.
fn letters(description: &str) -> Option<fn(char) -> bool> {
    let of_commands: fn(char) -> bool = |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let of_addresses: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let known = [
        ("only lowercase English letters, digits and underscores", of_commands),
        ("A-Z, a-z, 0-9, _ and - are allowed", of_addresses),
    ];
    known.into_iter().find(|(words, _)| description.contains(words)).map(|(_, letters)| letters)
}

impl Range {
    fn of(description: &str) -> Option<Self> {
        static RANGE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("(?:^|[ (])([0-9]{1,9})-([0-9]{1,9})(?: ([a-zA-Z]+))?").expect("a pattern"));
        let mut all = RANGE.captures_iter(description).map(|found| {
            let number = |at: usize| found[at].parse::<i64>().expect("a number");
            let unit = found.get(3).map_or("", |unit| unit.as_str()).to_lowercase();
            Self { low: number(1), high: number(2), unit }
        });
        // The number of a standard, such as ISO 3166-1, is no range; and dice have several, each "for" some of them.
        all.find(|range| range.low <= range.high).filter(|range| range.unit != "for")
    }

    /// How much of it a value is; `None` for what is not counted. Characters are counted when the markup was read, where
    /// there is any.
    fn count(&self, value: &Value, of: &Field, beside: &Map<String, Value>) -> Option<Result<i64, String>> {
        let is_html = beside.get("parse_mode").is_some_and(|mode| mode == "HTML");
        let length = match (value, self.unit.as_str()) {
            (Value::String(text), "characters") if is_html => match html::parse(text) {
                Ok(parsed) => parsed.units,
                Err(error) => return Some(Err(error)),
            },
            (Value::String(text), "characters") => text.encode_utf16().count(),
            (Value::String(text), "bytes") => text.len(),
            (Value::Array(items), _) => items.len(),
            (number, _) if of.types == ["Integer"] => {
                return number.as_i64().or_else(|| number.as_str()?.parse().ok()).map(Ok);
            }
            _ => return None,
        };
        Some(Ok(i64::try_from(length).expect("a length")))
    }
}

impl Field {
    /// What is wrong with a value of the right type, by what the description says.
    fn wrong(&self, value: &Value, beside: &Map<String, Value>) -> Option<String> {
        let Said { constant, range, letters } = &self.description;
        if let Some(constant) = constant
            && value.as_str() != Some(constant.as_str())
        {
            return Some(format!("must be {constant}"));
        }
        if let (Some(letters), Some(text)) = (letters, value.as_str())
            && !text.chars().all(*letters)
        {
            return Some("has letters that are not allowed".to_owned());
        }
        let range = range.as_ref()?;
        match range.count(value, self, beside)? {
            Ok(count) if (range.low..=range.high).contains(&count) => None,
            Ok(count) => Some(format!("is {count}, not {}-{} {}", range.low, range.high, range.unit)),
            Err(error) => Some(error),
        }
    }
}

impl Document {
    fn request(&self, method: &str, fields: &Map<String, Value>, form: bool) -> Vec<String> {
        match self.methods.get(method) {
            Some(known) => self.object(known, fields, method, form),
            None => vec!["there is no such method".to_owned()],
        }
    }

    fn answer(&self, method: &str, result: &Value) -> Vec<String> {
        let Some(known) = self.methods.get(method) else { return vec![format!("there is no {method}")] };
        self.one_of(&known.returns, result, method, false)
    }

    fn object(&self, known: &Shape, fields: &Map<String, Value>, at: &str, form: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            let Some(field) = known.fields.iter().find(|field| field.name == *name) else {
                wrong.push(format!("{at} is not known"));
                continue;
            };
            let of_no_type = self.one_of(&field.types, value, &at, form);
            if of_no_type.is_empty() {
                wrong.extend(field.wrong(value, fields).map(|what| format!("{at} {what}: {value}")));
            }
            wrong.extend(of_no_type);
        }
        let missing = known.fields.iter().filter(|field| field.required && !fields.contains_key(&field.name));
        wrong.extend(missing.map(|field| format!("{at}.{} is missing", field.name)));
        wrong
    }

    /// Nothing where a value is of one of these types, else what is wrong with it for the nearest.
    fn one_of<'a>(
        &self,
        kinds: impl IntoIterator<Item = &'a String>,
        value: &Value,
        at: &str,
        form: bool,
    ) -> Vec<String> {
        let nearest = kinds.into_iter().map(|kind| self.value(kind, value, at, form)).min_by_key(Vec::len);
        nearest.unwrap_or_else(|| vec![format!("{at} is nothing that it may be: {value}")])
    }

    fn value(&self, kind: &str, value: &Value, at: &str, form: bool) -> Vec<String> {
        if let Some(kind) = kind.strip_prefix("Array of ") {
            let Some(items) = value.as_array() else { return vec![format!("{at} is no list: {value}")] };
            let wrong = |(number, item): (usize, &Value)| self.value(kind, item, &format!("{at}[{number}]"), false);
            return items.iter().enumerate().flat_map(wrong).collect();
        }
        let said = value.as_str().filter(|_| form);
        let fits = match kind {
            "Integer" => value.is_i64() || said.is_some_and(|text| text.parse::<i64>().is_ok()),
            "Float" => value.is_number() || said.is_some_and(|text| text.parse::<f64>().is_ok()),
            "Boolean" => value.is_boolean() || matches!(said, Some("true" | "false")),
            // What reads as an object was text as well.
            "String" => value.is_string() || form,
            // It is a part of the form, which the field names.
            "InputFile" => said.is_some_and(|text| text.starts_with("attach://")),
            _ => return self.named(kind, value, at),
        };
        if fits { Vec::new() } else { vec![format!("{at} is no {kind}: {value}")] }
    }

    fn named(&self, kind: &str, value: &Value, at: &str) -> Vec<String> {
        let Some(known) = self.types.get(kind) else { return vec![format!("{at}: there is no type {kind}")] };
        if !known.subtypes.is_empty() {
            let possible = known.subtypes.iter().filter(|subtype| self.may_be(subtype, value));
            return self.one_of(possible, value, at, false);
        }
        match value.as_object() {
            Some(fields) => self.object(known, fields, at, false),
            None => vec![format!("{at} is no {kind}: {value}")],
        }
    }

    /// Whether a value has what tells this type of a union from the others.
    fn may_be(&self, kind: &str, value: &Value) -> bool {
        let fields = self.types.get(kind).map(|known| known.fields.as_slice()).unwrap_or_default();
        fields.iter().all(|field| field.description.constant.as_ref().is_none_or(|only| value[&field.name] == *only))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(name: &str, types: &[&str], required: bool, description: &str) -> Value {
        json!({"name": name, "types": types, "required": required, "description": description})
    }

    /// A few methods and types, in the shape of the official document.
    fn document() -> Document {
        let kind = |of: &str| field("type", &["String"], true, &format!("Type of the result, must be {of}"));
        let document = json!({
            "version": "Bot API 0",
            "methods": {
                "sendMessage": {"name": "sendMessage", "returns": ["Message", "Boolean"], "fields": [
                    field("chat_id", &["Integer", "String"], true, "Identifier, or name"),
                    field("text", &["String"], true, "Text to be sent, 1-8 characters after entities parsing"),
                    field("parse_mode", &["String"], false, "Mode for parsing entities in the message text."),
                    field("silent", &["Boolean"], false, "Sends the message silently."),
                    field("reply_markup", &["Keyboard"], false, "A keyboard"),
                ]},
                "sendPhoto": {"returns": ["Message"], "fields": [
                    field("photo", &["InputFile", "String"], true, "Photo to send."),
                    field("countries", &["Array of String"], false, "A list of 0-2 two-letter ISO 3166-1 codes"),
                ]},
                "getUpdates": {"returns": ["Array of Message"], "fields": [
                    field("limit", &["Integer"], false, "Values between 1-100 are accepted. Defaults to 100."),
                    field("dice", &["Integer"], false, "Value, 1-6 for some and 1-64 for others"),
                ]},
                "setCommands": {"returns": ["Boolean"], "fields": [
                    field("commands", &["Array of Command"], true, "A list of commands"),
                ]},
                "answer": {"returns": ["Boolean"], "fields": [
                    field("results", &["Array of Result"], true, "A list of results"),
                    field("start", &["String"], false, "1-64 characters, only A-Z, a-z, 0-9, _ and - are allowed."),
                ]},
            },
            "types": {
                "Message": {"fields": [
                    field("message_id", &["Integer"], true, "Identifier"),
                    field("text", &["String"], false, "Optional. The text"),
                ]},
                "Keyboard": {"fields": [field("rows", &["Array of Array of Button"], true, "Rows of buttons")]},
                "Button": {"fields": [
                    field("text", &["String"], true, "Label text on the button"),
                    field("data", &["String"], false, "Optional. Data of the button, 1-4 bytes"),
                ]},
                "Command": {"fields": [
                    field("command", &["String"], true, "Text of the command; 1-32 characters. Can contain only \
                        lowercase English letters, digits and underscores."),
                ]},
                "Result": {"subtypes": ["ResultKnown", "ResultNew", "ResultText"]},
                "ResultKnown": {"fields": [kind("photo"), field("file_id", &["String"], true, "A file")]},
                "ResultNew": {"fields": [kind("photo"), field("url", &["String"], true, "An address")]},
                "ResultText": {"fields": [kind("article"), field("title", &["String"], true, "A title")]},
            },
        });
        serde_json::from_value(document).expect("a document")
    }

    fn wrong(method: &str, fields: &Value, form: bool) -> Vec<String> {
        document().request(method, fields.as_object().expect("fields"), form)
    }

    #[test]
    fn what_the_document_allows_is_allowed() {
        for (method, fields, form) in [
            ("sendMessage", json!({"chat_id": 1, "text": "x", "silent": true}), false),
            ("sendMessage", json!({"chat_id": "@name", "text": "<b>12345678</b>", "parse_mode": "HTML"}), false),
            (
                "sendMessage",
                json!({"chat_id": 1, "text": "x", "reply_markup": {"rows": [[{"text": "a", "data": "밥b"}]]}}),
                false,
            ),
            (
                "sendMessage",
                json!({"chat_id": "1", "text": [1], "silent": "false", "reply_markup": {"rows": []}}),
                true,
            ),
            ("sendPhoto", json!({"photo": "attach://a", "countries": ["KR", "US"]}), true),
            ("sendPhoto", json!({"photo": "file"}), false),
            ("getUpdates", json!({"limit": 100, "dice": 64}), false),
            ("getUpdates", json!({"limit": "1"}), true),
            ("setCommands", json!({"commands": [{"command": "help_2"}]}), false),
            (
                "answer",
                json!({"results": [{"type": "photo", "url": "x"}, {"type": "photo", "file_id": "x"},
                {"type": "article", "title": "x"}], "start": "a-Z_9"}),
                false,
            ),
        ] {
            assert_eq!(wrong(method, &fields, form), Vec::<String>::new(), "{method} {fields}");
        }
    }

    #[test]
    fn what_the_document_does_not_allow_is_found() {
        for (method, fields, form, expected) in [
            ("sendPigeon", json!({}), false, "no such method"),
            ("sendMessage", json!({"chat_id": 1}), false, "sendMessage.text is missing"),
            ("sendMessage", json!({"chat_id": 1.5, "text": "x"}), false, "chat_id is no Integer"),
            ("sendMessage", json!({"chat_id": 1, "text": "x", "colour": "red"}), false, "colour is not known"),
            ("sendMessage", json!({"chat_id": 1, "text": "x", "silent": "true"}), false, "silent is no Boolean"),
            ("sendMessage", json!({"chat_id": 1, "text": null}), false, "text is no String"),
            ("sendMessage", json!({"chat_id": 1, "text": ""}), false, "text is 0, not 1-8 characters"),
            ("sendMessage", json!({"chat_id": 1, "text": "<b></b>", "parse_mode": "HTML"}), false, "text is 0"),
            (
                "sendMessage",
                json!({"chat_id": 1, "text": "<b>1234567🍚</b>", "parse_mode": "HTML"}),
                false,
                "text is 9",
            ),
            ("sendMessage", json!({"chat_id": 1, "text": "<b>", "parse_mode": "HTML"}), false, "end tag"),
            ("sendMessage", json!({"chat_id": 1, "text": "x", "reply_markup": "{"}), true, "is no Keyboard"),
            (
                "sendMessage",
                json!({"chat_id": 1, "text": "x", "reply_markup": {"rows": [[{"text": "a", "data": "밥ab"}]]}}),
                false,
                "reply_markup.rows[0][0].data is 5, not 1-4 bytes",
            ),
            (
                "sendMessage",
                json!({"chat_id": 1, "text": "x", "reply_markup": {"rows": [{}]}}),
                false,
                "rows[0] is no list",
            ),
            ("sendPhoto", json!({"photo": 1}), false, "photo is no"),
            ("sendPhoto", json!({"photo": "x", "countries": ["a", "b", "c"]}), false, "countries is 3, not 0-2"),
            ("getUpdates", json!({"limit": 101}), false, "limit is 101"),
            ("getUpdates", json!({"limit": "0"}), true, "limit is 0"),
            ("setCommands", json!({"commands": [{"command": "Help"}]}), false, "letters"),
            ("answer", json!({"results": [{"type": "photo", "title": "x"}]}), false, "results[0].title is not known"),
            ("answer", json!({"results": [{"type": "video", "title": "x"}]}), false, "nothing that it may be"),
            ("answer", json!({"results": [], "start": "a b"}), false, "letters"),
        ] {
            let wrong = wrong(method, &fields, form);
            assert!(wrong.iter().any(|one| one.contains(expected)), "{method} {fields}: {wrong:?}");
        }
    }

    #[test]
    fn an_answer_is_of_a_type_that_the_method_returns() {
        let document = document();
        assert_eq!(document.answer("sendMessage", &json!({"message_id": 1, "text": "x"})), Vec::<String>::new());
        assert_eq!(document.answer("sendMessage", &json!(true)), Vec::<String>::new());
        assert_eq!(document.answer("getUpdates", &json!([{"message_id": 1}])), Vec::<String>::new());
        for wrong in [json!({"text": "x"}), json!({"message_id": "1"}), json!({"message_id": 1, "x": 1}), json!([])] {
            assert!(!document.answer("sendMessage", &wrong).is_empty(), "{wrong}");
        }
    }
}
