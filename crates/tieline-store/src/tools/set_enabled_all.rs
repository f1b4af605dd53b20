//! Lets agents have several tools of a connector, or none of them.

use tieline_domain::ConnectorId;

use crate::{Change, Store, StoreError};

impl Store {
    /// Turns tools on or off, all in one change. One that is not there any more is passed over.
    pub async fn tools_set_enabled(
        &self,
        id: ConnectorId,
        names: &[String],
        enabled: bool,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        for name in names {
            execute!(
                tx,
                "UPDATE connector_tools SET enabled = $3
                 WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL",
                id.to_string(),
                name.as_str(),
                enabled,
            )?;
        }
        change.commit_configuration(tx).await
    }
}
