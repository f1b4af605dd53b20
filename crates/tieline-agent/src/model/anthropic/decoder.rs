//! From the events of a Messages stream to ours.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::exchange::{Context, Progress};
use super::super::failure::Failure;
use super::super::refusal::refused_in_stream;
use super::super::replay::is_object;
use super::super::text::clean;
use super::super::{AssistantPart, ModelEvent, Replay, StopReason, Thinking, Usage};

/// One event. The fields of all kinds stand side by side: only the fields of its kind are there.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    index: Option<u64>,
    #[serde(borrow)]
    content_block: Option<Start<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    message: Option<Head>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    id: Option<String>,
    name: Option<String>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    /// Missing in the delta of the whole message.
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    usage: Option<Counts>,
}

#[expect(clippy::struct_field_names, reason = "the names are those of the wire")]
#[derive(Default, Deserialize)]
struct Counts {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

/// A block of the answer while it grows.
enum Block {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Redacted(String),
    ToolUse {
        id: String,
        name: String,
        /// What the first event said; counts when nothing was streamed.
        whole: String,
        streamed: String,
        closed: bool,
    },
    /// Of a kind that we never asked for.
    Unknown,
}

/// Reads one answer.
#[derive(Default)]
pub(in super::super) struct Decoder {
    blocks: BTreeMap<u64, Block>,
    stop: Option<StopReason>,
    usage: Usage,
}

impl Decoder {
    /// Takes one event.
    pub(in super::super) fn event(
        &mut self,
        data: &[u8],
        context: &Context,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<Progress, Failure> {
        let event: Event<'_> = serde_json::from_slice(data)
            .map_err(|_| Failure::bad_answer(&context.api, "an event of it is not as agreed"))?;
        match &*event.type_of() {
            "message_start" => {
                self.count(event.message.and_then(|head| head.usage));
                return Ok(Progress::Waiting);
            }
            "content_block_start" => self.start(event, context, out)?,
            "content_block_delta" => self.delta(event, context, out)?,
            "content_block_stop" => {
                if let Some(Block::ToolUse { closed, .. }) =
                    event.index.and_then(|index| self.blocks.get_mut(&index))
                {
                    *closed = true;
                }
            }
            "message_delta" => {
                self.count(event.usage);
                let reason = event.delta.and_then(|delta| delta.stop_reason);
                self.stop = reason.map(|reason| stop_of(&reason)).or(self.stop.take());
            }
            "message_stop" => return Ok(Progress::Ended),
            "error" => return Err(refused_in_stream(context, data)),
            // `ping`, and what is still to come.
            _ => return Ok(Progress::Waiting),
        }
        Ok(Progress::Answering)
    }

    fn start(
        &mut self,
        event: Event<'_>,
        context: &Context,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Failure> {
        let (Some(index), Some(start)) = (event.index, event.content_block) else {
            return Err(broken(context, "a block of it begins without a place"));
        };
        let block = match &*start.r#type {
            "text" => {
                let text = start.text.unwrap_or_default();
                say(ModelEvent::TextDelta, &text, out);
                Block::Text(text)
            }
            "thinking" => {
                let text = start.thinking.unwrap_or_default();
                say(ModelEvent::ThinkingDelta, &text, out);
                Block::Thinking {
                    text,
                    signature: start.signature.unwrap_or_default(),
                }
            }
            "redacted_thinking" => Block::Redacted(start.data.unwrap_or_default()),
            "tool_use" => {
                let (Some(id), Some(name)) = (start.id, start.name) else {
                    return Err(broken(context, "a tool call of it has no id or no name"));
                };
                out.push_back(ModelEvent::ToolUseStarted {
                    id: id.clone(),
                    name: name.clone(),
                });
                Block::ToolUse {
                    id,
                    name,
                    whole: start
                        .input
                        .map(|input| input.get().to_owned())
                        .unwrap_or_default(),
                    streamed: String::new(),
                    closed: false,
                }
            }
            _ => Block::Unknown,
        };
        if self.blocks.insert(index, block).is_some() {
            return Err(broken(context, "two blocks of it have the same place"));
        }
        Ok(())
    }

    fn delta(
        &mut self,
        event: Event<'_>,
        context: &Context,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Failure> {
        let (Some(index), Some(delta)) = (event.index, event.delta) else {
            return Err(broken(context, "a piece of it has no place"));
        };
        let Some(block) = self.blocks.get_mut(&index) else {
            return Err(broken(context, "a piece of it belongs to no block"));
        };
        match (delta.r#type.as_deref().unwrap_or_default(), block) {
            ("text_delta", Block::Text(text)) => {
                let more = delta.text.unwrap_or_default();
                say(ModelEvent::TextDelta, &more, out);
                text.push_str(&more);
            }
            ("thinking_delta", Block::Thinking { text, .. }) => {
                let more = delta.thinking.unwrap_or_default();
                say(ModelEvent::ThinkingDelta, &more, out);
                text.push_str(&more);
            }
            ("signature_delta", Block::Thinking { signature, .. }) => {
                signature.push_str(&delta.signature.unwrap_or_default());
            }
            ("input_json_delta", Block::ToolUse { streamed, .. }) => {
                streamed.push_str(&delta.partial_json.unwrap_or_default());
            }
            ("text_delta" | "thinking_delta" | "signature_delta" | "input_json_delta", known)
                if !matches!(known, Block::Unknown) =>
            {
                return Err(broken(context, "a piece of it belongs to another block"));
            }
            // Citations and what is still to come.
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, counts: Option<Counts>) {
        // Later counts are totals that replace the earlier ones.
        let counts = counts.unwrap_or_default();
        let set = |place: &mut u64, count: Option<u64>| *place = count.unwrap_or(*place);
        set(&mut self.usage.input_tokens, counts.input_tokens);
        set(&mut self.usage.output_tokens, counts.output_tokens);
        set(
            &mut self.usage.cache_read_tokens,
            counts.cache_read_input_tokens,
        );
        set(
            &mut self.usage.cache_write_tokens,
            counts.cache_creation_input_tokens,
        );
    }

    /// The whole answer; none when its end did not come.
    pub(in super::super) fn finish(self) -> Option<ModelEvent> {
        let stop = self.stop?;
        let by_itself = matches!(stop, StopReason::EndTurn | StopReason::ToolUse);
        let half_a_call = |block: &Block| matches!(block, Block::ToolUse { closed: false, .. });
        if by_itself && self.blocks.values().any(half_a_call) {
            return None;
        }
        let parts = self.blocks.into_values();
        Some(ModelEvent::Finished {
            parts: parts.filter_map(|block| part(block, by_itself)).collect(),
            stop,
            usage: self.usage,
        })
    }
}

impl<'a> Event<'a> {
    fn type_of(&self) -> Cow<'a, str> {
        self.r#type.clone()
    }
}

fn part(block: Block, by_itself: bool) -> Option<AssistantPart> {
    match block {
        Block::Text(text) => (!text.is_empty()).then_some(AssistantPart::Text(text)),
        // Without its signature the API would refuse it later.
        Block::Thinking { signature, .. } if signature.is_empty() => None,
        Block::Thinking { text, signature } => {
            let replay = Replay::Signed(signature);
            Some(AssistantPart::Thinking(Thinking { text, replay }))
        }
        Block::Redacted(data) => {
            let (text, replay) = (String::new(), Replay::Redacted(data));
            Some(AssistantPart::Thinking(Thinking { text, replay }))
        }
        Block::ToolUse {
            id,
            name,
            whole,
            streamed,
            ..
        } => {
            // What was cut off by a limit is not a call.
            if !by_itself && !is_object(&streamed) {
                return None;
            }
            let arguments = [streamed, whole]
                .into_iter()
                .find(|text| !text.trim().is_empty())
                .unwrap_or_else(|| "{}".to_owned());
            Some(AssistantPart::ToolUse {
                id,
                name,
                arguments,
            })
        }
        Block::Unknown => None,
    }
}

fn stop_of(reason: &str) -> StopReason {
    match reason {
        "end_turn" | "stop_sequence" => StopReason::EndTurn,
        "tool_use" => StopReason::ToolUse,
        "max_tokens" | "model_context_window_exceeded" => StopReason::MaxTokens,
        "refusal" => StopReason::Refusal,
        other => StopReason::Other(clean(other, None, 60)),
    }
}

fn say(event: fn(String) -> ModelEvent, text: &str, out: &mut VecDeque<ModelEvent>) {
    if !text.is_empty() {
        out.push_back(event(text.to_owned()));
    }
}

fn broken(context: &Context, reason: &str) -> Failure {
    Failure::bad_answer(&context.api, reason)
}
