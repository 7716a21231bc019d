//! What Discord refuses: limits, unknown fields, messages that could mention someone.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The bodies of the official description of Discord's HTTP API (`scripts/discord-specification`), by method and route.
static SPECIFICATION: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let all: Value = serde_json::from_str(include_str!("specification.json")).expect("JSON");
    let bodies = all["bodies"].as_object().expect("bodies").iter();
    bodies
        .map(|(route, body)| {
            let mut schema = json!({"$defs": all["$defs"]});
            for (name, value) in body.as_object().expect("a schema") {
                schema[name] = value.clone();
            }
            (route.clone(), jsonschema::validator_for(&schema).expect("a schema"))
        })
        .collect()
});

pub(super) fn has_body(route: &str) -> bool {
    SPECIFICATION.contains_key(route)
}

/// A body as the official description has it. Permissions are text in the documentation and a number in the description;
/// Discord takes both.
pub(super) fn as_described(body: &Value) -> Value {
    let mut body = body.clone();
    for command in body.as_array_mut().into_iter().flatten() {
        let bits = command.get("default_member_permissions").and_then(Value::as_str);
        if let Some(bits) = bits.and_then(|bits| bits.parse::<u64>().ok()) {
            command["default_member_permissions"] = bits.into();
        }
    }
    body
}

/// Holds a body against the official description, and a form and commands against their limits.
pub(super) fn check(route: &str, body: &Value) -> Result<(), String> {
    let body = &as_described(body);
    let validator = &SPECIFICATION[route];
    let errors: Vec<String> =
        validator.iter_errors(body).take(3).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if !errors.is_empty() {
        return Err(format!("{route}: {}", errors.join("; ")));
    }
    if route.ends_with("callback") {
        match body["type"].as_u64() {
            Some(4 | 7) => check_message(&body["data"])?,
            Some(9) => check_form(&body["data"])?,
            _ => {}
        }
    }
    for command in body.as_array().into_iter().flatten() {
        check_command(command)?;
    }
    Ok(())
}

fn long(value: &Value) -> usize {
    value.as_str().unwrap_or_default().trim().encode_utf16().count()
}

fn at_most(what: &str, value: &Value, most: usize) -> Result<(), String> {
    let units = long(value);
    if units > most { Err(format!("{what} has {units} of {most}")) } else { Ok(()) }
}

/// Limits of a message (<https://discord.com/developers/docs/resources/message#embed-limits>).
pub(super) fn check_message(body: &Value) -> Result<(), String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    at_most("content", &body["content"], 2000)?;
    let embeds = list(&body["embeds"]);
    if embeds.len() > 10 {
        return Err("more than ten embeds".to_owned());
    }
    let mut all = 0;
    for embed in &embeds {
        at_most("a title", &embed["title"], 256)?;
        at_most("a description", &embed["description"], 4096)?;
        all += long(&embed["title"]) + long(&embed["description"]);
        if long(&embed["title"]) + long(&embed["description"]) == 0 && embed["image"].is_null() {
            return Err("an empty embed".to_owned());
        }
    }
    if all > 6000 {
        return Err(format!("embeds have {all} of 6000"));
    }
    // What nobody wrote on purpose calls nobody.
    if body["allowed_mentions"]["parse"] != json!([]) {
        return Err("mentions would be parsed".to_owned());
    }
    let named = |who: &str| body["allowed_mentions"][who].as_array().is_some_and(|all| !all.is_empty());
    if named("users") || named("roles") {
        return Err("somebody is mentioned".to_owned());
    }
    check_rows(&list(&body["components"]))
}

fn check_rows(rows: &[Value]) -> Result<(), String> {
    if rows.len() > 5 {
        return Err("more than five rows".to_owned());
    }
    let mut ids = HashSet::new();
    for row in rows {
        let parts = row["components"].as_array().cloned().unwrap_or_default();
        let selects = parts.iter().filter(|part| part["type"] == 3).count();
        if row["type"] != 1 || parts.is_empty() || parts.len() > 5 || (selects > 0 && parts.len() > 1) {
            return Err(format!("a row of {} parts", parts.len()));
        }
        for part in parts {
            let id = part["custom_id"].as_str().unwrap_or_default().to_owned();
            if part["url"].is_null() && (id.is_empty() || id.len() > 100 || !ids.insert(id.clone())) {
                return Err(format!("custom_id {id:?} is empty, too long or there twice"));
            }
            match part["type"].as_u64() {
                Some(2) => at_most("a label", &part["label"], 80)?,
                Some(3) => check_options(&part)?,
                other => return Err(format!("a component of type {other:?}")),
            }
        }
    }
    Ok(())
}

fn check_options(select: &Value) -> Result<(), String> {
    at_most("a placeholder", &select["placeholder"], 150)?;
    let options = select["options"].as_array().cloned().unwrap_or_default();
    let values: HashSet<&str> = options.iter().filter_map(|option| option["value"].as_str()).collect();
    if options.is_empty() || options.len() > 25 || values.len() != options.len() {
        return Err(format!("{} options with {} values", options.len(), values.len()));
    }
    for option in &options {
        for name in ["label", "value", "description"] {
            at_most(name, &option[name], 100)?;
        }
        if long(&option["label"]) == 0 {
            return Err("an option without a label".to_owned());
        }
    }
    Ok(())
}

fn check_form(form: &Value) -> Result<(), String> {
    at_most("a title", &form["title"], 45)?;
    at_most("custom_id", &form["custom_id"], 100)?;
    for row in form["components"].as_array().into_iter().flatten() {
        let input = &row["components"][0];
        at_most("a label", &input["label"], 45)?;
        if input["type"] != 4 || input["max_length"].as_u64().is_some_and(|most| !(1..=4000).contains(&most)) {
            return Err("an input that is none".to_owned());
        }
    }
    Ok(())
}

/// Limits of a command (<https://discord.com/developers/docs/interactions/application-commands>).
fn check_command(command: &Value) -> Result<(), String> {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        (1..=32).contains(&name.chars().count()) && name.chars().all(fits) && name.to_lowercase() == name
    };
    let names = |part: &Value| -> Vec<String> {
        let others = part["name_localizations"].as_object().into_iter().flat_map(|names| names.values());
        std::iter::once(&part["name"]).chain(others).filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let longest = |part: &Value, what: &str| {
        let others = part[format!("{what}_localizations")].as_object();
        let others = others.into_iter().flat_map(|said| said.values()).map(long).max().unwrap_or_default();
        others.max(long(&part[what]))
    };
    let options = command["options"].as_array().cloned().unwrap_or_default();
    let mut all = 0;
    for part in std::iter::once(command).chain(&options) {
        if !names(part).iter().all(|name| is_name(name)) {
            return Err(format!("a name of {:?}", names(part)));
        }
        if !(1..=100).contains(&longest(part, "description")) {
            return Err(format!("the description of {}", part["name"]));
        }
        all += longest(part, "name") + longest(part, "description");
        let choices = part["choices"].as_array().cloned().unwrap_or_default();
        if choices.len() > 25 {
            return Err("more than 25 choices".to_owned());
        }
        all += choices.iter().map(|one| longest(one, "name") + long(&one["value"])).sum::<usize>();
    }
    if options.len() > 25 || all > 8000 {
        return Err(format!("{} has {} options and {all} characters", command["name"], options.len()));
    }
    Ok(())
}

#[test]
fn the_stand_in_refuses_what_discord_refuses() {
    const MESSAGE: &str = "POST /webhooks/{webhook_id}/{webhook_token}";
    let mentions = json!({"parse": []});
    let said = |more: Value| {
        let mut body = json!({"content": "밥", "allowed_mentions": mentions});
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        check(MESSAGE, &body).and_then(|()| check_message(&body))
    };
    assert_eq!(said(json!({})), Ok(()));
    let button = |id: &str| json!({"type": 2, "style": 2, "label": "밥", "custom_id": id});
    let row = |parts: Vec<Value>| json!({"type": 1, "components": parts});
    for wrong in [
        json!({"content": "밥".repeat(2001)}),
        json!({"unknown": 1}),
        json!({"allowed_mentions": {"parse": ["users"]}}),
        json!({"embeds": [{"description": "밥".repeat(4097)}]}),
        json!({"embeds": [{"description": "밥".repeat(4000)}, {"description": "밥".repeat(2001)}]}),
        json!({"embeds": vec![json!({"title": "밥"}); 11]}),
        json!({"components": [row(vec![button("a"), button("a")])]}),
        json!({"components": [row((0..6).map(|n| button(&n.to_string())).collect())]}),
        json!({"components": (0..6).map(|n| row(vec![button(&n.to_string())])).collect::<Vec<_>>()}),
        json!({"components": [row(vec![json!({"type": 99, "custom_id": "x"})])]}),
    ] {
        assert!(said(wrong.clone()).is_err(), "{wrong}");
    }
    let late = json!({"type": 8, "data": {"choices": vec![json!({"name": "밥", "value": "밥"}); 26]}});
    assert!(check("POST /interactions/{interaction_id}/{interaction_token}/callback", &late).is_err());
}
