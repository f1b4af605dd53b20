//! Removes a connector with its token and its tools. It acts at once, on sessions that run and calls in flight.

use serde_json::json;
use tieline_domain::{Actor, Slug};
use tieline_store::StoreError;

use crate::Hub;

impl Hub {
    /// Removes a connector; [`StoreError::NotFound`] when there is none with this key. Records of calls are kept.
    pub async fn remove_connector(&self, actor: &Actor, slug: &Slug) -> Result<(), StoreError> {
        self.store_removed(actor, slug).await?;
        self.after_change().await;
        Ok(())
    }

    /// Deletes the rows and writes the audit row.
    pub(super) async fn store_removed(&self, actor: &Actor, slug: &Slug) -> Result<(), StoreError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        let detail = json!({ "name": row.name, "url": row.url });
        let change = self.change(
            actor,
            "connector.removed",
            "connector",
            slug.as_str(),
            &detail,
        );
        self.inner.store.connector_delete(row.id, &change).await?;
        self.inner.health.forget(row.id);
        self.inner.breakers.reset(row.id);
        Ok(())
    }

    /// How many people lose tools when this connector goes: active users. Shown before it is removed.
    pub async fn people(&self) -> Result<usize, StoreError> {
        Ok(self
            .inner
            .store
            .users()
            .await?
            .iter()
            .filter(|user| user.disabled_at.is_none())
            .count())
    }
}
