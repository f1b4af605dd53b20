//! Reads access keys. A row that cannot be read is logged and left out: its key is refused.

use tieline_domain::UserId;

use super::{Columns, KeyRow, columns};
use crate::{Store, StoreError};

impl Store {
    /// All keys, newest first, with those that were revoked.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM access_keys ORDER BY id DESC");
        Ok(readable(fetch_each!(conn, Columns, sql)?))
    }

    /// The keys of one user, newest first, with those that were revoked.
    pub async fn keys_of(&self, user: UserId) -> Result<Vec<KeyRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM access_keys WHERE user_id = $1 ORDER BY id DESC"
        );
        Ok(readable(fetch_each!(conn, Columns, sql, user.to_string())?))
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

fn readable(rows: Vec<Result<Columns, String>>) -> Vec<KeyRow> {
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let key = row
            .as_ref()
            .map_or_else(Clone::clone, |columns| columns.id.clone());
        match row.map(KeyRow::try_from) {
            Ok(Ok(row)) => keys.push(row),
            _ => tracing::error!(
                key,
                "this access key's row cannot be read, so it is left out"
            ),
        }
    }
    keys
}
