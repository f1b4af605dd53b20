//! Adds a person, with a password or with an invitation that lets them choose one.

use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use tieline_domain::{
    Actor, Email, EmailError, FieldError, FieldErrors, InvitationId, NewPassword, PasswordError,
    PersonName, PersonNameError, RandomCode, Role, UserId,
};
use tieline_store::{InvitationRow, StoreError, UserRow};
use zeroize::Zeroizing;

use super::UserView;
use crate::Hub;
use crate::password::PasswordFailed;

/// How long an invitation works.
const INVITATION: Duration = Duration::from_hours(72);

/// Who to add.
pub struct NewUser {
    /// Their e-mail address.
    pub email: String,
    /// Their name; empty takes the part of the address before the `@`.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their password; without one an invitation is made.
    pub password: Option<Zeroizing<String>>,
}

/// A person who was added.
#[derive(Debug)]
pub struct AddedUser {
    /// The person.
    pub user: UserView,
    /// The one-time code of the invitation, valid for 72 hours. This is the only time that it can be seen.
    pub invitation: Option<RandomCode>,
}

/// Why nobody was added.
#[derive(Debug, Error)]
pub enum AddUserError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// Somebody has this address already.
    #[error("{email} is in use already.")]
    EmailTaken {
        /// The address.
        email: String,
    },
    /// The password could not be hashed.
    #[error("The password could not be processed. Try again.")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordFailed> for AddUserError {
    fn from(_: PasswordFailed) -> Self {
        Self::Password
    }
}

impl Hub {
    /// Adds a person.
    pub async fn add_user(&self, actor: &Actor, new: NewUser) -> Result<AddedUser, AddUserError> {
        let (email, name, password) = parse(&new)?;
        let password_hash = match &password {
            Some(password) => Some(self.hash_password(password).await?),
            None => None,
        };
        let user = UserRow {
            id: UserId::generate(self.clock(), self.entropy()),
            email: email.as_str().to_owned(),
            name: name.as_str().to_owned(),
            role: new.role,
            password_hash,
            disabled_at: None,
            created_at: self.clock().now(),
            last_seen_at: None,
        };
        let detail = json!({ "name": user.name, "role": user.role, "invited": password.is_none() });
        let change = self.change(actor, "user.added", "user", user.email.as_str(), &detail);
        match self.inner.store.user_insert(&user, &change).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => {
                return Err(AddUserError::EmailTaken { email: user.email });
            }
            Err(error) => return Err(error.into()),
        }
        self.after_change().await;
        let invitation = match password {
            Some(_) => None,
            None => Some(self.invite(actor, user.id, &user.email).await?),
        };
        Ok(AddedUser {
            user: UserView::from(user),
            invitation,
        })
    }

    /// Makes a new invitation for a person, such as one whose first ran out. Earlier ones stop working.
    pub async fn invite(
        &self,
        actor: &Actor,
        user: UserId,
        email: &str,
    ) -> Result<RandomCode, StoreError> {
        let code = RandomCode::generate(self.entropy());
        let now = self.clock().now();
        let row = InvitationRow {
            id: InvitationId::generate(self.clock(), self.entropy()),
            user_id: user,
            code_hash: code.hash(),
            created_at: now,
            expires_at: now.plus(INVITATION),
            used_at: None,
        };
        let change = self.change(actor, "user.invited", "user", email, &json!({}));
        self.inner.store.invitation_insert(&row, &change).await?;
        Ok(code)
    }
}

fn parse(new: &NewUser) -> Result<(Email, PersonName, Option<NewPassword>), AddUserError> {
    let mut errors = FieldErrors::default();
    let email = errors.keep("email", Email::parse(&new.email), EmailError::code);
    let shown = if new.name.trim().is_empty() {
        new.email.split('@').next().unwrap_or_default()
    } else {
        &new.name
    };
    let name = errors.keep("name", PersonName::parse(shown), PersonNameError::code);
    let password = new
        .password
        .as_ref()
        .map(|password| NewPassword::parse(password))
        .transpose();
    let password = errors.keep("password", password, PasswordError::code);
    match (email, name, password) {
        (Some(email), Some(name), Some(password)) => Ok((email, name, password)),
        _ => Err(AddUserError::Invalid {
            fields: errors.into_vec(),
        }),
    }
}
