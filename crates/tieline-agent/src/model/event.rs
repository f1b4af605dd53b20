//! What comes back from a model while it answers.

use std::time::Duration;

use super::AssistantPart;

/// One event of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEvent {
    /// The API was not ready; it is asked again. Comes only before anything of the answer.
    Retrying {
        /// After this time.
        after: Duration,
        /// Why, in a sentence for the person who waits.
        reason: String,
    },
    /// More text.
    TextDelta(String),
    /// More of what the model thinks aloud.
    ThinkingDelta(String),
    /// The model began to write a tool call. Its arguments come with [`ModelEvent::Finished`], never in halves.
    ToolUseStarted {
        /// The model's id of the call.
        id: String,
        /// The tool's name as the model wrote it.
        name: String,
    },
    /// The answer is complete. Nothing follows.
    Finished {
        /// The whole answer, in its order. When the answer was not ended by the model itself, a tool use whose
        /// arguments are incomplete is left out.
        parts: Vec<AssistantPart>,
        /// Why it ended.
        stop: StopReason,
        /// What it cost.
        usage: Usage,
    },
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The model has said what it wanted to say.
    EndTurn,
    /// The model waits for the results of its tool calls.
    ToolUse,
    /// The answer reached the limit of its length.
    MaxTokens,
    /// The model or the API's filter refuses to answer.
    Refusal,
    /// A reason of the API that we do not know, cleaned and cut.
    Other(String),
}

impl StopReason {
    /// The word for events and logs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::EndTurn => "end_turn",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::Refusal => "refusal",
            Self::Other(reason) => reason,
        }
    }
}

/// Tokens of one request. `input_tokens` counts what was neither read from nor written to the API's cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Read afresh.
    pub input_tokens: u64,
    /// Written by the model.
    pub output_tokens: u64,
    /// Read from the API's cache.
    pub cache_read_tokens: u64,
    /// Written to the API's cache.
    pub cache_write_tokens: u64,
}

impl Usage {
    /// Adds another request's tokens.
    pub const fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cache_read_tokens = self
            .cache_read_tokens
            .saturating_add(other.cache_read_tokens);
        self.cache_write_tokens = self
            .cache_write_tokens
            .saturating_add(other.cache_write_tokens);
    }
}
