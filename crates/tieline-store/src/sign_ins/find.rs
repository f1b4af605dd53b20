//! Who a cookie belongs to.

use super::SignInRow;
use crate::read::{hash, parsed, time};
use crate::{Store, StoreError, UserRow, users};

pub(super) type Columns = (Vec<u8>, String, i64, i64, i64, Option<String>);

impl Store {
    /// A sign-in and its user, whatever their state: whether it is expired or the user disabled is the caller's to
    /// decide.
    pub async fn sign_in_with_user(
        &self,
        id_hash: &[u8; 32],
    ) -> Result<Option<(SignInRow, UserRow)>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            Columns,
            "SELECT id_hash, user_id, created_at, last_seen_at, expires_at, user_agent
             FROM sign_ins WHERE id_hash = $1",
            &id_hash[..],
        )?;
        let Some(columns) = found else {
            return Ok(None);
        };
        let sign_in = parse(columns)?;
        // Removing a user removes their sign-ins, so a user who is gone meanwhile is a sign-in that is gone.
        let user = users::by_id(&mut conn, sign_in.user_id).await?;
        Ok(user.map(|user| (sign_in, user)))
    }
}

pub(super) fn parse(
    (id_hash, user_id, created_at, last_seen_at, expires_at, user_agent): Columns,
) -> Result<SignInRow, StoreError> {
    Ok(SignInRow {
        id_hash: hash("sign_ins.id_hash", &id_hash)?,
        user_id: parsed("sign_ins.user_id", &user_id)?,
        created_at: time(created_at),
        last_seen_at: time(last_seen_at),
        expires_at: time(expires_at),
        user_agent,
    })
}
