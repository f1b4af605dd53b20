//! What became of the last change of a token: when the old one was used last, and the new one first.

use serde_json::Value;
use tieline_domain::{Slug, Timestamp};
use tieline_store::{AuditFilter, StoreError};

use crate::Hub;

/// The receipt of a rotation.
#[derive(Clone, Debug)]
pub struct RotationReceipt {
    /// When the new token took over.
    pub at: Timestamp,
    /// Who replaced it.
    pub by: String,
    /// Whether the new token passed a real `tools/list` before.
    pub tested: bool,
    /// The end of the old token, if it may be shown.
    pub old_hint: Option<String>,
    /// The end of the new one.
    pub new_hint: Option<String>,
    /// When the last call with the old token began.
    pub old_last_used: Option<Timestamp>,
    /// When the first call with the new one began.
    pub new_first_used: Option<Timestamp>,
}

impl Hub {
    /// The receipt of the last rotation that is known of a connector.
    pub async fn rotation_receipt(
        &self,
        slug: &Slug,
    ) -> Result<Option<RotationReceipt>, StoreError> {
        let store = &self.inner.store;
        let row = store.connector_by_slug(slug).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let filter = AuditFilter {
            action: Some("connector.token_rotated".to_owned()),
            connector: Some(slug.clone()),
            // A connector of the same key that is gone had another token.
            since: Some(row.created_at),
            ..AuditFilter::default()
        };
        let page = store.audit_page(None, 1, &filter).await?;
        let Some(rotated) = page.rows.into_iter().next() else {
            return Ok(None);
        };
        let (before, since) = store.calls_around(row.id, rotated.at).await?;
        let detail: Value = serde_json::from_str(&rotated.detail).unwrap_or_default();
        let hint = |which: &str| detail["token"][which].as_str().map(str::to_owned);
        Ok(Some(RotationReceipt {
            at: rotated.at,
            by: rotated.actor_name,
            tested: detail["tested"] == true,
            old_hint: hint("before"),
            new_hint: hint("after"),
            old_last_used: before,
            new_first_used: since,
        }))
    }
}
