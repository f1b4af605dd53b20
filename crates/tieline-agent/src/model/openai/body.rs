//! The body of a chat completions request.
//!
//! The format knows no failed results and no pictures in results: a failure is said in the text, and pictures follow
//! the results in a message of their own. Servers cache by prefix, so what comes first never changes within a session.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::replay::{NO_CONTENT, arguments, is_picture, no_picture, word};
use super::super::{
    AssistantPart, Message, ModelRequest, Replay, ResultPart, ToolDefinition, UserPart,
};
use super::accent::Accent;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Definition<'a>,
}

#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    parameters: Cow<'a, RawValue>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Turn<'a> {
    System {
        content: &'a str,
    },
    User {
        content: Content<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_details: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: Cow<'a, str>,
    arguments: String,
}

/// The request as JSON.
pub(in super::super) fn body(request: &ModelRequest, accent: Accent) -> Vec<u8> {
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if !request.system.trim().is_empty() {
        let content = &request.system;
        messages.push(Turn::System { content });
    }
    let last_said = request.messages.iter().rposition(is_said).unwrap_or(0);
    for (at, message) in request.messages.iter().enumerate() {
        match message {
            Message::User(parts) => user(parts, &mut messages),
            // Servers want the thinking of the turn that is going on, and refuse or ignore older.
            Message::Assistant(parts) => messages.extend(assistant(parts, at > last_said)),
        }
    }
    let limit = Some(request.max_tokens);
    let body = Body {
        model: &request.model,
        max_tokens: limit.filter(|_| !accent.max_completion_tokens),
        max_completion_tokens: limit.filter(|_| accent.max_completion_tokens),
        stream: true,
        stream_options: accent.stream_options.then_some(StreamOptions {
            include_usage: true,
        }),
        tools: request.tools.iter().map(tool).collect(),
        messages,
    };
    serde_json::to_vec(&body).expect("strings and checked JSON can be written as JSON")
}

/// Whether a person said something in it.
fn is_said(message: &Message) -> bool {
    let said = |part: &UserPart| matches!(part, UserPart::Text(_));
    matches!(message, Message::User(parts) if parts.iter().any(said))
}

fn tool(tool: &ToolDefinition) -> Tool<'_> {
    Tool {
        r#type: "function",
        function: Definition {
            name: &tool.name,
            description: &tool.description,
            parameters: parameters(&tool.input_schema),
        },
    }
}

/// OpenAI refuses an object schema that names no properties, which is how servers describe a tool without arguments.
fn parameters(schema: &RawValue) -> Cow<'_, RawValue> {
    let text = schema.get();
    let inner = match text.trim().strip_prefix('{') {
        Some(inner) if !text.contains("\"properties\"") => inner,
        _ => return Cow::Borrowed(schema),
    };
    let comma = if inner.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let with = format!(r#"{{"properties":{{}}{comma}{inner}"#);
    RawValue::from_string(with).map_or(Cow::Borrowed(schema), Cow::Owned)
}

fn user<'a>(parts: &'a [UserPart], messages: &mut Vec<Turn<'a>>) {
    let mut pictures = Vec::new();
    let mut said = String::new();
    for part in parts {
        match part {
            UserPart::ToolResult {
                call_id,
                is_error,
                parts,
            } => {
                messages.push(Turn::Tool {
                    tool_call_id: word(call_id, 64),
                    content: result_text(*is_error, parts),
                });
                show_pictures(call_id, parts, &mut pictures);
            }
            UserPart::Text(text) => {
                if !said.is_empty() {
                    said.push_str("\n\n");
                }
                said.push_str(text);
            }
        }
    }
    if !pictures.is_empty() {
        if !said.is_empty() {
            pictures.push(Part::Text { text: said.into() });
        }
        let content = Content::Parts(pictures);
        messages.push(Turn::User { content });
    } else if !said.is_empty() {
        let content = Content::Text(said.into());
        messages.push(Turn::User { content });
    }
}

fn result_text(is_error: bool, parts: &[ResultPart]) -> String {
    let mut text = String::new();
    if is_error {
        text.push_str("The call failed:");
    }
    for part in parts {
        let more = match part {
            ResultPart::Text(text) => Cow::Borrowed(text.as_str()),
            ResultPart::Image { media_type, .. } if is_picture(media_type) => {
                Cow::Borrowed("(a picture, shown in the next message)")
            }
            ResultPart::Image { media_type, .. } => Cow::Owned(no_picture(media_type)),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&more);
    }
    if text.is_empty() {
        text.push_str(NO_CONTENT);
    }
    text
}

fn show_pictures<'a>(call_id: &str, parts: &'a [ResultPart], pictures: &mut Vec<Part<'a>>) {
    for part in parts {
        if let ResultPart::Image { media_type, data } = part
            && is_picture(media_type)
        {
            let text = format!("A picture from the result of {}:", word(call_id, 64));
            pictures.push(Part::Text { text: text.into() });
            let url = format!("data:{media_type};base64,{data}");
            let image_url = ImageUrl { url };
            pictures.push(Part::ImageUrl { image_url });
        }
    }
}

fn assistant(parts: &[AssistantPart], with_thinking: bool) -> Option<Turn<'_>> {
    let mut content = String::new();
    let (mut reasoning_content, mut reasoning, mut reasoning_details) = (None, None, None);
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Text(text) => content.push_str(text),
            AssistantPart::ToolUse {
                id,
                name,
                arguments: text,
            } => tool_calls.push(Call {
                id: word(id, 64),
                r#type: "function",
                function: CalledFunction {
                    name: word(name, 64),
                    arguments: arguments(text).get().to_owned(),
                },
            }),
            AssistantPart::Thinking(thinking) if with_thinking => match &thinking.replay {
                Replay::Field(field) if field == "reasoning" => reasoning = Some(&*thinking.text),
                Replay::Field(_) => reasoning_content = Some(&*thinking.text),
                Replay::Details(details) => {
                    reasoning_details = serde_json::from_str(details).ok();
                }
                // Another format's thinking means nothing here.
                Replay::Signed(_) | Replay::Redacted(_) => {}
            },
            AssistantPart::Thinking(_) => {}
        }
    }
    if content.is_empty() && tool_calls.is_empty() {
        return None;
    }
    Some(Turn::Assistant {
        content: Some(content).filter(|content| !content.is_empty()),
        reasoning_content,
        reasoning,
        reasoning_details,
        tool_calls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_without_properties_gets_none() {
        let of = |text: &str| {
            let schema = RawValue::from_string(text.to_owned()).unwrap();
            parameters(&schema).get().to_owned()
        };
        assert_eq!(of("{}"), r#"{"properties":{}}"#);
        assert_eq!(
            of(r#"{"type":"object"}"#),
            r#"{"properties":{},"type":"object"}"#
        );
        let full = r#"{ "properties": {"a": {}} }"#;
        assert_eq!(of(full), full);
        assert_eq!(of("true"), "true");
    }
}
