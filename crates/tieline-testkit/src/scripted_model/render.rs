//! A reply as the events of one of the two formats.

use bytes::Bytes;
use serde_json::{Value, json};
use tieline_domain::ModelKind;

use super::reply::{Item, ModelReply};

/// What is written at once, and where writing stops for a while.
pub(super) enum Frame {
    Bytes(Bytes),
    Pause,
}

/// One frame for each event.
pub(super) fn frames(reply: &ModelReply, kind: ModelKind) -> Vec<Frame> {
    let mut frames = Frames(Vec::new());
    if let Some(body) = &reply.body {
        frames.0.push(Frame::Bytes(body.clone()));
        return frames.0;
    }
    match kind {
        ModelKind::Anthropic => anthropic(reply, &mut frames),
        ModelKind::OpenAi => openai(reply, &mut frames),
    }
    frames.0
}

struct Frames(Vec<Frame>);

impl Frames {
    fn named(&mut self, event: &Value) {
        let name = event["type"].as_str().unwrap_or_default();
        let text = format!("event: {name}\ndata: {event}\n\n");
        self.0.push(Frame::Bytes(text.into()));
    }

    fn data(&mut self, data: &str) {
        let text = format!("data: {data}\n\n");
        self.0.push(Frame::Bytes(text.into()));
    }

    fn delta(&mut self, delta: &Value) {
        let chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}],
        });
        self.data(&chunk.to_string());
    }
}

fn calls_tools(reply: &ModelReply) -> bool {
    let is_tool = |item: &Item| matches!(item, Item::Tool { .. });
    reply.items.iter().any(is_tool)
}

fn anthropic(reply: &ModelReply, frames: &mut Frames) {
    let usage = reply.usage;
    frames.named(&json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": usage.input, "output_tokens": 1,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation_input_tokens": usage.cache_write},
    }}));
    frames.named(&json!({"type": "ping"}));
    let mut index = 0;
    for item in &reply.items {
        let (start, deltas) = match item {
            Item::Pause => {
                frames.0.push(Frame::Pause);
                continue;
            }
            Item::Error { kind, message } => {
                let error = json!({"type": kind, "message": message});
                frames.named(&json!({"type": "error", "error": error}));
                return;
            }
            item => block(item),
        };
        frames
            .named(&json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            frames.named(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        frames.named(&json!({"type": "content_block_stop", "index": index}));
        index += 1;
    }
    let usual = if calls_tools(reply) {
        "tool_use"
    } else {
        "end_turn"
    };
    let stop = reply.stop.as_deref().unwrap_or(usual);
    frames.named(&json!({"type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": null},
        "usage": {"output_tokens": usage.output}}));
    frames.named(&json!({"type": "message_stop"}));
}

/// A block's beginning and its pieces.
fn block(item: &Item) -> (Value, Vec<Value>) {
    match item {
        Item::Text(pieces) => (
            json!({"type": "text", "text": ""}),
            pieces
                .iter()
                .map(|piece| json!({"type": "text_delta", "text": piece}))
                .collect(),
        ),
        Item::Thinking { pieces, signature } => {
            let mut deltas: Vec<_> = pieces
                .iter()
                .map(|piece| json!({"type": "thinking_delta", "thinking": piece}))
                .collect();
            deltas.push(json!({"type": "signature_delta", "signature": signature}));
            let start = json!({"type": "thinking", "thinking": "", "signature": ""});
            (start, deltas)
        }
        Item::Redacted(data) => (
            json!({"type": "redacted_thinking", "data": data}),
            Vec::new(),
        ),
        Item::Tool { id, name, pieces } => (
            json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            pieces
                .iter()
                .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
                .collect(),
        ),
        Item::Pause | Item::Error { .. } => (Value::Null, Vec::new()),
    }
}

fn openai(reply: &ModelReply, frames: &mut Frames) {
    frames.delta(&json!({"role": "assistant", "content": ""}));
    let mut calls = Vec::new();
    for item in &reply.items {
        match item {
            Item::Text(pieces) => {
                for piece in pieces {
                    frames.delta(&json!({"content": piece}));
                }
            }
            Item::Thinking { pieces, .. } => {
                for piece in pieces {
                    frames.delta(&json!({"reasoning_content": piece}));
                }
            }
            Item::Redacted(_) => {}
            Item::Tool { id, name, pieces } => {
                calls.push(call(calls.len(), id, name, pieces));
                if !reply.interleaved {
                    for delta in calls.last().into_iter().flatten() {
                        frames.delta(delta);
                    }
                }
            }
            Item::Pause => frames.0.push(Frame::Pause),
            Item::Error { kind, message } => {
                let error = json!({"error": {"type": kind, "message": message}});
                frames.data(&error.to_string());
                return;
            }
        }
    }
    if reply.interleaved {
        let longest = calls.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..longest {
            for delta in calls.iter().filter_map(|call| call.get(at)) {
                frames.delta(delta);
            }
        }
    }
    end_openai(reply, frames);
}

/// The beginning of a call and its pieces.
fn call(index: usize, id: &str, name: &str, pieces: &[String]) -> Vec<Value> {
    let start = json!({"index": index, "id": id, "type": "function",
        "function": {"name": name, "arguments": ""}});
    let mut deltas = vec![json!({"tool_calls": [start]})];
    deltas.extend(
        pieces.iter().map(
            |piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}),
        ),
    );
    deltas
}

fn end_openai(reply: &ModelReply, frames: &mut Frames) {
    let usual = if calls_tools(reply) {
        "tool_calls"
    } else {
        "stop"
    };
    let stop = reply.stop.as_deref().unwrap_or(usual);
    let end = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted",
        "choices": [{"index": 0, "delta": {}, "finish_reason": stop}]});
    frames.data(&end.to_string());
    let usage = reply.usage;
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    let counts = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted",
        "choices": [], "usage": {
            "prompt_tokens": prompt, "completion_tokens": usage.output,
            "total_tokens": prompt + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read,
                "cache_write_tokens": usage.cache_write}}});
    frames.data(&counts.to_string());
    frames.data("[DONE]");
}
