//! What an API's refusal means: an HTTP status with a body, or an error event inside a stream.

use std::time::Duration;

use serde_json::Value;

use super::ModelError;
use super::exchange::Context;
use super::failure::{Again, Failure};
use super::text::{DETAIL, clean};

/// An answer that is not the model's.
pub(super) struct Refused<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: &'a [u8],
}

/// The failure; none when neither status nor body says that it is one.
pub(super) fn refused(context: &Context, refused: &Refused<'_>) -> Option<Failure> {
    let told = Told::read(&serde_json::from_slice(refused.body).unwrap_or_default());
    let status = match refused.status {
        // Some gateways say 200 and put the error into the body.
        200..300 if told.is_error() => told.status().unwrap_or(500),
        200..300 => return None,
        status => status,
    };
    Some(judge(context, status, refused.retry_after, &told))
}

/// The failure for an error inside a stream.
pub(super) fn refused_in_stream(context: &Context, event: &[u8]) -> Failure {
    let told = Told::read(&serde_json::from_slice(event).unwrap_or_default());
    if let Some(status) = told.status() {
        return judge(context, status, None, &told);
    }
    let error = ModelError::Failed {
        api: context.api.clone(),
        status: None,
        detail: told.detail(context),
    };
    Failure::new(error, Again::Here(None))
}

fn judge(context: &Context, status: u16, retry_after: Option<Duration>, told: &Told) -> Failure {
    let (api, detail) = (context.api.clone(), told.detail(context));
    match status {
        401 | 403 => {
            // A refused key is often repeated in part, and the sentence says enough without.
            let detail = if status == 401 { String::new() } else { detail };
            let error = ModelError::KeyRejected {
                api,
                status,
                detail,
            };
            Failure::new(error, Again::No)
        }
        429 => {
            let again = if told.quota_is_used_up() {
                Again::Elsewhere
            } else {
                Again::Here(retry_after)
            };
            let error = ModelError::RateLimited {
                api,
                detail,
                retry_after,
            };
            Failure::new(error, again)
        }
        503 | 529 => {
            let error = ModelError::Overloaded {
                api,
                detail,
                retry_after,
            };
            Failure::new(error, Again::Here(retry_after))
        }
        408 | 425 | 500.. => {
            let status = Some(status);
            let error = ModelError::Failed {
                api,
                status,
                detail,
            };
            Failure::new(error, Again::Here(retry_after))
        }
        _ => {
            let tool = matches!(status, 400 | 422)
                .then(|| told.tool(&context.tools))
                .flatten();
            let error = match tool {
                Some(tool) => ModelError::RefusedTool { api, tool, detail },
                None => ModelError::RefusedRequest {
                    api,
                    status,
                    detail,
                },
            };
            Failure::new(error, Again::No)
        }
    }
}

/// What an error says about itself, in any of the shapes that servers use.
#[derive(Debug, Default)]
struct Told {
    message: String,
    /// The maker's own words, when a gateway only repeats them.
    inner: String,
    kind: String,
    code: String,
    param: String,
    found: bool,
}

impl Told {
    fn read(body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let text = |value: &Value, name: &str| match value.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let mut message = text(error, "message");
        if let Some(text) = error.as_str() {
            text.clone_into(&mut message);
        }
        if message.is_empty() {
            message = text(body, "message");
        }
        match body.get("detail") {
            Some(Value::String(text)) if message.is_empty() => text.clone_into(&mut message),
            // Python servers list each fault with the place in the request.
            Some(faults @ Value::Array(_)) if message.is_empty() => message = faults.to_string(),
            _ => {}
        }
        let metadata = error.get("metadata").unwrap_or(&Value::Null);
        Self {
            found: body.get("error").is_some_and(|error| !error.is_null()),
            inner: text(metadata, "raw"),
            kind: text(error, "type"),
            code: text(error, "code"),
            param: text(error, "param"),
            message,
        }
    }

    const fn is_error(&self) -> bool {
        self.found
    }

    /// The HTTP status that the error would have had outside a stream.
    fn status(&self) -> Option<u16> {
        if let Ok(status @ 400..600) = self.code.parse() {
            return Some(status);
        }
        let status = |word: &str| match word {
            "overloaded_error" | "overloaded" => Some(529),
            "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => Some(429),
            "authentication_error" | "invalid_api_key" => Some(401),
            "permission_error" => Some(403),
            "not_found_error" | "model_not_found" => Some(404),
            "billing_error" => Some(402),
            "request_too_large" => Some(413),
            "invalid_request_error" => Some(400),
            "timeout_error" => Some(504),
            _ => None,
        };
        status(&self.code).or_else(|| status(&self.kind))
    }

    fn quota_is_used_up(&self) -> bool {
        [&self.code, &self.kind]
            .iter()
            .any(|word| matches!(word.as_str(), "insufficient_quota" | "billing_error"))
    }

    fn detail(&self, context: &Context) -> String {
        let text = if self.inner.is_empty() {
            self.message.clone()
        } else {
            format!("{} {}", self.message, self.inner)
        };
        clean(&text, context.key.as_ref(), DETAIL)
    }

    /// The tool whose definition is refused, by its place in the request or by its name.
    fn tool(&self, tools: &[String]) -> Option<String> {
        let about_messages = self.param.starts_with("messages")
            || self.message.starts_with("messages.")
            || self.message.contains("'messages[");
        if about_messages {
            return None;
        }
        let texts = [&self.param, &self.message, &self.inner];
        let by_place = || texts.iter().find_map(|text| place(text));
        let by_name = || {
            texts
                .iter()
                .find_map(|text| tools.iter().find(|tool| names(text, tool)))
        };
        by_place()
            .and_then(|place| tools.get(place))
            .or_else(by_name)
            .cloned()
    }
}

/// `tools.3.` of Anthropic, `tools[3]` of OpenAI, `function_declarations[3]` of Gemini behind its adapter.
fn place(text: &str) -> Option<usize> {
    for word in ["function_declarations", "tools"] {
        for (at, _) in text.match_indices(word) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = text[at + word.len()..].strip_prefix(['.', '[']);
            let digits: String = rest
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if let Ok(place) = digits.parse() {
                return Some(place);
            }
        }
    }
    None
}

/// The tool's name stands in the text, and not as a part of a longer name.
fn names(text: &str, tool: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    !tool.is_empty()
        && text.match_indices(tool).any(|(at, _)| {
            !text[..at].chars().next_back().is_some_and(inside)
                && !text[at + tool.len()..].chars().next().is_some_and(inside)
        })
}
