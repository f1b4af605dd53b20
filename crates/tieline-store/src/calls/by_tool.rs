//! Counts how much the tools of one connector are used.

use sqlx::FromRow;
use tieline_domain::{ConnectorId, Timestamp};

use super::first_since;
use crate::read::uncount;
use crate::{Store, StoreError};

/// How much one tool was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCount {
    /// The tool's name at its server.
    pub tool: String,
    /// Its calls.
    pub calls: u64,
    /// Those of them that got no answer in time.
    pub timeouts: u64,
    /// How many people made them.
    pub people: u64,
}

#[derive(FromRow)]
struct Columns {
    tool: String,
    calls: i64,
    timeouts: i64,
    people: i64,
}

impl Store {
    /// The calls of each tool of a connector from a moment on. A tool without any is not among them.
    pub async fn calls_by_tool(
        &self,
        id: ConnectorId,
        since: Timestamp,
    ) -> Result<Vec<ToolCount>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT tool, COUNT(*) AS calls, COUNT(CASE WHEN code = 'timeout' THEN 1 END) AS timeouts,
                 COUNT(DISTINCT user_id) AS people FROM calls
             WHERE connector_id = $1 AND at >= $2 AND id >= $3 GROUP BY tool",
            id.to_string(),
            since.as_millis(),
            first_since(since),
        )?;
        let count = |row: Columns| ToolCount {
            tool: row.tool,
            calls: uncount(row.calls),
            timeouts: uncount(row.timeouts),
            people: uncount(row.people),
        };
        Ok(rows.into_iter().map(count).collect())
    }
}
