//! The first start: a one-time code in the log proves who runs the server, and makes the first admin.

use std::time::Duration;

use serde_json::json;
use subtle::ConstantTimeEq;
use thiserror::Error;
use tieline_domain::{
    Actor, Email, EmailError, FieldError, FieldErrors, NewPassword, PasswordError, PersonName,
    PersonNameError, RandomCode, Role, Timestamp, UserId,
};
use tieline_store::{StoreError, UserRow};
use zeroize::Zeroizing;

use crate::Hub;
use crate::password::PasswordFailed;
use crate::users::UserView;

/// How long a setup code works. The server prints a new one when it runs out.
const LIFETIME: Duration = Duration::from_mins(30);
const META_KEY: &str = "setup_code";

/// What the first admin typed.
pub struct SetupRequest {
    /// The code from the server's log.
    pub code: Zeroizing<String>,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: Zeroizing<String>,
}

/// Why the first admin was not made.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The code is not the one in the log, or it is older than 30 minutes.
    #[error(
        "This is not the setup code from the server's log, or it is older than 30 minutes. The log has the newest one."
    )]
    WrongCode,
    /// Somebody was quicker.
    #[error("Tieline is set up already. Sign in instead.")]
    Done,
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The password could not be hashed.
    #[error("The password could not be processed. Try again.")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordFailed> for SetupError {
    fn from(_: PasswordFailed) -> Self {
        Self::Password
    }
}

impl Hub {
    /// How long one setup code works.
    pub const SETUP_CODE_LIFETIME: Duration = LIFETIME;

    /// Whether the first admin is still missing.
    pub async fn needs_setup(&self) -> Result<bool, StoreError> {
        Ok(!self
            .inner
            .store
            .users()
            .await?
            .iter()
            .any(|user| user.role == Role::Admin))
    }

    /// Makes a new setup code, which replaces the one before. Only its hash is stored.
    pub async fn issue_setup_code(&self) -> Result<RandomCode, StoreError> {
        let code = RandomCode::generate(self.entropy());
        let mut stored = self
            .clock()
            .now()
            .plus(LIFETIME)
            .as_millis()
            .to_be_bytes()
            .to_vec();
        stored.extend_from_slice(&code.hash());
        self.inner.store.meta_set(META_KEY, &stored).await?;
        Ok(code)
    }

    /// Whether this is the code from the log and still fresh.
    pub async fn is_setup_code(&self, code: &str) -> Result<bool, StoreError> {
        let Ok(code) = RandomCode::parse(code.trim()) else {
            return Ok(false);
        };
        let Some(stored) = self.inner.store.meta_get(META_KEY).await? else {
            return Ok(false);
        };
        let Some((expires, hash)) = stored.split_first_chunk::<8>() else {
            return Ok(false);
        };
        let fresh = self.clock().now() < Timestamp::from_millis(i64::from_be_bytes(*expires));
        Ok(fresh && bool::from(hash.ct_eq(&code.hash()[..])))
    }

    /// Makes the first admin. The database lets only one of two simultaneous requests through.
    pub async fn set_up(&self, request: SetupRequest) -> Result<UserView, SetupError> {
        if !self.needs_setup().await? {
            return Err(SetupError::Done);
        }
        if !self.is_setup_code(&request.code).await? {
            return Err(SetupError::WrongCode);
        }
        let (name, email, password) = parse(&request)?;
        let user = UserRow {
            id: UserId::generate(self.clock(), self.entropy()),
            email: email.as_str().to_owned(),
            name: name.as_str().to_owned(),
            role: Role::Admin,
            password_hash: Some(self.hash_password(&password).await?),
            disabled_at: None,
            created_at: self.clock().now(),
            last_seen_at: None,
        };
        let actor = Actor::User {
            id: user.id,
            name: user.name.clone(),
        };
        let change = self.change(
            &actor,
            "user.first_admin",
            "user",
            user.email.as_str(),
            &json!({ "name": user.name }),
        );
        match self
            .inner
            .store
            .user_insert_first_admin(&user, &change)
            .await
        {
            Ok(()) => {}
            Err(StoreError::AdminExists) => return Err(SetupError::Done),
            Err(error) => return Err(error.into()),
        }
        self.after_change().await;
        Ok(UserView::from(user))
    }
}

fn parse(request: &SetupRequest) -> Result<(PersonName, Email, NewPassword), SetupError> {
    let mut errors = FieldErrors::default();
    let name = errors.keep(
        "name",
        PersonName::parse(&request.name),
        PersonNameError::code,
    );
    let email = errors.keep("email", Email::parse(&request.email), EmailError::code);
    let password = NewPassword::parse(&request.password);
    let password = errors.keep("password", password, PasswordError::code);
    match (name, email, password) {
        (Some(name), Some(email), Some(password)) => Ok((name, email, password)),
        _ => Err(SetupError::Invalid {
            fields: errors.into_vec(),
        }),
    }
}
