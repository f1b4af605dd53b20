//! A server made with the official SDK, of one era only, that demands a header and remembers what it was sent.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running server. It stops when it is dropped.
pub(crate) struct OfficialServer {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _stop: DropGuard,
}

/// One request as it arrived.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) rpc: String,
    pub(crate) headers: HeaderMap,
}

#[derive(Clone)]
struct Orders {
    version: ProtocolVersion,
}

impl ServerHandler for Orders {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("orders", "1.0.0"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Owned(vec![self.version.clone()])
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({ "type": "object", "properties": { "order": { "type": "string" } } });
        let schema: JsonObject = schema.as_object().cloned().expect("an object");
        let tool = Tool::new("order_status", "The state of one order", schema);
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let order = arguments
            .get("order")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = format!("{} of {order} is packed", request.name);
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

impl OfficialServer {
    /// Without any session, as the newest revision has it.
    pub(crate) async fn modern(header: &'static str, value: &'static str) -> Self {
        Self::start(ProtocolVersion::V_2026_07_28, header, value).await
    }

    /// With sessions, and without knowing the newest revision.
    pub(crate) async fn legacy(header: &'static str, value: &'static str) -> Self {
        Self::start(ProtocolVersion::V_2025_11_25, header, value).await
    }

    async fn start(version: ProtocolVersion, header: &'static str, value: &'static str) -> Self {
        let stop = CancellationToken::new();
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(version == ProtocolVersion::V_2025_11_25)
            .with_cancellation_token(stop.clone());
        let service = StreamableHttpService::new(
            move || {
                Ok(Orders {
                    version: version.clone(),
                })
            },
            Arc::<LocalSessionManager>::default(),
            config,
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, until) = (seen.clone(), stop.clone());
        tokio::spawn(async move {
            // The connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            while let Some(Ok((stream, _))) = until.run_until_cancelled(listener.accept()).await {
                let (service, log) = (service.clone(), log.clone());
                let answer = service_fn(move |request| {
                    answer(service.clone(), log.clone(), (header, value), request)
                });
                let http = hyper::server::conn::http1::Builder::new();
                connections.spawn(http.serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self {
            url,
            seen,
            _stop: stop.drop_guard(),
        }
    }

    /// How many requests of a JSON-RPC or HTTP method arrived.
    pub(crate) fn count(&self, method: &str) -> usize {
        let seen = self.seen.lock().expect("no holder panics");
        seen.iter()
            .filter(|seen| seen.rpc == method || seen.method == method)
            .count()
    }

    /// Fails the test unless every request carried the header exactly once and exactly so.
    pub(crate) fn assert_every_request_has(&self, header: &str, value: &str) {
        let seen = self.seen.lock().expect("no holder panics");
        assert!(!seen.is_empty());
        for request in &*seen {
            let sent: Vec<_> = request.headers.get_all(header).iter().collect();
            assert_eq!(sent, [value], "{} {}", request.method, request.rpc);
        }
    }
}

async fn answer(
    service: StreamableHttpService<Orders, LocalSessionManager>,
    log: Arc<Mutex<Vec<Seen>>>,
    (header, value): (&'static str, &'static str),
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    log.lock().expect("no holder panics").push(Seen {
        method: head.method.clone(),
        rpc: message["method"].as_str().unwrap_or_default().to_owned(),
        headers: head.headers.clone(),
    });
    let known = head.headers.get(header).is_some_and(|sent| sent == value);
    if !known {
        let mut refusal = Response::new(Full::from("who are you?").boxed());
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(refusal);
    }
    Ok(service
        .handle(Request::from_parts(head, Full::new(body)))
        .await)
}
