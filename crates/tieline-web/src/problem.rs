//! Every error as an HTTP answer: the only place with status codes for errors.
//!
//! Answers are RFC 9457 `application/problem+json` with a stable `code`. What people may read is in `detail`; what
//! only the operator may read goes to the log, together with the request id that the answer repeats.
//!
//! A handler returns `Result<_, Problem>`. The outermost layer writes the body; the dashboard's layer may replace it
//! by a page, see [`Problem::status`] and its neighbours.

mod answer;
mod of_error;

use http::StatusCode;
use tieline_domain::FieldError;

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
