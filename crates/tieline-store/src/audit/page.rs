//! Reads the log, newest first.

use super::{AuditRow, Columns};
use crate::read::count;
use crate::{Page, Store, StoreError};

/// Which rows to show; a field that is empty admits all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// One action.
    pub action: Option<String>,
    /// One kind of target.
    pub target_kind: Option<String>,
    /// One target.
    pub target: Option<String>,
    /// What one user did.
    pub actor_id: Option<String>,
}

impl Store {
    /// A page of at most `limit` rows. The cursor is the `seq` of the last row of the page before.
    pub async fn audit_page(
        &self,
        cursor: Option<u64>,
        limit: u32,
        filter: &AuditFilter,
    ) -> Result<Page<AuditRow, u64>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT seq, id, at, actor_kind, actor_id, actor_name, action, target_kind, target, detail, prev_hash, hash
             FROM audit
             WHERE seq < $1 AND ($2 IS NULL OR action = $2) AND ($3 IS NULL OR target_kind = $3)
                 AND ($4 IS NULL OR target = $4) AND ($5 IS NULL OR actor_id = $5)
             ORDER BY seq DESC LIMIT $6",
            cursor.map_or(i64::MAX, count),
            filter.action.as_deref(),
            filter.target_kind.as_deref(),
            filter.target.as_deref(),
            filter.actor_id.as_deref(),
            i64::from(limit) + 1,
        )?;
        let rows = rows.into_iter().map(AuditRow::from).collect();
        Ok(Page::cut(rows, limit, |row: &AuditRow| row.seq))
    }
}
