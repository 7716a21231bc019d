//! The description of a source, as it stands in the settings.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It answers in JSON.
    Json,
    /// It answers with a page.
    Html,
    /// It answers with a page that holds JSON in a script.
    Script,
    /// It is a folder of pictures, each named after its dish.
    Folder,
}

/// What a row may say of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldName {
    /// Its address.
    Image,
    /// The page that it is on.
    Page,
    /// Its title.
    Title,
    /// More words about it.
    Text,
    /// Pixels from left to right.
    Width,
    /// Pixels from top to bottom.
    Height,
    /// Who made it.
    Author,
    /// Under which licence.
    Licence,
    /// What the site is called.
    Site,
    /// Its place among the results.
    Rank,
    /// Whether it is not for everyone.
    Sensitive,
    /// What its details are asked for by.
    File,
}

impl FieldName {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Image,
        Self::Page,
        Self::Title,
        Self::Text,
        Self::Width,
        Self::Height,
        Self::Author,
        Self::Licence,
        Self::Site,
        Self::Rank,
        Self::Sensitive,
        Self::File,
    ];

    /// What the settings call it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Page => "page",
            Self::Title => "title",
            Self::Text => "text",
            Self::Width => "width",
            Self::Height => "height",
            Self::Author => "author",
            Self::Licence => "licence",
            Self::Site => "site",
            Self::Rank => "rank",
            Self::Sensitive => "sensitive",
            Self::File => "file",
        }
    }
}

/// A source as the settings describe it; `bot.toml` explains each key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the settings")]
pub struct SourceOptions {
    /// What it is.
    pub kind: Kind,
    /// Whether it is asked.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The variables that hold its keys.
    #[serde(default)]
    pub keys: Vec<String>,
    /// What is asked for.
    pub url: String,
    /// Headers, each `NAME: VALUE`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether it may have a private address.
    #[serde(default)]
    pub private: bool,
    /// The markers around the JSON of a script.
    #[serde(default)]
    pub script: Vec<String>,
    /// What one picture is.
    #[serde(default)]
    pub rows: String,
    /// How many of the first rows are none.
    #[serde(default)]
    pub skip_rows: usize,
    /// The attribute of a row that holds JSON.
    #[serde(default)]
    pub row_json: Option<String>,
    /// What is there even where nothing was found.
    #[serde(default)]
    pub expects: Vec<String>,
    /// Parts of an address that mean that we were turned away.
    #[serde(default)]
    pub blocked_in_url: Vec<String>,
    /// Parts of a page that mean the same.
    #[serde(default)]
    pub blocked_in_page: Vec<String>,
    /// Status codes that mean that there is nothing.
    #[serde(default)]
    pub empty_status: Vec<u16>,
    /// It answers with the page of a name.
    #[serde(default)]
    pub by_title: bool,
    /// It says nothing about its pictures.
    #[serde(default)]
    pub untitled: bool,
    /// What stands under a dish as its source.
    pub credit: String,
    /// How long its photos are remembered.
    pub cache_hours: u64,
    /// Requests a minute; 0 for no limit.
    #[serde(default)]
    pub per_minute: u32,
    /// The same where a contact is said.
    #[serde(default)]
    pub per_minute_with_contact: Option<u32>,
    /// Requests in 24 hours; 0 for no limit.
    #[serde(default)]
    pub per_day: u32,
    /// Whose limits it shares.
    #[serde(default)]
    pub counts_as: Option<String>,
    /// How far it is trusted, of 0 to 1.
    pub weight: f64,
    /// The fields of a row.
    #[serde(skip)]
    pub fields: BTreeMap<FieldName, Vec<String>>,
    /// The second request.
    #[serde(skip)]
    pub details: Option<Details>,
}

impl SourceOptions {
    /// Every key beside the fields and the details.
    pub const KEYS: [&str; 23] = [
        "kind",
        "enabled",
        "keys",
        "url",
        "headers",
        "private",
        "script",
        "rows",
        "skip_rows",
        "row_json",
        "expects",
        "blocked_in_url",
        "blocked_in_page",
        "empty_status",
        "by_title",
        "untitled",
        "credit",
        "cache_hours",
        "per_minute",
        "per_minute_with_contact",
        "per_day",
        "counts_as",
        "weight",
    ];
}

/// One more request, about the picture that was chosen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// What is asked for, with `{file}`.
    pub url: String,
    /// Where its one row is: a `JSONPath`.
    pub rows: String,
    /// The fields of that row.
    #[serde(skip)]
    pub fields: BTreeMap<FieldName, Vec<String>>,
}

fn yes() -> bool {
    true
}
