//! Reads the log, newest first.

use tieline_domain::Timestamp;

use super::{AuditRow, Columns};
use crate::{Page, Store, StoreError};

impl Store {
    /// A page of at most `limit` rows, of one action and not older than `since` if those are given. The cursor is the
    /// `next` of the page before; one that never was gives an empty page.
    pub async fn audit_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        action: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Page<AuditRow>, StoreError> {
        let before = cursor.map_or(i64::MAX, |cursor| cursor.parse().unwrap_or(0));
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT seq, id, at, actor_kind, actor_id, actor_name, action, target_kind, target, detail, prev_hash, hash
             FROM audit
             WHERE seq < $1 AND ($2 IS NULL OR action = $2) AND at >= $3
             ORDER BY seq DESC LIMIT $4",
            before,
            action,
            since.map_or(i64::MIN, Timestamp::as_millis),
            i64::from(limit) + 1,
        )?;
        let rows = rows.into_iter().map(AuditRow::from).collect();
        Ok(Page::cut(rows, limit, |row: &AuditRow| row.seq.to_string()))
    }
}
