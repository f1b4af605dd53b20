//! Switches all tools of a connector at once, and takes a switch back.

use serde_json::{Value, json};
use tieline_domain::{Actor, AuditId, Slug, ToolPolicy};
use tieline_store::{AuditFilter, AuditRow, StoreError};

use crate::Hub;

const ALL_ON: &str = "connector.tools_turned_on";
const ALL_OFF: &str = "connector.tools_turned_off";
/// What can be taken back, and what stands in the way of taking back what was before it.
const SWITCHES: [&str; 5] = [
    ALL_ON,
    ALL_OFF,
    "tool.policy_changed",
    "tool.turned_on",
    "tool.turned_off",
];
/// How far back a switch is looked for.
const LATEST: u32 = 20;

impl Hub {
    /// Turns every tool of a connector on, or off. Off acts at once, on reaches the next sessions. Answers the audit row;
    /// `None` when there was nothing to switch.
    pub async fn enable_all_tools(
        &self,
        actor: &Actor,
        slug: &Slug,
        enabled: bool,
    ) -> Result<Option<AuditId>, StoreError> {
        let store = &self.inner.store;
        let row = store.connector_by_slug(slug).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let tools = store.tools_of(row.id).await?;
        let names: Vec<String> = tools
            .into_iter()
            .filter(|tool| tool.left_out_code.is_none() && tool.enabled != enabled)
            .map(|tool| tool.name)
            .collect();
        self.switch(actor, slug, &row.name, row.id, &names, enabled)
            .await
    }

    async fn switch(
        &self,
        actor: &Actor,
        slug: &Slug,
        name: &str,
        id: tieline_domain::ConnectorId,
        tools: &[String],
        enabled: bool,
    ) -> Result<Option<AuditId>, StoreError> {
        if tools.is_empty() {
            return Ok(None);
        }
        let action = if enabled { ALL_ON } else { ALL_OFF };
        let detail = json!({ "name": name, "tools": tools });
        let change = self.change(actor, action, "connector", slug.as_str(), &detail);
        let store = &self.inner.store;
        store.tools_set_enabled(id, tools, enabled, &change).await?;
        self.after_change().await;
        Ok(Some(change.audit.id))
    }

    /// Takes back a switch that this actor made, unless another one came after it. Answers whether it was.
    pub async fn undo_tool_switch(
        &self,
        actor: &Actor,
        slug: &Slug,
        change: AuditId,
    ) -> Result<bool, StoreError> {
        let store = &self.inner.store;
        let filter = AuditFilter {
            connector: Some(slug.clone()),
            ..AuditFilter::default()
        };
        let page = store.audit_page(None, LATEST, &filter).await?;
        let latest = page
            .rows
            .into_iter()
            .find(|row| SWITCHES.contains(&row.action.as_str()));
        let own = latest.filter(|row| {
            row.id == change.to_string()
                && row.actor_id == actor.user_id().map(|user| user.to_string())
        });
        let Some(row) = own else { return Ok(false) };
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        if row.action == "tool.policy_changed" {
            return self.undo_policy(actor, slug, &row, &detail).await;
        }
        let connector = store.connector_by_slug(slug).await?;
        let connector = connector.ok_or(StoreError::NotFound)?;
        let tools = detail["tools"].as_array().into_iter().flatten();
        let tools: Vec<String> = tools.filter_map(Value::as_str).map(str::to_owned).collect();
        let on = row.action == ALL_OFF;
        let undone = self
            .switch(actor, slug, &connector.name, connector.id, &tools, on)
            .await?;
        Ok(undone.is_some())
    }

    async fn undo_policy(
        &self,
        actor: &Actor,
        slug: &Slug,
        row: &AuditRow,
        detail: &Value,
    ) -> Result<bool, StoreError> {
        let before = detail["policy"]["before"].as_str();
        let before = before.and_then(|word| word.parse::<ToolPolicy>().ok());
        let tool = row.target.strip_prefix(&format!("{slug}/"));
        match (before, tool) {
            (Some(before), Some(tool)) => {
                let set = self.set_tool_policy(actor, slug, tool, before).await?;
                Ok(set.is_some())
            }
            _ => Ok(false),
        }
    }
}
