//! A server that answers each request as a closure says: for what no well-meaning server ever does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::net::TcpListener;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) peer: SocketAddr,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn rpc(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    /// The request's id as JSON.
    pub(crate) fn id(&self) -> String {
        self.body["id"].to_string()
    }

    /// A JSON answer with this result.
    pub(crate) fn result(&self, result: &str) -> Response {
        json(&format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#,
            self.id()
        ))
    }

    /// The usual answers of a legacy server; nothing for anything but the handshake.
    pub(crate) fn legacy_handshake(&self, revision: &str) -> Option<Response> {
        match self.rpc() {
            "server/discover" => Some(status(400, "")),
            "initialize" => Some(self.result(&format!(
                r#"{{"protocolVersion":"{revision}","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"scripted","version":"1"}}}}"#
            ))),
            "notifications/initialized" => Some(status(202, "")),
            _ => None,
        }
    }

    /// The usual answer of a modern server to discovery.
    pub(crate) fn modern_handshake(&self) -> Option<Response> {
        (self.rpc() == "server/discover").then(|| {
            self.result(r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"public"}"#)
        })
    }
}

pub(crate) fn json(body: &str) -> Response {
    typed("application/json", body.to_owned())
}

pub(crate) fn sse(body: impl Into<Body>) -> Response {
    typed("text/event-stream", body)
}

pub(crate) fn typed(content_type: &str, body: impl Into<Body>) -> Response {
    Response::builder()
        .header("content-type", content_type)
        .body(body.into())
        .expect("constant headers")
}

pub(crate) fn status(status: u16, body: &str) -> Response {
    Response::builder()
        .status(status)
        .body(Body::from(body.to_owned()))
        .expect("a valid status")
}

/// A running script.
#[derive(Debug)]
pub(crate) struct Scripted {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound listener");
        let log: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (script, seen_log) = (Arc::new(script), log.clone());
        let answer = move |ConnectInfo(peer): ConnectInfo<SocketAddr>,
                           request: axum::extract::Request| {
            let (script, log) = (script.clone(), seen_log.clone());
            async move {
                let seen = read(peer, request).await;
                log.lock().expect("no holder panics").push(seen.clone());
                script(&seen)
            }
        };
        let app = axum::Router::new().fallback(answer);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            axum::serve(listener, app)
                .await
                .expect("serving does not fail");
        });
        Self { address, log, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().expect("no holder panics").clone()
    }

    pub(crate) fn count(&self, rpc: &str) -> usize {
        self.seen().iter().filter(|seen| seen.rpc() == rpc).count()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(peer: SocketAddr, request: axum::extract::Request) -> Seen {
    let (head, body) = request.into_parts();
    let body: Bytes = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    Seen {
        peer,
        method: head.method,
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}
