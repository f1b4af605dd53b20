//! A tool whose answers the test writes itself, piece by piece.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header;
use serde_json::value::RawValue;
use tieline_mcp::raw;
use tieline_mcp::wire::{Params, Request};
use tokio::sync::mpsc;

use super::Shared;

/// Calls that wait for the test to answer them.
#[derive(Debug, Clone)]
pub struct Drips {
    begun: mpsc::UnboundedSender<Drip>,
    waiting: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Drip>>>,
    head: Arc<Mutex<Vec<(&'static str, String)>>>,
}

/// The answer to one call.
#[derive(Debug)]
pub struct Drip {
    /// The id of the request.
    pub id: Box<RawValue>,
    body: mpsc::Sender<Bytes>,
}

impl Default for Drips {
    fn default() -> Self {
        let (begun, waiting) = mpsc::unbounded_channel();
        let head = vec![("content-type", "application/json".to_owned())];
        Self {
            begun,
            waiting: Arc::new(tokio::sync::Mutex::new(waiting)),
            head: Arc::new(Mutex::new(head)),
        }
    }
}

impl Drips {
    /// Answers with these headers from now on.
    pub fn set_head(&self, head: &[(&'static str, &str)]) {
        let head = head
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        *self.head.lock().expect("no holder of this lock panics") = head.collect();
    }

    /// The next call.
    pub async fn next(&self) -> Drip {
        let mut waiting = self.waiting.lock().await;
        waiting.recv().await.expect("the sender is held here, too")
    }

    fn begin(&self, id: &RawValue) -> Response {
        let (body, pieces) = mpsc::channel(1);
        let id = id.to_owned();
        // The receiver is held here, too.
        let _ = self.begun.send(Drip { id, body });
        let body = stream::unfold(pieces, |mut pieces| async move {
            let piece: Bytes = pieces.recv().await?;
            Some((Ok::<_, Infallible>(piece), pieces))
        });
        let mut response = Response::builder();
        for (name, value) in &*self.head.lock().expect("no holder of this lock panics") {
            response = response.header(*name, value);
        }
        let response = response.header(header::CACHE_CONTROL, "no-store");
        response
            .body(Body::from_stream(body))
            .expect("headers that the test wrote")
    }
}

impl Drip {
    /// Sends a piece as soon as the connection takes it; says whether the client is still there.
    pub async fn send(&self, piece: impl Into<Bytes>) -> bool {
        self.body.send(piece.into()).await.is_ok()
    }

    /// The beginning of a message with the id of the request.
    pub async fn begin(&self, result: &str) -> bool {
        let id = self.id.get();
        let begun = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}");
        self.send(begun).await
    }

    /// Waits until the client has left.
    pub async fn left(&self) {
        self.body.closed().await;
    }
}

impl Shared {
    /// The answer to a call of a tool that the test answers.
    pub(super) fn drip(&self, request: &Request<'_>) -> Option<Response> {
        if request.method != "tools/call" {
            return None;
        }
        let params = Params::parse(request.params).ok()?;
        let name = params.name.and_then(raw::as_str)?;
        let state = self.state();
        let tool = state.tools.iter().find(|tool| tool.is_named(&name))?;
        Some(tool.drips.as_ref()?.begin(request.id))
    }
}
