//! Who uses a connector and its tools: what an admin should know before something is switched off or removed.

use std::collections::HashMap;
use std::time::Duration;

use tieline_domain::Slug;
use tieline_store::{CallTimes, ConnectorUse, StoreError};

use crate::Hub;

/// A session or a client that called within this time is using the connector now.
const NOW: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// The use of one connector.
#[derive(Clone, Debug)]
pub struct ConnectorUsage {
    /// In the last 15 minutes.
    pub now: ConnectorUse,
    /// In the last 7 days.
    pub week: ConnectorUse,
    /// How long the calls of the last 24 hours took; `None` without any.
    pub times: Option<CallTimes>,
    /// By the name of the tool at its server. A tool that nobody used is not in it.
    pub tools: HashMap<String, ToolUsage>,
}

/// The use of one tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolUsage {
    /// Its calls in the last 24 hours.
    pub calls: u64,
    /// Those of them that got no answer in time.
    pub timeouts: u64,
    /// How many people called it in the last 7 days.
    pub people: u64,
}

impl Hub {
    /// Who uses a connector; [`StoreError::NotFound`] when there is none with this key.
    pub async fn connector_usage(&self, slug: &Slug) -> Result<ConnectorUsage, StoreError> {
        let store = &self.inner.store;
        let row = store.connector_by_slug(slug).await?;
        let id = row.ok_or(StoreError::NotFound)?.id;
        let now = self.clock().now();
        let mut tools: HashMap<String, ToolUsage> = HashMap::new();
        for count in store.calls_by_tool(id, now.minus(DAY)).await? {
            let tool = tools.entry(count.tool).or_default();
            (tool.calls, tool.timeouts) = (count.calls, count.timeouts);
        }
        for count in store.calls_by_tool(id, now.minus(WEEK)).await? {
            tools.entry(count.tool).or_default().people = count.people;
        }
        Ok(ConnectorUsage {
            now: store.connector_use(id, now.minus(NOW)).await?,
            week: store.connector_use(id, now.minus(WEEK)).await?,
            times: store.call_times(id, now.minus(DAY)).await?,
            tools,
        })
    }
}
