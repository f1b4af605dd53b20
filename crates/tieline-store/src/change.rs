//! A change that someone made: what is recorded of it, and how the record is linked to those before it.

use std::fmt;
use std::sync::Arc;

use tieline_domain::{Actor, AuditId, Timestamp};

use crate::dialect::Tx;
use crate::{StoreError, audit, meta};

/// The keyed hash that links audit rows. Its key is not in the database, so that who can edit rows cannot relink them.
pub type AuditChain = Arc<dyn Fn(&[u8]) -> [u8; 32] + Send + Sync>;

/// An audit row to be written.
#[derive(Clone, Debug)]
pub struct NewAudit {
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done: `connector.add`, `key.revoke`, …
    pub action: &'static str,
    /// What kind of thing it was done to.
    pub target_kind: &'static str,
    /// Which one, in words that still mean something after it was removed.
    pub target: String,
    /// JSON: what changed, from what to what. Never a secret.
    pub detail: String,
}

/// What every operation that someone causes is given: it commits with its audit row or not at all.
#[derive(Clone)]
pub struct Change {
    /// What is recorded.
    pub audit: NewAudit,
    /// What links the record to those before it.
    pub chain: AuditChain,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}

impl Change {
    /// Commits a transaction together with its audit row.
    pub(crate) async fn commit(&self, mut tx: Tx) -> Result<(), StoreError> {
        audit::append(&mut tx, self).await?;
        tx.commit().await
    }

    /// Commits a transaction that changed what replicas hold in memory.
    pub(crate) async fn commit_configuration(&self, mut tx: Tx) -> Result<(), StoreError> {
        meta::bump_config_version(&mut tx).await?;
        self.commit(tx).await
    }
}
