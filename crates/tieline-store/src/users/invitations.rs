//! One-time codes with which a user chooses a password. Only the hash of a code is stored.

use std::fmt;

use tieline_domain::{InvitationId, Timestamp, UserId};

use super::{UserRow, find, update};
use crate::read::{millis, parsed};
use crate::{Change, Store, StoreError};

/// An invitation as stored.
#[derive(Clone)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// The hash of its code.
    pub code_hash: [u8; 32],
    /// Who is invited.
    pub user_id: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl fmt::Debug for InvitationRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitationRow")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds an invitation; earlier ones of the same user end.
    pub async fn invitation_insert(
        &self,
        invitation: &InvitationRow,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let user_id = invitation.user_id.to_string();
        execute!(
            tx,
            "DELETE FROM invitations WHERE user_id = $1 AND used_at IS NULL",
            &user_id
        )?;
        execute!(
            tx,
            "INSERT INTO invitations (id, code_hash, user_id, created_at, expires_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            invitation.id.to_string(),
            &invitation.code_hash[..],
            &user_id,
            invitation.created_at.as_millis(),
            invitation.expires_at.as_millis(),
            millis(invitation.used_at),
        )
        .map_err(StoreError::unique("code"))?;
        change.commit(tx).await
    }

    /// Whom a code invites, if it can still be used.
    pub async fn invited_user(
        &self,
        code_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<UserRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (String,),
            "SELECT user_id FROM invitations WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2",
            &code_hash[..],
            now.as_millis(),
        )?;
        let Some((user_id,)) = found else {
            return Ok(None);
        };
        let user = find::by_id(&mut conn, parsed("invitations.user_id", &user_id)?).await?;
        Ok(user.filter(|user| user.disabled_at.is_none()))
    }

    /// Uses a code up and sets the password, which signs the user out wherever they were signed in.
    /// [`NotFound`](StoreError::NotFound) if the code is unknown, used or too old.
    pub async fn invitation_redeem(
        &self,
        code_hash: &[u8; 32],
        password_hash: &str,
        now: Timestamp,
        change: &Change,
    ) -> Result<UserRow, StoreError> {
        let mut tx = self.db().begin().await?;
        let redeemed = fetch_optional!(
            tx,
            (String,),
            "UPDATE invitations SET used_at = $2
             WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id",
            &code_hash[..],
            now.as_millis(),
        )?;
        let (user_id,) = redeemed.ok_or(StoreError::NotFound)?;
        let mut user = find::in_transaction(&mut tx, &user_id).await?;
        if user.disabled_at.is_some() {
            return Err(StoreError::NotFound);
        }
        user.password_hash = Some(password_hash.to_owned());
        update::write(&mut tx, &user).await?;
        execute!(tx, "DELETE FROM sign_ins WHERE user_id = $1", &user_id)?;
        change.commit_configuration(tx).await?;
        Ok(user)
    }
}
