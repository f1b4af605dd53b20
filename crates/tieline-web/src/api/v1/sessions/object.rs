//! A session as REST shows it.

use serde::Serialize;
use tieline_agent::{
    Changes, LeftOutTool, SessionConnector, SessionState, SessionSummary, SessionTool, SessionView,
};
use tieline_domain::{SessionId, Timestamp};
use utoipa::ToSchema;

/// A session with its frozen tools and what changed since.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionObject {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    /// Empty until the first message gives it one.
    title: String,
    /// The model API or model that was asked for; null for the default.
    model: Option<String>,
    /// When it began, which is when its tools were fixed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When something last happened.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The revision of the frozen catalogue.
    catalog_revision: String,
    /// How many tools it has.
    tools: usize,
    /// About how many tokens all definitions cost.
    tokens: u64,
    /// `list`: the model gets all definitions; `search`: it gets `search_tools` and `call_tool`.
    mode: &'static str,
    connectors: Vec<ConnectorObject>,
    changes: ChangesObject,
    /// `idle`, `queued`, `running` or `awaiting_approval`.
    state: &'static str,
    /// The place in the queue while it is `queued`, 1 being the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u32>,
    /// Tools that the model API refused.
    left_out: Vec<LeftOutObject>,
}

/// A connector of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionConnector)]
struct ConnectorObject {
    slug: String,
    /// Its name when the session began.
    name: String,
    /// How many tools it has here.
    tools: usize,
    /// About how many tokens their definitions cost.
    tokens: u64,
    /// What changed about it since.
    note: Option<String>,
    /// Whether its tools cannot be called any more.
    gone: bool,
}

/// What changed about tools.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionChanges)]
struct ChangesObject {
    /// What was different when this session began, against your session before.
    since_last: Vec<String>,
    /// How many changes wait for your next session.
    waiting: usize,
    /// Each of them in a sentence.
    notes: Vec<String>,
}

/// A tool that the model does not get.
#[derive(Serialize, ToSchema)]
#[schema(as = LeftOutTool)]
struct LeftOutObject {
    tool: String,
    reason: String,
}

/// A session in the list.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionSummary)]
pub(super) struct SummaryObject {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    title: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Whether a turn runs or waits.
    busy: bool,
}

/// A tool of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionTool)]
pub(super) struct ToolObject {
    /// The name that the model sees.
    name: String,
    /// The connector's key.
    connector: String,
    /// The tool, as its server calls it.
    tool: String,
    title: Option<String>,
    description: Option<String>,
    /// About how many tokens its definition costs.
    tokens: u64,
    /// `allow`, `ask` or `off`: what an admin decided, at this moment.
    policy: String,
}

impl From<SessionView> for SessionObject {
    fn from(view: SessionView) -> Self {
        let (state, place) = state_of(view.state);
        Self {
            id: view.id,
            title: view.title,
            model: view.model,
            created_at: view.created_at,
            updated_at: view.updated_at,
            catalog_revision: view.catalog_revision,
            tools: view.tools,
            tokens: view.tokens,
            mode: view.mode.as_str(),
            connectors: view
                .connectors
                .into_iter()
                .map(ConnectorObject::from)
                .collect(),
            changes: view.changes.into(),
            state,
            place,
            left_out: view.left_out.into_iter().map(LeftOutObject::from).collect(),
        }
    }
}

fn state_of(state: SessionState) -> (&'static str, Option<u32>) {
    match state {
        SessionState::Idle => ("idle", None),
        SessionState::Queued { place } => ("queued", Some(place)),
        SessionState::Running => ("running", None),
        SessionState::AwaitingApproval => ("awaiting_approval", None),
    }
}

impl From<SessionConnector> for ConnectorObject {
    fn from(row: SessionConnector) -> Self {
        Self {
            slug: row.slug,
            name: row.name,
            tools: row.tools,
            tokens: row.tokens,
            note: row.note,
            gone: row.gone,
        }
    }
}

impl From<Changes> for ChangesObject {
    fn from(changes: Changes) -> Self {
        Self {
            since_last: changes.since_last,
            waiting: changes.waiting,
            notes: changes.notes,
        }
    }
}

impl From<LeftOutTool> for LeftOutObject {
    fn from(out: LeftOutTool) -> Self {
        Self {
            tool: out.tool,
            reason: out.reason,
        }
    }
}

impl From<SessionSummary> for SummaryObject {
    fn from(row: SessionSummary) -> Self {
        Self {
            id: row.id,
            title: row.title,
            created_at: row.created_at,
            updated_at: row.updated_at,
            busy: row.busy,
        }
    }
}

impl From<SessionTool> for ToolObject {
    fn from(tool: SessionTool) -> Self {
        Self {
            name: tool.name,
            connector: tool.connector,
            tool: tool.tool,
            title: tool.title,
            description: tool.description,
            tokens: tool.tokens,
            policy: tool.policy.to_string(),
        }
    }
}
