//! An invited person chooses a password. The invitation works once.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{Actor, FieldError, NewPassword, RandomCode};
use tieline_store::StoreError;

use super::UserView;
use crate::Hub;
use crate::password::PasswordFailed;

/// Why an invitation was not accepted.
#[derive(Debug, Error)]
pub enum AcceptInvitationError {
    /// It was used, replaced or is older than 72 hours.
    #[error(
        "This invitation was used already or is older than 72 hours. Ask an admin for a new one."
    )]
    Gone,
    /// The password cannot be used.
    #[error("The password cannot be used as it is.")]
    Invalid {
        /// The one field.
        field: FieldError,
    },
    /// The password could not be hashed.
    #[error("The password could not be processed. Try again.")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<PasswordFailed> for AcceptInvitationError {
    fn from(_: PasswordFailed) -> Self {
        Self::Password
    }
}

impl From<StoreError> for AcceptInvitationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Gone,
            other => Self::Store(other),
        }
    }
}

impl Hub {
    /// The person that an invitation is for, while it works.
    pub async fn invited_user(&self, code: &str) -> Result<UserView, AcceptInvitationError> {
        let code = RandomCode::parse(code).map_err(|_| AcceptInvitationError::Gone)?;
        let user = self
            .inner
            .store
            .invited_user(&code.hash(), self.clock().now())
            .await?
            .ok_or(AcceptInvitationError::Gone)?;
        Ok(UserView::from(user))
    }

    /// Sets the password of the invited person and uses the invitation up, in one transaction.
    pub async fn accept_invitation(
        &self,
        code: &str,
        password: &str,
    ) -> Result<UserView, AcceptInvitationError> {
        let user = self.invited_user(code).await?;
        let code = RandomCode::parse(code).map_err(|_| AcceptInvitationError::Gone)?;
        let password =
            NewPassword::parse(password).map_err(|error| AcceptInvitationError::Invalid {
                field: FieldError {
                    field: "password",
                    code: error.code(),
                    detail: error.to_string(),
                },
            })?;
        let hash = self.hash_password(&password).await?;
        let actor = Actor::User {
            id: user.id,
            name: user.name.clone(),
        };
        let change = self.change(
            &actor,
            "user.accepted_invitation",
            "user",
            user.email.as_str(),
            &json!({}),
        );
        self.inner
            .store
            .invitation_redeem(&code.hash(), &hash, self.clock().now(), &change)
            .await?;
        self.after_change().await;
        Ok(user)
    }
}
