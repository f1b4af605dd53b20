//! The body of a Messages request.
//!
//! Four places are marked for the API's cache: the tools, the instructions, and the last two messages of the person or
//! the tools. The mark before the last is where the previous request ended, which is what the cache holds.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::replay::{NO_CONTENT, arguments, is_picture, no_picture, word};
use super::super::{
    AssistantPart, Message, ModelRequest, Replay, ResultPart, ToolDefinition, UserPart,
};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    input_schema: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheMark>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheMark>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        content: Vec<ResultBlock<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheMark>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResultBlock<'a> {
    Text { text: Cow<'a, str> },
    Image { source: Source<'a> },
}

#[derive(Serialize)]
struct Source<'a> {
    r#type: &'static str,
    media_type: &'a str,
    data: &'a str,
}

#[derive(Clone, Copy, Serialize)]
struct CacheMark {
    r#type: &'static str,
}

const MARK: Option<CacheMark> = Some(CacheMark {
    r#type: "ephemeral",
});

/// The request as JSON.
pub(in super::super) fn body(request: &ModelRequest) -> Vec<u8> {
    let mut messages: Vec<Turn<'_>> = request.messages.iter().filter_map(turn).collect();
    mark_the_last_two(&mut messages);
    let system = Some(text(&request.system, MARK)).filter(|_| !is_blank(&request.system));
    let body = Body {
        model: &request.model,
        max_tokens: request.max_tokens,
        stream: true,
        tools: tools(&request.tools),
        system: system.into_iter().collect(),
        messages,
    };
    serde_json::to_vec(&body).expect("strings and checked JSON can be written as JSON")
}

fn tools(tools: &[ToolDefinition]) -> Vec<Tool<'_>> {
    let last = tools.len().saturating_sub(1);
    tools
        .iter()
        .enumerate()
        .map(|(at, tool)| Tool {
            name: &tool.name,
            description: &tool.description,
            input_schema: &tool.input_schema,
            cache_control: MARK.filter(|_| at == last),
        })
        .collect()
}

fn turn(message: &Message) -> Option<Turn<'_>> {
    match message {
        Message::User(parts) => Some(user(parts)),
        Message::Assistant(parts) => {
            let content: Vec<_> = parts.iter().filter_map(assistant).collect();
            let role = "assistant";
            (!content.is_empty()).then_some(Turn { role, content })
        }
    }
}

fn user(parts: &[UserPart]) -> Turn<'_> {
    // Results come first: the API wants them directly after the calls that they answer.
    let mut content: Vec<Block<'_>> = parts.iter().filter_map(result).collect();
    content.extend(parts.iter().filter_map(|part| match part {
        UserPart::Text(said) if !is_blank(said) => Some(text(said, None)),
        _ => None,
    }));
    if content.is_empty() {
        content.push(text(NO_CONTENT, None));
    }
    let role = "user";
    Turn { role, content }
}

fn text(text: &str, cache_control: Option<CacheMark>) -> Block<'_> {
    Block::Text {
        text: text.into(),
        cache_control,
    }
}

fn result(part: &UserPart) -> Option<Block<'_>> {
    let UserPart::ToolResult {
        call_id,
        is_error,
        parts,
    } = part
    else {
        return None;
    };
    let mut content: Vec<_> = parts.iter().filter_map(result_block).collect();
    if content.is_empty() {
        // The API refuses an error without content.
        content.push(ResultBlock::Text {
            text: NO_CONTENT.into(),
        });
    }
    Some(Block::ToolResult {
        tool_use_id: word(call_id, 64),
        is_error: *is_error,
        content,
        cache_control: None,
    })
}

fn result_block(part: &ResultPart) -> Option<ResultBlock<'_>> {
    match part {
        ResultPart::Text(text) if is_blank(text) => None,
        ResultPart::Text(text) => Some(ResultBlock::Text { text: text.into() }),
        ResultPart::Image { media_type, data } if is_picture(media_type) => {
            Some(ResultBlock::Image {
                source: Source {
                    r#type: "base64",
                    media_type,
                    data,
                },
            })
        }
        ResultPart::Image { media_type, .. } => Some(ResultBlock::Text {
            text: no_picture(media_type).into(),
        }),
    }
}

fn assistant(part: &AssistantPart) -> Option<Block<'_>> {
    match part {
        // The API refuses text that nobody could see.
        AssistantPart::Text(said) if is_blank(said) => None,
        AssistantPart::Text(said) => Some(text(said, None)),
        AssistantPart::Thinking(thinking) => match &thinking.replay {
            Replay::Signed(signature) => Some(Block::Thinking {
                thinking: &thinking.text,
                signature,
            }),
            Replay::Redacted(data) => Some(Block::RedactedThinking { data }),
            // Another format's thinking has no signature that this API would accept.
            Replay::Field(_) | Replay::Details(_) => None,
        },
        AssistantPart::ToolUse {
            id,
            name,
            arguments: text,
        } => Some(Block::ToolUse {
            id: word(id, 64),
            name: word(name, 128),
            input: arguments(text),
        }),
    }
}

fn mark_the_last_two(messages: &mut [Turn<'_>]) {
    let asked = messages.iter_mut().rev().filter(|turn| turn.role == "user");
    for turn in asked.take(2) {
        if let Some(Block::Text { cache_control, .. } | Block::ToolResult { cache_control, .. }) =
            turn.content.last_mut()
        {
            *cache_control = MARK;
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
