//! Puts the definition that waits for an admin into use.

use tieline_domain::ConnectorId;

use crate::dialect::Tx;
use crate::{Change, Store, StoreError};

impl Store {
    /// Approves the offered definition with this hash. A [`Conflict`](StoreError::Conflict) over `offered_hash` when the
    /// server offers another one by now, or none: what was approved must be what was read.
    pub async fn tool_approve(
        &self,
        id: ConnectorId,
        name: &str,
        hash: &[u8; 32],
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let changed = execute!(
            tx,
            "UPDATE connector_tools
             SET definition = offered, hash = offered_hash, offered = NULL, offered_hash = NULL, offered_at = NULL,
                 held = NULL, approved_by = $4, approved_at = $5
             WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL AND offered_hash = $3",
            id.to_string(),
            name,
            &hash[..],
            change.audit.actor.to_string(),
            change.audit.at.as_millis(),
        )?;
        unless_offered(&mut tx, id, name, changed).await?;
        change.commit_configuration(tx).await
    }
}

/// Tells a tool that does not exist from one whose offered definition is another by now.
pub(super) async fn unless_offered(
    tx: &mut Tx,
    id: ConnectorId,
    name: &str,
    changed: u64,
) -> Result<(), StoreError> {
    if changed > 0 {
        return Ok(());
    }
    let found = fetch_optional!(
        tx,
        (i64,),
        "SELECT position FROM connector_tools WHERE connector_id = $1 AND name = $2 AND left_out_code IS NULL",
        id.to_string(),
        name,
    )?;
    Err(match found {
        Some(_) => StoreError::Conflict {
            what: "offered_hash",
        },
        None => StoreError::NotFound,
    })
}
