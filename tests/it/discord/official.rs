//! Requests, held against the official description of Discord's HTTP API, where it is (`crate::official`): the
//! operation, what stands in the address, and the body with every type that it refers to. A field that is not named is
//! found too.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::official;

static DOCUMENT: LazyLock<Option<Document>> =
    LazyLock::new(|| official::document("discord-openapi.json").map(Document::new));

/// What is wrong with a request. Its path is that behind `/api/v10/`, its body that of a form's `payload_json` too.
pub(super) fn request(method: &str, path: &[String], query: &[(String, String)], body: &Value) -> Vec<String> {
    let Some(document) = &*DOCUMENT else { return Vec::new() };
    let (operation, wrong) = document.request(method, path, query, body);
    official::checked(&format!("discord {operation}"), wrong)
}

struct Document {
    all: Value,
    /// What was made of its schemas, by what they are of.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    fn new(all: Value) -> Self {
        Self { all, validators: Mutex::default() }
    }

    /// What a request is called there, and what is wrong with it.
    fn request(
        &self,
        method: &str,
        path: &[String],
        query: &[(String, String)],
        body: &Value,
    ) -> (String, Vec<String>) {
        let Some((route, item, operation)) = self.operation(method, path) else {
            return (method.to_owned(), vec![format!("there is no /{}", path.join("/"))]);
        };
        let name = format!("{method} {route}");
        let lists = [&item["parameters"], &operation["parameters"]];
        let known: Vec<&Value> = lists.into_iter().filter_map(Value::as_array).flatten().collect();
        let parameter = |place: &str, parameter: &str, given: &str| {
            let schema =
                known.iter().find(|one| one["in"] == place && one["name"] == parameter).map(|one| &one["schema"]);
            self.parameter(&format!("{name} {place} {parameter}"), schema, given)
        };
        let mut wrong = Vec::new();
        for (part, given) in parts(route).into_iter().zip(path) {
            if let Some(named) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                wrong.extend(parameter("path", named, given));
            }
        }
        for (named, given) in query {
            wrong.extend(parameter("query", named, given));
        }
        for one in known.iter().filter(|one| one["in"] == "query" && one["required"] == true) {
            if !query.iter().any(|(named, _)| one["name"] == *named) {
                wrong.push(format!("{} is missing in the address", one["name"]));
            }
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            let validator = self.validator(&name, schema);
            let errors = validator.iter_errors(body).take(3);
            wrong.extend(errors.map(|error| format!("{}: {error}", error.instance_path())));
        } else if !body.is_null() {
            wrong.push("it takes no body".to_owned());
        }
        (name, wrong)
    }

    /// The route that is meant, what is said of it, and of the method there. A name goes before what stands for any.
    fn operation(&self, method: &str, path: &[String]) -> Option<(&str, &Value, &Value)> {
        let method = method.to_lowercase();
        let fits = |route: &str| {
            let parts = parts(route);
            parts.len() == path.len()
                && parts.iter().zip(path).all(|(part, given)| part.starts_with('{') || part == given)
        };
        let all = self.all["paths"].as_object()?.iter();
        let known = all.filter_map(|(route, item)| Some((route.as_str(), item, item.get(&method)?)));
        known.filter(|(route, ..)| fits(route)).min_by_key(|(route, ..)| route.matches('{').count())
    }

    /// What is wrong with something in the address, where everything is text.
    fn parameter(&self, what: &str, schema: Option<&Value>, given: &str) -> Option<String> {
        let Some(schema) = schema else { return Some(format!("{what} is not known")) };
        let validator = self.validator(what, schema);
        // It may be meant as text, as the number or switch that it says, or as one of a list.
        let meant = [Some(Value::from(given)), serde_json::from_str(given).ok(), Some(json!([given]))];
        let fits = meant.iter().flatten().any(|value| validator.is_valid(value));
        (!fits).then(|| format!("{what} cannot be {given:?}"))
    }

    /// What a schema of the document allows.
    fn validator(&self, what: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("no panic");
        if let Some(validator) = validators.get(what) {
            return Arc::clone(validator);
        }
        let mut found = Map::new();
        let mut schema = strict(schema, &self.all["components"]["schemas"], &mut found);
        schema["$defs"] = found.into();
        let validator = Arc::new(jsonschema::validator_for(&schema).expect("a schema"));
        validators.insert(what.to_owned(), Arc::clone(&validator));
        validator
    }
}

fn parts(route: &str) -> Vec<&str> {
    route.trim_start_matches('/').split('/').collect()
}

/// A schema that refuses what it does not name. What it refers to is found, and made strict as well. No JSON body has
/// an object in an `allOf`, where this would refuse too much.
fn strict(schema: &Value, components: &Value, found: &mut Map<String, Value>) -> Value {
    let Some(words) = schema.as_object() else { return schema.clone() };
    let mut made = Map::new();
    for (word, value) in words {
        let value: Value = match (word.as_str(), value) {
            ("properties", Value::Object(fields)) => {
                fields.iter().map(|(name, field)| (name.clone(), strict(field, components, found))).collect()
            }
            ("oneOf" | "anyOf" | "allOf", Value::Array(choices)) => {
                choices.iter().map(|choice| strict(choice, components, found)).collect()
            }
            ("items" | "additionalProperties", value) => strict(value, components, found),
            ("$ref", Value::String(target)) => {
                let name = target.trim_start_matches("#/components/schemas/");
                if !found.contains_key(name) {
                    // What is being made is not made again where it refers to itself.
                    found.insert(name.to_owned(), Value::Null);
                    let component = strict(&components[name], components, found);
                    found.insert(name.to_owned(), component);
                }
                format!("#/$defs/{name}").into()
            }
            (_, value) => value.clone(),
        };
        made.insert(word.clone(), value);
    }
    if made.contains_key("properties") && !made.contains_key("additionalProperties") {
        made.insert("additionalProperties".to_owned(), false.into());
    }
    made.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few operations, in the shape of the official document.
    fn document() -> Document {
        let number = json!({"$ref": "#/components/schemas/Snowflake"});
        let id = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": number});
        let message = json!({"required": true, "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Message"}},
            "multipart/form-data": {"schema": {"type": "object"}},
        }});
        Document::new(json!({
            "openapi": "3.1.0",
            "paths": {
                "/channels/{channel_id}/messages": {
                    "parameters": [id("channel_id")],
                    "get": {"parameters": [
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                        {"name": "with_all", "in": "query", "schema": {"type": "boolean"}},
                        {"name": "of", "in": "query", "schema": {"type": "array", "items": number}},
                    ]},
                    "post": {"requestBody": message},
                },
                "/webhooks/{token}/messages/{message_id}": {
                    "parameters": [{"name": "token", "in": "path", "schema": {"type": "string", "maxLength": 9}},
                        id("message_id")],
                    "patch": {"requestBody": message},
                    "delete": {},
                },
                "/webhooks/{token}/messages/@original": {
                    "parameters": [{"name": "token", "in": "path", "schema": {"type": "string"}}],
                    "patch": {"requestBody": message},
                },
                "/search": {"get": {"parameters": [
                    {"name": "text", "in": "query", "required": true, "schema": {"type": "string", "minLength": 2}},
                ]}},
            },
            "components": {"schemas": {
                "Snowflake": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$", "format": "snowflake"},
                "Kinds": {"type": "integer", "oneOf": [{"title": "ROW", "const": 1}, {"title": "BUTTON", "const": 2}]},
                "Message": {"type": "object", "properties": {
                    "content": {"type": ["string", "null"], "maxLength": 8},
                    "components": {"type": "array", "items": {"oneOf": [
                        {"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Button"}]}},
                    "names": {"type": "object", "additionalProperties": {"type": "string"}},
                }, "required": ["content"]},
                "Row": {"type": "object", "properties": {
                    "type": {"type": "integer", "enum": [1], "allOf": [{"$ref": "#/components/schemas/Kinds"}]},
                    "components": {"type": "array", "items": {"oneOf": [
                        {"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Button"}]}},
                }, "required": ["type", "components"]},
                "Button": {"type": "object", "properties": {
                    "type": {"type": "integer", "enum": [2], "allOf": [{"$ref": "#/components/schemas/Kinds"}]},
                    "label": {"type": "string"},
                }, "required": ["type"]},
            }},
        }))
    }

    /// A request as it is written: `GET channels/1/messages?limit=5`.
    fn wrong(line: &str, body: &Value) -> Vec<String> {
        let (method, address) = line.split_once(' ').expect("a method");
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let path: Vec<String> = path.split('/').map(str::to_owned).collect();
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        document().request(method, &path, &query, body).1
    }

    #[test]
    fn what_the_document_allows_is_allowed() {
        let button = json!({"type": 2, "label": "밥"});
        for (line, body) in [
            ("GET channels/12/messages", Value::Null),
            ("GET channels/12/messages?limit=100&with_all=true&of=5", Value::Null),
            ("POST channels/12/messages", json!({"content": null})),
            (
                "POST channels/12/messages",
                json!({"content": "x", "names": {"any": "name"}, "components": [
                button, {"type": 1, "components": [button, {"type": 1, "components": []}]}]}),
            ),
            ("PATCH webhooks/abc/messages/@original", json!({"content": "x"})),
            ("PATCH webhooks/abc/messages/7", json!({"content": "x"})),
            ("DELETE webhooks/abc/messages/7", Value::Null),
            ("GET search?text=ab", Value::Null),
        ] {
            assert_eq!(wrong(line, &body), Vec::<String>::new(), "{line} {body}");
        }
    }

    #[test]
    fn what_the_document_does_not_allow_is_found() {
        let fine = json!({"content": "x"});
        for (line, body, expected) in [
            ("GET channels", Value::Null, "there is no /channels"),
            ("PUT channels/12/messages", fine.clone(), "there is no /channels/12/messages"),
            ("GET channels/x/messages", Value::Null, "path channel_id cannot be \"x\""),
            ("DELETE webhooks/abc/messages/@original", Value::Null, "message_id cannot be \"@original\""),
            ("PATCH webhooks/0123456789/messages/7", fine.clone(), "token cannot be"),
            ("GET channels/12/messages?limit=101", Value::Null, "limit cannot be \"101\""),
            ("GET channels/12/messages?with_all=yes", Value::Null, "with_all cannot be"),
            ("GET channels/12/messages?of=x", Value::Null, "of cannot be"),
            ("GET channels/12/messages?colour=red", Value::Null, "query colour is not known"),
            ("GET search", Value::Null, "\"text\" is missing"),
            ("GET search?text=ab", fine.clone(), "it takes no body"),
            ("POST channels/12/messages", Value::Null, "null is not"),
            ("POST channels/12/messages", json!({}), "\"content\" is a required property"),
            ("POST channels/12/messages", json!({"content": "123456789"}), "/content: "),
            ("POST channels/12/messages", json!({"content": "x", "colour": 1}), "'colour' was unexpected"),
            ("POST channels/12/messages", json!({"content": "x", "names": {"a": 1}}), "/names/a: "),
            (
                "POST channels/12/messages",
                json!({"content": "x", "components": [{"type": 2, "colour": 1}]}),
                "/components/0: ",
            ),
            (
                "POST channels/12/messages",
                json!({"content": "x", "components": [{"type": 1, "components": [{"type": 3}]}]}),
                "/components/0: ",
            ),
        ] {
            let wrong = wrong(line, &body);
            assert!(wrong.iter().any(|one| one.contains(expected)), "{line} {body}: {wrong:?}");
        }
    }
}
