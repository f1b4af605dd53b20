//! Access keys: with what the agents of users authenticate at the gateway. Only the hash of a key is stored.

mod insert;
mod list;
mod revoke;
mod touch;

use sqlx::FromRow;
use tieline_domain::{KeyHash, KeyId, Timestamp, UserId};

use crate::StoreError;
use crate::read::{hash, parsed, time};

/// An access key as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What its owner recognises it by.
    pub hint: String,
    /// Its hash.
    pub hash: KeyHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good; for ever if empty.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// By which client.
    pub last_client: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The columns in the order of [`Columns`], `id` first.
macro_rules! columns {
    () => {
        "id, user_id, name, hint, hash, created_at, expires_at, last_used_at, last_client, revoked_at"
    };
}
use columns;

#[derive(FromRow)]
struct Columns {
    id: String,
    user_id: String,
    name: String,
    hint: String,
    hash: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    last_client: Option<String>,
    revoked_at: Option<i64>,
}

impl TryFrom<Columns> for KeyRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("access_keys.id", &row.id)?,
            user_id: parsed("access_keys.user_id", &row.user_id)?,
            name: row.name,
            hint: row.hint,
            hash: KeyHash::from_bytes(hash("access_keys.hash", &row.hash)?),
            created_at: time(row.created_at),
            expires_at: row.expires_at.map(time),
            last_used_at: row.last_used_at.map(time),
            last_client: row.last_client,
            revoked_at: row.revoked_at.map(time),
        })
    }
}
