//! Reads the log, newest first.

use tieline_domain::{Slug, Timestamp};

use super::{AuditRow, Columns};
use crate::{Page, Store, StoreError};

/// Which rows to read. What is absent leaves nothing out.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only rows of this action.
    pub action: Option<String>,
    /// Only what was done to the connector of this key, and to its tools.
    pub connector: Option<Slug>,
    /// Only rows from this moment on.
    pub since: Option<Timestamp>,
    /// Only rows up to this moment.
    pub until: Option<Timestamp>,
}

impl Store {
    /// A page of at most `limit` rows. The cursor is the `next` of the page before; one that never was gives an empty
    /// page.
    pub async fn audit_page(
        &self,
        cursor: Option<&str>,
        limit: u32,
        filter: &AuditFilter,
    ) -> Result<Page<AuditRow>, StoreError> {
        let before = cursor.map_or(i64::MAX, |cursor| cursor.parse().unwrap_or(0));
        let slug = filter.connector.as_ref().map(Slug::as_str);
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT seq, id, at, actor_kind, actor_id, actor_name, action, target_kind, target, detail, prev_hash, hash
             FROM audit
             WHERE seq < $1 AND ($2 IS NULL OR action = $2) AND at >= $3 AND at <= $4
                 AND ($5 IS NULL OR (target_kind = 'connector' AND target = $5)
                     OR (target_kind = 'tool' AND target LIKE $6 ESCAPE '!'))
             ORDER BY seq DESC LIMIT $7",
            before,
            filter.action.as_deref(),
            filter.since.map_or(i64::MIN, Timestamp::as_millis),
            filter.until.map_or(i64::MAX, Timestamp::as_millis),
            slug,
            slug.map(tools_of),
            i64::from(limit) + 1,
        )?;
        let rows = rows.into_iter().map(AuditRow::from).collect();
        Ok(Page::cut(rows, limit, |row: &AuditRow| row.seq.to_string()))
    }
}

/// The pattern of the targets that are tools of one connector, `slug/tool`. A slug holds `_`, which stands for any
/// character in a pattern.
fn tools_of(slug: &str) -> String {
    format!("{}/%", slug.replace('_', "!_"))
}
