//! Ends sign-ins because somebody wants it. Pages that are open notice, so replicas are told.

use tieline_domain::UserId;

use crate::{Change, Store, StoreError};

impl Store {
    /// Signs a user out of one browser. [`NotFound`](StoreError::NotFound) if it is not signed in any more.
    pub async fn sign_in_end(
        &self,
        user: UserId,
        id_hash: &[u8; 32],
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let ended = execute!(
            tx,
            "DELETE FROM sign_ins WHERE user_id = $1 AND id_hash = $2",
            user.to_string(),
            &id_hash[..],
        )?;
        if ended == 0 {
            return Err(StoreError::NotFound);
        }
        change.commit_configuration(tx).await
    }

    /// Signs a user out everywhere.
    pub async fn sign_ins_end(&self, user: UserId, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        execute!(
            tx,
            "DELETE FROM sign_ins WHERE user_id = $1",
            user.to_string()
        )?;
        change.commit_configuration(tx).await
    }
}
