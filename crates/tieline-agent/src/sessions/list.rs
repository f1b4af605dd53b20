//! A person's sessions.

use tieline_hub::Caller;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::view::SessionSummary;

/// Nobody looks further back in a list.
const LIMIT: u32 = 500;

impl Agent {
    /// The caller's own sessions, the latest first, at most 500.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionSummary>, AgentError> {
        let rows = self.inner.store.agent_sessions(caller.user, LIMIT).await?;
        let summary = |row: tieline_store::AgentSummaryRow| SessionSummary {
            id: row.id,
            title: row.title,
            created_at: row.created_at,
            updated_at: row.updated_at,
            busy: row.busy,
        };
        Ok(rows.into_iter().map(summary).collect())
    }
}
