//! From an answer to candidates. Pure: the same answer is read in the same way when it is replayed from a file.

use std::{fmt, time::Duration};

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::{
    FieldName, Fields, Kind, Rows, Source,
    field::Row,
    page::{text, tree},
};
use crate::{
    chat::{clean, shorten},
    photo::net::{Answer, FetchError},
};

/// More rows are not looked at.
const MOST_ROWS: usize = 200;

/// The longest text of a field that is kept, in characters.
const MOST_TEXT: usize = 300;

/// No picture has more pixels on a side; a larger number is none.
const MOST_PIXELS: u32 = 1_000_000;

/// What an answer was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There are rows with pictures.
    Ok,
    /// There is nothing for this dish.
    Empty,
    /// We were turned away, with this sign of it.
    Blocked(String),
    /// It is nothing that the settings understand.
    LayoutChanged,
    /// We asked too often; what the server asks for, if it says so.
    TooMany(Option<Duration>),
    /// The source says that something went wrong, with this word for it.
    Error(String),
    /// Another HTTP status.
    Status(u16),
    /// It did not answer in time.
    Timeout,
    /// It could not be asked.
    Failed(FetchError),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Empty => f.write_str("empty"),
            Self::Blocked(sign) => write!(f, "blocked ({sign})"),
            Self::LayoutChanged => f.write_str("layout changed"),
            Self::TooMany(None) => f.write_str("asked too often"),
            Self::TooMany(Some(pause)) => write!(f, "asked too often, wait {} s", pause.as_secs()),
            Self::Error(word) => write!(f, "the source says: {word}"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Timeout => f.write_str("timeout"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

impl From<FetchError> for Verdict {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Timeout => Self::Timeout,
            other => Self::Failed(other),
        }
    }
}

/// A picture that a source offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its addresses, the best first.
    pub images: Vec<Url>,
    /// The page that it is on.
    pub page: Option<Url>,
    /// Its title.
    pub title: String,
    /// More words about it.
    pub text: String,
    /// Its size, where it is said.
    pub size: Option<(u32, u32)>,
    /// Who made it.
    pub author: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// What the site is called.
    pub site: Option<String>,
    /// Its place among the results, from 0.
    pub rank: usize,
    /// Whether it is not for everyone.
    pub sensitive: bool,
    /// What its details are asked for by.
    pub file: Option<String>,
}

/// What was read of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it was.
    pub verdict: Verdict,
    /// How many rows it has.
    pub rows: usize,
    /// What they offer.
    pub candidates: Vec<Candidate>,
    /// Rows that offer nothing, by number, and why.
    pub dropped: Vec<(usize, &'static str)>,
}

impl Reading {
    /// Nothing, and why.
    pub fn nothing(verdict: Verdict) -> Self {
        Self { verdict, rows: 0, candidates: Vec::new(), dropped: Vec::new() }
    }
}

/// An answer as something that rows are found in.
enum Document {
    Json(Value),
    Page(Box<Html>),
}

impl Source {
    /// Reads an answer. May take a moment, so it has a thread of its own.
    pub fn read(&self, answer: &Answer) -> Reading {
        let address = answer.url.as_str();
        if let Some(sign) = self.blocked_in_url.iter().find(|sign| address.contains(sign.as_str())) {
            return Reading::nothing(Verdict::Blocked(sign.clone()));
        }
        match answer.status {
            200 => {}
            429 => return Reading::nothing(Verdict::TooMany(answer.retry_after)),
            202 | 418 => return Reading::nothing(Verdict::Blocked(format!("status {}", answer.status))),
            status if self.empty_status.contains(&status) => return Reading::nothing(Verdict::Empty),
            status => return Reading::nothing(Verdict::Status(status)),
        }
        let text = text(&answer.body, answer.charset.as_deref());
        let turned_away = || {
            let lower = text.to_lowercase();
            self.blocked_in_page.iter().find(|sign| lower.contains(sign.as_str())).cloned()
        };
        let Some(document) = self.document(&text) else {
            // A page in place of JSON is a captcha, or some other way of saying no.
            let is_page = self.kind != Kind::Html && text.trim_start().starts_with('<');
            let page = is_page.then(|| "a page in place of JSON".to_owned());
            let verdict = turned_away().or(page).map_or(Verdict::LayoutChanged, Verdict::Blocked);
            return Reading::nothing(verdict);
        };
        let mut reading = self.rows_of(&document, &answer.url);
        if reading.candidates.is_empty() {
            reading.verdict = match turned_away() {
                Some(sign) if reading.rows == 0 => Verdict::Blocked(sign),
                _ if reading.rows == 0 && error_in(&document).is_some() => {
                    Verdict::Error(error_in(&document).unwrap_or_default())
                }
                _ if reading.rows == 0 && (self.expects.iter().any(|sign| has(sign, &document))) => Verdict::Empty,
                _ => Verdict::LayoutChanged,
            };
        }
        reading
    }

    /// What is known of one picture: its author, its licence and its page. `None` where the answer says nothing of it.
    pub fn read_details(&self, answer: &Answer, candidate: Candidate) -> Option<Candidate> {
        let Some((_, Rows::Path(path), fields)) = &self.details else { return Some(candidate) };
        let value = serde_json::from_slice::<Value>(&answer.body).ok().filter(|_| answer.status == 200)?;
        let row = path.query(&value).first()?;
        let found = |name| said(fields, Row::Json(row), name);
        Some(Candidate {
            page: found(FieldName::Page).and_then(|page| web(&answer.url, &page)).or(candidate.page),
            author: found(FieldName::Author).or(candidate.author),
            licence: found(FieldName::Licence).or(candidate.licence),
            ..candidate
        })
    }

    fn document(&self, text: &str) -> Option<Document> {
        match self.kind {
            Kind::Html => tree(text).map(|page| Document::Page(Box::new(page))),
            Kind::Script => {
                let (begin, end) = self.script.as_ref()?;
                let (_, after) = text.split_once(begin.as_str())?;
                // The end may stand in a text as well: the first one that makes it whole counts.
                let mut ends = after.match_indices(end.as_str()).take(20);
                let whole = ends.find_map(|(at, _)| serde_json::from_str(after.get(..at)?).ok());
                whole.map(Document::Json)
            }
            Kind::Json | Kind::Folder => serde_json::from_str(text).ok().map(Document::Json),
        }
    }

    fn rows_of(&self, document: &Document, base: &Url) -> Reading {
        let mut reading = Reading::nothing(Verdict::Ok);
        let mut take = |row: Option<Row<'_>>| {
            let number = reading.rows;
            reading.rows += 1;
            let candidate = row.ok_or("no JSON").and_then(|row| self.candidate(row, base, number));
            match candidate {
                Ok(candidate) => reading.candidates.push(candidate),
                Err(reason) => reading.dropped.push((number, reason)),
            }
        };
        match (document, &self.rows) {
            (Document::Json(value), Rows::Path(path)) => {
                let rows = path.query(value).all().into_iter().skip(self.skip_rows).take(MOST_ROWS);
                rows.for_each(|row| take(Some(Row::Json(row))));
            }
            (Document::Page(page), Rows::Css(css)) => {
                for element in page.select(css).skip(self.skip_rows).take(MOST_ROWS) {
                    match &self.row_json {
                        None => take(Some(Row::Element(element, page))),
                        Some(attribute) => take(json_in(element, attribute).as_ref().map(Row::Json)),
                    }
                }
            }
            _ => {}
        }
        // A place that is said beats the place where it stands.
        reading.candidates.sort_by_key(|candidate| candidate.rank);
        reading
    }

    fn candidate(&self, row: Row<'_>, base: &Url, number: usize) -> Result<Candidate, &'static str> {
        let all = |name| self.fields.get(&name).into_iter().flatten().filter_map(move |field| field.of(row));
        let found = |name| said(&self.fields, row, name);
        let images = self.fields.get(&FieldName::Image).into_iter().flatten();
        let images: Vec<String> = images.filter_map(|field| field.text_of(row)).collect();
        if images.is_empty() {
            return Err("no image");
        }
        let images: Vec<Url> = images.iter().filter_map(|image| web(base, image)).collect();
        if images.is_empty() {
            return Err("no address on the web");
        }
        let number_of = |name| {
            let said = found(name)?;
            said.parse::<u32>().ok().filter(|number| (1..=MOST_PIXELS).contains(number))
        };
        let licence = found(FieldName::Licence);
        Ok(Candidate {
            images,
            page: found(FieldName::Page).and_then(|page| web(base, &page)),
            title: found(FieldName::Title).unwrap_or_default(),
            text: found(FieldName::Text).unwrap_or_default(),
            size: number_of(FieldName::Width).zip(number_of(FieldName::Height)),
            author: found(FieldName::Author),
            licence,
            site: found(FieldName::Site),
            rank: found(FieldName::Rank)
                .and_then(|rank| rank.parse().ok())
                .map_or(number, |rank: usize| rank.saturating_sub(1)),
            sensitive: all(FieldName::Sensitive).any(|said| said != "false"),
            file: all(FieldName::File).next().filter(|file| file.len() <= MOST_TEXT),
        })
    }
}

/// What an answer in JSON says that went wrong: `MediaWiki`, Naver and most others have an `error` or an `errorCode`.
fn error_in(document: &Document) -> Option<String> {
    let Document::Json(Value::Object(object)) = document else { return None };
    let word = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(error) => {
            ["code", "errorCode", "message"].iter().find_map(|key| error.get(*key)?.as_str().map(str::to_owned))
        }
        _ => None,
    };
    let found = ["error", "errorCode"].iter().find_map(|key| object.get(*key))?;
    Some(shorten(&clean(&word(found).unwrap_or_default()), 40))
}

fn has(sign: &Rows, document: &Document) -> bool {
    match (sign, document) {
        (Rows::Css(css), Document::Page(page)) => page.select(css).next().is_some(),
        (Rows::Path(path), Document::Json(value)) => !path.query(value).is_empty(),
        _ => false,
    }
}

fn json_in(element: ElementRef<'_>, attribute: &str) -> Option<Value> {
    serde_json::from_str(element.value().attr(attribute)?).ok()
}

/// A text of a row, as it may be shown.
fn said(fields: &Fields, row: Row<'_>, name: FieldName) -> Option<String> {
    let found = fields.get(&name)?.iter().find_map(|field| field.of(row))?;
    // Marks of highlighted words are in the private use area.
    let found: String = clean(&found).chars().filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)).collect();
    // A letter may have any number of marks.
    let found =
        if name == FieldName::Page { found } else { shorten(&found, MOST_TEXT).chars().take(MOST_TEXT).collect() };
    (!found.is_empty()).then_some(found)
}

/// An address on the web, whole or relative to the page; nothing else.
fn web(base: &Url, address: &str) -> Option<Url> {
    let url = base.join(address.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= crate::photo::net::LONGEST).then_some(url)
}
