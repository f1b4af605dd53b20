//! Revokes an access key. The client that uses it stops working at once.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{Actor, KeyId, UserId};
use tieline_store::StoreError;

use crate::Hub;

/// Why a key was not revoked.
#[derive(Debug, Error)]
pub enum RevokeKeyError {
    /// There is no such key, or it belongs to somebody else.
    #[error("There is no such key.")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RevokeKeyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

impl Hub {
    /// Revokes a key; with `owner`, only if it is theirs.
    pub async fn revoke_key(
        &self,
        actor: &Actor,
        id: KeyId,
        owner: Option<UserId>,
    ) -> Result<(), RevokeKeyError> {
        let row = self
            .list_keys(owner)
            .await?
            .into_iter()
            .find(|key| key.id == id)
            .ok_or(RevokeKeyError::NotFound)?;
        let change = self.change(
            actor,
            "key.revoked",
            "key",
            row.hint.as_str(),
            &json!({ "name": row.name }),
        );
        self.inner.store.key_revoke(id, owner, &change).await?;
        self.after_change().await;
        Ok(())
    }
}
