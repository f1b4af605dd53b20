//! From the chunks of a chat completion to our events.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::exchange::{Context, Progress};
use super::super::failure::Failure;
use super::super::refusal::refused_in_stream;
use super::super::replay::is_object;
use super::super::text::clean;
use super::super::{AssistantPart, ModelEvent, StopReason, Usage};
use super::reasoning::Reasoning;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    usage: Option<Counts>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    /// Text; a few servers send parts.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    #[serde(borrow)]
    reasoning_details: Option<&'a RawValue>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Default, Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct ContentPart {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    /// DeepSeek's spelling.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

/// A tool call while it grows.
struct Call {
    index: Option<u64>,
    id: Option<String>,
    name: String,
    arguments: String,
    announced: bool,
}

/// Reads one answer.
#[derive(Default)]
pub(in super::super) struct Decoder {
    text: String,
    refused: bool,
    reasoning: Reasoning,
    calls: Vec<Call>,
    finish: Option<String>,
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
        if data.trim_ascii() == b"[DONE]" {
            return Ok(Progress::Ended);
        }
        let chunk: Chunk<'_> = serde_json::from_slice(data)
            .map_err(|_| Failure::bad_answer(&context.api, "an event of it is not as agreed"))?;
        if chunk.error.is_some_and(|error| error.get() != "null") {
            return Err(refused_in_stream(context, data));
        }
        if let Some(counts) = chunk.usage {
            self.usage = counts.into();
        }
        let before = out.len();
        // We ask for one answer, so there is one choice.
        let choice = chunk.choices.into_iter().flatten().next();
        let Some(choice) = choice else {
            return Ok(Progress::Waiting);
        };
        if let Some(delta) = choice.delta {
            self.delta(delta, context, out);
        }
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(reason);
        }
        Ok(if out.len() > before || self.finish.is_some() {
            Progress::Answering
        } else {
            Progress::Waiting
        })
    }

    fn delta(&mut self, delta: Delta<'_>, context: &Context, out: &mut VecDeque<ModelEvent>) {
        let thought = self
            .reasoning
            .text("reasoning_content", delta.reasoning_content);
        let thought = thought.or_else(|| self.reasoning.text("reasoning", delta.reasoning));
        out.extend(thought.map(ModelEvent::ThinkingDelta));
        if let Some(details) = delta.reasoning_details {
            self.reasoning.details(details);
        }
        let refusal = delta.refusal.filter(|refusal| !refusal.is_empty());
        self.refused |= refusal.is_some();
        for text in [delta.content.and_then(text_of), refusal]
            .into_iter()
            .flatten()
        {
            self.text.push_str(&text);
            out.push_back(ModelEvent::TextDelta(text));
        }
        for piece in delta.tool_calls.into_iter().flatten() {
            self.call(piece, context, out);
        }
    }

    fn call(&mut self, piece: CallPiece, context: &Context, out: &mut VecDeque<ModelEvent>) {
        let function = piece.function.unwrap_or_default();
        let id = piece.id.filter(|id| !id.is_empty());
        let name = function.name.filter(|name| !name.is_empty());
        let at = self.place(piece.index, id.as_deref(), name.is_some());
        let call = &mut self.calls[at];
        if call.id.is_none() {
            call.id = id;
        }
        // The name comes whole; servers that repeat it do not mean it twice.
        if call.name.is_empty() {
            call.name = name.unwrap_or_default();
        }
        call.arguments
            .push_str(&function.arguments.unwrap_or_default());
        if !call.announced && !call.name.is_empty() {
            call.announced = true;
            out.push_back(ModelEvent::ToolUseStarted {
                id: id_of(call, at, context),
                name: call.name.clone(),
            });
        }
    }

    /// Which call a piece belongs to: the one at its index, unless it brings another id; without an index the one with
    /// its id, or the latest one while no new name comes.
    fn place(&mut self, index: Option<u64>, id: Option<&str>, named: bool) -> usize {
        let other =
            |call: &Call| named && id.is_some() && call.id.is_some() && call.id.as_deref() != id;
        let found = match (index, id) {
            (Some(_), _) => self
                .calls
                .iter()
                .rposition(|call| call.index == index)
                .filter(|at| !other(&self.calls[*at])),
            (None, Some(id)) => self
                .calls
                .iter()
                .position(|call| call.id.as_deref() == Some(id)),
            (None, None) if named => None,
            (None, None) => self.calls.len().checked_sub(1),
        };
        found.unwrap_or_else(|| {
            self.calls.push(Call {
                index,
                id: None,
                name: String::new(),
                arguments: String::new(),
                announced: false,
            });
            self.calls.len() - 1
        })
    }

    /// The whole answer; none when its end did not come.
    pub(in super::super) fn finish(self, context: &Context) -> Option<ModelEvent> {
        let finish = self.finish?;
        let by_itself = matches!(finish.as_str(), "stop" | "tool_calls" | "function_call");
        let mut parts = self.reasoning.into_parts();
        if !self.text.is_empty() {
            parts.push(AssistantPart::Text(self.text));
        }
        let mut called = false;
        for (at, call) in self.calls.into_iter().enumerate() {
            // What was cut off by a limit is not a call.
            if !by_itself && !is_object(&call.arguments) {
                continue;
            }
            called = true;
            let id = id_of(&call, at, context);
            let arguments = match call.arguments {
                arguments if arguments.trim().is_empty() => "{}".to_owned(),
                arguments => arguments,
            };
            let name = call.name;
            parts.push(AssistantPart::ToolUse {
                id,
                name,
                arguments,
            });
        }
        let stop = match finish.as_str() {
            "content_filter" => StopReason::Refusal,
            "length" => StopReason::MaxTokens,
            // Some servers say `stop` although they wait for results.
            _ if by_itself && called => StopReason::ToolUse,
            _ if by_itself && self.refused => StopReason::Refusal,
            _ if by_itself => StopReason::EndTurn,
            other => StopReason::Other(clean(other, None, 60)),
        };
        let usage = self.usage;
        Some(ModelEvent::Finished { parts, stop, usage })
    }
}

/// Servers of one's own may give no ids; ours differ between answers as well.
fn id_of(call: &Call, at: usize, context: &Context) -> String {
    call.id
        .clone()
        .unwrap_or_else(|| format!("call_{:016x}_{at}", context.seed))
}

fn text_of(content: &RawValue) -> Option<String> {
    let text = match serde_json::from_str::<Option<String>>(content.get()) {
        Ok(text) => text.unwrap_or_default(),
        Err(_) => serde_json::from_str::<Vec<ContentPart>>(content.get())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|part| part.text)
            .collect(),
    };
    Some(text).filter(|text| !text.is_empty())
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Self {
        let prompt = counts.prompt_tokens.unwrap_or(0);
        let details = counts.prompt_tokens_details.as_ref();
        let read = details
            .and_then(|details| details.cached_tokens)
            .or(counts.prompt_cache_hit_tokens)
            .unwrap_or(0);
        let written = details
            .and_then(|details| details.cache_write_tokens)
            .unwrap_or(0);
        Self {
            input_tokens: prompt.saturating_sub(read).saturating_sub(written),
            output_tokens: counts.completion_tokens.unwrap_or(0),
            cache_read_tokens: read,
            cache_write_tokens: written,
        }
    }
}
