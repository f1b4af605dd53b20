//! The stored tools of one connector, and the switch of each.

use serde_json::json;
use serde_json::value::RawValue;
use tieline_domain::{Actor, Slug, ToolPolicy};
use tieline_store::StoreError;

use super::estimated_tokens;
use super::tool_policy::effective;
use crate::Hub;

/// One stored tool as pages and REST show it.
#[derive(Debug)]
pub struct ConnectorToolView {
    /// The exact name at the server.
    pub name: String,
    /// The title, if the server gave one.
    pub title: Option<String>,
    /// The description, if the server gave one.
    pub description: Option<String>,
    /// Whether it is on. One that was left out is never on.
    pub enabled: bool,
    /// What the agent may do with it; off when it is off or was left out.
    pub policy: ToolPolicy,
    /// What the server's own words about it suggest. A label, never a decision.
    pub suggested_policy: ToolPolicy,
    /// Whether its server changed it and the change waits for an admin.
    pub waiting: Option<WaitingTool>,
    /// Why it was left out, as a stable code and a sentence.
    pub left_out: Option<(String, String)>,
    /// About how many tokens its definition costs a model.
    pub tokens: usize,
    /// The definition as the server sent it; absent when it was left out and is not JSON.
    pub definition: Option<Box<RawValue>>,
}

/// What agents have of a tool whose change waits for an admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingTool {
    /// The approved definition.
    ApprovedStays,
    /// Nothing: calls that fit the approved definition do not fit any more, or there was none.
    OffUntilReviewed,
}

impl Hub {
    /// The stored tools of a connector, in the server's order.
    pub async fn connector_tools(&self, slug: &Slug) -> Result<Vec<ConnectorToolView>, StoreError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        let tools = self.inner.store.tools_of(row.id).await?;
        let shown = tools.into_iter().filter(|tool| !tool.is_gone());
        Ok(shown.map(view_of).collect())
    }

    /// Turns one tool on or off. Off acts at once; on reaches the next sessions.
    pub async fn enable_tool(
        &self,
        actor: &Actor,
        slug: &Slug,
        tool: &str,
        enabled: bool,
    ) -> Result<(), StoreError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        let action = if enabled {
            "tool.turned_on"
        } else {
            "tool.turned_off"
        };
        let change = self.change(
            actor,
            action,
            "tool",
            format!("{slug}/{tool}"),
            &json!({ "connector": row.name }),
        );
        self.inner
            .store
            .tool_set_enabled(row.id, tool, enabled, &change)
            .await?;
        self.after_change().await;
        Ok(())
    }
}

fn view_of(row: tieline_store::ToolRow) -> ConnectorToolView {
    let policy = match row.left_out_code {
        None => effective(&row),
        Some(_) => ToolPolicy::Off,
    };
    let waiting = row.to_review().map(|offered| {
        if offered.approved_stays {
            WaitingTool::ApprovedStays
        } else {
            WaitingTool::OffUntilReviewed
        }
    });
    // A tool of which nothing was approved yet is shown as it is offered.
    let shown = match (row.approved().is_some(), row.offered) {
        (false, Some(offered)) => offered.definition,
        _ => row.definition,
    };
    let definition = RawValue::from_string(shown).ok();
    let fields: serde_json::Value = definition
        .as_ref()
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let text = |key: &str| {
        fields
            .get(key)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    ConnectorToolView {
        title: text("title"),
        description: text("description"),
        enabled: row.enabled && row.left_out_code.is_none(),
        waiting,
        policy,
        suggested_policy: ToolPolicy::suggested(
            fields.pointer("/annotations/destructiveHint") == Some(&serde_json::Value::Bool(true)),
        ),
        left_out: row.left_out_code.zip(row.left_out_reason),
        tokens: definition
            .as_ref()
            .map_or(0, |raw| estimated_tokens(raw.get())),
        definition,
        name: row.name,
    }
}
