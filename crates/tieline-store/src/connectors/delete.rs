//! Removes a connector with its tools and its credential.

use tieline_domain::ConnectorId;

use crate::{Change, Store, StoreError};

impl Store {
    /// Removes a connector, its tools and every trace of its credential in the files.
    pub async fn connector_delete(
        &self,
        id: ConnectorId,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let removed = execute!(tx, "DELETE FROM connectors WHERE id = $1", id.to_string())?;
        StoreError::unless_found(removed)?;
        self.scrubber().announce();
        change.commit_configuration(tx).await?;
        self.scrub().await;
        Ok(())
    }
}
