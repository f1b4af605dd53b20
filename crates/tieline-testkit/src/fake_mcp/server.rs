//! The HTTP side of a fake server: log, authenticate, misbehave, then hand over to the era.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, header};
use tieline_mcp::wire::{Envelope, NorthEra, detect_era, response_error};

use super::answer::json_status;
use super::fault::{At, Bend, Course, cut, status};
use super::{RecordedRequest, Shared};

const MAX_BODY: usize = 64 * 1024 * 1024;

pub(super) async fn run(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    let router = Router::new().fallback(answer).with_state(shared);
    // Without this, an event waits for the reader's acknowledgement of the one before.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let served =
        axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
    served.await.expect("serving ends only when it is told to");
}

/// Counts a request while it lives, its streamed body included.
struct InFlight(Arc<Shared>);

impl InFlight {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let in_flight = InFlight::new(&shared);
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return status(400);
    };
    let recorded = RecordedRequest::new(
        parts.method.clone(),
        path,
        parts.headers.clone(),
        body.clone(),
    );
    shared.state().log.push(recorded);
    let response = route(&shared, &parts.method, &parts.uri, &parts.headers, body).await;
    response.map(|body| {
        let body = body.into_data_stream().map(move |chunk| {
            let _counted_until_the_end = &in_flight;
            chunk
        });
        axum::body::Body::from_stream(body)
    })
}

async fn route(
    shared: &Arc<Shared>,
    method: &Method,
    uri: &http::Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(page) = shared.config.pages.get(uri.path()) {
        return page.response();
    }
    let is_messages = shared.config.http_sse && uri.path() == super::http_sse::MESSAGES;
    if uri.path() != shared.config.path && !is_messages {
        return status(404);
    }
    let at = point(method, &body);
    if let Some(refusal) = shared.refuse_stranger(at, headers) {
        return refusal;
    }
    let bend = match shared.misbehave(at).await {
        Course::Instead(response) => return response,
        Course::Answer(bend) => bend,
    };
    if shared.config.http_sse {
        return super::http_sse::answer(shared, method, uri, &body, bend).await;
    }
    let cut_at = if let Bend::Cut(bytes) = bend {
        Some(bytes)
    } else {
        None
    };
    let response = match *method {
        Method::POST => post(shared, headers, &body, bend).await,
        Method::GET if shared.config.legacy => super::legacy::listen(shared, headers),
        Method::DELETE if shared.config.legacy => super::legacy::end_session(shared, headers),
        _ => status(405),
    };
    match cut_at {
        Some(bytes) => cut(response, bytes).await,
        None => response,
    }
}

async fn post(shared: &Arc<Shared>, headers: &HeaderMap, body: &[u8], bend: Bend) -> Response {
    let envelope = match Envelope::parse(body) {
        Ok(envelope) => envelope,
        Err(error) => {
            return json_status(
                400,
                response_error(error.id.as_deref(), error.code(), &error.to_string(), None),
            );
        }
    };
    let params = envelope.params().unwrap_or_default();
    let era = detect_era(
        headers,
        envelope.method(),
        &params,
        params.request_meta().as_ref(),
    );
    if !shared.config.modern {
        return super::legacy::answer(shared, headers, envelope, bend).await;
    }
    match era {
        Ok(NorthEra::Modern) => super::modern::answer(shared, headers, envelope, bend).await,
        Ok(_) if shared.config.legacy => {
            super::legacy::answer(shared, headers, envelope, bend).await
        }
        Ok(_) => json_status(
            400,
            response_error(envelope.id(), -32602, "this server has no handshake", None),
        ),
        Err(error) => json_status(
            400,
            response_error(
                envelope.id(),
                error.code(),
                &error.to_string(),
                error.data().as_deref(),
            ),
        ),
    }
}

fn point(method: &Method, body: &[u8]) -> At {
    match *method {
        Method::GET => return At::Get,
        Method::DELETE => return At::Delete,
        _ => {}
    }
    let rpc_method = Envelope::parse(body)
        .ok()
        .and_then(|envelope| envelope.method());
    match rpc_method {
        Some("server/discover") => At::Discover,
        Some("initialize") => At::Initialize,
        Some("notifications/initialized") => At::Initialized,
        Some("tools/list") => At::ListTools,
        Some("tools/call") => At::CallTool,
        _ => At::OtherPost,
    }
}

impl Shared {
    fn refuse_stranger(&self, at: At, headers: &HeaderMap) -> Option<Response> {
        let (name, value) = self.state().required.clone()?;
        let is_handshake = matches!(at, At::Discover | At::Initialize | At::Initialized);
        if self.config.open_handshake && is_handshake {
            return None;
        }
        let mut sent = headers.get_all(name).iter();
        let known = sent.next().is_some_and(|sent| sent == &*value) && sent.next().is_none();
        if known {
            return None;
        }
        let mut response = (http::StatusCode::UNAUTHORIZED, "who are you?").into_response();
        if let Some(text) = &self.config.www_authenticate {
            let text = HeaderValue::from_str(text).expect("the test's own header value is valid");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, text);
        }
        Some(response)
    }
}
