//! How a use case prepares its audit row, which the store commits together with the change.

use serde_json::Value;
use tieline_domain::{Actor, AuditId};
use tieline_store::{AuditChain, Change, NewAudit};

use crate::Hub;

impl Hub {
    /// The audit row of one change. `detail` is what changed, before and after; it never holds a secret.
    pub(crate) fn change(
        &self,
        actor: &Actor,
        action: &'static str,
        target_kind: &'static str,
        target: impl Into<String>,
        detail: &Value,
    ) -> Change {
        let (clock, entropy) = (self.clock(), self.entropy());
        Change {
            audit: NewAudit {
                id: AuditId::generate(clock, entropy),
                at: clock.now(),
                actor: actor.clone(),
                action,
                target_kind,
                target: target.into(),
                detail: detail.to_string(),
            },
            chain: self.audit_chain(),
        }
    }

    /// The keyed hash that links audit rows. Its key is derived from the master key and never leaves the key ring.
    pub(crate) fn audit_chain(&self) -> AuditChain {
        let hub = self.clone();
        std::sync::Arc::new(move |bytes| hub.inner.keyring.audit_mac(bytes))
    }
}
