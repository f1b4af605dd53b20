//! Where a user is signed in.

use tieline_domain::UserId;

use super::SignInRow;
use super::find::{Columns, parse};
use crate::{Store, StoreError};

impl Store {
    /// The sign-ins of a user, the one used last first. Whether one is still good is the caller's to decide.
    pub async fn sign_ins(&self, user: UserId) -> Result<Vec<SignInRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            Columns,
            "SELECT id_hash, user_id, created_at, last_seen_at, expires_at, user_agent
             FROM sign_ins WHERE user_id = $1 ORDER BY last_seen_at DESC, created_at DESC, id_hash",
            user.to_string(),
        )?;
        rows.into_iter().map(parse).collect()
    }
}
