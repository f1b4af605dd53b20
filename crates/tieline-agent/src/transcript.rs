//! A session as a page shows it when it is opened: everything that was said and done, and what goes on now.

use crate::event::GivenPart;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_domain::{CallId, Timestamp, TurnId};

/// Everything in a session so far. Events after `last_event` continue it.
#[derive(Clone, Debug, Serialize)]
pub struct Transcript {
    /// In the order in which it happened.
    pub items: Vec<TranscriptItem>,
    /// The number of the last event that is in it.
    pub last_event: u64,
    /// What goes on.
    pub state: SessionState,
    /// Messages that wait, oldest first.
    pub queued_texts: Vec<QueuedText>,
}

/// What goes on in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SessionState {
    /// Nothing.
    Idle,
    /// A turn waits for a place in the pool.
    Queued {
        /// Its place, 1 being the next.
        place: u32,
    },
    /// A turn runs.
    Running,
    /// A turn waits until its person approves or refuses a call.
    AwaitingApproval,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueuedText {
    /// The turn that it will be.
    pub turn: TurnId,
    /// What the person wrote.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// One thing that a page shows.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TranscriptItem {
    /// What the person wrote.
    User {
        /// The turn that it began.
        turn: TurnId,
        /// The text.
        text: String,
        /// When.
        at: Timestamp,
    },
    /// What the model wrote.
    Text {
        /// The text, as Markdown. It comes from outside: show it sanitised only.
        markdown: String,
        /// When it began.
        at: Timestamp,
    },
    /// A call.
    Tool(Box<ToolBlock>),
    /// What Tieline has to say.
    Note {
        /// About what.
        about: NoteKind,
        /// The sentence.
        text: String,
        /// The code of a failure.
        code: Option<String>,
        /// When.
        at: Timestamp,
    },
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The person stopped the turn.
    Stopped,
    /// The turn failed.
    Failed,
    /// Tieline ended while the turn ran.
    Interrupted,
    /// The turn ended at a limit, or because the model refused.
    Ended,
    /// A tool was left out.
    LeftOut,
    /// The model API was asked again.
    Retrying,
}

/// A call of a tool.
#[derive(Clone, Debug, Serialize)]
pub struct ToolBlock {
    /// The call.
    pub call_id: CallId,
    /// The connector's slug; empty for a tool that does not exist, `tieline` for the agent's own.
    pub connector_slug: String,
    /// The connector's name.
    pub connector_name: String,
    /// The tool, as its server calls it.
    pub tool: String,
    /// What was sent, or would be. Text that is not JSON stands here as a JSON string.
    pub arguments: Box<RawValue>,
    /// `ok`, `tool_error`, `upstream_failure` or `refused`; none while it runs or waits.
    pub outcome: Option<String>,
    /// Why, unless it is `ok` or `tool_error`.
    pub code: Option<String>,
    /// How many milliseconds it took.
    pub ms: Option<u64>,
    /// The content of the result: a JSON array of MCP content blocks.
    pub content: Option<Box<RawValue>>,
    /// How much of its text the model was given, when that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenPart>,
    /// Whether it waits for the person's decision.
    pub awaiting_approval: bool,
    /// When it was asked for.
    pub at: Timestamp,
}
