//! Lists the tools of a connector that wait for an admin, with what is different about each.

use std::collections::HashSet;

use tieline_domain::{Comparison, DefinitionHash, Slug, Timestamp, compare_definitions};
use tieline_store::{StoreError, ToolRow};

use super::around;
use crate::Hub;

/// How far back the use of a tool is counted.
const USE: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// The tools of one connector that wait for an admin.
#[derive(Debug)]
pub struct ChangedTools {
    /// The connector's name.
    pub name: String,
    /// Those that wait, in the server's order.
    pub tools: Vec<ChangedTool>,
}

/// A tool whose server describes it differently than when it was approved.
#[derive(Debug)]
pub struct ChangedTool {
    /// The exact name at the server.
    pub name: String,
    /// What is different.
    pub comparison: Comparison,
    /// The approved definition; none for a new tool.
    pub approved: Option<String>,
    /// The offered one.
    pub offered: String,
    /// What a decision about the offered one has to name.
    pub hash: DefinitionHash,
    /// When the server first offered it.
    pub seen_at: Timestamp,
    /// Whether agents keep the approved one meanwhile. Otherwise the tool is off.
    pub approved_stays: bool,
    /// How often it was called in the last seven days.
    pub calls: u64,
    /// By how many people.
    pub people: u64,
}

impl Hub {
    /// What waits for an admin at this connector.
    pub async fn changed_tools(&self, slug: &Slug) -> Result<ChangedTools, StoreError> {
        let store = &self.inner.store;
        let row = store.connector_by_slug(slug).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let rows = store.tools_of(row.id).await?;
        let names: HashSet<String> = rows.iter().map(|tool| tool.name.clone()).collect();
        let around = around(&self.snapshot(), slug, names);
        let waiting: Vec<&ToolRow> = rows.iter().filter(|t| t.to_review().is_some()).collect();
        let counts = if waiting.is_empty() {
            Vec::new()
        } else {
            let since = self.clock().now().minus(USE);
            store.calls_by_tool(row.id, since).await?
        };
        let changed = |tool: &ToolRow| {
            let offered = tool.to_review()?.clone();
            let counted = counts.iter().find(|count| count.tool == tool.name);
            Some(ChangedTool {
                name: tool.name.clone(),
                comparison: compare_definitions(tool.approved(), &offered.definition, &around),
                approved: tool.approved().map(str::to_owned),
                hash: DefinitionHash::from_bytes(offered.hash),
                seen_at: offered.at,
                approved_stays: offered.approved_stays,
                offered: offered.definition,
                calls: counted.map_or(0, |count| count.calls),
                people: counted.map_or(0, |count| count.people),
            })
        };
        Ok(ChangedTools {
            name: row.name,
            tools: waiting.into_iter().filter_map(changed).collect(),
        })
    }
}
