//! Where a field of a row stands, and what is made of it.

use percent_encoding::percent_decode_str;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use serde_json_path::JsonPath;
use url::form_urlencoded;

/// The longest value of a field, in bytes.
const LONGEST: usize = 16 * 1024;

/// What one row is looked for in.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Json(&'a Value),
    Element(ElementRef<'a>, &'a Html),
}

#[derive(Debug, Clone)]
enum Place {
    Path(Box<JsonPath>),
    Element { in_page: bool, selector: Option<Selector>, attribute: Option<String> },
}

#[derive(Debug, Clone)]
enum Step {
    Plain,
    Int,
    Srcset,
    Query(String),
    Match(Regex),
    Decode,
    CreativeCommons,
}

/// One place of a field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    place: Place,
    steps: Vec<Step>,
}

impl Field {
    pub(super) fn parse(text: &str, in_json: bool) -> Result<Self, String> {
        let mut parts = text.split(" | ");
        let place = parts.next().unwrap_or_default().trim();
        let place = if in_json {
            Place::Path(Box::new(JsonPath::parse(place).map_err(|error| format!("{place:?} is no JSONPath: {error}"))?))
        } else {
            element(place)?
        };
        Ok(Self { place, steps: parts.map(step).collect::<Result<_, _>>()? })
    }

    /// What a row has there, where that is a text; a number is no address.
    pub(super) fn text_of(&self, row: Row<'_>) -> Option<String> {
        match (&self.place, row) {
            (Place::Path(path), Row::Json(value)) if !path.query(value).first()?.is_string() => None,
            _ => self.of(row),
        }
    }

    /// What a row has there.
    pub(super) fn of(&self, row: Row<'_>) -> Option<String> {
        let found = match (&self.place, row) {
            (Place::Path(path), Row::Json(value)) => match path.query(value).first()? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            },
            (Place::Element { in_page, selector, attribute }, Row::Element(row, page)) => {
                let element = match (selector, in_page) {
                    (None, _) => row,
                    (Some(selector), false) => row.select(selector).next()?,
                    (Some(selector), true) => page.select(selector).next()?,
                };
                match attribute {
                    Some(attribute) => element.value().attr(attribute)?.to_owned(),
                    None => element.text().collect(),
                }
            }
            _ => return None,
        };
        let found = (found.len() <= LONGEST).then_some(found)?;
        self.steps.iter().try_fold(found, |text, step| step.take(&text)).filter(|text| !text.trim().is_empty())
    }
}

/// `SELECTOR @ATTRIBUTE`; either may be left out, and `^` looks in the whole page.
fn element(text: &str) -> Result<Place, String> {
    let (selector, attribute) = match text.rsplit_once('@') {
        Some((before, attribute)) if before.is_empty() || before.ends_with(' ') => (before.trim(), Some(attribute)),
        _ => (text, None),
    };
    let (in_page, selector) = selector.strip_prefix('^').map_or((false, selector), |rest| (true, rest));
    let selector = match selector {
        "" if in_page || attribute.is_none() => {
            return Err(format!("{text:?} names neither an element nor an attribute"));
        }
        "" => None,
        css => Some(Selector::parse(css).map_err(|error| format!("{css:?} is no CSS selector: {error}"))?),
    };
    Ok(Place::Element { in_page, selector, attribute: attribute.map(str::to_owned) })
}

fn step(text: &str) -> Result<Step, String> {
    let (name, argument) = text.trim().split_once(' ').map_or((text.trim(), ""), |(name, rest)| (name, rest.trim()));
    match (name, argument) {
        ("plain", "") => Ok(Step::Plain),
        ("int", "") => Ok(Step::Int),
        ("srcset", "") => Ok(Step::Srcset),
        ("decode", "") => Ok(Step::Decode),
        ("cc", "") => Ok(Step::CreativeCommons),
        ("query", parameter) if !parameter.is_empty() => Ok(Step::Query(parameter.to_owned())),
        ("match", pattern) if !pattern.is_empty() => {
            let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
            built.map(Step::Match).map_err(|_| format!("{pattern:?} is no regular expression"))
        }
        _ => Err(format!("{text:?} is no step; there are plain, int, srcset, query NAME, match REGEX, decode, cc")),
    }
}

impl Step {
    fn take(&self, text: &str) -> Option<String> {
        match self {
            Self::Plain => Some(plain(text)),
            Self::Int => text.trim().replace(',', "").parse::<i64>().ok().map(|number| number.to_string()),
            Self::Srcset => largest_of(text),
            Self::Query(name) => parameter(text, name),
            Self::Match(pattern) => Some(pattern.captures(text)?.get(1)?.as_str().to_owned()),
            Self::CreativeCommons => Some(match text {
                "cc0" => "CC0".to_owned(),
                "pdm" => "Public Domain".to_owned(),
                code => format!("CC {}", code.to_uppercase()),
            }),
            Self::Decode => Some(percent_decode_str(text).decode_utf8().ok()?.into_owned()),
        }
    }
}

/// Without tags and entities.
fn plain(text: &str) -> String {
    if text.contains(['<', '&']) {
        // What a fragment nests is bounded by its length.
        let text: String = text.chars().take(4096).collect();
        let fragment = Html::parse_fragment(&text);
        let hidden = |element: ElementRef<'_>| {
            let style = element.value().attr("style").unwrap_or_default();
            style.replace(' ', "").contains("display:none")
        };
        let texts = fragment.root_element().descendants().filter_map(|node| {
            let seen = !node.ancestors().filter_map(ElementRef::wrap).any(hidden);
            node.value().as_text().filter(|_| seen).map(|text| text.to_string())
        });
        // Blocks stand next to each other without a space.
        texts.collect::<Vec<_>>().join(" ")
    } else {
        text.to_owned()
    }
}

/// The one with the most pixels of a `srcset` (HTML, 4.8.4.2.1): widths, else densities.
fn largest_of(text: &str) -> Option<String> {
    let each = text.split(", ").filter_map(|item| {
        let mut parts = item.split_whitespace();
        let address = parts.next()?;
        let size = parts.next().and_then(|size| size.trim_end_matches(['w', 'x', ',']).parse::<f64>().ok());
        Some((size.unwrap_or(1.0), address.trim_end_matches(',').to_owned()))
    });
    each.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, address)| address)
}

/// A parameter of an address, be it whole or relative.
fn parameter(text: &str, name: &str) -> Option<String> {
    let (_, query) = text.split_once('?')?;
    let query = query.split('#').next()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_json(field: &str, json: &str) -> Option<String> {
        let value: Value = serde_json::from_str(json).expect("JSON");
        Field::parse(field, true).expect("a field").of(Row::Json(&value))
    }

    fn of_page(field: &str, html: &str) -> Option<String> {
        let page = Html::parse_document(html);
        let row = page.select(&Selector::parse("#row").expect("a selector")).next().expect("a row");
        Field::parse(field, false).expect("a field").of(Row::Element(row, &page))
    }

    #[test]
    fn a_field_is_found_and_its_steps_are_taken() {
        let row = r#"{"t": "<b>김치</b> &amp; 밥", "w": "1,280", "n": 7, "no": null, "list": [1], "l": "by-sa",
            "u": "/imgres?imgurl=http%3A%2F%2Fx.test%2Fa.jpg&w=3"}"#;
        assert_eq!(of_json("$.t | plain", row).as_deref(), Some("김치  & 밥"));
        assert_eq!(of_json("$.w | int", row).as_deref(), Some("1280"));
        assert_eq!(of_json("$.n", row).as_deref(), Some("7"));
        assert_eq!(of_json("$.u | query imgurl", row).as_deref(), Some("http://x.test/a.jpg"));
        assert_eq!(of_json("$.l | cc", row).as_deref(), Some("CC BY-SA"));
        assert_eq!(of_json("$.u | match w=(\\d+)", row).as_deref(), Some("3"));
        for nothing in ["$.no", "$.list", "$.gone", "$.t | int", "$.u | query other"] {
            assert_eq!(of_json(nothing, row), None, "{nothing}");
        }
    }

    #[test]
    fn elements_are_found_in_the_row_and_in_the_page() {
        let page = r#"<h1>밥상</h1><div id="row" data-x="1"><img src="a.jpg" srcset="a.jpg 1x, b.jpg 2x"> 글 </div>"#;
        assert_eq!(of_page("@data-x", page).as_deref(), Some("1"));
        assert_eq!(of_page("img @src", page).as_deref(), Some("a.jpg"));
        assert_eq!(of_page("img @srcset | srcset", page).as_deref(), Some("b.jpg"));
        assert_eq!(of_page("^h1", page).as_deref(), Some("밥상"));
        assert_eq!(of_page("a[href='x@y'] @href", page), None);
    }

    #[test]
    fn what_is_no_field_is_said() {
        for (field, in_json) in
            [("$.[", true), ("$.a | jump", true), ("$.a | match (", true), ("a[", false), ("", false), ("^", false)]
        {
            assert!(Field::parse(field, in_json).is_err(), "{field}");
        }
    }
}
