//! What happens in a session, as pages, REST and the terminal hear it: numbered, stored, and the source of the
//! transcript.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tieline_domain::{CallId, Timestamp, TurnId};

use crate::model::Usage;

/// One thing that happened. Ids grow within a session and are never used twice.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// The turn that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnId>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened. In JSON its fields stand beside the id.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The type, such as `text.delta`.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The event as one line of JSON: `{"id":…,"type":…,…}`.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Named<'a> {
            r#type: &'static str,
            #[serde(flatten)]
            event: &'a Event,
        }
        let named = Named {
            r#type: self.name(),
            event: self,
        };
        serde_json::to_string(&named).expect("an event has no map with keys other than text")
    }

    /// Whether the turn is over with this event.
    pub fn ends_turn(&self) -> bool {
        matches!(
            self.kind,
            EventKind::TurnFinished(_) | EventKind::TurnFailed(_)
        )
    }
}

/// Makes the enum and the way to and from its stored form of a name and a JSON object.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What happened.
        #[derive(Clone, Debug, Serialize)]
        #[serde(untagged)]
        pub enum EventKind {
            $($(#[$doc])* $name($name),)+
        }

        impl EventKind {
            /// The type, such as `text.delta`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $word,)+
                }
            }

            /// The stored form of the fields.
            pub(crate) fn body(&self) -> String {
                serde_json::to_string(self).expect("an event has no map with keys other than text")
            }

            /// Reads the stored form.
            pub(crate) fn read(name: &str, body: &str) -> Result<Self, serde_json::Error> {
                match name {
                    $($word => serde_json::from_str(body).map(Self::$name),)+
                    _ => Err(serde_json::Error::custom("an event of an unknown type")),
                }
            }
        }
    };
}

kinds! {
    /// A message waits until the turn before it is over, or until the pool has a place.
    MessageQueued = "message.queued",
    /// The turn waits for a place in the pool.
    TurnQueued = "turn.queued",
    /// The turn runs.
    TurnStarted = "turn.started",
    /// The model API was not ready and is asked again.
    ModelRetrying = "model.retrying",
    /// More of the answer.
    TextDelta = "text.delta",
    /// A call waits for the person's decision.
    ToolApproval = "tool.approval",
    /// The person decided, or nobody did in time.
    ToolDecided = "tool.decided",
    /// A call goes out.
    ToolStarted = "tool.started",
    /// A call is over.
    ToolFinished = "tool.finished",
    /// A tool is not shown to the model for the rest of the session.
    ToolLeftOut = "tool.left_out",
    /// The turn came to its end.
    TurnFinished = "turn.finished",
    /// The turn could not go on.
    TurnFailed = "turn.failed",
}

/// A message waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageQueued {
    /// What the person wrote.
    pub text: String,
}

/// A turn waits for a place in the pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnQueued {
    /// Its place in the queue, 1 being the next.
    pub place: u32,
}

/// A turn runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnStarted {
    /// What the person wrote.
    pub text: String,
}

/// The model API is asked again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelRetrying {
    /// After how many milliseconds.
    pub after_ms: u64,
    /// Why, in a sentence.
    pub reason: String,
}

/// More of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TextDelta {
    /// The text to append.
    pub text: String,
}

/// A call waits for the person's decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ToolApproval {
    /// The call.
    pub call_id: CallId,
    /// The connector's slug.
    pub connector: String,
    /// The connector's name.
    pub connector_name: String,
    /// The tool, as its server calls it.
    pub tool: String,
    /// Exactly what would be sent.
    pub arguments: Box<RawValue>,
}

/// A decision about a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ToolDecided {
    /// The call.
    pub call_id: CallId,
    /// What was decided.
    pub decision: Decision,
}

/// What a person decides about a call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The call goes out.
    Approve,
    /// It does not, and the model is told so.
    Refuse,
}

/// A call goes out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ToolStarted {
    /// The call.
    pub call_id: CallId,
    /// The connector's slug; empty when the model named a tool that does not exist, `tieline` for the agent's own.
    pub connector: String,
    /// The connector's name.
    pub connector_name: String,
    /// The tool, as its server calls it.
    pub tool: String,
    /// What is sent. Text that is not JSON stands here as a JSON string.
    pub arguments: Box<RawValue>,
}

/// A call is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ToolFinished {
    /// The call.
    pub call_id: CallId,
    /// `ok`, `tool_error`, `upstream_failure` or `refused`.
    pub outcome: String,
    /// Why, unless it is `ok` or `tool_error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many milliseconds it took.
    pub ms: u64,
    /// The content of the result, as the server sent it: a JSON array of MCP content blocks.
    pub content: Box<RawValue>,
    /// How much of its text the model was given, when that is not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenPart>,
}

/// The beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenPart {
    /// How many bytes the whole text has.
    pub all: u64,
    /// How many of them were given, from the first on.
    pub given: u64,
}

/// A tool is not shown to the model any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ToolLeftOut {
    /// The tool, by the name that the model knew.
    pub tool: String,
    /// Why.
    pub reason: String,
}

/// A turn came to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnFinished {
    /// `end_turn`, `stopped`, `step_limit`, `max_tokens`, `refusal`, or the model API's own word.
    pub stop_reason: String,
    /// What the turn cost.
    pub usage: Usage,
}

/// A turn could not go on. The session can.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnFailed {
    /// A stable code.
    pub code: String,
    /// A sentence.
    pub message: String,
}
