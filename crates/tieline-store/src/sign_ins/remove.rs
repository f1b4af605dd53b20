//! Signs browsers out.

use tieline_domain::Timestamp;

use crate::{Store, StoreError};

impl Store {
    /// Signs one browser out, if it is signed in.
    pub async fn sign_in_delete(&self, id_hash: &[u8; 32]) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "DELETE FROM sign_ins WHERE id_hash = $1",
            &id_hash[..]
        )?;
        Ok(())
    }

    /// Removes sign-ins that are no longer good.
    pub async fn sign_ins_purge(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "DELETE FROM sign_ins WHERE expires_at <= $1",
            now.as_millis()
        )?;
        Ok(())
    }
}
