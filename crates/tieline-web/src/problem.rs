//! Every error as an HTTP answer: the only file with status codes for errors.
//!
//! Answers are RFC 9457 `application/problem+json` with a stable `code`. What people may read is in `detail`; what
//! only the operator may read goes to the log, together with the request id that the answer repeats. Each `match`
//! is exhaustive, so a new error does not compile until somebody decides what it means to the outside.
//!
//! A handler returns `Result<_, Problem>`. The outermost layer writes the body; the dashboard's layer may replace it
//! by a page, see [`Problem::status`] and its neighbours.

mod answer;

use http::StatusCode;
use tieline_agent::AgentError;
use tieline_domain::FieldError;
use tieline_hub::{
    AcceptInvitationError, AddConnectorError, AddModelError, AddUserError, ChangePasswordError,
    ConnectProviderError, CreateKeyError, EditConnectorError, EditModelError, KeyRefused,
    ReviewError, RevokeKeyError, RotateConnectorError, SetupError, SignInError, StoreError,
    TestConnectorError, UpdateSettingsError, UpdateUserError,
};

pub(crate) use answer::{FieldProblem, ProblemBody};

/// An error on its way to a browser or a program.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    /// Apart, so that the `Result` of every handler stays small.
    about: Box<About>,
}

#[derive(Clone, Debug, Default)]
struct About {
    detail: String,
    errors: Vec<FieldError>,
    unknown_field: Option<String>,
    suggestion: Option<String>,
    retry_after: Option<u64>,
    internal: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let about = About {
            detail: detail.into(),
            ..About::default()
        };
        Self {
            status,
            code,
            about: Box::new(about),
        }
    }

    fn naming(mut self, errors: Vec<FieldError>) -> Self {
        self.about.errors = errors;
        self
    }

    fn suggesting(mut self, suggestion: &dyn std::fmt::Display) -> Self {
        self.about.suggestion = Some(suggestion.to_string());
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.about.retry_after = Some(seconds);
        self
    }

    fn internally(mut self, error: &dyn std::error::Error) -> Self {
        self.about.internal = Some(chain(error));
        self
    }

    /// Fields that cannot be used as they are. With several, the answer's own code is the first one's.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let code = errors.first().map_or("invalid", |error| error.code);
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            _ => "Some fields need another look.".to_owned(),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).naming(errors)
    }

    /// A field that nobody asked for. Taking it silently would hide a mistake, or grant something one day.
    pub fn unknown_field(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let detail = format!("`{name}` is not a field here. Nothing was saved.");
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", detail);
        problem.about.unknown_field = Some(name);
        problem
    }

    /// Nobody is signed in, and no key was sent.
    pub fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "Sign in, or send an access key as `Authorization: Bearer tl_…`.",
        )
    }

    /// The key opens nothing. Why is not said, because it would help to guess.
    pub fn key_refused() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "key_refused",
            "This access key is unknown, revoked or expired.",
        )
    }

    /// A member asked for what only admins do.
    pub fn admins_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "admins_only",
            "Only admins can do this. Ask one of them.",
        )
    }

    /// A page of another site caused the request.
    pub fn cross_site() -> Self {
        let detail = "This request came from another site or from a page that is out of date. Reload the page; nothing was changed.";
        Self::new(StatusCode::FORBIDDEN, "cross_site", detail)
    }

    /// The request names a host that is not this server's.
    pub fn foreign_host(base_url: &str) -> Self {
        let detail = format!(
            "This server does not go by that host name. Open {base_url}, or have the operator set `public_url` or `allowed_hosts`."
        );
        Self::new(StatusCode::FORBIDDEN, "host_refused", detail)
    }

    /// There is nothing at this address, or nothing that this person may know of.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here with this name or id.",
        )
    }

    /// The address exists, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take this kind of request.",
        )
    }

    /// The body is not JSON by its own label.
    pub fn not_json() -> Self {
        let detail = "Send the body as JSON, with `Content-Type: application/json`.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        )
    }

    /// The body is labelled as JSON but cannot be read as a JSON object.
    pub fn bad_json(why: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_json",
            format!("The body is not a JSON object: {why}."),
        )
    }

    /// The body could not be read to its end.
    pub fn broken_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "broken_body",
            "The body ended before it was complete.",
        )
    }

    /// The body is larger than any form of ours.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than 1 MiB.",
        )
    }

    /// A part of the query cannot be used.
    pub fn bad_query(field: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldError {
            field,
            code: "bad_query",
            detail: detail.clone(),
        }];
        Self::new(StatusCode::BAD_REQUEST, "bad_query", detail).naming(errors)
    }

    /// A handler panicked. Only this one request is lost.
    pub fn panicked() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Tieline made a mistake. It is in the log under the id of this request.",
        )
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code, for programs.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What happened and what to do next, for people.
    pub fn detail(&self) -> &str {
        &self.about.detail
    }

    /// The fields that cannot be used, each with its own sentence.
    pub fn errors(&self) -> &[FieldError] {
        &self.about.errors
    }

    /// A value that would work instead.
    pub fn suggestion(&self) -> Option<&str> {
        self.about.suggestion.as_deref()
    }

    /// A model API did not pass the test, so it was not saved.
    pub(crate) fn model_test_failed(detail: String) -> Self {
        Self::new(StatusCode::CONFLICT, "test_failed", detail)
    }

    fn password_failed() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "password_failed",
            "The password could not be processed. Try again.",
        )
    }

    fn secret_unreadable() -> Self {
        let detail = "The stored token cannot be read. Enter it again.";
        Self::new(StatusCode::CONFLICT, "secret_unreadable", detail)
    }
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

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
