//! HTTP+SSE of 2024-11-05: one stream for everything the server says, and POSTs that are answered on it.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, Uri};
use tieline_mcp::wire::{Envelope, sse_event, sse_message};
use tokio::sync::mpsc;

use super::Shared;
use super::answer::{Answer, message, sse};
use super::fault::{Bend, status};

/// Where messages are posted.
pub(super) const MESSAGES: &str = "/messages";

pub(super) async fn answer(
    shared: &Arc<Shared>,
    method: &Method,
    uri: &Uri,
    body: &[u8],
    bend: Bend,
) -> Response {
    match (method, uri.path() == MESSAGES) {
        (&Method::GET, false) => open(shared, &bend),
        (&Method::POST, true) => take(shared, uri, body, bend).await,
        _ => status(405),
    }
}

fn open(shared: &Arc<Shared>, bend: &Bend) -> Response {
    let session = shared.unused("stream");
    let place = shared
        .config
        .endpoint_event
        .clone()
        .unwrap_or_else(|| format!("{MESSAGES}?sessionId={session}"));
    let (sender, receiver) = mpsc::unbounded_channel();
    shared.state().streams.insert(session, sender);
    let first = stream::iter([sse_event(Some("endpoint"), None, place.as_bytes())]);
    // The stream ends when its session does.
    let sources = (receiver, shared.changes.subscribe(), shared.clone());
    let messages = stream::unfold(sources, |(mut answers, mut changes, shared)| async move {
        let event = loop {
            tokio::select! {
                answer = answers.recv() => break answer?,
                Ok(news) = changes.recv() => {
                    if news.is_for(&shared) {
                        break sse_message(&news.message());
                    }
                }
            }
        };
        Some((event, (answers, changes, shared)))
    });
    let events = first.chain(messages).take_until(shared.streams_end());
    let events = events.map(Ok::<Bytes, std::io::Error>);
    match bend {
        Bend::Cut(0) => sse(Body::empty()),
        Bend::Cut(events_kept) => sse(Body::from_stream(events.take(*events_kept))),
        _ => sse(Body::from_stream(events)),
    }
}

/// The answer goes out on the stream; a cut ends the stream instead.
async fn take(shared: &Arc<Shared>, uri: &Uri, body: &[u8], bend: Bend) -> Response {
    let session = uri
        .query()
        .and_then(|query| query.strip_prefix("sessionId="))
        .unwrap_or_default();
    let Some(sender) = shared.state().streams.get(session).cloned() else {
        return status(404);
    };
    let Ok(envelope) = Envelope::parse(body) else {
        return status(400);
    };
    if let Envelope::Response(response) = &envelope {
        shared.take_reply(response);
    }
    let Envelope::Request(request) = envelope else {
        return status(202);
    };
    if let Some(tool) = shared.dialogue_of(&request) {
        let talking = super::dialogue::talk(
            Arc::clone(shared),
            tool,
            request.id.to_owned(),
            sender,
            String::new(),
            sse_message,
        );
        tokio::spawn(talking);
        return status(202);
    }
    let answer: Answer = match request.method {
        "initialize" => Ok(shared.handshake(&request)).into(),
        _ => shared.legacy_answer(&request).await,
    };
    if matches!(bend, Bend::Cut(_)) {
        shared.state().streams.remove(session);
        return status(202);
    }
    for message in answer
        .before
        .iter()
        .chain([&message(request.id, answer.outcome, &bend)])
    {
        // The client may have left in between.
        let _ = sender.send(sse_message(message));
    }
    status(202)
}
