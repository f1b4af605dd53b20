//! Which transport and era a server speaks. Asked once, kept by the caller, asked again when the server contradicts.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::error::{Failure, McpError};
use super::handshake::{Discovered, Greeting, discover, initialize, initialize_sse};
use super::http::Http;
use super::link::Link;
use super::pace::Pace;
use super::refusal::{Refusal, is_modern_error};
use super::target::Target;
use super::transport::Wire;
use crate::raw::{self, RawObject};
use crate::wire::ClientCan;

/// A server that answered.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) link: Arc<Link>,
    pub(crate) greeting: Greeting,
}

impl Opened {
    fn new(link: Link, greeting: Greeting) -> Self {
        Self {
            link: Arc::new(link),
            greeting,
        }
    }
}

/// Opens a link: in the known way first, and in every way when the server contradicts that or nothing is known.
pub(crate) async fn open(
    http: &Arc<Http>,
    target: &Target,
    (known, can): (Option<Wire>, ClientCan),
    pace: Pace,
) -> Result<Opened, McpError> {
    let opened = match known {
        Some(wire) => match open_as(http, target, (wire, can), pace).await? {
            Some(opened) => Ok(opened),
            None => detect(http, target, can, pace).await,
        },
        None => detect(http, target, can, pace).await,
    };
    match opened {
        Err(error) if wants_any_token(&error) => {
            Err(sign_in_or_token(http, target, error, &pace).await)
        }
        other => other,
    }
}

/// Opens a link in one way; nothing when the server speaks another one.
async fn open_as(
    http: &Arc<Http>,
    target: &Target,
    (wire, can): (Wire, ClientCan),
    pace: Pace,
) -> Result<Option<Opened>, McpError> {
    match wire {
        Wire::Modern { .. } => match discover(http, target, pace).await? {
            Discovered::Modern(greeting) => Ok(Some(Opened::new(Link::Modern, greeting))),
            Discovered::NoAccess(error) | Discovered::NoCommon(error) => Err(error),
            Discovered::NotModern(error) if is_outage(&error) => Err(error),
            Discovered::NotModern(_) => Ok(None),
        },
        Wire::Streamable { .. } => match initialize(http, target, can, pace).await {
            Ok(Ok((session, greeting))) => {
                Ok(Some(Opened::new(Link::Streamable(session), greeting)))
            }
            Ok(Err(refusal)) if refusal.is_about_access() || refusal.status.is_server_error() => {
                Err(refusal.into_error())
            }
            Ok(Err(_)) => Ok(None),
            Err(error) if is_junk(&error) => Ok(None),
            Err(error) => Err(error),
        },
        Wire::HttpSse { .. } => match initialize_sse(http, target, can, pace).await {
            Ok((link, greeting)) => Ok(Some(Opened::new(Link::HttpSse(link), greeting))),
            // A stream that never says where to post may be the standalone stream of a newer server.
            Err(error)
                if has_no_stream(&error)
                    || error.sent && matches!(error.failure, Failure::Timeout { .. }) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        },
    }
}

/// Asks in the modern way, then in the legacy way, then over the oldest transport.
async fn detect(
    http: &Arc<Http>,
    target: &Target,
    can: ClientCan,
    pace: Pace,
) -> Result<Opened, McpError> {
    // Some legacy servers hang or fail on methods that they do not know: a short limit, and one try in their own way.
    let first = discover(http, target, pace.first_byte_within(http.limits.detection)).await;
    match first {
        Ok(Discovered::Modern(greeting)) => return Ok(Opened::new(Link::Modern, greeting)),
        Ok(Discovered::NotModern(_)) => {}
        Err(error) if is_worth_a_second_way(&error) => {}
        Ok(Discovered::NoAccess(error) | Discovered::NoCommon(error)) | Err(error) => {
            return Err(error);
        }
    }
    let refusal = match initialize(http, target, can, pace).await? {
        Ok((session, greeting)) => return Ok(Opened::new(Link::Streamable(session), greeting)),
        Err(refusal) => refusal,
    };
    if !may_be_older(&refusal) {
        return Err(refusal.into_error());
    }
    match initialize_sse(http, target, can, pace).await {
        Ok((link, greeting)) => Ok(Opened::new(Link::HttpSse(link), greeting)),
        // It has the older stream, and that is where it failed.
        Err(error) if !has_no_stream(&error) => Err(error),
        Err(_) => Err(refusal.into_error()),
    }
}

/// A server of 2024-11-05 does not take a POST at its stream's address.
fn may_be_older(refusal: &Refusal) -> bool {
    refusal.status.is_client_error()
        && !refusal.is_about_access()
        && !is_modern_error(refusal.code())
}

fn is_worth_a_second_way(error: &McpError) -> bool {
    is_junk(error)
        || error.sent
            && matches!(
                error.failure,
                Failure::Timeout { .. } | Failure::Interrupted
            )
}

/// A 2xx answer that is not an answer.
fn is_junk(error: &McpError) -> bool {
    matches!(
        error.failure,
        Failure::BadContentType { .. }
            | Failure::BadJson { .. }
            | Failure::IdMismatch
            | Failure::Protocol { .. }
    )
}

/// Whether a server says that the older transport's stream is not here.
fn has_no_stream(error: &McpError) -> bool {
    match error.failure {
        Failure::NotFound { .. } | Failure::MethodNotAllowed | Failure::BadContentType { .. } => {
            true
        }
        Failure::UpstreamError { status } => status < 500,
        _ => false,
    }
}

fn is_outage(error: &McpError) -> bool {
    matches!(error.failure, Failure::UpstreamError { status } if status >= 500)
}

fn wants_any_token(error: &McpError) -> bool {
    matches!(
        error.failure,
        Failure::AuthFailed {
            token_sent: false,
            offers_sign_in: false
        }
    )
}

/// A 401 without a challenge: servers that want a sign-in by a person say so in a document at their own origin.
async fn sign_in_or_token(http: &Http, target: &Target, error: McpError, pace: &Pace) -> McpError {
    const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
    let path = target.url().path().trim_end_matches('/');
    let with_path = format!("{WELL_KNOWN}{path}");
    let mut places = vec![with_path.as_str()];
    if !path.is_empty() {
        places.push(WELL_KNOWN);
    }
    for place in places {
        let Ok(url) = target.url().join(place) else {
            continue;
        };
        let Some(document) = target.at(url) else {
            continue;
        };
        if offers_authorization_servers(http, &document, pace).await {
            return McpError {
                failure: Failure::NeedsOauth,
                ..error
            };
        }
    }
    error
}

async fn offers_authorization_servers(http: &Http, target: &Target, pace: &Pace) -> bool {
    let pace = pace.first_byte_within(http.limits.detection);
    let mut headers = http.introduction.get_headers();
    headers.insert(
        http::header::ACCEPT,
        http::HeaderValue::from_static("application/json"),
    );
    let Ok(response) = http
        .send(Method::GET, target, headers, Bytes::new(), &pace)
        .await
    else {
        return false;
    };
    if !response.status().is_success() {
        return false;
    }
    let body = http.read_error_body(response.into_body(), &pace).await;
    let Ok(object) = RawObject::parse_bytes(&body) else {
        return false;
    };
    object
        .get("authorization_servers")
        .and_then(raw::as_array)
        .is_some_and(|servers| !servers.is_empty())
}
