//! Changes a user, and refuses what would leave nobody in charge.

use std::fmt;

use tieline_domain::{Role, Timestamp, UserId};

use super::{UserRow, find};
use crate::dialect::Tx;
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// What to change; the rest stays.
#[derive(Clone, Default)]
pub struct UserPatch {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Disabled since then, or enabled again.
    pub disabled_at: Option<Option<Timestamp>>,
    /// The hash of another password.
    pub password_hash: Option<String>,
}

impl fmt::Debug for UserPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPatch")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("disabled_at", &self.disabled_at)
            .field("sets_password", &self.password_hash.is_some())
            .finish()
    }
}

impl UserPatch {
    fn apply(self, user: &mut UserRow) {
        if let Some(name) = self.name {
            user.name = name;
        }
        if let Some(role) = self.role {
            user.role = role;
        }
        if let Some(disabled_at) = self.disabled_at {
            user.disabled_at = disabled_at;
        }
        if self.password_hash.is_some() {
            user.password_hash = self.password_hash;
        }
    }
}

impl Store {
    /// Changes a user. [`LastAdmin`](StoreError::LastAdmin) if no admin who can sign in would be left. Disabling a user
    /// signs them out everywhere.
    pub async fn user_update(
        &self,
        id: UserId,
        patch: UserPatch,
        change: &Change,
    ) -> Result<UserRow, StoreError> {
        let mut tx = self.db().begin().await?;
        let before = find::in_transaction(&mut tx, &id.to_string()).await?;
        let sets_password = patch.password_hash.is_some();
        let mut after = before.clone();
        patch.apply(&mut after);
        write(&mut tx, &after).await?;
        if is_active_admin(&before)
            && !is_active_admin(&after)
            && !some_admin_can_sign_in(&mut tx).await?
        {
            return Err(StoreError::LastAdmin);
        }
        if after.disabled_at.is_some() || sets_password {
            execute!(
                tx,
                "DELETE FROM sign_ins WHERE user_id = $1",
                id.to_string()
            )?;
        }
        change.commit_configuration(tx).await?;
        Ok(after)
    }
}

fn is_active_admin(user: &UserRow) -> bool {
    user.role == Role::Admin && user.disabled_at.is_none()
}

/// An admin who was invited and has no password yet is no help.
async fn some_admin_can_sign_in(tx: &mut Tx) -> Result<bool, StoreError> {
    let found = fetch_optional!(
        tx,
        (String,),
        "SELECT id FROM users
         WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL LIMIT 1",
    )?;
    Ok(found.is_some())
}

pub(super) async fn write(tx: &mut Tx, user: &UserRow) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE users SET name = $2, role = $3, password_hash = $4, disabled_at = $5 WHERE id = $1",
        user.id.to_string(),
        &user.name,
        user.role.as_str(),
        &user.password_hash,
        millis(user.disabled_at),
    )?;
    Ok(())
}
