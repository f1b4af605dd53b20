//! What each error of an operation means to the outside. Each `match` is exhaustive, so a new error does not compile until
//! somebody decides that.

use http::StatusCode;
use tieline_agent::AgentError;
use tieline_domain::FieldError;
use tieline_hub::{
    AcceptInvitationError, AddConnectorError, AddModelError, AddUserError, ChangePasswordError,
    ConnectProviderError, CreateKeyError, EditConnectorError, EditModelError, KeyRefused,
    ReviewError, RevokeKeyError, RotateConnectorError, SetupError, SignInError, StoreError,
    TestConnectorError, UpdateSettingsError, UpdateUserError,
};

use super::Problem;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match &error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Conflict { what } => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                format!("Another one already has this {what}."),
            ),
            StoreError::LastAdmin => {
                let detail = "This is the last admin. Make somebody else an admin first.";
                Self::new(StatusCode::CONFLICT, "last_admin", detail)
            }
            StoreError::AdminExists => Self::new(
                StatusCode::CONFLICT,
                "setup_done",
                "Tieline is set up already. Sign in instead.",
            ),
            StoreError::Busy => Self::new(
                unavailable,
                "database_busy",
                "The database is busy. Try again.",
            )
            .retry_after(1),
            StoreError::Full => {
                let detail = "The disk of the database is full, so nothing can be saved. Agents keep the tools they have.";
                Self::new(unavailable, "database_full", detail).internally(&error)
            }
            // What is left is a database that does not answer, or damage that only the operator can mend.
            other => {
                let detail = "The database did not answer. Agents keep the tools they have.";
                Self::new(unavailable, "database_unavailable", detail).internally(other)
            }
        }
    }
}

impl From<KeyRefused> for Problem {
    fn from(refused: KeyRefused) -> Self {
        match refused {
            KeyRefused::NotAKey | KeyRefused::Unknown => Self::key_refused(),
            KeyRefused::Stale => {
                let detail = "Tieline cannot reach its database, so it cannot know whether this key is still valid. Try again shortly.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "registry_stale", detail).retry_after(1)
            }
        }
    }
}

impl From<AddConnectorError> for Problem {
    fn from(error: AddConnectorError) -> Self {
        let detail = error.to_string();
        match error {
            AddConnectorError::Invalid { fields } => Self::invalid(fields),
            AddConnectorError::SlugReserved { suggestion, .. } => {
                Self::new(StatusCode::CONFLICT, "slug_reserved", detail).suggesting(&suggestion)
            }
            AddConnectorError::SlugTaken { suggestion, .. } => {
                Self::new(StatusCode::CONFLICT, "slug_taken", detail).suggesting(&suggestion)
            }
            AddConnectorError::Store(error) => error.into(),
        }
    }
}

impl From<EditConnectorError> for Problem {
    fn from(error: EditConnectorError) -> Self {
        let detail = error.to_string();
        match error {
            EditConnectorError::Invalid { fields } => Self::invalid(fields),
            EditConnectorError::TokenRequiredForNewOrigin { .. } => {
                Self::invalid(vec![FieldError {
                    field: "token",
                    code: "token_required_for_new_origin",
                    detail,
                }])
            }
            EditConnectorError::SecretUnreadable => Self::secret_unreadable(),
            EditConnectorError::Stale => Self::new(StatusCode::CONFLICT, "edit_conflict", detail),
            EditConnectorError::Store(error) => error.into(),
        }
    }
}

impl From<TestConnectorError> for Problem {
    fn from(error: TestConnectorError) -> Self {
        match error {
            TestConnectorError::Invalid { fields } => Self::invalid(fields),
            TestConnectorError::SecretUnreadable => Self::secret_unreadable(),
            TestConnectorError::Store(error) => error.into(),
        }
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let detail = error.to_string();
        match error {
            ReviewError::OfferChanged { .. } => {
                Self::new(StatusCode::CONFLICT, "offer_changed", detail)
            }
            ReviewError::Store(error) => error.into(),
        }
    }
}

impl From<RotateConnectorError> for Problem {
    fn from(error: RotateConnectorError) -> Self {
        let detail = error.to_string();
        match error {
            RotateConnectorError::Invalid { field } => Self::invalid(vec![field]),
            RotateConnectorError::TestFailed { .. } => {
                Self::new(StatusCode::CONFLICT, "test_failed", detail)
            }
            RotateConnectorError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectProviderError> for Problem {
    fn from(error: ConnectProviderError) -> Self {
        let detail = error.to_string();
        match error {
            ConnectProviderError::Unknown { .. } => {
                Self::new(StatusCode::NOT_FOUND, "provider_unknown", detail)
            }
            ConnectProviderError::Unsupported { .. } => {
                Self::new(StatusCode::CONFLICT, "provider_needs_sign_in", detail)
            }
            ConnectProviderError::Invalid { field } => Self::invalid(vec![field]),
            ConnectProviderError::Add(error) => error.into(),
        }
    }
}

impl From<AddModelError> for Problem {
    fn from(error: AddModelError) -> Self {
        match error {
            AddModelError::Invalid { fields } => Self::invalid(fields),
            AddModelError::Store(error) => error.into(),
        }
    }
}

impl From<EditModelError> for Problem {
    fn from(error: EditModelError) -> Self {
        let detail = error.to_string();
        match error {
            EditModelError::Invalid { fields } => Self::invalid(fields),
            EditModelError::KeyRequiredForNewOrigin { .. } => Self::invalid(vec![FieldError {
                field: "key",
                code: "key_required_for_new_origin",
                detail,
            }]),
            EditModelError::Stale => Self::new(StatusCode::CONFLICT, "edit_conflict", detail),
            EditModelError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateSettingsError> for Problem {
    fn from(error: UpdateSettingsError) -> Self {
        let detail = error.to_string();
        match error {
            UpdateSettingsError::Invalid { fields } => Self::invalid(fields),
            UpdateSettingsError::Stale => Self::new(StatusCode::CONFLICT, "edit_conflict", detail),
            UpdateSettingsError::Store(error) => error.into(),
        }
    }
}

impl From<AddUserError> for Problem {
    fn from(error: AddUserError) -> Self {
        let detail = error.to_string();
        match error {
            AddUserError::Invalid { fields } => Self::invalid(fields),
            AddUserError::EmailTaken { .. } => {
                Self::new(StatusCode::CONFLICT, "email_taken", detail)
            }
            AddUserError::Password => Self::password_failed(),
            AddUserError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateUserError> for Problem {
    fn from(error: UpdateUserError) -> Self {
        match error {
            UpdateUserError::Invalid { field } => Self::invalid(vec![field]),
            UpdateUserError::LastAdmin => StoreError::LastAdmin.into(),
            UpdateUserError::Store(error) => error.into(),
        }
    }
}

impl From<CreateKeyError> for Problem {
    fn from(error: CreateKeyError) -> Self {
        match error {
            CreateKeyError::Invalid { fields } => Self::invalid(fields),
            CreateKeyError::Store(error) => error.into(),
        }
    }
}

impl From<RevokeKeyError> for Problem {
    fn from(error: RevokeKeyError) -> Self {
        match error {
            RevokeKeyError::NotFound => Self::not_found(),
            RevokeKeyError::Store(error) => error.into(),
        }
    }
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        let detail = error.to_string();
        match error {
            SetupError::WrongCode => Self::new(StatusCode::FORBIDDEN, "setup_code_wrong", detail),
            SetupError::Done => StoreError::AdminExists.into(),
            SetupError::Invalid { fields } => Self::invalid(fields),
            SetupError::Password => Self::password_failed(),
            SetupError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let detail = error.to_string();
        match error {
            SignInError::Wrong { .. } => {
                Self::new(StatusCode::UNAUTHORIZED, "sign_in_wrong", detail)
            }
            SignInError::Paused { minutes } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "sign_in_paused", detail)
                    .retry_after(minutes * 60)
            }
            SignInError::Password => Self::password_failed(),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<AcceptInvitationError> for Problem {
    fn from(error: AcceptInvitationError) -> Self {
        let detail = error.to_string();
        match error {
            AcceptInvitationError::Gone => Self::new(StatusCode::GONE, "invitation_gone", detail),
            AcceptInvitationError::Invalid { field } => Self::invalid(vec![field]),
            AcceptInvitationError::Password => Self::password_failed(),
            AcceptInvitationError::Store(error) => error.into(),
        }
    }
}

impl From<AgentError> for Problem {
    fn from(error: AgentError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        let field = |field| {
            let detail = detail.clone();
            Self::invalid(vec![FieldError {
                field,
                code,
                detail,
            }])
        };
        match error {
            AgentError::SessionNotFound => Self::new(StatusCode::NOT_FOUND, code, detail),
            AgentError::ModelNotConfigured { .. }
            | AgentError::ModelUnreadable { .. }
            | AgentError::CallNotWaiting => Self::new(StatusCode::CONFLICT, code, detail),
            AgentError::ModelNameInvalid => field("model"),
            AgentError::TextEmpty | AgentError::TextTooLong { .. } => field("text"),
            AgentError::TitleInvalid => field("title"),
            AgentError::QueueFull { .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail).retry_after(5)
            }
            AgentError::PoolFull => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(60)
            }
            AgentError::Stopping => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(2)
            }
            AgentError::Store(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        let detail = error.to_string();
        match error {
            ChangePasswordError::WrongCurrent => Self::invalid(vec![FieldError {
                field: "current_password",
                code: "password_wrong",
                detail,
            }]),
            ChangePasswordError::Invalid { field } => Self::invalid(vec![field]),
            ChangePasswordError::Password => Self::password_failed(),
            ChangePasswordError::Store(error) => error.into(),
        }
    }
}
