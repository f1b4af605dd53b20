//! The legacy era over Streamable HTTP: handshake, and sessions if the test wants them.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::value::RawValue;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{
    self, Envelope, Era, HEADER_SESSION_ID, Params, Request, Revision, SUPPORTED_LEGACY,
    response_error, sse_message, version_header,
};

use super::Shared;
use super::answer::{Answer, json_status};
use super::fault::{Bend, status};

pub(super) async fn answer(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    envelope: Envelope<'_>,
    bend: Bend,
) -> Response {
    if envelope.method() == Some("initialize")
        && let Envelope::Request(request) = envelope
    {
        return initialize(shared, &request, &bend);
    }
    if let Some(refusal) = shared.refuse_headers(headers, envelope.id()) {
        return refusal;
    }
    if let Envelope::Response(response) = &envelope {
        shared.take_reply(response);
    }
    let Envelope::Request(request) = envelope else {
        return status(202);
    };
    if let Some(tool) = shared.dialogue_of(&request) {
        let (events, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let in_json = tool.answers_in_json;
        let talking = super::dialogue::talk(
            Arc::clone(shared),
            tool,
            request.id.to_owned(),
            events,
            session_of(headers),
            if in_json {
                Bytes::copy_from_slice
            } else {
                sse_message
            },
        );
        if in_json {
            talking.await;
            return match receiver.recv().await {
                Some(answer) => json_status(200, answer),
                None => status(500),
            };
        }
        tokio::spawn(talking);
        return super::answer::sse(super::dialogue::body(receiver));
    }
    if let Some(dripping) = shared.drip(&request) {
        return dripping;
    }
    let answer = shared.legacy_answer(&request).await;
    shared.render(request.id, answer, &bend)
}

fn initialize(shared: &Arc<Shared>, request: &Request<'_>, bend: &Bend) -> Response {
    let answer = Ok(shared.handshake(request));
    let mut response = shared.render(request.id, answer.into(), bend);
    if shared.config.sessions {
        let session = shared.unused("session");
        let value = HeaderValue::from_str(&session).expect("a session id is plain ASCII");
        response.headers_mut().insert(HEADER_SESSION_ID, value);
        shared.state().sessions.push(session);
    }
    response
}

/// The standalone stream.
pub(super) fn listen(shared: &Arc<Shared>, headers: &HeaderMap) -> Response {
    if !shared.config.listen_stream {
        return status(405);
    }
    if let Some(refusal) = shared.refuse_headers(headers, None) {
        return refusal;
    }
    shared.legacy_stream(session_of(headers))
}

pub(super) fn end_session(shared: &Shared, headers: &HeaderMap) -> Response {
    if !shared.config.sessions {
        return status(405);
    }
    if let Some(refusal) = shared.refuse_headers(headers, None) {
        return refusal;
    }
    let ended = session_of(headers);
    shared.state().sessions.retain(|session| *session != ended);
    status(204)
}

fn session_of(headers: &HeaderMap) -> String {
    let session = headers.get(HEADER_SESSION_ID);
    let session = session.and_then(|session| session.to_str().ok());
    session.unwrap_or_default().to_owned()
}

impl Shared {
    /// Session and version, as a strict server checks them.
    fn refuse_headers(&self, headers: &HeaderMap, id: Option<&RawValue>) -> Option<Response> {
        let refuse =
            |code, text: &str| Some(json_status(code, response_error(id, -32000, text, None)));
        if self.config.sessions {
            let Some(session) = headers.get(HEADER_SESSION_ID) else {
                return refuse(400, "Bad Request: No valid session ID provided");
            };
            if !self
                .state()
                .sessions
                .iter()
                .any(|known| session == &**known)
            {
                return refuse(404, "Session not found");
            }
        }
        let spoken = |version: &str| {
            SUPPORTED_LEGACY
                .iter()
                .any(|revision| revision.as_str() == version)
        };
        match version_header(headers) {
            Ok(version) if version.is_none_or(spoken) => None,
            _ => refuse(400, "Bad Request: Unsupported protocol version"),
        }
    }

    /// The result of `initialize`: what the client asked for, but nothing newer than this server.
    pub(super) fn handshake(&self, request: &Request<'_>) -> Box<RawValue> {
        let params = request
            .params
            .and_then(|params| RawObject::parse(params).ok());
        let asked = params
            .as_ref()
            .and_then(|params| params.get_str("protocolVersion"));
        let newest = self.config.revision;
        let revision = asked.map_or(newest, |version| Revision::negotiate(&version).min(newest));
        self.described(|server| server.initialize_result(revision, &[]))
    }

    /// Any request but `initialize`.
    pub(super) async fn legacy_answer(&self, request: &Request<'_>) -> Answer {
        let params = Params::parse(request.params).unwrap_or_default();
        match request.method {
            "ping" | "logging/setLevel" => Ok(wire::empty_result(Era::Legacy)).into(),
            "tools/list" => self.list_tools(Era::Legacy, &params).into(),
            "tools/call" => self.call_tool(Era::Legacy, &params, request.params).await,
            "resources/subscribe" | "resources/unsubscribe" => {
                self.follow(request, request.method == "resources/subscribe");
                Ok(wire::empty_result(Era::Legacy)).into()
            }
            method => self
                .offered(Era::Legacy, method, request.params)
                .unwrap_or_else(|| Err((-32601, format!("Method not found: {method}"), None)))
                .into(),
        }
    }
}
