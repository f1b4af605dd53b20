//! The client against the official SDK's server, in both eras and with the credentials that real servers want.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, schemars, tool, tool_handler, tool_router};
use tieline_mcp::Wire;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::OfferKind;
use tokio::net::TcpListener;

use crate::support::{client, raw, request, target_with, text_of};

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Sum {
    a: i32,
    b: i32,
}

#[derive(Debug, Clone)]
struct Calculator {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Calculator {
    #[tool(description = "Adds two numbers")]
    fn sum(Parameters(Sum { a, b }): Parameters<Sum>) -> String {
        (a + b).to_string()
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Calculator {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_instructions("A calculator")
    }
}

type Log = Arc<Mutex<Vec<(Method, HeaderMap)>>>;

/// The server behind a check of one header. `legacy_only` answers discovery as a server from before it existed.
async fn serve(
    config: StreamableHttpServerConfig,
    header: &'static str,
    value: &'static str,
    legacy_only: bool,
) -> (String, Log) {
    let log = Log::default();
    let service: StreamableHttpService<Calculator, LocalSessionManager> =
        StreamableHttpService::new(
            || {
                Ok(Calculator {
                    tool_router: Calculator::tool_router(),
                })
            },
            Arc::default(),
            config,
        );
    let seen = log.clone();
    let check = move |request: Request, next: Next| {
        let seen = seen.clone();
        async move {
            let headers = request.headers().clone();
            seen.lock()
                .expect("no holder panics")
                .push((request.method().clone(), headers.clone()));
            if headers.get(header).is_none_or(|sent| sent != value) {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            if legacy_only
                && headers
                    .get("mcp-protocol-version")
                    .is_some_and(|version| version == "2026-07-28")
            {
                return StatusCode::BAD_REQUEST.into_response();
            }
            let answered: Response = next.run(request).await;
            answered
        }
    };
    let app = axum::Router::new()
        .nest_service("/mcp", service)
        .layer(middleware::from_fn(check));
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    let url = format!(
        "http://{}/mcp",
        listener.local_addr().expect("a bound listener")
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, log)
}

async fn works(config: StreamableHttpServerConfig, legacy_only: bool, stored: &str) {
    for (header, value) in [("authorization", "raw-value 123"), ("x-api-key", "key-123")] {
        let (url, log) = serve(config.clone(), header, value, legacy_only).await;
        let target = target_with(&url, header, value);
        let connected = client()
            .connect(&target, None)
            .await
            .expect("an official server takes it");
        assert_eq!(Some(connected.wire), Wire::from_stored(stored));
        assert_eq!(
            connected.server.instructions.as_deref(),
            Some("A calculator")
        );
        let list = connected
            .upstream
            .list(&target, OfferKind::Tool)
            .await
            .expect("an official server takes it");
        assert_eq!(list.items[0].name, "sum");
        for upstream in [connected.upstream, client().open(connected.wire)] {
            let text = raw(r#"{"name":"sum","arguments":{"a":40,"b":2}}"#);
            let params = RawObject::parse(&text).expect("an object");
            let reply = upstream
                .call(&target, request("sum", &params))
                .await
                .expect("an official server takes it");
            assert_eq!(text_of(&reply), "42");
            upstream.close(&target).await;
        }
        let log = std::mem::take(&mut *log.lock().expect("an official server takes it"));
        assert!(log.len() >= 4);
        for (method, headers) in &log {
            let sent: Vec<_> = headers.get_all(header).iter().collect();
            assert_eq!(sent, [value], "{method}");
        }
        let ended = log
            .iter()
            .filter(|(method, _)| method == Method::DELETE)
            .count();
        let sessions = log
            .iter()
            .any(|(_, headers)| headers.contains_key("mcp-session-id"));
        assert_eq!(ended > 0, sessions);

        let wrong = target_with(&url, header, "wrong");
        let error = client()
            .connect(&wrong, None)
            .await
            .expect_err("a wrong credential");
        assert_eq!(error.code(), "auth_failed");
    }
}

#[tokio::test]
async fn the_modern_server_works() {
    works(
        StreamableHttpServerConfig::default(),
        false,
        "modern 2026-07-28",
    )
    .await;
    works(
        StreamableHttpServerConfig::default().with_json_response(true),
        false,
        "modern 2026-07-28",
    )
    .await;
}

#[tokio::test]
async fn the_legacy_server_with_sessions_works() {
    works(
        StreamableHttpServerConfig::default(),
        true,
        "streamable 2025-11-25",
    )
    .await;
}

#[tokio::test]
async fn the_legacy_server_without_sessions_works() {
    for json in [true, false] {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(json);
        works(config, true, "streamable 2025-11-25").await;
    }
}
