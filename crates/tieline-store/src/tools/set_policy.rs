//! Decides what agents may do with a tool.

use tieline_domain::{ConnectorId, ToolPolicy};

use crate::{Change, Store, StoreError};

impl Store {
    /// Sets what agents may do with a tool. Off turns it off and keeps what was chosen before; anything else turns it
    /// on. The choice stays when the server is listed again.
    pub async fn tool_set_policy(
        &self,
        id: ConnectorId,
        name: &str,
        policy: ToolPolicy,
        change: &Change,
    ) -> Result<(), StoreError> {
        if policy == ToolPolicy::Off {
            return self.tool_set_enabled(id, name, false, change).await;
        }
        let mut tx = self.db().begin().await?;
        let changed = execute!(
            tx,
            "UPDATE connector_tools SET enabled = TRUE, policy = $3
             WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL",
            id.to_string(),
            name,
            policy.as_str(),
        )?;
        StoreError::unless_found(changed)?;
        change.commit_configuration(tx).await
    }
}
