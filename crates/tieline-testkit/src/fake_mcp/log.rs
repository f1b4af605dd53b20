//! What a fake server was sent.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    rpc_method: Option<String>,
}

impl RecordedRequest {
    pub(super) fn new(method: Method, path: String, headers: HeaderMap, body: Bytes) -> Self {
        let rpc_method = serde_json::from_slice(&body)
            .ok()
            .and_then(|message: Value| Some(message.get("method")?.as_str()?.to_owned()));
        Self {
            method,
            path,
            headers,
            body,
            rpc_method,
        }
    }

    /// The JSON-RPC method of the body.
    pub fn rpc_method(&self) -> Option<&str> {
        self.rpc_method.as_deref()
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text, when it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
