//! The conversation as it is kept and sent again: independent of any API, stored as JSON.

use serde::{Deserialize, Serialize};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// From the person, or results of tools.
    User(Vec<UserPart>),
    /// From the model, as it came in [`ModelEvent::Finished`](super::ModelEvent::Finished).
    Assistant(Vec<AssistantPart>),
}

/// A part of a message to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserPart {
    /// Text.
    Text(String),
    /// What came of a tool call.
    ToolResult {
        /// The id of the [`AssistantPart::ToolUse`] that it answers.
        call_id: String,
        /// The tool, or Tieline, says that the call failed.
        is_error: bool,
        /// The result.
        parts: Vec<ResultPart>,
    },
}

/// A part of a tool's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultPart {
    /// Text.
    Text(String),
    /// A picture.
    Image {
        /// Such as `image/png`.
        media_type: String,
        /// The bytes in base64.
        data: String,
    },
}

/// A part of the model's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssistantPart {
    /// Text.
    Text(String),
    /// What the model thought. The API that wrote it wants it back, unchanged and in its place.
    Thinking(Thinking),
    /// A tool that the model wants called.
    ToolUse {
        /// The model's id of the call.
        id: String,
        /// The tool's name as the model wrote it; it may not exist.
        name: String,
        /// The arguments exactly as they were streamed. It may not be JSON. No arguments at all are `{}`.
        arguments: String,
    },
}

/// A piece of thinking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinking {
    /// What may be shown; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// How it goes back to the API. Other APIs than the one that wrote it never see it.
    pub replay: Replay,
}

/// How thinking goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// Anthropic: the text with its signature.
    Signed(String),
    /// Anthropic: encrypted, nothing to show.
    Redacted(String),
    /// Chat completions: the text in the field of this name, `reasoning_content` or `reasoning`.
    Field(String),
    /// Chat completions: the JSON array `reasoning_details`, as text.
    Details(String),
}
