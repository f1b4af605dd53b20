//! Names each request, so that an answer, a page and the log can be brought together.
//!
//! This is the outermost layer: it also turns a [`Problem`] into its body, because only here the id is known, and
//! writes what went wrong inside to the log, once.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use crate::problem::Problem;
use crate::state::AppState;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request in hand. Handlers find it in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text, such as `r-9f86d081884c7d65`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives the request an id of our own making: one that a client sends could imitate another's in the log.
pub(crate) async fn name_request(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id(&state);
    request.extensions_mut().insert(id.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Below the default level, so that a call through the gateway pays for it only while somebody looks.
    let span = tracing::debug_span!("request", %id, %method, ?path);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| finish(&mut response, &id, started.elapsed()));
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn finish(response: &mut Response, id: &RequestId, took: Duration) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.log(id);
        problem.write_body(response, id);
    }
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(status = response.status().as_u16(), ms, "answered");
}

fn new_id(state: &AppState) -> RequestId {
    let mut bytes = [0_u8; 8];
    state.hub.entropy().fill(&mut bytes);
    RequestId(format!("r-{:016x}", u64::from_be_bytes(bytes)).into())
}
