//! Messages, chats and people as Telegram writes them.

use serde_json::Value;

const BOT: &str = r#"{"id":4242,"is_bot":true,"first_name":"밥상","username":"bapsang_test_bot"}"#;

/// A message, for whoever is shown it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) owner: i64,
    pub(crate) photo: bool,
    /// As JSON.
    pub(crate) text: String,
    pub(crate) markup: String,
}

pub(crate) fn chat_json(chat: i64) -> String {
    if chat > 0 {
        return format!(r#"{{"id":{chat},"type":"private","first_name":"손님"}}"#);
    }
    format!(r#"{{"id":{chat},"type":"supergroup","title":"점심 모임"}}"#)
}

pub(crate) fn user_json(user: i64) -> String {
    format!(r#"{{"id":{user},"is_bot":false,"first_name":"손님","language_code":"ko"}}"#)
}

/// A message of the bot as Telegram gives it back.
pub(crate) fn said(chat: i64, id: i64, message: &Message, file: &str) -> String {
    let text = if message.text.is_empty() { "\"\"" } else { &message.text };
    let content = if message.photo {
        format!(
            r#""photo":[{{"file_id":"{file}s","file_unique_id":"u{file}s","width":320,"height":240}},{{"file_id":"{file}","file_unique_id":"u{file}","width":1200,"height":900}}],"caption":{text}"#
        )
    } else {
        format!(r#""text":{text}"#)
    };
    let markup =
        if message.markup.is_empty() { String::new() } else { format!(r#","reply_markup":{}"#, message.markup) };
    format!(r#"{{"message_id":{id},"date":1795000000,"chat":{},"from":{BOT},{content}{markup}}}"#, chat_json(chat))
}

pub(crate) fn buttons(markup: &str) -> Vec<(String, String)> {
    let markup: Value = serde_json::from_str(markup).unwrap_or_default();
    let rows = markup["inline_keyboard"].as_array().into_iter().flatten();
    let buttons = rows.flat_map(|row| row.as_array().into_iter().flatten());
    let of = |button: &Value| Some((button["text"].as_str()?.to_owned(), button["callback_data"].as_str()?.to_owned()));
    buttons.filter_map(of).collect()
}
