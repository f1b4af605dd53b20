//! Why the gateway does not serve a request: the HTTP status, the JSON-RPC code and the words.
//!
//! The only file with JSON-RPC codes, and the only one of the gateway with HTTP statuses of errors. Whatever a client
//! sent appears in a message escaped and shortened.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;
use tieline_hub::StateRefused;
use tieline_mcp::raw;
use tieline_mcp::wire::{
    EXTENSION_TASKS, EnvelopeError, Era, HeaderMismatch, INTERNAL_ERROR, INVALID_PARAMS,
    INVALID_REQUEST, LEGACY_RESOURCE_NOT_FOUND, METHOD_NOT_FOUND, MISSING_CLIENT_CAPABILITY,
    ParamsError, RequestError, UnknownLogLevel, response_error,
};

/// Ours, outside the range that JSON-RPC reserves.
const TOO_MANY_CALLS: i64 = -31_001;

/// One refusal.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: i64,
    message: Cow<'static, str>,
    data: Option<Box<RawValue>>,
    header: Option<(HeaderName, &'static str)>,
}

impl Fault {
    fn new(
        status: StatusCode,
        code: i64,
        name: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let data = Some(raw::to_raw(&json!({ "code": name })));
        Self {
            status,
            code,
            message: message.into(),
            data,
            header: None,
        }
    }

    /// A refusal before the message is looked at.
    fn refused(
        status: StatusCode,
        name: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(status, INVALID_REQUEST, name, message)
    }

    fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer as one HTTP response.
    pub(super) fn respond(&self, id: Option<&RawValue>) -> Response {
        let mut response = Response::new(Body::from(self.message(id)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some((name, value)) = &self.header {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
        response
    }

    /// The answer as a JSON-RPC message, for a batch or a stream.
    pub(super) fn message(&self, id: Option<&RawValue>) -> Bytes {
        response_error(id, self.code, &self.message, self.data.as_deref())
    }
}

/// Refusals before a message is read.
impl Fault {
    pub(super) fn host_refused() -> Self {
        let message = "Tieline does not answer under this host name. An admin can allow it as the public URL.";
        Self::refused(StatusCode::FORBIDDEN, "host_refused", message)
    }

    pub(super) fn origin_refused() -> Self {
        let message = "A web page of another origin may not call the gateway.";
        Self::refused(StatusCode::FORBIDDEN, "origin_refused", message)
    }

    /// The same words for every reason: who guesses keys learns nothing.
    pub(super) fn unauthenticated() -> Self {
        let message = "Send a valid access key of Tieline: `Authorization: Bearer tl_…`. Keys are made on the page Connect your client.";
        Self::refused(StatusCode::UNAUTHORIZED, "unauthenticated", message)
            .with_header(WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)
    }

    pub(super) fn stale() -> Self {
        let message = "Tieline cannot reach its database, so it cannot know whether this key is still valid. Try again shortly.";
        Self::refused(StatusCode::SERVICE_UNAVAILABLE, "registry_stale", message)
            .with_header(RETRY_AFTER, "2")
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "Send JSON-RPC messages by POST. A client of this protocol version opens its stream with `subscriptions/listen`.";
        Self::refused(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
        .with_header(ALLOW, "POST, DELETE")
    }

    pub(super) fn no_metadata() -> Self {
        let message = "Tieline has no OAuth sign-in for clients. Use an access key: `Authorization: Bearer tl_…`.";
        Self::refused(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn not_json() -> Self {
        let message = "Send the message as `Content-Type: application/json`.";
        Self::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", message)
    }

    pub(super) fn too_large() -> Self {
        let message = "The message is larger than 4 MiB.";
        Self::refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    pub(super) fn too_many_headers() -> Self {
        let message = "The request has more than 100 headers.";
        Self::refused(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "too_many_headers",
            message,
        )
    }

    pub(super) fn body_late() -> Self {
        let message = "The message did not arrive in time.";
        Self::refused(StatusCode::REQUEST_TIMEOUT, "body_timeout", message)
    }

    pub(super) fn body_broken() -> Self {
        let message = "The message did not arrive whole.";
        Self::refused(StatusCode::BAD_REQUEST, "body_incomplete", message)
    }

    pub(super) fn unknown_connector(slug: &str) -> Self {
        let message = format!(
            "There is no connector `{}` here. It may have been removed, or the URL is misspelt.",
            shown(slug)
        );
        Self::refused(StatusCode::NOT_FOUND, "connector_not_found", message)
    }

    pub(super) fn connector_off(name: &str) -> Self {
        let message = format!(
            "{name} was turned off by an admin. Its tools do not work until it is turned on again."
        );
        Self::refused(StatusCode::NOT_FOUND, "connector_disabled", message)
    }

    /// Unknown, ended, or somebody else's: nobody learns which.
    pub(super) fn unknown_session() -> Self {
        let message = "This session is unknown or has ended. Start a new one with `initialize`.";
        Self::refused(StatusCode::NOT_FOUND, "session_not_found", message)
    }

    pub(super) fn no_stream_accepted() -> Self {
        let message = "A GET opens a stream. Send `Accept: text/event-stream`.";
        Self::refused(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    }

    /// Unknown, too old, or another session's: nobody learns which.
    pub(super) fn unknown_event() -> Self {
        let message =
            "There is nothing to resume after this `Last-Event-ID`. Open a new stream without it.";
        Self::refused(StatusCode::BAD_REQUEST, "unknown_event", message)
    }

    pub(super) fn session_missing() -> Self {
        let message = "Start with `initialize` and send its `Mcp-Session-Id` from then on, or speak protocol version 2026-07-28.";
        Self::refused(StatusCode::BAD_REQUEST, "session_missing", message)
    }
}

/// Refusals of a message.
impl Fault {
    pub(super) fn envelope(error: &EnvelopeError) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            error.code(),
            "invalid_message",
            error.to_string(),
        )
    }

    pub(super) fn request(error: &RequestError) -> Self {
        let fault = Self::new(
            StatusCode::BAD_REQUEST,
            error.code(),
            "invalid_request",
            error.to_string(),
        );
        // What the specification puts there, a client needs to go on.
        match error.data() {
            Some(data) => Self {
                data: Some(data),
                ..fault
            },
            None => fault,
        }
    }

    pub(super) fn header(error: &HeaderMismatch) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            error.code(),
            "header_mismatch",
            error.to_string(),
        )
    }

    pub(super) fn params(error: &ParamsError) -> Self {
        Self::new(
            StatusCode::OK,
            error.code(),
            "invalid_params",
            error.to_string(),
        )
    }

    pub(super) fn log_level(error: UnknownLogLevel) -> Self {
        let message = error.to_string();
        Self::new(StatusCode::OK, INVALID_PARAMS, "invalid_params", message)
    }

    pub(super) fn unexpected_response() -> Self {
        let message = "This is an answer, but Tieline asked nothing.";
        Self::new(
            StatusCode::BAD_REQUEST,
            INVALID_REQUEST,
            "unexpected_response",
            message,
        )
    }

    pub(super) fn no_notification(method: &'static str) -> Self {
        let message = format!("`{method}` needs an id.");
        Self::new(
            StatusCode::BAD_REQUEST,
            INVALID_REQUEST,
            "invalid_message",
            message,
        )
    }

    pub(super) fn not_in_a_batch() -> Self {
        let message = "`initialize` cannot be part of a batch.";
        Self::new(
            StatusCode::BAD_REQUEST,
            INVALID_REQUEST,
            "invalid_message",
            message,
        )
    }

    /// Modern clients read the HTTP status, too.
    pub(super) fn method_not_found(era: Era, method: &str) -> Self {
        let status = match era {
            Era::Modern => StatusCode::NOT_FOUND,
            Era::Legacy => StatusCode::OK,
        };
        let message = format!("There is no method `{}` here.", shown(method));
        Self::new(status, METHOD_NOT_FOUND, "method_not_found", message)
    }

    pub(super) fn unknown_cursor() -> Self {
        let message = "This cursor is unknown here, or the list changed meanwhile. Read the list again from its beginning.";
        Self::new(StatusCode::OK, INVALID_PARAMS, "unknown_cursor", message)
    }

    pub(super) fn tool_not_found(name: &str) -> Self {
        let message = format!(
            "There is no tool `{}` here. Read `tools/list` again for the current names.",
            shown(name)
        );
        Self::new(StatusCode::OK, INVALID_PARAMS, "tool_not_found", message)
    }

    pub(super) fn prompt_not_found(name: &str) -> Self {
        let message = format!(
            "There is no prompt `{}` here. Read `prompts/list` again for the current names.",
            shown(name)
        );
        Self::new(StatusCode::OK, INVALID_PARAMS, "prompt_not_found", message)
    }

    /// No connector has such a URI. Eras differ in the code.
    pub(super) fn resource_not_found(era: Era, uri: &str) -> Self {
        let code = match era {
            Era::Modern => INVALID_PARAMS,
            Era::Legacy => LEGACY_RESOURCE_NOT_FOUND,
        };
        let message = format!(
            "There is no resource `{}` here. Read `resources/list` again for the current URIs.",
            shown(uri)
        );
        let data = json!({ "code": "resource_not_found", "uri": uri });
        Self {
            data: Some(raw::to_raw(&data)),
            ..Self::new(StatusCode::OK, code, "resource_not_found", message)
        }
    }

    /// A server could not be asked, or must not be now.
    pub(super) fn not_answered(name: &'static str, message: String) -> Self {
        Self::new(StatusCode::OK, INTERNAL_ERROR, name, message)
    }

    /// States of Tieline are sealed text, so this one is invented.
    pub(super) fn unknown_task() -> Self {
        let message = "There is no such task here, or it is somebody else's. Call the tool again to make a new one.";
        Self::new(StatusCode::OK, INVALID_PARAMS, "unknown_task", message)
    }

    pub(super) fn tasks_not_declared() -> Self {
        let message = "Requests about tasks are for clients that declare the extension `io.modelcontextprotocol/tasks` with each request.";
        let needed = json!({ "extensions": { EXTENSION_TASKS: {} } });
        let data = json!({ "code": "tasks_not_declared", "requiredCapabilities": needed });
        Self {
            data: Some(raw::to_raw(&data)),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                MISSING_CLIENT_CAPABILITY,
                "tasks_not_declared",
                message,
            )
        }
    }

    pub(super) fn unknown_request_state() -> Self {
        let message = "Tieline never gave out this `requestState`.";
        Self::new(
            StatusCode::OK,
            INVALID_PARAMS,
            "unknown_request_state",
            message,
        )
    }

    pub(super) fn state_refused(refused: StateRefused) -> Self {
        let message = refused.to_string();
        Self::new(
            StatusCode::OK,
            INVALID_PARAMS,
            "request_state_refused",
            message,
        )
    }

    pub(super) fn too_many_calls(limit: u32) -> Self {
        let message = format!(
            "This access key has {limit} calls running, which is the most it may. Wait for one to end."
        );
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            TOO_MANY_CALLS,
            "too_many_calls",
            message,
        )
        .with_header(RETRY_AFTER, "1")
    }

    /// Nothing was asked of any server.
    pub(super) fn overloaded() -> Self {
        let message = "Tieline passes on as many large answers as it has memory for. Try again in a moment; nothing was done.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            TOO_MANY_CALLS,
            "overloaded",
            message,
        )
        .with_header(RETRY_AFTER, "1")
    }

    pub(super) fn too_many_streams(limit: u32) -> Self {
        let message = format!(
            "This access key has {limit} streams open, which is the most it may. Close one first."
        );
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            TOO_MANY_CALLS,
            "too_many_streams",
            message,
        )
        .with_header(RETRY_AFTER, "1")
    }

    pub(super) fn too_many_subscriptions(limit: usize) -> Self {
        let message =
            format!("A session follows at most {limit} resources. Unsubscribe one first.");
        let code = "too_many_subscriptions";
        Self::new(StatusCode::OK, TOO_MANY_CALLS, code, message)
    }

    pub(super) fn no_resource_updates() -> Self {
        let message =
            "The server of this resource does not tell of updates. Read it again when you need it.";
        let code = "no_resource_updates";
        Self::new(StatusCode::OK, METHOD_NOT_FOUND, code, message)
    }

    pub(super) fn subscription_refused() -> Self {
        let message = "The server of this resource refused to tell of updates to it.";
        let code = "subscription_refused";
        Self::new(StatusCode::OK, INVALID_PARAMS, code, message)
    }

    /// The call of this state is over, or it was answered already.
    pub(super) fn not_parked() -> Self {
        let message =
            "The call of this `requestState` does not wait any more. Make the call again.";
        let code = "request_state_refused";
        Self::new(StatusCode::OK, INVALID_PARAMS, code, message)
    }

    /// The call waits in another process, or in one that was stopped.
    pub(super) fn parked_elsewhere() -> Self {
        let message = "The call of this `requestState` waits in another process of Tieline, or ended with it. Make the call again.";
        let code = "parked_elsewhere";
        Self::new(StatusCode::OK, INTERNAL_ERROR, code, message)
    }

    /// What the server of a connector answered, under the code that the client's era has for it. The modern era has a
    /// status for a capability that the client lacks.
    pub(super) fn upstream(
        era: Era,
        code: i64,
        message: String,
        data: Option<Box<RawValue>>,
    ) -> Self {
        let lacking = era == Era::Modern && code == MISSING_CLIENT_CAPABILITY;
        Self {
            status: if lacking {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::OK
            },
            code,
            message: message.into(),
            data,
            header: None,
        }
    }

    pub(super) fn internal() -> Self {
        let message = "Tieline could not make an answer. This is a fault of Tieline.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            INTERNAL_ERROR,
            "internal",
            message,
        )
    }
}

/// Somebody else's text in a sentence: escaped, and at most 64 characters.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        let fault = Fault::tool_not_found(&format!("a\n\u{202e}{}", "x".repeat(200)));
        assert!(
            fault.message.contains("`a\\n\\u{202e}xxx"),
            "{}",
            fault.message
        );
        assert!(fault.message.len() < 200);
    }

    #[test]
    fn a_refusal_carries_code_status_and_header() {
        let fault = Fault::unauthenticated();
        let response = fault.respond(None);
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            r#"Bearer error="invalid_token""#
        );
        let body: serde_json::Value = serde_json::from_slice(&fault.message(None)).expect("JSON");
        assert_eq!(body["error"]["data"]["code"], "unauthenticated");
        assert!(body.get("id").is_none());
    }

    #[test]
    fn only_modern_clients_see_an_unknown_method_as_404() {
        assert_eq!(
            Fault::method_not_found(Era::Modern, "x")
                .respond(None)
                .status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            Fault::method_not_found(Era::Legacy, "x")
                .respond(None)
                .status(),
            StatusCode::OK
        );
    }
}
