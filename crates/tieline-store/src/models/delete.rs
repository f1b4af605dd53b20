//! Removes a model API with its key.

use tieline_domain::ModelId;

use super::list;
use crate::{Change, Store, StoreError};

impl Store {
    /// Removes a model API and every trace of its key in the files. If it was the default, the oldest of the others
    /// is from now on; those that fell back to it have no fallback any more.
    pub async fn model_delete(&self, id: ModelId, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let row = list::in_transaction(&mut tx, id).await?;
        execute!(tx, "DELETE FROM models WHERE id = $1", id.to_string())?;
        if row.is_default {
            execute!(
                tx,
                "UPDATE models SET is_default = TRUE WHERE id = (SELECT id FROM models ORDER BY id LIMIT 1)"
            )?;
        }
        self.scrubber().announce();
        change.commit_configuration(tx).await?;
        self.scrub().await;
        Ok(())
    }
}
