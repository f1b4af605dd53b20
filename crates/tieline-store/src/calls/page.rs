//! Reads calls, newest first.

use tieline_domain::{ConnectorId, Timestamp, UserId};

use super::{CallRow, Columns};
use crate::{Page, Store, StoreError};

/// Greater than every id, in whatever way a database compares text.
const BEHIND_ALL_IDS: &str = "z";

impl Store {
    /// A page of at most `limit` calls: to one connector, of one user, with one outcome and not older than `since`, if
    /// those are given. The cursor is the `next` of the page before.
    pub async fn calls_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        connector: Option<ConnectorId>,
        user: Option<UserId>,
        outcome: Option<&str>,
        since: Option<Timestamp>,
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
             ORDER BY id DESC LIMIT $6",
            cursor.unwrap_or(BEHIND_ALL_IDS),
            connector.map(|id| id.to_string()),
            user.map(|id| id.to_string()),
            outcome,
            since.map_or(i64::MIN, Timestamp::as_millis),
            i64::from(limit) + 1,
        )?;
        let rows = rows
            .into_iter()
            .map(CallRow::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row: &CallRow| row.id.to_string()))
    }
}
