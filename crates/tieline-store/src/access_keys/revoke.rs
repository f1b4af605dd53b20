//! Ends an access key.

use tieline_domain::{KeyId, UserId};

use super::{Columns, KeyRow, columns};
use crate::{Change, Store, StoreError};

impl Store {
    /// Revokes a key, if given only one of this owner. [`NotFound`](StoreError::NotFound) if it was revoked before.
    pub async fn key_revoke(
        &self,
        id: KeyId,
        owner: Option<UserId>,
        change: &Change,
    ) -> Result<KeyRow, StoreError> {
        let mut tx = self.db().begin().await?;
        let revoked = fetch_optional!(
            tx,
            Columns,
            concat!(
                "UPDATE access_keys SET revoked_at = $2
                 WHERE id = $1 AND revoked_at IS NULL AND ($3 IS NULL OR user_id = $3) RETURNING ",
                columns!()
            ),
            id.to_string(),
            change.audit.at.as_millis(),
            owner.map(|owner| owner.to_string()),
        )?;
        let row = revoked.ok_or(StoreError::NotFound)?.try_into()?;
        change.commit_configuration(tx).await?;
        Ok(row)
    }
}
