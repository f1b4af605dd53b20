//! Names each request, so that an answer, a page and the log can be brought together.
//!
//! This is the outermost layer: it also turns a [`Problem`] into its body, because only here the id is known, and
//! writes what went wrong inside to the log, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tieline_domain::{Entropy, RequestId};
use tracing::{Instrument, Span};

use crate::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Makes the ids of requests: never the same twice while the process lives, and in no order that a reader could follow.
#[derive(Debug)]
pub(crate) struct RequestIds(AtomicU64);

impl RequestIds {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut start = [0_u8; 8];
        entropy.fill(&mut start);
        Self(AtomicU64::new(u64::from_be_bytes(start)))
    }

    /// Mixes a counter (`SplitMix64`): asking the operating system for each call through the gateway would cost more
    /// than all of its other bookkeeping.
    fn next(&self) -> RequestId {
        let count = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mixed = (count ^ (count >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        RequestId::new(mixed ^ (mixed >> 31))
    }
}

/// Gives the request an id of our own making: one that a client sends could imitate another's in the log. Handlers find
/// it in the request's extensions.
pub(crate) async fn name_request(
    State(ids): State<Arc<RequestIds>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = ids.next();
    request.extensions_mut().insert(id);
    let span = span_of(id, &request);
    under(id, span, next.run(request)).await
}

/// The same for a handler that is handed the id.
pub(crate) async fn name_answer<F>(
    ids: &RequestIds,
    request: Request,
    answer: impl FnOnce(Request, RequestId) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let id = ids.next();
    let span = span_of(id, &request);
    under(id, span, answer(request, id)).await
}

/// Below the default level, so that a call through the gateway pays for it only while somebody looks.
fn span_of(id: RequestId, request: &Request) -> Span {
    tracing::debug_span!("request", %id, method = %request.method(), path = ?request.uri().path())
}

async fn under(id: RequestId, span: Span, answer: impl Future<Output = Response>) -> Response {
    let started = Instant::now();
    let mut response = answer.instrument(span.clone()).await;
    span.in_scope(|| finish(&mut response, id, started));
    if let Ok(value) = HeaderValue::from_bytes(&id.to_ascii()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn finish(response: &mut Response, id: RequestId, started: Instant) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.log(id);
        problem.write_body(response, id);
    }
    let ms = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(status = response.status().as_u16(), ms = ms(), "answered");
}

#[cfg(test)]
mod tests {
    use tieline_testkit::SeededEntropy;

    use super::RequestIds;

    #[test]
    fn no_two_requests_share_an_id() {
        let ids = RequestIds::new(&SeededEntropy::default());
        let seen: std::collections::HashSet<String> =
            (0..10_000).map(|_| ids.next().to_string()).collect();
        assert_eq!(seen.len(), 10_000);
        assert!(seen.iter().all(|id| id.len() == 18 && id.starts_with("r-")));
    }
}
