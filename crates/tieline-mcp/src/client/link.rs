//! A way of talking to one server: without state, in a legacy session, or over the two channels of 2024-11-05.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::ask::{Ask, Outcome};
use super::error::McpError;
use super::http::Http;
use super::http_sse::SseLink;
use super::pace::Pace;
use super::post::{post, post_message};
use super::request::{PROTOCOL_VERSION, legacy_body, notification_body};
use super::target::Target;
use super::transport::Wire;
use crate::wire::{Era, HEADER_SESSION_ID, Revision};

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static(HEADER_SESSION_ID);

/// One way of talking to one server.
#[derive(Debug)]
pub(crate) enum Link {
    Modern,
    Streamable(Session),
    HttpSse(SseLink),
}

/// A legacy session over Streamable HTTP. Servers may do without an id.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) revision: Revision,
    pub(crate) id: Option<HeaderValue>,
}

impl Link {
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Modern => Wire::modern(),
            Self::Streamable(session) => Wire::Streamable {
                revision: session.revision,
            },
            Self::HttpSse(link) => Wire::HttpSse {
                revision: link.revision(),
            },
        }
    }

    pub(crate) fn era(&self) -> Era {
        self.wire().era()
    }

    /// Whether the link can still carry requests. Only the stream of 2024-11-05 can die unnoticed.
    pub(crate) fn is_alive(&self) -> bool {
        match self {
            Self::HttpSse(link) => link.is_alive(),
            Self::Modern | Self::Streamable(_) => true,
        }
    }

    pub(crate) fn has_session(&self) -> bool {
        match self {
            Self::Modern => false,
            Self::Streamable(session) => session.id.is_some(),
            Self::HttpSse(_) => true,
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(
        &self,
        http: &Http,
        target: &Target,
        id: u64,
        ask: &Ask<'_>,
    ) -> Result<Outcome, McpError> {
        match self {
            Self::Modern => {
                let body = http.introduction.modern_body(
                    id,
                    ask.method,
                    (ask.params, ask.named),
                    ask.capabilities,
                );
                let headers = http.introduction.modern_headers(
                    ask.method,
                    ask.named.map(|named| named.value),
                    ask.param_headers,
                    ask.params,
                );
                post(http, target, headers, body, id, ask, None)
                    .await
                    .map(|(outcome, _)| outcome)
            }
            Self::Streamable(session) => {
                let body = legacy_body(id, ask.method, (ask.params, ask.named));
                let headers = session.headers(http.introduction.post_headers());
                let outcome = post(http, target, headers, body, id, ask, Some(session)).await;
                outcome.map(|(outcome, _)| outcome)
            }
            Self::HttpSse(link) => Box::pin(link.ask(http, target, id, ask)).await,
        }
    }

    /// Tells a legacy server that nobody waits for an answer any more.
    pub(crate) async fn cancel(&self, http: &Http, target: &Target, id: u64) {
        let params = format!("{{\"requestId\":{id},\"reason\":\"cancelled by the caller\"}}");
        // A modern server has seen the stream close.
        let body = notification_body("notifications/cancelled", Some(&params));
        self.say(http, target, body).await;
    }

    /// Sends a legacy server a message that it does not answer: a notification, or a reply to a request of its own.
    pub(crate) async fn say(&self, http: &Http, target: &Target, body: Bytes) {
        match self {
            Self::Modern => {}
            Self::Streamable(session) => {
                let headers = session.headers(http.introduction.post_headers());
                drop(post_message(http, target, headers, body).await);
            }
            Self::HttpSse(link) => drop(link.post_message(http, target, body).await),
        }
    }

    /// Ends the session with the server.
    pub(crate) async fn close(&self, http: &Http, target: &Target) {
        match self {
            Self::Streamable(session) if session.id.is_some() => {
                let pace = Pace::usual(&http.limits).first_byte_within(http.limits.detection);
                let headers = session.headers(http.introduction.get_headers());
                let sent = http
                    .send(Method::DELETE, target, headers, Bytes::new(), &pace)
                    .await;
                if let Ok(response) = sent {
                    http.read_error_body(response.into_body(), &pace).await;
                }
            }
            Self::HttpSse(link) => link.close(),
            Self::Modern | Self::Streamable(_) => {}
        }
    }
}

impl Session {
    /// Session id and, since 2025-06-18, the revision.
    pub(crate) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        if self.revision >= Revision::R20250618 {
            headers.insert(
                PROTOCOL_VERSION,
                HeaderValue::from_static(self.revision.as_str()),
            );
        }
        if let Some(id) = &self.id {
            headers.insert(SESSION_ID, id.clone());
        }
        headers
    }
}
