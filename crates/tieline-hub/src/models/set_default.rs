//! Chooses the model API that is asked when nobody names another.

use serde_json::json;
use tieline_domain::{Actor, ModelId};
use tieline_store::StoreError;

use super::ModelView;
use crate::Hub;

impl Hub {
    /// Makes a model API the default. Doing what is already so changes nothing and writes no audit row.
    pub async fn set_default_model(
        &self,
        actor: &Actor,
        id: ModelId,
    ) -> Result<ModelView, StoreError> {
        let all = self.list_models().await?;
        let model = all.iter().find(|model| model.id == id);
        let model = model.ok_or(StoreError::NotFound)?;
        if !model.is_default {
            let before = all.iter().find(|model| model.is_default);
            let detail = json!({ "default": {
                "before": before.map(|model| model.name.as_str()), "after": model.name.as_str(),
            } });
            let change = self.change(
                actor,
                "model.default_changed",
                "model",
                model.name.as_str(),
                &detail,
            );
            self.inner.store.model_set_default(id, &change).await?;
            self.after_change().await;
        }
        self.model(id).await
    }
}
