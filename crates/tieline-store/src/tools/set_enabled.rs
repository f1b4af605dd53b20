//! Lets agents have a tool, or not.

use tieline_domain::ConnectorId;

use crate::{Change, Store, StoreError};

impl Store {
    /// Turns a tool on or off. The choice stays when the server is listed again.
    pub async fn tool_set_enabled(
        &self,
        id: ConnectorId,
        name: &str,
        enabled: bool,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let changed = execute!(
            tx,
            "UPDATE connector_tools SET enabled = $3
             WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL",
            id.to_string(),
            name,
            enabled,
        )?;
        StoreError::unless_found(changed)?;
        change.commit_configuration(tx).await
    }
}
