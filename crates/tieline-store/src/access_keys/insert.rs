//! Adds an access key.

use super::KeyRow;
use crate::read::{foreign_optional, millis};
use crate::{Change, Store, StoreError};

impl Store {
    /// Adds a key.
    pub async fn key_insert(&self, key: &KeyRow, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        execute!(
            tx,
            "INSERT INTO access_keys (id, user_id, name, hint, hash, created_at, expires_at, last_used_at, last_client,
                 revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            key.id.to_string(),
            key.user_id.to_string(),
            &key.name,
            &key.hint,
            &key.hash.as_bytes()[..],
            key.created_at.as_millis(),
            millis(key.expires_at),
            millis(key.last_used_at),
            foreign_optional(key.last_client.as_deref()).as_deref(),
            millis(key.revoked_at),
        )
        .map_err(StoreError::unique("key"))?;
        change.commit_configuration(tx).await
    }
}
