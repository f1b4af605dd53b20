//! What lists say about a connector's tools.

use std::collections::HashMap;
use std::sync::Arc;

use tieline_domain::ConnectorId;
use tieline_store::{StoreError, ToolRow};

use crate::Hub;

/// The tools of one connector in numbers. Counted once for each version of the database: ten thousand rows are too many to
/// be read for each page.
#[derive(Debug, Default)]
pub(crate) struct ToolSummary {
    /// Usable ones.
    pub(crate) total: usize,
    /// Those of them that agents have.
    pub(crate) enabled: usize,
    /// Malformed ones.
    pub(crate) left_out: usize,
    /// Those that changed at the server and wait for an admin.
    pub(crate) changed: usize,
    /// About how many tokens the definitions that are on cost a model.
    pub(crate) tokens: usize,
    /// The names of the usable ones.
    pub(crate) names: Arc<[String]>,
}

impl ToolSummary {
    pub(crate) fn of(tools: &[ToolRow]) -> Self {
        let usable = || tools.iter().filter(|tool| tool.left_out_code.is_none());
        let on = || usable().filter(|tool| tool.is_usable());
        let left_out = |tool: &&ToolRow| tool.left_out_code.is_some() && !tool.is_gone();
        let changed = |tool: &&ToolRow| tool.to_review().is_some();
        Self {
            total: usable().count(),
            enabled: on().count(),
            left_out: tools.iter().filter(left_out).count(),
            changed: tools.iter().filter(changed).count(),
            tokens: on().map(|tool| estimated_tokens(&tool.definition)).sum(),
            names: usable().map(|tool| tool.name.clone()).collect(),
        }
    }
}

impl Hub {
    /// The summaries of these connectors: those in memory while they are of the version that the database is at, else
    /// counted from its rows.
    pub(super) async fn tool_summaries(
        &self,
        connectors: impl Iterator<Item = ConnectorId>,
    ) -> Result<HashMap<ConnectorId, Arc<ToolSummary>>, StoreError> {
        let store = &self.inner.store;
        let version = store.config_version().await?;
        let snapshot = self.snapshot();
        if snapshot.version() == version {
            let known = connectors.map(|id| Some((id, snapshot.connector(id)?.summary.clone())));
            if let Some(known) = known.collect() {
                return Ok(known);
            }
        }
        let mut rows: HashMap<ConnectorId, Vec<ToolRow>> = HashMap::new();
        for tool in store.tools_all().await? {
            rows.entry(tool.connector_id).or_default().push(tool);
        }
        let counted = rows.into_iter();
        Ok(counted
            .map(|(id, tools)| (id, Arc::new(ToolSummary::of(&tools))))
            .collect())
    }
}

/// About four characters of JSON make one token; good enough to compare connectors.
pub(crate) fn estimated_tokens(definition: &str) -> usize {
    definition.len().div_ceil(4)
}
