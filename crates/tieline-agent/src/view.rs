//! Sessions as lists, panels and REST show them.

use serde::{Deserialize, Serialize};
use tieline_domain::{SessionId, Timestamp, ToolPolicy, TurnId};

use crate::transcript::SessionState;

/// One session, with its frozen tools and what changed since.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Its title; empty until the first message gives it one.
    pub title: String,
    /// The model that was asked for; none means the default.
    pub model: Option<String>,
    /// When it began, which is when its tools were fixed.
    pub created_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
    /// The revision of the frozen catalogue.
    pub catalog_revision: String,
    /// How many tools it has.
    pub tools: usize,
    /// Estimated tokens of all definitions: the bytes of the JSON that a model gets, divided by four.
    pub tokens: u64,
    /// How the model gets its tools.
    pub mode: ToolMode,
    /// The connectors with their tools and costs, sorted by slug.
    pub connectors: Vec<SessionConnector>,
    /// What changed.
    pub changes: Changes,
    /// What goes on.
    pub state: SessionState,
    /// Tools that the model API refused, so that the model does not get them.
    pub left_out: Vec<LeftOutTool>,
}

/// A row of the list of sessions.
#[derive(Clone, Debug, Serialize)]
pub struct SessionSummary {
    /// Its id.
    pub id: SessionId,
    /// Its title; empty until the first message gives it one.
    pub title: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
    /// Whether a turn runs or waits.
    pub busy: bool,
}

/// How the model gets its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolMode {
    /// All definitions.
    List,
    /// `search_tools` and `call_tool`, because all definitions would cost too much.
    Search,
}

impl ToolMode {
    /// The word in the database and in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Search => "search",
        }
    }
}

/// A connector of a session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionConnector {
    /// Its slug.
    pub slug: String,
    /// Its name when the session began.
    pub name: String,
    /// How many tools it has here.
    pub tools: usize,
    /// Estimated tokens of their definitions.
    pub tokens: u64,
    /// What changed about it since, in a sentence: `Acme MCP has 3 new tools.`
    pub note: Option<String>,
    /// Whether its tools can still be called at all.
    pub gone: bool,
}

/// A tool of a session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionTool {
    /// The name that the model sees.
    pub name: String,
    /// The connector's slug.
    pub connector: String,
    /// The tool, as its server calls it.
    pub tool: String,
    /// The human title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Estimated tokens of its definition.
    pub tokens: u64,
    /// What an admin decided about it, at this moment.
    pub policy: ToolPolicy,
}

/// What changed about tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// What was different when this session began, against the person's session before: `+4 tools from Linear`.
    pub since_last: Vec<String>,
    /// How many changes wait for the next session.
    pub waiting: usize,
    /// Each of them in a sentence, with the connector's name.
    pub notes: Vec<String>,
}

/// A tool that the model does not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutTool {
    /// The name that the model knew.
    pub tool: String,
    /// Why.
    pub reason: String,
}

/// A message that was accepted and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The session, which is the sender's own.
    pub session: SessionId,
    /// The turn that answers it.
    pub turn: TurnId,
    /// Events of the turn come after this one.
    pub after: u64,
    /// Whether it waits for the turn before it.
    pub queued: bool,
}

/// How long a stream of events goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Until this turn is over.
    Turn(TurnId),
    /// Until nothing runs in the session.
    UntilIdle,
    /// As long as somebody listens.
    Always,
}
