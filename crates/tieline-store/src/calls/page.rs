//! Reads calls, newest first.

use tieline_domain::CallId;

use super::filter::{CallFilter, fits};
use super::{CallRow, Columns};
use crate::{Page, Store, StoreError};

/// Greater than every id, in whatever way a database compares text.
const BEHIND_ALL_IDS: &str = "z";

impl Store {
    /// One call.
    pub async fn call(&self, id: CallId) -> Result<Option<CallRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let row = fetch_optional!(
            conn,
            Columns,
            "SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms, bytes_in,
                 bytes_out, client, request_id, http_status, own_address
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
        let fits = filter.values();
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            concat!(
                "SELECT id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, ms,
                     bytes_in, bytes_out, client, request_id, http_status, own_address
                 FROM calls WHERE ",
                fits!(),
                " AND id < $10 ORDER BY id DESC LIMIT $11"
            ),
            fits.connector,
            fits.user,
            fits.outcome,
            fits.since,
            fits.tool,
            fits.pattern,
            fits.users,
            fits.connectors,
            fits.first,
            cursor.unwrap_or(BEHIND_ALL_IDS),
            i64::from(limit) + 1,
        )?;
        let rows = rows
            .into_iter()
            .map(CallRow::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row: &CallRow| row.id.to_string()))
    }
}
