//! Adds a user.

use super::UserRow;
use crate::dialect::Tx;
use crate::read::millis;
use crate::{Change, Store, StoreError};

impl Store {
    /// Adds a user. An address that someone already has is a [`Conflict`](StoreError::Conflict) over `email`.
    pub async fn user_insert(&self, user: &UserRow, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        write(&mut tx, user).await?;
        change.commit_configuration(tx).await
    }
}

pub(super) async fn write(tx: &mut Tx, user: &UserRow) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO users (id, email, name, role, password_hash, disabled_at, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        user.id.to_string(),
        &user.email,
        &user.name,
        user.role.as_str(),
        &user.password_hash,
        millis(user.disabled_at),
        user.created_at.as_millis(),
        millis(user.last_seen_at),
    )
    .map_err(StoreError::unique("email"))?;
    Ok(())
}
