//! A source of photos: where it is asked, and how its answers are read. All of it is data ([`SourceOptions`]).

mod field;
mod options;
mod page;
mod reader;
mod score;
mod template;

use std::{collections::BTreeMap, time::Duration};

use http::HeaderName;
pub use options::{Details, FieldName, Kind, SourceOptions};
pub use reader::{Candidate, Reading, Verdict};
pub use score::{Judgement, Words};
use scraper::Selector;
use secrecy::SecretString;
use serde_json_path::JsonPath;

use self::{field::Field, template::Template};
use super::net::{Get, Net, Reach};
use crate::dish::Names;

/// The longest page of a source, unpacked.
const MOST_PAGE: usize = 3 * 1024 * 1024;

/// How long a source may take for one answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// A photo is remembered for ten years at most.
const MOST_HOURS: u64 = 87_600;

const ACCEPT: &str = "application/json, text/html;q=0.9";

/// Where rows, or anything, are in an answer.
#[derive(Debug, Clone)]
enum Rows {
    Css(Selector),
    Path(Box<JsonPath>),
}

/// The fields of a row, each with the places where it may stand.
type Fields = BTreeMap<FieldName, Vec<Field>>;

/// Requests that may be sent; 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In a minute.
    pub per_minute: u32,
    /// In 24 hours.
    pub per_day: u32,
}

/// A source that can be asked.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the settings call it.
    pub name: String,
    /// Whose limits it shares.
    pub account: String,
    /// How often it may be asked.
    pub limits: Limits,
    /// What stands under a dish as its source; empty for none.
    pub credit: String,
    /// How long its photos are remembered.
    pub cache: Duration,
    kind: Kind,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    reach: Reach,
    script: Option<(String, String)>,
    rows: Rows,
    skip_rows: usize,
    row_json: Option<String>,
    expects: Vec<Rows>,
    blocked_in_url: Vec<String>,
    blocked_in_page: Vec<String>,
    empty_status: Vec<u16>,
    by_title: bool,
    untitled: bool,
    fields: Fields,
    details: Option<(Template, Rows, Fields)>,
    weight: f64,
}

impl Source {
    /// Makes a source of its description; the error says what of it does not compile. `key` gives the keys of the
    /// environment; `has_contact` chooses between the limits.
    pub fn compile(
        name: &str,
        options: &SourceOptions,
        has_contact: bool,
        key: impl Fn(&str) -> Option<SecretString>,
    ) -> Result<Self, String> {
        let template = |text: &str| Template::parse(text, &options.keys, &key);
        // A line may have a key in it, so a wrong one is not repeated.
        let headers = options.headers.iter().map(|line| {
            let (name, value) = line.split_once(':').ok_or("a header is no \"NAME: VALUE\"")?;
            let name = name.trim().parse::<HeaderName>().map_err(|_| "a header has a name that is none")?;
            let value = template(value.trim());
            let value = value.map_err(|_| format!("the header {name} has a {{ that begins none of its keys"))?;
            Ok::<_, String>((name, value))
        });
        let in_json = options.kind != Kind::Html;
        let rows = |key: &str, text: &str| rows(text, in_json).map_err(|error| format!("{key}: {error}"));
        let script = match (&options.kind, &options.script[..]) {
            (Kind::Script, [begin, end]) if !begin.is_empty() && !end.is_empty() => Some((begin.clone(), end.clone())),
            (Kind::Script, _) => return Err("script must list the two markers around the JSON".to_owned()),
            _ => None,
        };
        if options.cache_hours > MOST_HOURS {
            return Err(format!("cache_hours must be at most {MOST_HOURS}"));
        }
        if !(0.0..=1.0).contains(&options.weight) {
            return Err("weight must be from 0 to 1".to_owned());
        }
        if options.kind != Kind::Folder && options.expects.is_empty() {
            return Err("expects is missing: what is there even where nothing was found".to_owned());
        }
        let in_json_fields = in_json || options.row_json.is_some();
        if options.kind != Kind::Folder && !options.fields.contains_key(&FieldName::Image) {
            return Err("image is missing: where a row has its picture".to_owned());
        }
        let details = match &options.details {
            None => None,
            Some(details) => Some((
                template(&details.url).map_err(|error| format!("details.url: {error}"))?,
                self::rows(&details.rows, true).map_err(|error| format!("details.rows: {error}"))?,
                fields(&details.fields, true).map_err(|error| format!("details.{error}"))?,
            )),
        };
        let rows_of_all = if options.kind == Kind::Folder { "$" } else { &options.rows };
        let per_minute = options.per_minute_with_contact.filter(|_| has_contact).unwrap_or(options.per_minute);
        Ok(Self {
            name: name.to_owned(),
            account: options.counts_as.clone().unwrap_or_else(|| name.to_owned()),
            limits: Limits { per_minute, per_day: options.per_day },
            credit: options.credit.clone(),
            cache: Duration::from_secs(options.cache_hours * 3600),
            kind: options.kind,
            url: match options.kind {
                Kind::Folder => Template::plain(&options.url),
                _ => template(&options.url).map_err(|error| format!("url: {error}"))?,
            },
            headers: headers.collect::<Result<_, _>>()?,
            reach: if options.private { Reach::OwnServer } else { Reach::Public },
            script,
            rows: rows("rows", rows_of_all)?,
            skip_rows: options.skip_rows,
            row_json: options.row_json.clone(),
            expects: options.expects.iter().map(|text| rows("expects", text)).collect::<Result<_, _>>()?,
            blocked_in_url: options.blocked_in_url.clone(),
            blocked_in_page: options.blocked_in_page.iter().map(|marker| marker.to_lowercase()).collect(),
            empty_status: options.empty_status.clone(),
            by_title: options.by_title,
            untitled: options.untitled,
            fields: fields(&options.fields, in_json_fields)?,
            details,
            weight: options.weight,
        })
    }

    /// The folder of a source that is one.
    pub fn folder(&self) -> Option<String> {
        (self.kind == Kind::Folder).then(|| self.url.shown(&Names { ko: String::new(), en: String::new() }, ""))
    }

    /// Whether its address is one that is connected to; the error says why not.
    pub fn may_be_asked(&self, net: &Net) -> Result<(), String> {
        let names = Names { ko: "x".to_owned(), en: "x".to_owned() };
        if self.kind == Kind::Folder {
            return Ok(());
        }
        let url = self.url.fill(&names, "").ok_or("url is no address")?;
        if self.is_private() { Ok(()) } else { net.would_ask(&url).map_err(|denied| format!("url: {denied}")) }
    }

    /// Whether it may have a private address.
    pub fn is_private(&self) -> bool {
        self.reach == Reach::OwnServer
    }

    /// What to ask it for a dish; `None` where the dish has no name in the language that it wants.
    pub fn request(&self, names: &Names) -> Option<Get> {
        Some(self.get(self.url.fill(names, "")?, names))
    }

    /// The request as it may be shown: without keys.
    pub fn request_shown(&self, names: &Names) -> String {
        self.url.shown(names, "")
    }

    /// What to ask it about a picture that it found.
    pub fn details_request(&self, names: &Names, candidate: &Candidate) -> Option<Get> {
        let ((url, ..), file) = (self.details.as_ref()?, candidate.file.as_deref()?);
        let (url, own) = (url.fill(names, file)?, self.url.fill(names, ""));
        // Keys go to the server that they are for.
        let is_own = own.is_some_and(|own| own.origin() == url.origin());
        let get = self.get(url, names);
        Some(if is_own { get } else { Get { headers: Vec::new(), ..get } })
    }

    fn get(&self, url: url::Url, names: &Names) -> Get {
        let headers = self.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.secret(names)?)));
        Get {
            url,
            headers: headers.collect(),
            accept: ACCEPT,
            referer: None,
            compressed: true,
            most_bytes: MOST_PAGE,
            most_time: PATIENCE,
            reach: self.reach,
        }
    }
}

fn rows(text: &str, in_json: bool) -> Result<Rows, String> {
    if in_json {
        let path = JsonPath::parse(text).map_err(|error| format!("{text:?} is no JSONPath: {error}"))?;
        Ok(Rows::Path(Box::new(path)))
    } else {
        Selector::parse(text).map(Rows::Css).map_err(|error| format!("{text:?} is no CSS selector: {error}"))
    }
}

fn fields(options: &BTreeMap<FieldName, Vec<String>>, in_json: bool) -> Result<Fields, String> {
    let compiled = options.iter().map(|(name, places)| {
        let places = places.iter().map(|place| Field::parse(place, in_json));
        let places = places.collect::<Result<Vec<_>, _>>().map_err(|error| format!("{}: {error}", name.id()))?;
        Ok((*name, places))
    });
    compiled.collect()
}
