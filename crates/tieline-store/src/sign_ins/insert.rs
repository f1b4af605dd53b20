//! Signs a browser in.

use super::SignInRow;
use crate::read::foreign_optional;
use crate::{Store, StoreError};

impl Store {
    /// Adds a sign-in; its user is seen at that moment.
    pub async fn sign_in_insert(&self, sign_in: &SignInRow) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "INSERT INTO sign_ins (id_hash, user_id, created_at, last_seen_at, expires_at, user_agent)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &sign_in.id_hash[..],
            sign_in.user_id.to_string(),
            sign_in.created_at.as_millis(),
            sign_in.last_seen_at.as_millis(),
            sign_in.expires_at.as_millis(),
            foreign_optional(sign_in.user_agent.as_deref()).as_deref(),
        )
        .map_err(StoreError::unique("sign-in"))?;
        execute!(
            conn,
            "UPDATE users SET last_seen_at = $2
             WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2)",
            sign_in.user_id.to_string(),
            sign_in.last_seen_at.as_millis(),
        )?;
        Ok(())
    }
}
