//! What Telegram refuses in a request: fields that it does not know, types, lengths, keyboards.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::html;

/// The official fields of the methods and types in use, taken from the specification of the Bot API.
static SPECIFICATION: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("specification.json")).expect("JSON"));

/// The name of a method as the specification spells it.
pub(super) fn method(name: &str) -> Option<&'static str> {
    let methods = SPECIFICATION["methods"].as_object().expect("methods");
    methods.keys().map(String::as_str).find(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the fields are those of the method, and of its types. A form says numbers as text.
pub(super) fn check_fields(method: &str, fields: &Map<String, Value>, form: bool) -> Result<(), String> {
    object(&SPECIFICATION["methods"][method], fields, method, form)
}

fn object(known: &Value, fields: &Map<String, Value>, what: &str, form: bool) -> Result<(), String> {
    for (name, value) in fields {
        let field = known.get(name).ok_or_else(|| format!("unknown field \"{name}\" in {what}"))?;
        let types = field["types"].as_array().expect("types");
        if !types.iter().any(|kind| is_of(kind.as_str().expect("a type"), value, form)) {
            return Err(format!("field \"{name}\" in {what} must be of type {types:?}, not {value}"));
        }
        // One of the types that it may have is enough.
        let fits: Vec<_> = types.iter().map(|kind| nested(kind.as_str().expect("a type"), value)).collect();
        if !fits.iter().any(Result::is_ok) {
            fits.into_iter().next().expect("a type")?;
        }
    }
    let missing = known
        .as_object()
        .expect("fields")
        .iter()
        .find(|(name, field)| field["required"] == Value::Bool(true) && !fields.contains_key(*name));
    missing.map_or(Ok(()), |(name, _)| Err(format!("field \"{name}\" in {what} is missing")))
}

fn is_of(kind: &str, value: &Value, form: bool) -> bool {
    if let Some(of) = kind.strip_prefix("Array of ") {
        return value.as_array().is_some_and(|items| items.iter().all(|item| is_of(of, item, false)));
    }
    match kind {
        "Integer" => value.is_i64() || form && value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
        "Boolean" | "True" => value.is_boolean() || form && matches!(value.as_str(), Some("true" | "false")),
        "Float" => value.is_number(),
        "String" | "InputFile" => value.is_string(),
        _ => value.is_object() || value.is_array(),
    }
}

fn nested(kind: &str, value: &Value) -> Result<(), String> {
    if let (Some(of), Some(items)) = (kind.strip_prefix("Array of "), value.as_array()) {
        return items.iter().try_for_each(|item| nested(of, item));
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    if kind == "InputFile" || kind == "String" {
        return Err("an object where a text should be".to_owned());
    }
    let kind = match (kind, value["type"].as_str()) {
        ("InputMedia", Some("photo")) => "InputMediaPhoto",
        ("InlineQueryResult", Some("photo")) => "InlineQueryResultCachedPhoto",
        ("InlineQueryResult", Some("article")) => "InlineQueryResultArticle",
        ("InputMessageContent", _) => "InputTextMessageContent",
        ("BotCommandScope", Some("all_private_chats")) => "BotCommandScopeAllPrivateChats",
        ("BotCommandScope", Some("all_group_chats")) => "BotCommandScopeAllGroupChats",
        ("BotCommandScope", Some("chat")) => "BotCommandScopeChat",
        (kind, _) => kind,
    };
    match SPECIFICATION["types"].get(kind) {
        Some(known) => object(known, fields, kind, false),
        None => Err(format!("{kind} is not among the types of the fake")),
    }
}

/// The text that people see; refused where its markup is wrong or it is too long.
pub(super) fn text(fields: &Value, name: &str, most: usize) -> Result<String, String> {
    let written = fields[name].as_str().unwrap_or_default();
    let parsed = match fields["parse_mode"].as_str() {
        Some("HTML") => html::parse(written)?,
        Some(mode) => return Err(format!("unsupported parse_mode {mode}")),
        None => html::Parsed { text: written.to_owned(), units: written.encode_utf16().count() },
    };
    if parsed.units > most {
        let what = if name == "caption" { "message caption is too long" } else { "message is too long" };
        return Err(what.to_owned());
    }
    if name == "text" && parsed.text.trim().is_empty() {
        return Err("message text is empty".to_owned());
    }
    Ok(parsed.text.trim().to_owned())
}

/// The rows of an inline keyboard.
pub(super) fn keyboard(markup: &Value) -> Result<Vec<Vec<Value>>, String> {
    let rows = markup["inline_keyboard"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
    if rows.iter().map(Vec::len).sum::<usize>() > 100 || rows.iter().any(|row| row.len() > 8) {
        return Err("reply markup is too long".to_owned());
    }
    // Not a rule of Telegram's, but what fits a phone.
    if rows.iter().any(|row| row.len() > 3) {
        return Err("more than three buttons in a row".to_owned());
    }
    for button in rows.iter().flatten() {
        if button["text"].as_str().is_none_or(str::is_empty) {
            return Err("can't parse inline keyboard button: text is empty".to_owned());
        }
        match (button["callback_data"].as_str(), button["url"].as_str()) {
            (Some(data), None) if (1..=64).contains(&data.len()) => {}
            (None, Some(url)) if url.starts_with("https://") || url.starts_with("http://") => {}
            (Some(_), _) => return Err("BUTTON_DATA_INVALID".to_owned()),
            _ => return Err("BUTTON_URL_INVALID".to_owned()),
        }
    }
    Ok(rows)
}

#[test]
fn strange_fields_types_and_lengths_are_refused() {
    let check = |method: &str, fields: Value| check_fields(method, fields.as_object().expect("fields"), false);
    let fine = serde_json::json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[
        {"text": "a", "callback_data": "b"}]]}});
    assert_eq!(check("sendMessage", fine), Ok(()));
    for bad in [
        serde_json::json!({"chat_id": 1}),
        serde_json::json!({"chat_id": true, "text": "x"}),
        serde_json::json!({"chat_id": 1, "text": "x", "colour": "red"}),
        serde_json::json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "data": "b"}]]}}),
    ] {
        assert!(check("sendMessage", bad.clone()).is_err(), "{bad}");
    }
    let long =
        |text: String| super::rules::text(&serde_json::json!({"text": text, "parse_mode": "HTML"}), "text", 4096);
    assert!(long("<b>".to_owned() + &"밥".repeat(4096) + "</b>").is_ok());
    assert!(long("밥".repeat(4097)).is_err() && long("🍚".repeat(2049)).is_err() && long(" ".to_owned()).is_err());
}
