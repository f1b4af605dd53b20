//! Remembers which wire a server was found to speak, so that the next connection need not find out again.

use tieline_domain::ConnectorId;

use crate::{Store, StoreError, meta};

impl Store {
    /// Sets the wire. Answers whether it did: not when it was already so, and not when someone has meanwhile changed
    /// the connector.
    pub async fn connector_set_wire(
        &self,
        id: ConnectorId,
        row_version: i64,
        wire: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db().begin().await?;
        let changed = execute!(
            tx,
            "UPDATE connectors SET wire = $3
             WHERE id = $1 AND row_version = $2 AND COALESCE(wire, '') <> $3",
            id.to_string(),
            row_version,
            wire,
        )?;
        if changed == 0 {
            return Ok(false);
        }
        meta::bump_config_version(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
