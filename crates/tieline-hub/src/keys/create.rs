//! Makes an access key. It is shown once; the database holds its hash.

use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use tieline_domain::{
    AccessKey, Actor, FieldError, FieldErrors, KeyId, PersonName, PersonNameError, UserId,
};
use tieline_store::{KeyRow, StoreError};

use super::KeyView;
use crate::Hub;

/// The longest life of a key: ten years.
const LONGEST_DAYS: u32 = 3650;

/// How many keys that are not revoked one person may have.
const MOST_KEYS: usize = 100;

/// A new key, the only time that it can be seen.
#[derive(Debug)]
pub struct CreatedKey {
    /// The key itself.
    pub key: AccessKey,
    /// What is shown about it from now on.
    pub view: KeyView,
}

/// Why no key was made.
#[derive(Debug, Error)]
pub enum CreateKeyError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The person does not exist or is suspended, or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Makes a key for `owner` that works for `expires_days` days, or until it is revoked.
    pub async fn create_key(
        &self,
        actor: &Actor,
        owner: UserId,
        name: &str,
        expires_days: Option<u32>,
    ) -> Result<CreatedKey, CreateKeyError> {
        let name = parse(name, expires_days)?;
        let user = self
            .inner
            .store
            .user_by_id(owner)
            .await?
            .filter(|user| user.disabled_at.is_none())
            .ok_or(StoreError::NotFound)?;
        self.refuse_one_key_too_many(owner).await?;
        let key = AccessKey::generate(self.entropy());
        let now = self.clock().now();
        let row = KeyRow {
            id: KeyId::generate(self.clock(), self.entropy()),
            user_id: user.id,
            name: name.as_str().to_owned(),
            hint: key.hint(),
            hash: key.hash(),
            created_at: now,
            expires_at: expires_days
                .map(|days| now.plus(Duration::from_secs(u64::from(days) * 24 * 3600))),
            last_used_at: None,
            last_client: None,
            revoked_at: None,
        };
        let detail = json!({ "name": row.name, "owner": user.email, "expires_days": expires_days });
        let change = self.change(actor, "key.created", "key", row.hint.as_str(), &detail);
        self.inner.store.key_insert(&row, &change).await?;
        self.after_change().await;
        Ok(CreatedKey {
            key,
            view: KeyView::new(row, &user.email),
        })
    }
}

impl Hub {
    /// Every server holds all keys in memory, so one person cannot fill it.
    async fn refuse_one_key_too_many(&self, owner: UserId) -> Result<(), CreateKeyError> {
        let keys = self.inner.store.keys(Some(owner)).await?;
        let active = keys.iter().filter(|key| key.revoked_at.is_none()).count();
        if active < MOST_KEYS {
            return Ok(());
        }
        let detail = format!("There are {MOST_KEYS} keys already. Revoke one that is not used.");
        let code = "too_many_keys";
        let field = "name";
        let fields = vec![FieldError {
            field,
            code,
            detail,
        }];
        Err(CreateKeyError::Invalid { fields })
    }
}

fn parse(name: &str, expires_days: Option<u32>) -> Result<PersonName, CreateKeyError> {
    let mut errors = FieldErrors::default();
    // A key's name follows the rule of a person's: one line, 1 to 80 characters, nothing invisible.
    let name = errors.keep("name", PersonName::parse(name), PersonNameError::code);
    if expires_days.is_some_and(|days| days == 0 || days > LONGEST_DAYS) {
        let detail = format!("Choose between 1 and {LONGEST_DAYS} days.");
        errors.add(FieldError {
            field: "expires_days",
            code: "expires_days",
            detail,
        });
    }
    match name {
        Some(name) if errors.is_empty() => Ok(name),
        _ => Err(CreateKeyError::Invalid {
            fields: errors.into_vec(),
        }),
    }
}
