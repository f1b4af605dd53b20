//! What the built-in agent may do with a tool: call it, ask first, or not have it at all.

use serde_json::json;
use tieline_domain::{Actor, AuditId, Slug, ToolPolicy};
use tieline_store::StoreError;

use crate::{CatalogTool, Hub};

impl Hub {
    /// Sets a tool's policy. It acts at once, also in sessions that run. Doing what is already so changes nothing and
    /// writes no audit row. Answers that row.
    pub async fn set_tool_policy(
        &self,
        actor: &Actor,
        slug: &Slug,
        tool: &str,
        policy: ToolPolicy,
    ) -> Result<Option<AuditId>, StoreError> {
        let store = &self.inner.store;
        let row = store.connector_by_slug(slug).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let tools = store.tools_of(row.id).await?;
        let stored = tools
            .iter()
            .find(|stored| stored.name == tool && stored.left_out_code.is_none());
        let before = effective(stored.ok_or(StoreError::NotFound)?);
        if before == policy {
            return Ok(None);
        }
        let detail = json!({
            "connector": row.name, "policy": { "before": before, "after": policy },
        });
        let change = self.change(
            actor,
            "tool.policy_changed",
            "tool",
            format!("{slug}/{tool}"),
            &detail,
        );
        store.tool_set_policy(row.id, tool, policy, &change).await?;
        self.after_change().await;
        Ok(Some(change.audit.id))
    }

    /// What the agent may do with this tool at this moment, whatever its session began with.
    pub fn policy_of(&self, tool: &CatalogTool) -> ToolPolicy {
        let snapshot = self.inner.snapshot.load();
        let live = snapshot
            .connector(tool.connector)
            .filter(|live| live.enabled);
        let tool = live.and_then(|live| live.tools.get(&*tool.name));
        match tool {
            Some(tool) if tool.enabled => tool.policy,
            _ => ToolPolicy::Off,
        }
    }
}

/// A stored tool's policy: what was chosen for it, unless it is off.
pub(super) fn effective(row: &tieline_store::ToolRow) -> ToolPolicy {
    if row.enabled {
        row.policy
    } else {
        ToolPolicy::Off
    }
}
