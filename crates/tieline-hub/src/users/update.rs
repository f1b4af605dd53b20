//! Changes a person's name, role or standing. It acts on their next request.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{Actor, FieldError, PersonName, Role, UserId};
use tieline_store::{StoreError, UserPatch};

use super::UserView;
use crate::Hub;

/// What to change; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// A new name.
    pub name: Option<String>,
    /// A new role.
    pub role: Option<Role>,
    /// Whether the person is suspended.
    pub disabled: Option<bool>,
}

/// Why a person was not changed.
#[derive(Debug, Error)]
pub enum UpdateUserError {
    /// The name cannot be used.
    #[error("The name cannot be used as it is.")]
    Invalid {
        /// The one field.
        field: FieldError,
    },
    /// Nobody could administer Tieline afterwards.
    #[error("This is the last admin. Make somebody else an admin first.")]
    LastAdmin,
    /// There is no such person, or the database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for UpdateUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LastAdmin => Self::LastAdmin,
            other => Self::Store(other),
        }
    }
}

impl Hub {
    /// Changes a person. Suspending ends their sign-ins; their keys stop working at once.
    pub async fn update_user(
        &self,
        actor: &Actor,
        id: UserId,
        change: UserChange,
    ) -> Result<UserView, UpdateUserError> {
        let before = self
            .inner
            .store
            .user_by_id(id)
            .await?
            .ok_or(StoreError::NotFound)?;
        let name = match &change.name {
            Some(name) => {
                Some(
                    PersonName::parse(name).map_err(|error| UpdateUserError::Invalid {
                        field: FieldError {
                            field: "name",
                            code: error.code(),
                            detail: error.to_string(),
                        },
                    })?,
                )
            }
            None => None,
        };
        let patch = UserPatch {
            name: name.map(|name| name.as_str().to_owned()),
            role: change.role,
            disabled_at: change
                .disabled
                .map(|disabled| disabled.then(|| self.clock().now())),
            password_hash: None,
        };
        let action = match change.disabled {
            Some(true) => "user.suspended",
            Some(false) => "user.restored",
            None => "user.changed",
        };
        let detail = json!({
            "role": { "before": before.role, "after": change.role.unwrap_or(before.role) },
            "name": { "before": before.name, "after": patch.name.as_deref().unwrap_or(&before.name) },
        });
        let audit = self.change(actor, action, "user", before.email.as_str(), &detail);
        self.inner.store.user_update(id, patch, &audit).await?;
        self.after_change().await;
        let row = self
            .inner
            .store
            .user_by_id(id)
            .await?
            .ok_or(StoreError::NotFound)?;
        Ok(UserView::from(row))
    }
}
