//! The server that the official conformance suite expects, made with the official SDK, of one era only.
//!
//! `conformance_server legacy|modern` prints its address and serves until it is ended. What a tool needs to know from
//! the user it asks in the way of its era, so that a gateway in front of it has something to translate.
#![expect(
    clippy::print_stdout,
    reason = "the address is what the starter waits for"
)]
#![expect(
    deprecated,
    reason = "what the newest revision deprecates is still valid in it, and asked by the suite"
)]

mod changes;
mod prompts;
mod questions;
mod resources;
mod tools;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    GetPromptRequestParams, GetPromptResponse, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use changes::Changes;

/// Which of the two eras this process speaks; nothing of the other one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    Legacy,
    Modern,
}

/// What one client sees of the server. Everything that it can change is shared by all clients.
#[derive(Clone)]
struct Fixture {
    era: Era,
    changes: Arc<Changes>,
    watched: Arc<Mutex<BTreeSet<String>>>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let era = match std::env::args().nth(1).as_deref() {
        Some("legacy") => Era::Legacy,
        Some("modern") => Era::Modern,
        _ => return ExitCode::from(2),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    println!("listening on http://{address}/mcp");
    let (changes, watched) = (Arc::default(), Arc::default());
    let fixture = Fixture {
        era,
        changes,
        watched,
    };
    let service = StreamableHttpService::new(
        move || Ok(fixture.clone()),
        Arc::<LocalSessionManager>::default(),
        StreamableHttpServerConfig::default()
            .with_legacy_session_mode(era == Era::Legacy)
            .with_allowed_origins([format!("http://{address}")]),
    );
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let service = TowerToHyperService::new(service.clone());
        // A client that goes away in the middle is no failure of the fixture.
        tokio::spawn(async move {
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Values are written as the JSON that they are on the wire, and read into the SDK's types.
fn model<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("JSON that fits the SDK's types")
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let legacy = self.era == Era::Legacy;
        ServerConfig::new(model(json!({
            "tools": { "listChanged": true },
            "prompts": { "listChanged": true },
            "resources": { "subscribe": true },
            "completions": {},
            "logging": {},
        })))
        .with_server_info(model(
            json!({ "name": "tieline-conformance-fixture", "version": "1.0.0" }),
        ))
        .with_instructions(if legacy {
            "Speaks no revision newer than 2025-11-25."
        } else {
            "Speaks 2026-07-28 only."
        })
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(match self.era {
            Era::Modern => &[ProtocolVersion::V_2026_07_28],
            Era::Legacy => &[ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25],
        })
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(model(json!({
            "resultType": "complete",
            "tools": tools::list(&self.changes),
            "ttlMs": 1000,
            "cacheScope": "public",
        })))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        tools::call(self, request, context).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(model(json!({
            "resultType": "complete",
            "prompts": prompts::list(&self.changes),
            "ttlMs": 1000,
            "cacheScope": "public",
        })))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(self, request, context).await
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(resources::list())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(prompts::complete(&request.argument.value))
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Every message of the fixture is at `info`, and the suite asks for `debug` or `info` only.
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched
            .lock()
            .expect("no holder panics")
            .insert(request.uri);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.watched
            .lock()
            .expect("no holder panics")
            .remove(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.changes.tell(context).await;
        Ok(())
    }

    async fn on_initialized(&self, context: rmcp::service::NotificationContext<RoleServer>) {
        self.changes.tell_session(context.peer);
    }
}
