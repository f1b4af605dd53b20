//! Turns a tool off because of the definition that its server offers now.

use tieline_domain::ConnectorId;

use super::approve::unless_offered;
use crate::{Change, Store, StoreError};

impl Store {
    /// Turns a tool off if the definition with this hash still waits. A [`Conflict`](StoreError::Conflict) over
    /// `offered_hash` when the server offers another one by now, or none.
    pub async fn tool_keep_off(
        &self,
        id: ConnectorId,
        name: &str,
        hash: &[u8; 32],
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let changed = execute!(
            tx,
            "UPDATE connector_tools SET enabled = FALSE
             WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL AND offered_hash = $3",
            id.to_string(),
            name,
            &hash[..],
        )?;
        unless_offered(&mut tx, id, name, changed).await?;
        change.commit_configuration(tx).await
    }
}
