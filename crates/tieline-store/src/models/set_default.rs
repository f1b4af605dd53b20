//! Chooses the model API that is asked when nobody names another.

use tieline_domain::ModelId;

use crate::{Change, Store, StoreError};

impl Store {
    /// Makes one model API the default and all others not.
    pub async fn model_set_default(&self, id: ModelId, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        // First none, then the one: the index allows one default at any moment.
        execute!(tx, "UPDATE models SET is_default = FALSE WHERE is_default")?;
        let set = execute!(
            tx,
            "UPDATE models SET is_default = TRUE, updated_at = $2, row_version = row_version + 1 WHERE id = $1",
            id.to_string(),
            change.audit.at.as_millis(),
        )?;
        StoreError::unless_found(set)?;
        change.commit_configuration(tx).await
    }
}
