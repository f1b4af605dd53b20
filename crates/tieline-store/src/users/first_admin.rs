//! Adds the admin of a new installation.

use super::{UserRow, insert};
use crate::{Change, Store, StoreError};

impl Store {
    /// Adds a user if there is no admin yet. Of several who try at once, one succeeds.
    pub async fn user_insert_first_admin(
        &self,
        user: &UserRow,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let admin = fetch_optional!(
            tx,
            (String,),
            "SELECT id FROM users WHERE role = 'admin' LIMIT 1"
        )?;
        if admin.is_some() {
            return Err(StoreError::AdminExists);
        }
        insert::write(&mut tx, user).await?;
        change.commit_configuration(tx).await
    }
}
