//! Several messages in one body, which only revision 2025-03-26 has.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::join_all;
use tieline_mcp::wire::{self, Batch, Envelope, EnvelopeError};

use super::asked::Asked;
use super::endpoint::{Exchange, empty, heed, json, local};
use super::errors::Fault;
use super::pieces::Pieces;
use super::routed;
use super::sessions::McpSession;

/// How many messages of a batch are worked on at once.
const AT_ONCE: usize = 16;

/// Answers every request of a batch in one array; a batch without requests is only taken in.
pub(super) async fn answer(
    exchange: &Arc<Exchange>,
    session: &Arc<McpSession>,
    body: &[u8],
) -> Response {
    let messages = match Envelope::parse_batch(body) {
        Ok(Batch::Many(messages)) => messages,
        Ok(Batch::One(message)) => vec![Ok(message)],
        Err(error) => return Fault::envelope(&error).respond(error.id.as_deref()),
    };
    let mut answers = Vec::new();
    for some in messages.chunks(AT_ONCE) {
        let working = some.iter().map(|message| one(exchange, session, message));
        answers.extend(join_all(working).await.into_iter().flatten());
    }
    if answers.is_empty() {
        return empty(StatusCode::ACCEPTED);
    }
    json(wire::batch(&answers))
}

async fn one(
    exchange: &Arc<Exchange>,
    session: &Arc<McpSession>,
    message: &Result<Envelope<'_>, EnvelopeError>,
) -> Option<Bytes> {
    match message {
        Ok(Envelope::Request(request)) => {
            let answered = request_of(exchange, session, request).await;
            Some(answered.unwrap_or_else(|fault| fault.message(Some(request.id))))
        }
        Ok(Envelope::Notification(notification)) => {
            heed(exchange, session, notification);
            None
        }
        Ok(Envelope::Response(response)) => {
            session.reply(response);
            None
        }
        Err(error) => Some(Fault::envelope(error).message(error.id.as_deref())),
    }
}

async fn request_of(
    exchange: &Arc<Exchange>,
    session: &Arc<McpSession>,
    request: &wire::Request<'_>,
) -> Result<Bytes, Fault> {
    let params = wire::Params::parse(request.params).map_err(|error| Fault::params(&error))?;
    match request.method {
        "initialize" => Err(Fault::not_in_a_batch()),
        method if routed::is_routed(method) => {
            routed::message(exchange, &Asked::Legacy(session), request, &params).await
        }
        _ => {
            let answered = local(exchange, session, request, &params).await;
            answered.map(Pieces::join)
        }
    }
}
