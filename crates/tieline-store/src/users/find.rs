//! Reads users.

use tieline_domain::UserId;

use super::{Columns, UserRow, columns};
use crate::dialect::{Conn, Tx};
use crate::{Loaded, Store, StoreError};

impl Store {
    /// All users, in the order in which they were added. A row that cannot be read is logged and left out.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_each!(
            conn,
            Columns,
            concat!("SELECT ", columns!(), " FROM users ORDER BY id")
        )?;
        Ok(Loaded::check(found, |columns: &Columns| &columns.id).readable("users"))
    }

    /// The user with this address, which must be in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM users WHERE email = $1");
        let found = fetch_optional!(conn, Columns, sql, email)?;
        found.map(UserRow::try_from).transpose()
    }

    /// The user with this id.
    pub async fn user_by_id(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        by_id(&mut self.db().read().await?, id).await
    }
}

pub(crate) async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<UserRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM users WHERE id = $1");
    let found = fetch_optional!(conn, Columns, sql, id.to_string())?;
    found.map(UserRow::try_from).transpose()
}

/// The user as this transaction sees them.
pub(super) async fn in_transaction(tx: &mut Tx, id: &str) -> Result<UserRow, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM users WHERE id = $1");
    fetch_optional!(tx, Columns, sql, id)?
        .ok_or(StoreError::NotFound)?
        .try_into()
}
