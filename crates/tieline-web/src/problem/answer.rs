//! How a [`Problem`] becomes a response, and what of it reaches the log.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tieline_domain::RequestId;
use utoipa::ToSchema;

use super::Problem;

/// An error in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'a str,
    /// The status code.
    status: u16,
    /// What happened and what to do next.
    detail: &'a str,
    /// A stable code, such as `slug_taken`. With field errors, the code of the first one.
    code: &'a str,
    /// Names the request in the log of the server.
    request_id: String,
    /// The fields that cannot be used as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem<'a>>,
    /// A value that would work instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

/// One field that cannot be used as it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub(crate) struct FieldProblem<'a> {
    /// The field.
    field: &'a str,
    /// A stable code, such as `url_scheme`.
    code: &'a str,
    /// What to change.
    detail: &'a str,
}

impl IntoResponse for Problem {
    /// The body is written by the outermost layer, which knows the request's id; see `request_id.rs`.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, 15.5.2. No metadata is named: clients would start an OAuth flow and ignore their key.
            let challenge = HeaderValue::from_static("Bearer realm=\"Tieline\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.about.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// Writes what only the operator may know, once, with the id that the answer repeats.
    pub(crate) fn log(&self, id: RequestId) {
        let (code, status) = (self.code, self.status.as_u16());
        if let Some(error) = &self.about.internal {
            tracing::error!(%id, code, error, "a request failed");
        } else {
            tracing::debug!(%id, code, status, "a request was refused");
        }
    }

    fn field_problems(&self) -> Vec<FieldProblem<'_>> {
        let unknown = self.about.unknown_field.iter().map(|name| FieldProblem {
            field: name,
            code: self.code,
            detail: &self.about.detail,
        });
        let known = self.about.errors.iter().map(|error| FieldProblem {
            field: error.field,
            code: error.code,
            detail: &error.detail,
        });
        unknown.chain(known).collect()
    }

    pub(crate) fn write_body(&self, response: &mut Response, id: RequestId) {
        let body = ProblemBody {
            kind: format!("/docs#{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.about.detail,
            code: self.code,
            request_id: id.to_string(),
            errors: self.field_problems(),
            suggestion: self.about.suggestion.as_deref(),
        };
        let json = serde_json::to_vec(&body).expect("a problem holds nothing but text and numbers");
        *response.body_mut() = Body::from(json);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.remove(header::CONTENT_LENGTH);
    }
}
