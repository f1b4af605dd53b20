//! Approves what a server says about a tool now. Agents get it in their next sessions.

use std::collections::HashSet;

use serde_json::json;
use tieline_domain::{Actor, DefinitionHash, Slug, compare_definitions};

use super::judge::describe;
use super::{ReviewError, around};
use crate::Hub;

impl Hub {
    /// Approves the definition with this hash, which is the one that was read.
    pub async fn approve_tool(
        &self,
        actor: &Actor,
        slug: &Slug,
        tool: &str,
        hash: &DefinitionHash,
    ) -> Result<(), ReviewError> {
        let found = self.reviewed(slug, tool, hash).await?;
        let around = around(&self.snapshot(), slug, HashSet::new());
        let offered = &found.offered.definition;
        let comparison = compare_definitions(found.tool.approved(), offered, &around);
        let mut detail =
            json!({ "connector": found.connector.name, "definition": hash.to_string() });
        describe(&mut detail, &comparison);
        let change = self.change(
            actor,
            "tool.version_approved",
            "tool",
            format!("{slug}/{tool}"),
            &detail,
        );
        self.inner
            .store
            .tool_approve(found.connector.id, tool, hash.as_bytes(), &change)
            .await
            .map_err(|error| ReviewError::of(error, tool))?;
        self.after_change().await;
        Ok(())
    }
}
