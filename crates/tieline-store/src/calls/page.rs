//! Reads calls, newest first.

use tieline_domain::{CallId, ConnectorId, KeyId, Timestamp, UserId};

use super::{CallRow, Columns};
use crate::{Page, Store, StoreError};

/// Greater than every id, in whatever way a database compares text.
const BEHIND_ALL_IDS: &str = "z";

/// Which calls to show; a field that is empty admits all.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Of one user.
    pub user_id: Option<UserId>,
    /// With one key.
    pub key_id: Option<KeyId>,
    /// To one connector.
    pub connector_id: Option<ConnectorId>,
    /// Of one tool.
    pub tool: Option<String>,
    /// With one outcome.
    pub outcome: Option<String>,
    /// Not older than this.
    pub since: Option<Timestamp>,
}

impl Store {
    /// A page of at most `limit` calls. The cursor is the id of the last call of the page before.
    pub async fn calls_page(
        &self,
        cursor: Option<CallId>,
        limit: u32,
        filter: &CallFilter,
    ) -> Result<Page<CallRow, CallId>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in,
                 bytes_out, client, request_id
             FROM calls
             WHERE id < $1 AND ($2 IS NULL OR user_id = $2) AND ($3 IS NULL OR key_id = $3)
                 AND ($4 IS NULL OR connector_id = $4) AND ($5 IS NULL OR tool = $5)
                 AND ($6 IS NULL OR outcome = $6) AND at >= $7
             ORDER BY id DESC LIMIT $8",
            cursor.map_or_else(|| BEHIND_ALL_IDS.to_owned(), |id| id.to_string()),
            filter.user_id.map(|id| id.to_string()),
            filter.key_id.map(|id| id.to_string()),
            filter.connector_id.map(|id| id.to_string()),
            filter.tool.as_deref(),
            filter.outcome.as_deref(),
            filter.since.map_or(i64::MIN, Timestamp::as_millis),
            i64::from(limit) + 1,
        )?;
        let rows = rows
            .into_iter()
            .map(CallRow::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row: &CallRow| row.id))
    }
}
