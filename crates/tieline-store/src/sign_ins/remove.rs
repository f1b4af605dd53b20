//! Signs browsers out.

use tieline_domain::{Timestamp, UserId};

use crate::{Store, StoreError};

impl Store {
    /// Signs one browser out. Answers whether it was signed in.
    pub async fn sign_in_delete(&self, id_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        Ok(execute!(
            conn,
            "DELETE FROM sign_ins WHERE id_hash = $1",
            &id_hash[..]
        )? == 1)
    }

    /// Signs a user out everywhere, except perhaps where they are now. Answers how many browsers that were.
    pub async fn sign_ins_delete_for_user(
        &self,
        user: UserId,
        except: Option<&[u8; 32]>,
    ) -> Result<u64, StoreError> {
        let mut conn = self.db().write().await?;
        // No hash is empty, so an empty one spares none.
        let except = except.map_or(&[][..], |hash| &hash[..]);
        Ok(execute!(
            conn,
            "DELETE FROM sign_ins WHERE user_id = $1 AND id_hash <> $2",
            user.to_string(),
            except
        )?)
    }

    /// Removes sign-ins that are no longer good. Answers how many.
    pub async fn sign_ins_purge_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut conn = self.db().write().await?;
        Ok(execute!(
            conn,
            "DELETE FROM sign_ins WHERE expires_at <= $1",
            now.as_millis()
        )?)
    }
}
