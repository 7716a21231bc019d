//! The fields of a request to the Bot API, in each of the three forms in which they come.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What a request says, as far as it matters here.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub(crate) chat: i64,
    pub(crate) message: i64,
    /// As JSON.
    pub(crate) text: String,
    pub(crate) markup: String,
    pub(crate) file: String,
    pub(crate) callback: u64,
    pub(crate) reply_to: Option<i64>,
    pub(crate) offset: i64,
    pub(crate) limit: usize,
    pub(crate) timeout: u64,
    pub(crate) secret: String,
}

#[derive(Deserialize)]
struct Fields<'a> {
    chat_id: Option<i64>,
    message_id: Option<i64>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    caption: Option<&'a RawValue>,
    #[serde(borrow)]
    reply_markup: Option<&'a RawValue>,
    #[serde(borrow)]
    photo: Option<Cow<'a, str>>,
    #[serde(borrow)]
    callback_query_id: Option<Cow<'a, str>>,
    reply_parameters: Option<Reply>,
    offset: Option<i64>,
    limit: Option<usize>,
    timeout: Option<u64>,
    #[serde(borrow)]
    secret_token: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Reply {
    message_id: i64,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow)]
    media: Cow<'a, str>,
    #[serde(borrow)]
    caption: Option<&'a RawValue>,
}

impl Call {
    pub(crate) fn read(kind: &str, body: &[u8]) -> Option<Self> {
        let bare = Self { limit: 100, ..Self::default() };
        if body.is_empty() {
            return Some(bare);
        }
        if let Some(boundary) = kind.strip_prefix("multipart/form-data; boundary=") {
            return Some(bare.of_fields(parts(boundary.trim_matches('"'), body)));
        }
        if kind.starts_with("application/x-www-form-urlencoded") {
            let fields = url::form_urlencoded::parse(body);
            return Some(bare.of_fields(fields.map(|(name, value)| (name.into_owned(), value.into_owned()))));
        }
        let fields: Fields<'_> = serde_json::from_slice(body).ok()?;
        let raw = |value: Option<&RawValue>| value.map(|value| value.get().to_owned());
        Some(Self {
            chat: fields.chat_id.unwrap_or_default(),
            message: fields.message_id.unwrap_or_default(),
            text: raw(fields.text.or(fields.caption)).unwrap_or_default(),
            markup: raw(fields.reply_markup).unwrap_or_default(),
            file: fields.photo.unwrap_or_default().into_owned(),
            callback: fields.callback_query_id.and_then(|id| id.parse().ok()).unwrap_or_default(),
            reply_to: fields.reply_parameters.map(|reply| reply.message_id),
            offset: fields.offset.unwrap_or_default(),
            limit: fields.limit.unwrap_or(100),
            timeout: fields.timeout.unwrap_or_default(),
            secret: fields.secret_token.unwrap_or_default().into_owned(),
        })
    }

    /// Fields of a form: objects are said as JSON, everything else as it is.
    fn of_fields(mut self, fields: impl Iterator<Item = (String, String)>) -> Self {
        let json = |text: &str| serde_json::Value::from(text).to_string();
        for (name, value) in fields {
            match name.as_str() {
                "chat_id" => self.chat = value.parse().unwrap_or_default(),
                "message_id" => self.message = value.parse().unwrap_or_default(),
                "text" | "caption" => self.text = json(&value),
                "reply_markup" => self.markup = value,
                "photo" => self.file = value,
                "callback_query_id" => self.callback = value.parse().unwrap_or_default(),
                "media" => {
                    if let Ok(media) = serde_json::from_str::<Media<'_>>(&value) {
                        self.file = media.media.into_owned();
                        self.text = media.caption.map(|caption| caption.get().to_owned()).unwrap_or_default();
                    }
                }
                "reply_parameters" => {
                    self.reply_to = serde_json::from_str::<Reply>(&value).ok().map(|reply| reply.message_id);
                }
                "offset" => self.offset = value.parse().unwrap_or_default(),
                "limit" => self.limit = value.parse().unwrap_or(100),
                "timeout" => self.timeout = value.parse().unwrap_or_default(),
                "secret_token" => self.secret = value,
                _ => {}
            }
        }
        self
    }
}

/// The parts of a form by their names; files are left out.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> impl Iterator<Item = (String, String)> + use<'a> {
    let finder = memchr::memmem::Finder::new(format!("--{boundary}").as_bytes()).into_owned();
    let starts: Vec<usize> = finder.find_iter(body).map(|at| at + finder.needle().len()).collect();
    let ends: Vec<usize> = starts.iter().skip(1).map(|at| at - finder.needle().len()).collect();
    starts.into_iter().zip(ends).filter_map(move |(start, end)| {
        let part = &body[start..end];
        let head = memchr::memmem::find(part, b"\r\n\r\n")?;
        let said = std::str::from_utf8(&part[..head]).ok()?;
        let name = said.split_once(" name=\"")?.1.split('"').next()?;
        if said.contains("filename=") {
            return None;
        }
        let value = part.get(head + 4..part.len().checked_sub(2)?)?;
        Some((name.to_owned(), String::from_utf8_lossy(value).into_owned()))
    })
}
