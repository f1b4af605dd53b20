//! One session: its frozen tools, what they cost, what changed since, and what goes on.

use tieline_domain::SessionId;
use tieline_hub::Caller;
use tieline_store::{AgentSessionRow, AgentTurnRow, AgentTurnState};

use crate::agent::Agent;
use crate::changes;
use crate::error::AgentError;
use crate::frozen::Frozen;
use crate::transcript::SessionState;
use crate::view::{Changes, LeftOutTool, SessionConnector, SessionView, ToolMode};

impl Agent {
    /// One session of the caller.
    pub async fn session(&self, caller: &Caller, id: SessionId) -> Result<SessionView, AgentError> {
        let row = self.own(caller, id).await?;
        let store = &self.inner.store;
        let frozen = self.inner.frozen.of(store, &row.catalog).await?;
        let open = store.agent_open_turns(id).await?;
        Ok(self.view_of(row, &frozen, &open))
    }

    pub(crate) fn view_of(
        &self,
        row: AgentSessionRow,
        frozen: &Frozen,
        open: &[AgentTurnRow],
    ) -> SessionView {
        let hub = &self.inner.hub;
        let since = changes::since(&frozen.catalog, &hub.catalog(), &hub.snapshot());
        let connectors = frozen.connectors().map(|(connector, tokens)| {
            let change = since.iter().find(|change| change.id == connector.id);
            SessionConnector {
                slug: connector.slug.to_string(),
                name: connector.name.clone(),
                tools: connector.tools.len(),
                tokens,
                note: change.map(|change| change.note.clone()),
                gone: change.is_some_and(|change| change.gone),
            }
        });
        SessionView {
            connectors: connectors.collect(),
            changes: Changes {
                since_last: serde_json::from_str(&row.news).unwrap_or_default(),
                waiting: since.iter().filter(|change| !change.gone).count(),
                notes: since.into_iter().map(|change| change.note).collect(),
            },
            state: self.state_of(row.id, open),
            id: row.id,
            title: row.title,
            model: row.model,
            created_at: row.created_at,
            updated_at: row.updated_at,
            catalog_revision: row.revision,
            tools: frozen.catalog.tool_count(),
            tokens: frozen.tokens,
            mode: mode_of(&row.mode),
            left_out: left_out_of(&row.left_out),
        }
    }

    /// What goes on: known exactly for a turn of this process, roughly for one of another.
    pub(crate) fn state_of(&self, id: SessionId, open: &[AgentTurnRow]) -> SessionState {
        let here = self.inner.registry.get(id).and_then(|live| live.turn());
        if let Some(turn) = here {
            return turn.shown();
        }
        match open.first().map(|turn| turn.state) {
            Some(AgentTurnState::Running) => SessionState::Running,
            Some(AgentTurnState::Waiting | AgentTurnState::Queued) => {
                SessionState::Queued { place: 1 }
            }
            Some(AgentTurnState::Ended) | None => SessionState::Idle,
        }
    }
}

pub(crate) fn mode_of(word: &str) -> ToolMode {
    if word == ToolMode::Search.as_str() {
        ToolMode::Search
    } else {
        ToolMode::List
    }
}

pub(crate) fn left_out_of(json: &str) -> Vec<LeftOutTool> {
    serde_json::from_str(json).unwrap_or_default()
}
