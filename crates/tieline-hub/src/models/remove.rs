//! Removes a model API with its key. The next turn cannot use it any more.

use serde_json::json;
use tieline_domain::{Actor, ModelId};
use tieline_store::StoreError;

use crate::Hub;

impl Hub {
    /// Removes a model API; [`StoreError::NotFound`] when there is none with this id. If it was the default, the oldest
    /// of the others is from now on.
    pub async fn remove_model(&self, actor: &Actor, id: ModelId) -> Result<(), StoreError> {
        let row = self.inner.store.model_by_id(id).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let detail = json!({ "kind": row.kind, "base_url": row.base_url, "model": row.model });
        let change = self.change(actor, "model.removed", "model", row.name, &detail);
        self.inner.store.model_delete(id, &change).await?;
        self.after_change().await;
        Ok(())
    }
}
