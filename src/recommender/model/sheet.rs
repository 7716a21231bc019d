//! What a model is asked to fill in, and what is made of what it wrote: a dish, or the exact complaints.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::Request,
    loose::{Ending, Loose, object},
};
use crate::{
    chat::{Locale, clean},
    dish::{Amount, Dish, Found, Ingredient, Names, Source, allergens_of, leads_away},
    order::{Filters, Line},
};

/// The word for a choice that is left open.
const ANY: &str = "any";

/// The form, in the order in which it is written: the name comes first, so that it is known while the rest still comes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it describes the form; answers are read more tolerantly than this")]
struct Sheet {
    /// Empty, except for a wish that the rules decline.
    decline: String,
    /// The name of the dish in Korean, at most 50 characters.
    name_ko: String,
    /// The name of the dish in English, at most 50 characters.
    name_en: String,
    /// One or two sentences that make one want to eat it, at most 200 characters.
    introduction: String,
    /// All work and waiting, in minutes.
    minutes: u32,
    /// How hard it is.
    difficulty: String,
    /// What it suits.
    theme: String,
    /// Where it comes from.
    cuisine: String,
    /// What it is mostly made of.
    main_ingredient: String,
    /// How it is cooked.
    method: String,
    /// For exactly one serving.
    ingredients: Vec<SheetLine>,
    /// What to do, in order, without numbers.
    steps: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it describes the form")]
struct SheetLine {
    /// What it is.
    name: String,
    /// A number and a unit for one serving, such as 150g or 2큰술. 약간 or "to taste" for seasonings alone.
    amount: String,
}

const CHOICES: [(Line, &str); 5] = [
    (Line::Difficulty, "difficulty"),
    (Line::Theme, "theme"),
    (Line::Cuisine, "cuisine"),
    (Line::MainIngredient, "main_ingredient"),
    (Line::Method, "method"),
];

/// What a line of the order is called in the form.
pub(super) fn field_of(line: Line) -> Option<&'static str> {
    CHOICES.iter().find(|(known, _)| *known == line).map(|(_, field)| *field)
}

/// The schema of the form, as strict mode takes it: every field required, no other allowed, and no keyword that only some
/// servers know (<https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>).
pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Sheet>().to_value();
    plainer(&mut schema);
    for (line, field) in CHOICES {
        let ids = line.values().iter().map(|value| value.id).chain([ANY]);
        schema["properties"][field]["enum"] = ids.collect();
    }
    schema["properties"]["decline"]["enum"] = json!(["", "not_food", "harmful", "rules"]);
    schema
}

fn plainer(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            // A property may be called anything; a keyword is a plain value.
            fields.retain(|key, value| {
                !matches!(key.as_str(), "format" | "minimum" | "title" | "$schema") || value.is_object()
            });
            fields.values_mut().for_each(plainer);
        }
        Value::Array(items) => items.iter_mut().for_each(plainer),
        _ => {}
    }
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A dish that passed every check.
    Dish(Box<Dish>),
    /// The wish was declined.
    Declined,
    /// What is wrong with it, a sentence each, for the one who wrote it.
    Complaints(Vec<String>),
}

/// Reads an answer and checks it against what was asked. Where the model `stopped` of its own accord, it may have forgotten
/// its last brackets; otherwise there may have been more to come.
pub(super) fn read(text: &str, stopped: bool, request: &Request) -> Reading {
    let fields = ["name_ko", "name_en", "name", "ingredients", "decline", "dish_name", "요리명", "요리 이름"];
    let Some((sheet, ending)) = object(text, &fields) else {
        return Reading::Complaints(vec!["there is no JSON object in the answer".to_owned()]);
    };
    let declined = sheet.get(&["decline", "declined"]).and_then(Loose::text).map(str::trim);
    let has_name = ["name_ko", "name_en", "name", "dish_name", "요리명", "요리 이름"]
        .iter()
        .any(|name| sheet.get(&[name]).is_some_and(|name| name.text() != Some("")));
    if matches!(declined, Some("not_food" | "harmful" | "rules"))
        || (declined.is_some_and(|said| !said.is_empty()) && !has_name)
    {
        return Reading::Declined;
    }
    if ending == Ending::Broken || (ending == Ending::Open && !stopped) {
        return Reading::Complaints(vec!["the answer was cut off: write it shorter".to_owned()]);
    }
    let (dish, mut complaints) = dish(&sheet, request);
    complaints.extend(dish.review().iter().map(ToString::to_string));
    complaints.extend(against(&dish, request));
    if complaints.is_empty() { Reading::Dish(Box::new(dish)) } else { Reading::Complaints(complaints) }
}

/// A name and an introduction that are whole already in a text that still comes, where they may be shown.
pub(super) fn glimpse(text: &str, request: &Request) -> Option<(Names, Option<String>)> {
    let names = Names { ko: whole(text, "name_ko")?, en: whole(text, "name_en")? };
    let fits = |text: &str, most| !text.is_empty() && text.chars().count() <= most && !leads_away(text);
    let listed = [names.ko.as_str(), &names.en];
    let avoids = || {
        let allergens = allergens_of(&[], listed.into_iter());
        !request.avoided.found_among(&allergens, &listed.into_iter()).is_empty()
    };
    let shown = fits(&names.ko, 50)
        && fits(&names.en, 50)
        && request.repeated(&names).is_none()
        && (request.avoided.is_empty() || !avoids());
    let speaks = |text: &str| has_hangul(text) == (request.locale == Locale::Ko);
    let introduction = whole(text, "introduction").filter(|text| fits(text, 200) && speaks(text));
    shown.then_some((names, introduction))
}

/// A field's text that has come to its end.
fn whole(text: &str, field: &str) -> Option<String> {
    let key = format!("\"{field}\"");
    let rest = text.get(text.find(&key)? + key.len()..)?.trim_start().strip_prefix(':')?.trim_start();
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    values.next()?.ok().map(|text| plain(&text))
}

/// What was written, without what it was marked up with and without mentions.
fn plain(text: &str) -> String {
    let text = text.replace(['*', '`', '#', '_', '@'], "").replace("&amp;", "&");
    clean(&text)
}

fn dish(sheet: &Loose, request: &Request) -> (Dish, Vec<String>) {
    let mut complaints = Vec::new();
    let text = |names: &[&str]| sheet.get(names).and_then(Loose::text).map(plain).unwrap_or_default();
    let named = text(&["name", "dish_name", "dish", "요리명", "요리 이름", "title"]);
    let or_named = |name: String, korean: bool| {
        if name.is_empty() && !named.is_empty() && has_hangul(&named) == korean { named.clone() } else { name }
    };
    let called = Names {
        ko: or_named(text(&["name_ko", "korean_name", "이름"]), true),
        en: or_named(text(&["name_en", "english_name"]), false),
    };
    let mut ingredients = Vec::new();
    for (name, amount) in listed(sheet.get(&["ingredients", "재료"])) {
        let (name, amount) = (plain(&name), plain(&amount));
        match Amount::read(&amount) {
            Ok(amount) => ingredients.push(Ingredient { name, amount }),
            Err(_) => complaints.push(format!("the amount {amount:?} of {name:?} is no number with a unit")),
        }
    }
    let steps = steps(sheet.get(&["steps", "recipe", "instructions", "method_steps", "조리법", "만드는 법", "레시피"]));
    let mut kind = Filters::default();
    for (line, field) in CHOICES {
        let said = text(&[field, line.id()]).to_lowercase().replace(' ', "_");
        let value =
            line.values().iter().find(|value| value.id == said || value.id.replace('_', "") == said.replace('_', ""));
        kind.set(line, value.map(|value| value.id));
    }
    let allergens = allergens_of(&[], ingredients.iter().map(|line| line.name.as_str())).into_iter().collect();
    let dish = Dish {
        names: called,
        locale: request.locale,
        introduction: text(&["introduction", "intro", "description", "소개"]),
        ingredients,
        steps,
        minutes: minutes(&text(&["minutes", "time", "cooking_time", "total_minutes", "시간"])),
        kind,
        allergens,
        source: Source::Model,
        loosened: Vec::new(),
        stands_in: None,
    };
    (dish, complaints)
}

/// `25`, `25.0`, `25 minutes`, `약 25분`, `1시간 20분`; 0 for anything else, which is refused.
fn minutes(text: &str) -> u32 {
    let (mut total, mut rest) = (0_u32, text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[at..].chars().take_while(char::is_ascii_digit).count();
        let number: u32 = rest[at..at + digits].parse().unwrap_or(u32::MAX);
        rest = rest[at + digits..].trim_start();
        let is = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
        if is(&["시간", "hour", "hr"]) {
            total = total.saturating_add(number.saturating_mul(60));
        } else if total == 0 || is(&["분", "min"]) {
            return total.saturating_add(number);
        }
    }
    total
}

/// Names and amounts, whether they are a list of objects, of lines or of pairs, or a map from name to amount.
fn listed(value: Option<&Loose>) -> Vec<(String, String)> {
    let entry = |name: &str, amount: Option<&Loose>| {
        let amount = match amount {
            Some(Loose::List(parts)) => parts.iter().filter_map(Loose::text).collect::<Vec<_>>().join(" "),
            Some(amount) => amount.text().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        (name.to_owned(), amount)
    };
    match value {
        Some(Loose::Map(fields)) => fields.iter().map(|(name, amount)| entry(name, Some(amount))).collect(),
        Some(Loose::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Loose::Text(line) => Some(split(line)),
                Loose::List(pair) => Some(entry(pair.first()?.text()?, pair.get(1))),
                Loose::Map(fields) => {
                    match item.get(&["name", "ingredient", "item", "이름", "재료"]).and_then(Loose::text) {
                        Some(name) => {
                            let (name, mut amount) =
                                entry(name, item.get(&["amount", "quantity", "양", "분량", "용량"]));
                            if let Some(unit) = item.get(&["unit", "단위"]).and_then(Loose::text) {
                                amount = format!("{amount} {unit}");
                            }
                            Some((name, amount))
                        }
                        None => fields.first().map(|(name, amount)| entry(name, Some(amount))),
                    }
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `두부 1/2모`, `두부: 1/2모`, `- salt, to taste`: the amount is the longest end that is one.
fn split(line: &str) -> (String, String) {
    let line = line.trim().trim_start_matches(['-', '•', '·', '*']).trim();
    let ends = line.char_indices().filter(|(_, c)| c.is_whitespace() || matches!(c, ':' | ',' | '：'));
    let found = ends.map(|(at, c)| (line[..at].trim(), line[at + c.len_utf8()..].trim()));
    let mut found = found.filter(|(name, amount)| !name.is_empty() && Amount::read(amount).is_ok());
    let (name, amount) = found.next().unwrap_or((line, ""));
    (name.trim_end_matches([':', ',', ' ', '-']).to_owned(), amount.to_owned())
}

fn steps(value: Option<&Loose>) -> Vec<String> {
    let texts: Vec<String> = match value {
        Some(Loose::List(items)) => items
            .iter()
            .filter_map(|item| {
                item.text().or_else(|| item.get(&["text", "description", "instruction", "내용", "step"])?.text())
            })
            .map(str::to_owned)
            .collect(),
        Some(Loose::Map(fields)) => fields.iter().filter_map(|(_, step)| step.text()).map(str::to_owned).collect(),
        Some(Loose::Text(text)) => text.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    texts.iter().map(|step| without_number(&plain(step)).to_owned()).filter(|step| !step.is_empty()).collect()
}

/// `1. 씻어요`, `Step 2: wash`; the bot numbers them itself.
fn without_number(step: &str) -> &str {
    let rest = ["Step ", "step ", "단계 "].iter().find_map(|word| step.strip_prefix(word)).unwrap_or(step);
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    if digits == 0 || digits > 2 {
        return step;
    }
    match rest[digits..].strip_prefix(['.', ')', ':']) {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => rest.trim_start(),
        _ => step,
    }
}

fn has_hangul(text: &str) -> bool {
    text.chars().any(|c| ('가'..='힣').contains(&c))
}

/// What the dish is against: what was chosen, what the person does not eat, what they had, the language.
fn against(dish: &Dish, request: &Request) -> Vec<String> {
    let mut complaints = Vec::new();
    for (line, field) in CHOICES {
        let (wanted, is) = (request.wanted.filters.get(line), dish.kind.get(line));
        if let Some(wanted) = wanted
            && is.map(|value| value.id) != Some(wanted.id)
        {
            complaints.push(format!("{field} must be {:?}, and the dish must be so", wanted.id));
        }
    }
    complaints.extend(request.avoided.found_in(dish).iter().map(|found| match found {
        Found::Allergen(allergen) => {
            format!("it contains {}, which the person does not eat: leave it out", allergen.id())
        }
        Found::Word(word) => format!("it contains {:?}, which the person does not eat: leave it out", word.as_str()),
    }));
    if let Some(recent) = request.repeated(&dish.names) {
        complaints.push(format!("the person had {:?} lately: choose another dish", recent.ko));
    }
    let texts = || dish.steps.iter().chain([&dish.introduction]).filter(|text| !text.is_empty());
    let (language, is_other) = match request.locale {
        Locale::Ko => ("Korean", texts().any(|text| !has_hangul(text))),
        Locale::En => ("English", texts().any(|text| has_hangul(text))),
    };
    if is_other || (!dish.names.ko.is_empty() && !has_hangul(&dish.names.ko)) || has_hangul(&dish.names.en) {
        complaints.push(format!("write everything in {language}, and the names in their languages"));
    }
    complaints
}

#[cfg(test)]
mod tests;
