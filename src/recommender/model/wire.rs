//! Chat completions as they go over the wire, read so tolerantly that any compatible server is understood
//! (<https://platform.openai.com/docs/api-reference/chat-streaming>).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ModelOptions, ability::Ability, prompt::Message, sheet};

/// A request for a streamed completion.
#[derive(Serialize)]
pub(super) struct Ask<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(options: &'a ModelOptions, ability: Ability, messages: &'a [Message]) -> Self {
        let response_format = if ability.schema {
            Some(json!({
                "type": "json_schema",
                "json_schema": {"name": "dish", "strict": true, "schema": sheet::schema()},
            }))
        } else {
            ability.json.then(|| json!({"type": "json_object"}))
        };
        Self {
            model: &options.model,
            messages,
            stream: true,
            stream_options: ability.usage.then(|| json!({"include_usage": true})),
            temperature: ability.temperature.then_some(options.temperature),
            max_tokens: ability.max_tokens.then_some(options.max_tokens),
            max_completion_tokens: (!ability.max_tokens).then_some(options.max_tokens),
            response_format,
        }
    }
}

/// One chunk of a stream, or a whole completion.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    #[serde(deserialize_with = "lenient")]
    pub(super) choices: Vec<Choice>,
    #[serde(deserialize_with = "lenient")]
    pub(super) usage: Option<Tokens>,
    pub(super) error: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    #[serde(deserialize_with = "lenient")]
    delta: Option<Said>,
    #[serde(deserialize_with = "lenient")]
    message: Option<Said>,
    pub(super) finish_reason: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    content: Value,
    refusal: Value,
    tool_calls: Value,
    /// What some models think before they answer.
    reasoning_content: Value,
    reasoning: Value,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "lenient")]
    pub(super) prompt_tokens: u64,
    #[serde(deserialize_with = "lenient")]
    pub(super) completion_tokens: u64,
}

/// What is of another type counts as not there.
fn lenient<'de, D: serde::Deserializer<'de>, T: Default + serde::de::DeserializeOwned>(from: D) -> Result<T, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl Choice {
    fn said(&self) -> Option<&Said> {
        self.delta.as_ref().or(self.message.as_ref())
    }

    /// The text of it: its content, or what it would call a tool with.
    pub(super) fn text(&self) -> String {
        let Some(said) = self.said() else { return String::new() };
        match &said.content {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => {
                let calls = said.tool_calls.as_array().map(Vec::as_slice).unwrap_or_default();
                calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect()
            }
        }
    }

    /// Whether the model thinks aloud.
    pub(super) fn is_thought(&self) -> bool {
        let says = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        self.said().is_some_and(|said| says(&said.reasoning_content) || says(&said.reasoning))
    }

    /// Whether the model will not answer.
    pub(super) fn is_refusal(&self) -> bool {
        let refusal = self.said().and_then(|said| said.refusal.as_str()).is_some_and(|text| !text.is_empty());
        refusal || self.finish_reason == "content_filter"
    }
}
