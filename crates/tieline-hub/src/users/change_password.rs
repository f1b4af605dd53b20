//! A person changes their own password. All their sign-ins end, and the browser at hand gets a new one.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{FieldError, NewPassword};
use tieline_store::{StoreError, UserPatch};
use zeroize::Zeroizing;

use super::UserView;
use crate::Hub;
use crate::password::PasswordFailed;
use crate::sign_in::{SignedIn, StartedSignIn};

/// Why a password was not changed.
#[derive(Debug, Error)]
pub enum ChangePasswordError {
    /// The current password is wrong.
    #[error("The current password is wrong.")]
    WrongCurrent,
    /// The new one cannot be used.
    #[error("The new password cannot be used as it is.")]
    Invalid {
        /// The one field.
        field: FieldError,
    },
    /// The password could not be hashed.
    #[error("The password could not be processed. Try again.")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordFailed> for ChangePasswordError {
    fn from(_: PasswordFailed) -> Self {
        Self::Password
    }
}

impl Hub {
    /// Changes the password of the person who is signed in and ends all their sign-ins. The new one that it answers is
    /// for the browser that asked.
    pub async fn change_password(
        &self,
        who: &SignedIn,
        current: Zeroizing<String>,
        new: &str,
        user_agent: Option<&str>,
    ) -> Result<StartedSignIn, ChangePasswordError> {
        let password = NewPassword::parse(new).map_err(|error| ChangePasswordError::Invalid {
            field: FieldError {
                field: "new_password",
                code: error.code(),
                detail: error.to_string(),
            },
        })?;
        let row = self
            .inner
            .store
            .user_by_id(who.user)
            .await?
            .ok_or(StoreError::NotFound)?;
        let turn = self.password_turn().await?;
        if !self
            .check_password(&turn, current, row.password_hash)
            .await?
        {
            return Err(ChangePasswordError::WrongCurrent);
        }
        drop(turn);
        let patch = UserPatch {
            password_hash: Some(self.hash_password(&password).await?),
            ..UserPatch::default()
        };
        let change = self.change(
            &who.actor(),
            "user.password_changed",
            "user",
            row.email.as_str(),
            &json!({}),
        );
        let row = self
            .inner
            .store
            .user_update(who.user, patch, &change)
            .await?;
        // Pages that are open elsewhere end now.
        self.after_change().await;
        Ok(self.start_sign_in(UserView::from(row), user_agent).await?)
    }
}
