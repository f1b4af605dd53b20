//! Lists access keys. What is shown never suffices to use one.

use std::collections::HashMap;

use tieline_domain::{KeyId, Timestamp, UserId};
use tieline_store::{KeyRow, StoreError};

use crate::Hub;

/// An access key as pages, REST and the command line show it.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub user: UserId,
    /// Their e-mail address.
    pub email: String,
    /// The name that they gave it.
    pub name: String,
    /// Its beginning and end, such as `tl_ab12…x9Qf`.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The program that last used it.
    pub last_client: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl KeyView {
    pub(crate) fn new(row: KeyRow, email: &str) -> Self {
        Self {
            id: row.id,
            user: row.user_id,
            email: email.to_owned(),
            name: row.name,
            hint: row.hint,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_client: row.last_client,
            revoked_at: row.revoked_at,
        }
    }
}

impl Hub {
    /// The keys of one person, or of everybody, that are not revoked; newest first.
    pub async fn list_keys(&self, owner: Option<UserId>) -> Result<Vec<KeyView>, StoreError> {
        let emails: HashMap<UserId, String> = self
            .inner
            .store
            .users()
            .await?
            .into_iter()
            .map(|user| (user.id, user.email))
            .collect();
        let rows = self.inner.store.keys(owner).await?;
        let mut keys: Vec<KeyView> = rows
            .into_iter()
            .filter(|row| row.revoked_at.is_none())
            .map(|row| {
                let email = emails.get(&row.user_id).cloned().unwrap_or_default();
                KeyView::new(row, &email)
            })
            .collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
        Ok(keys)
    }
}
