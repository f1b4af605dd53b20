//! Turns a tool off because of what its server says about it now.

use serde_json::json;
use tieline_domain::{Actor, DefinitionHash, Slug};

use super::ReviewError;
use crate::Hub;

impl Hub {
    /// Keeps the tool off, at once and also in sessions that run, because of the definition with this hash. Turned on
    /// again, it waits for a review again.
    pub async fn keep_tool_off(
        &self,
        actor: &Actor,
        slug: &Slug,
        tool: &str,
        hash: &DefinitionHash,
    ) -> Result<(), ReviewError> {
        let found = self.reviewed(slug, tool, hash).await?;
        let change = self.change(
            actor,
            "tool.kept_off",
            "tool",
            format!("{slug}/{tool}"),
            &json!({ "connector": found.connector.name, "definition": hash.to_string() }),
        );
        self.inner
            .store
            .tool_keep_off(found.connector.id, tool, hash.as_bytes(), &change)
            .await
            .map_err(|error| ReviewError::of(error, tool))?;
        self.after_change().await;
        Ok(())
    }
}
