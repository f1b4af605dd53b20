//! Ends sign-ins: the pages that are open there end within a second, too.

use serde_json::json;
use tieline_domain::{Actor, UserId};
use tieline_store::StoreError;

use super::list::public_id;
use crate::Hub;

impl Hub {
    /// Signs a person out of one browser; [`StoreError::NotFound`] when they are not signed in there.
    pub async fn end_sign_in(
        &self,
        actor: &Actor,
        user: UserId,
        id: &str,
    ) -> Result<(), StoreError> {
        let owner = self.user(user).await?;
        let rows = self.standing_sign_ins(user).await?;
        let row = rows
            .into_iter()
            .find(|row| public_id(&row.id_hash) == id)
            .ok_or(StoreError::NotFound)?;
        let detail = json!({ "browser": row.user_agent });
        let change = self.change(actor, "user.sign_in_ended", "user", owner.email, &detail);
        self.inner
            .store
            .sign_in_end(user, &row.id_hash, &change)
            .await?;
        self.after_change().await;
        Ok(())
    }

    /// Signs a person out everywhere, and tells of how many browsers that was.
    pub async fn sign_out_everywhere(
        &self,
        actor: &Actor,
        user: UserId,
    ) -> Result<u64, StoreError> {
        let owner = self.user(user).await?;
        let count = self.standing_sign_ins(user).await?.len() as u64;
        let detail = json!({ "sign_ins": count });
        let change = self.change(actor, "user.sign_ins_ended", "user", owner.email, &detail);
        self.inner.store.sign_ins_end(user, &change).await?;
        self.after_change().await;
        Ok(count)
    }
}
