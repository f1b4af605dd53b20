//! One HTTP request: may it come in, who sends it, in which era, and which operation answers it.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tieline_domain::{KeyId, RequestId};
use tieline_hub::Caller;
use tieline_mcp::Era;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{
    self, Envelope, HEADER_SESSION_ID, NorthEra, OfferKind, Params, RequestMeta, detect_era,
};
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::attended::Attended;
use super::door::{Door, View};
use super::errors::Fault;
use super::passing::Early;
use super::pieces::Pieces;
use super::sessions::McpSession;
use super::{
    BODY_TIME, GatewayState, MAX_BODY, MAX_HEADERS, batch, caller, cancel, discover, initialize,
    listen, lists, log_level, ping, routed, session_stream, subscribe,
};

/// One admitted request, shared with the streams that outlive it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) gateway: GatewayState,
    pub(super) door: Door,
    pub(super) caller: Caller,
    /// The caller's access key.
    pub(super) key: KeyId,
    /// What the HTTP request is called, in its answer and in the record of a call.
    pub(super) id: Option<RequestId>,
    pub(super) headers: HeaderMap,
    /// Cancelled when the client's connection closes before the answer.
    pub(super) gone: CancellationToken,
    /// The answer, when it begins before the work on it is done.
    pub(super) early: Early,
}

/// `/mcp`
pub(super) async fn aggregate(State(gateway): State<GatewayState>, request: Request) -> Response {
    let id = request.extensions().get().copied();
    serve(gateway, Door::All, request, id).await
}

/// `/mcp/{slug}`
pub(super) async fn connector(
    State(gateway): State<GatewayState>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let id = request.extensions().get().copied();
    serve(gateway, Door::One(slug.into()), request, id).await
}

/// The discovery documents of OAuth.
pub(super) async fn no_metadata() -> Response {
    Fault::no_metadata().respond(None)
}

/// One request through a door.
pub(super) async fn serve(
    gateway: GatewayState,
    door: Door,
    request: Request,
    id: Option<RequestId>,
) -> Response {
    let (parts, body) = request.into_parts();
    let (caller, key) = match admit(&gateway, &parts) {
        Ok(known) => known,
        Err(fault) => return fault.respond(None),
    };
    // Shared from the first moment on: handing it over is then cheap, and what answers the request stays small.
    let exchange = Arc::new(Exchange {
        gateway,
        door,
        caller,
        key,
        id,
        headers: parts.headers,
        gone: CancellationToken::new(),
        early: Early::default(),
    });
    match parts.method {
        Method::POST => post(exchange, body).await,
        Method::DELETE => delete(&exchange),
        Method::GET => {
            session_stream::answer(&exchange).unwrap_or_else(|fault| fault.respond(None))
        }
        _ => Fault::method_not_allowed().respond(None),
    }
}

/// Host and origin first, then the key; nothing is kept or read for a request that fails here.
fn admit(gateway: &GatewayState, request: &Parts) -> Result<(Caller, KeyId), Fault> {
    if request.headers.len() > MAX_HEADERS {
        return Err(Fault::too_many_headers());
    }
    gateway.settings().hosts.check(request)?;
    caller::identify(gateway.hub(), &request.headers)
}

async fn post(exchange: Arc<Exchange>, body: Body) -> Response {
    let body = match read_body(&exchange.headers, body).await {
        Ok(body) => body,
        Err(fault) => return fault.respond(None),
    };
    let (gone, begun) = (exchange.gone.clone(), exchange.clone());
    let work = || async move { answer(&exchange, &body).await };
    Attended::new(gone, move || begun.early.take(), work).await
}

/// Ends a legacy session. Modern clients have none, so there is nothing that they could delete.
fn delete(exchange: &Exchange) -> Response {
    let version = wire::version_header(&exchange.headers);
    if matches!(version, Ok(Some(version)) if version == wire::MODERN.as_str()) {
        return Fault::method_not_allowed().respond(None);
    }
    let Some(id) = session_id(&exchange.headers) else {
        return Fault::session_missing().respond(None);
    };
    let taken = exchange
        .gateway
        .0
        .sessions
        .take(id, &exchange.caller, &exchange.door);
    let Some(session) = taken else {
        return Fault::unknown_session().respond(None);
    };
    exchange.gateway.end(&session);
    empty(StatusCode::NO_CONTENT)
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Fault::not_json());
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY) {
        return Err(Fault::too_large());
    }
    match tokio::time::timeout(BODY_TIME, pin!(collect(body))).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Fault::too_large()),
        Ok(Err(_)) => Err(Fault::body_broken()),
        Err(_) => Err(Fault::body_late()),
    }
}

/// The whole body. Nearly every one comes in one piece, which is then not copied.
async fn collect(body: Body) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
    let mut body = Limited::new(body, MAX_BODY);
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else {
            break;
        };
        let Ok(piece) = frame?.into_data() else {
            continue;
        };
        if first.is_empty() {
            first = piece;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&piece);
        }
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

fn is_json(value: &HeaderValue) -> bool {
    essence(value.as_bytes()).eq_ignore_ascii_case(b"application/json")
}

/// A media type without its parameters.
fn essence(kind: &[u8]) -> &[u8] {
    let essence = kind.split(|byte| *byte == b';').next();
    essence.unwrap_or_default().trim_ascii()
}

async fn answer(exchange: &Arc<Exchange>, body: &[u8]) -> Response {
    if body.trim_ascii_start().starts_with(b"[")
        && let Some(session) = own_session(exchange)
        && session.revision.has_batches()
    {
        return batch::answer(exchange, &session, body).await;
    }
    let (envelope, params) = match Envelope::parse_apart(body) {
        Ok(read) => read,
        Err(error) => return Fault::envelope(&error).respond(error.id.as_deref()),
    };
    match route(exchange, &envelope, params).await {
        Ok(response) => response,
        Err(fault) => fault.respond(envelope.id()),
    }
}

async fn route<'a>(
    exchange: &Arc<Exchange>,
    envelope: &Envelope<'a>,
    params: Option<RawObject<'a>>,
) -> Result<Response, Fault> {
    let params = params.map_or_else(|| envelope.params(), Params::try_from);
    let params = params.map_err(|error| Fault::params(&error))?;
    let meta = params.request_meta();
    let era = detect_era(&exchange.headers, envelope.method(), &params, meta.as_ref());
    match era.map_err(|error| Fault::request(&error))? {
        NorthEra::Modern => {
            let meta = meta.map_err(|error| Fault::params(&error))?;
            modern(exchange, envelope, &params, &meta).await
        }
        NorthEra::Initialize => match envelope {
            Envelope::Request(request) => initialize::answer(exchange, request),
            _ => Err(Fault::no_notification("initialize")),
        },
        NorthEra::Session(_) => {
            let session = own_session(exchange).ok_or_else(Fault::unknown_session)?;
            legacy(exchange, &session, envelope, &params).await
        }
        NorthEra::Sessionless(_) => Err(Fault::session_missing()),
    }
}

async fn modern(
    exchange: &Arc<Exchange>,
    envelope: &Envelope<'_>,
    params: &Params<'_>,
    meta: &RequestMeta<'_>,
) -> Result<Response, Fault> {
    let request = match envelope {
        Envelope::Request(request) => request,
        Envelope::Notification(_) => return Ok(empty(StatusCode::ACCEPTED)),
        Envelope::Response(_) => return Err(Fault::unexpected_response()),
    };
    let view = View::current(exchange.gateway.hub(), &exchange.door)?;
    let labels = &exchange.gateway.0.labels;
    let client = &labels.of(meta.client_info);
    match request.method {
        "server/discover" => Ok(json(discover::answer(request.id, &view))),
        "subscriptions/listen" => listen::answer(exchange, &view, request).boxed().await,
        method if routed::is_routed(method) => {
            let asked = Asked::Modern {
                view: &view,
                client,
            };
            routed::answer(exchange, &asked, request, params, meta).await
        }
        other => {
            let Some(kind) = OfferKind::of_method(other) else {
                return Err(Fault::method_not_found(Era::Modern, other));
            };
            let asked = (request.id, params);
            lists::answer(exchange, client, (Era::Modern, &view), asked, kind).map(json)
        }
    }
}

async fn legacy(
    exchange: &Arc<Exchange>,
    session: &Arc<McpSession>,
    envelope: &Envelope<'_>,
    params: &Params<'_>,
) -> Result<Response, Fault> {
    match envelope {
        Envelope::Request(request) if routed::is_routed(request.method) => {
            let meta = params
                .request_meta()
                .map_err(|error| Fault::params(&error))?;
            routed::answer(exchange, &Asked::Legacy(session), request, params, &meta).await
        }
        Envelope::Request(request) => local(exchange, session, request, params).await.map(json),
        Envelope::Notification(notification) => {
            heed(exchange, session, notification);
            Ok(empty(StatusCode::ACCEPTED))
        }
        Envelope::Response(response) => {
            session.reply(response);
            Ok(empty(StatusCode::ACCEPTED))
        }
    }
}

/// The requests of a legacy session that are no calls.
pub(super) async fn local(
    exchange: &Exchange,
    session: &Arc<McpSession>,
    request: &wire::Request<'_>,
    params: &Params<'_>,
) -> Result<Pieces, Fault> {
    match request.method {
        "ping" => return Ok(ping::answer(request.id).into()),
        "logging/setLevel" => return log_level::set(session, request).map(Pieces::from),
        "resources/subscribe" => {
            let subscribed = subscribe::subscribe(exchange, session, request, params);
            return subscribed.boxed().await.map(Pieces::from);
        }
        "resources/unsubscribe" => {
            return subscribe::unsubscribe(session, request, params).map(Pieces::from);
        }
        _ => {}
    }
    let kind = OfferKind::of_method(request.method)
        .ok_or_else(|| Fault::method_not_found(Era::Legacy, request.method))?;
    lists::answer(
        exchange,
        &session.client,
        (Era::Legacy, &session.view),
        (request.id, params),
        kind,
    )
}

/// Notifications of a legacy client; those that mean nothing to the gateway are taken in silence.
pub(super) fn heed(
    exchange: &Exchange,
    session: &McpSession,
    notification: &wire::Notification<'_>,
) {
    match notification.method {
        "notifications/cancelled" => cancel::apply(session, notification.params),
        "notifications/roots/list_changed" if session.can.announces_roots() => {
            let (hub, key) = (exchange.gateway.hub().clone(), session.key().clone());
            tokio::spawn(async move { hub.tell_roots_changed(&key).await });
        }
        _ => {}
    }
}

pub(super) fn own_session(exchange: &Exchange) -> Option<Arc<McpSession>> {
    let id = session_id(&exchange.headers)?;
    exchange
        .gateway
        .0
        .sessions
        .find(id, &exchange.caller, &exchange.door)
}

pub(super) fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(HEADER_SESSION_ID)?.to_str().ok()
}

/// Whether the client can read a stream.
pub(super) fn takes_streams(headers: &HeaderMap) -> bool {
    let names_stream = |kind: &[u8]| {
        let kind = essence(kind);
        kind.eq_ignore_ascii_case(b"text/event-stream") || kind == b"*/*"
    };
    let mut accepted = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes);
    // What most clients send needs no closer look.
    accepted.any(|accept| {
        accept == b"application/json, text/event-stream"
            || accept.split(|byte| *byte == b',').any(names_stream)
    })
}

/// A message as the whole answer.
pub(super) fn json(message: impl Into<Pieces>) -> Response {
    json_body(Body::new(message.into()))
}

/// The same for a message that comes in any other way.
pub(super) fn json_body(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    // With those that every answer carries, so that the table is not made anew for them.
    *headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
