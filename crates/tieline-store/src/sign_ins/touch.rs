//! Notes that a browser was here.

use tieline_domain::Timestamp;

use crate::{Store, StoreError};

impl Store {
    /// Sets when a sign-in was last used, and its user last seen.
    pub async fn sign_in_touch(&self, id_hash: &[u8; 32], at: Timestamp) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "UPDATE sign_ins SET last_seen_at = $2 WHERE id_hash = $1",
            &id_hash[..],
            at.as_millis(),
        )?;
        execute!(
            conn,
            "UPDATE users SET last_seen_at = $2
             WHERE id = (SELECT user_id FROM sign_ins WHERE id_hash = $1)
                 AND (last_seen_at IS NULL OR last_seen_at < $2)",
            &id_hash[..],
            at.as_millis(),
        )?;
        Ok(())
    }
}
