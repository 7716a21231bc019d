//! What a server can do, as it has shown so far.

/// What is asked of a server; what it refuses is not asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own that a server may refuse")]
pub struct Ability {
    /// Structured output by a JSON schema, in strict mode.
    pub schema: bool,
    /// JSON mode.
    pub json: bool,
    /// A temperature.
    pub temperature: bool,
    /// `max_tokens`; otherwise `max_completion_tokens`.
    pub max_tokens: bool,
    /// Usage at the end of a stream.
    pub usage: bool,
}

impl Default for Ability {
    fn default() -> Self {
        Self { schema: true, json: true, temperature: true, max_tokens: true, usage: true }
    }
}

impl Ability {
    /// What is left to ask for after a server refused a request (400, 422) for this reason; `None` where it is not what was
    /// asked for that it minds.
    pub(super) fn without(self, reason: &str) -> Option<Self> {
        let reason = reason.to_lowercase();
        let minds = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        if self.max_tokens && minds(&["max_tokens", "max_completion_tokens"]) {
            return Some(Self { max_tokens: false, ..self });
        }
        if self.temperature && minds(&["temperature"]) {
            return Some(Self { temperature: false, ..self });
        }
        if self.usage && minds(&["stream_options", "include_usage"]) {
            return Some(Self { usage: false, ..self });
        }
        let format =
            minds(&["response_format", "json_schema", "schema", "json_object", "grammar", "structured", "strict"]);
        // Some say nothing that helps; what is asked for beyond the plain is given up before the server is.
        if self.schema && (format || !minds(&["model", "context", "billing", "quota", "key"])) {
            return Some(Self { schema: false, ..self });
        }
        if self.json && format {
            return Some(Self { json: false, schema: false, ..self });
        }
        None
    }

    /// What both can do.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            schema: self.schema && other.schema,
            json: self.json && other.json,
            temperature: self.temperature && other.temperature,
            max_tokens: self.max_tokens && other.max_tokens,
            usage: self.usage && other.usage,
        }
    }

    /// How the answer is asked for, in a word.
    pub fn format(self) -> &'static str {
        match (self.schema, self.json) {
            (true, _) => "JSON schema",
            (false, true) => "JSON mode",
            (false, false) => "plain text",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_refuses_is_given_up_one_after_another() {
        let all = Ability::default();
        let without = |ability: Ability, reason| ability.without(reason).expect("something to give up");
        assert!(!without(all, "Unsupported parameter: 'max_tokens', use 'max_completion_tokens'").max_tokens);
        assert!(!without(all, "Unsupported value: 'temperature' does not support 0.3").temperature);
        assert!(!without(all, "stream_options is not permitted").usage);
        let json = without(all, "response_format json_schema is not supported");
        assert_eq!((json.schema, json.json), (false, true));
        let plain = without(json, "response_format: unknown field");
        assert_eq!((plain.schema, plain.json), (false, false));
        assert_eq!(plain.without("response_format"), None);
        assert!(!without(all, "bad request").schema, "a server that says nothing useful");
        assert_eq!(all.without("The model `x` does not exist"), None);
    }
}
