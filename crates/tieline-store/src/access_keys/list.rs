//! Reads access keys. A row that cannot be read is logged and left out: its key is refused.

use tieline_domain::UserId;

use super::{Columns, KeyRow, columns};
use crate::{Loaded, Store, StoreError};

impl Store {
    /// The keys of one user, or all, newest first, with those that were revoked.
    pub async fn keys(&self, owner: Option<UserId>) -> Result<Vec<KeyRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM access_keys WHERE ($1 IS NULL OR user_id = $1) ORDER BY id DESC"
        );
        Ok(readable(fetch_each!(
            conn,
            Columns,
            sql,
            owner.map(|owner| owner.to_string())
        )?))
    }

    /// The keys that were not revoked. Whether one is expired depends on when it is used, so the caller checks that.
    pub async fn keys_active(&self) -> Result<Vec<KeyRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM access_keys WHERE revoked_at IS NULL ORDER BY id"
        );
        Ok(readable(fetch_each!(conn, Columns, sql)?))
    }
}

fn readable(found: Vec<Result<Columns, String>>) -> Vec<KeyRow> {
    Loaded::check(found, |columns: &Columns| &columns.id).readable("access_keys")
}
