//! Reads calls, newest first.

use tieline_domain::{CallId, ConnectorId, Timestamp, UserId};

use super::{CallRow, Columns};
use crate::{Page, Store, StoreError};

/// Greater than every id, in whatever way a database compares text.
const BEHIND_ALL_IDS: &str = "z";

/// Which calls to read. What is absent leaves nothing out.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only calls of this connector.
    pub connector: Option<ConnectorId>,
    /// Only calls of this person.
    pub user: Option<UserId>,
    /// Only calls of the tool that its server calls so.
    pub tool: Option<String>,
    /// Only calls with this outcome word.
    pub outcome: Option<String>,
    /// Only calls from this moment on.
    pub since: Option<Timestamp>,
}

impl Store {
    /// One call.
    pub async fn call(&self, id: CallId) -> Result<Option<CallRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let row = fetch_optional!(
            conn,
            Columns,
            "SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in,
                 bytes_out, client, request_id
             FROM calls WHERE id = $1",
            id.to_string(),
        )?;
        row.map(CallRow::try_from).transpose()
    }

    /// A page of at most `limit` calls. The cursor is the `next` of the page before, or the id of any call to begin
    /// with the one before it.
    pub async fn calls_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        filter: &CallFilter,
    ) -> Result<Page<CallRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in,
                 bytes_out, client, request_id
             FROM calls
             WHERE id < $1 AND ($2 IS NULL OR connector_id = $2) AND ($3 IS NULL OR user_id = $3)
                 AND ($4 IS NULL OR outcome = $4) AND at >= $5
                 AND ($6 IS NULL OR tool = $6)
             ORDER BY id DESC LIMIT $7",
            cursor.unwrap_or(BEHIND_ALL_IDS),
            filter.connector.map(|id| id.to_string()),
            filter.user.map(|id| id.to_string()),
            filter.outcome.as_deref(),
            filter.since.map_or(i64::MIN, Timestamp::as_millis),
            filter.tool.as_deref(),
            i64::from(limit) + 1,
        )?;
        let rows = rows
            .into_iter()
            .map(CallRow::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row: &CallRow| row.id.to_string()))
    }
}
