//! A connector that works, and people who call its tools.

use serde_json::json;
use serde_json::value::RawValue;
use tieline_domain::{Role, UserId};
use tieline_hub::{Call, CallOutcome, Caller, Catalog, SessionKey, Wanted};
use tieline_testkit::{FakeMcp, FakeMcpBuilder, eventually_async};
use tokio_util::sync::CancellationToken;

use crate::app::{AdminBrowser, Options, Sender, TestApp};
use crate::dashboard::open;

pub(crate) const API: &str = "/api/v1/connectors/acme_mcp";
pub(crate) const PAGE: &str = "/integrations/c/acme_mcp";

pub(crate) async fn working() -> TestApp {
    TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await
}

/// Adds a connector and waits until its tools can be called.
pub(crate) async fn connect(
    admin: &AdminBrowser<'_>,
    server: FakeMcpBuilder,
    token: &str,
) -> FakeMcp {
    let server = server.start().await;
    let body = json!({ "name": "Acme MCP", "url": server.url(), "token": token });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    eventually_async(async || {
        let catalog = admin.app().hub.catalog();
        let known = catalog.connector("acme_mcp")?;
        (!known.tools.is_empty()).then_some(())
    })
    .await;
    server
}

/// Calls a tool as a person without an access key would.
pub(crate) async fn call(app: &TestApp, user: UserId, tool: &str) -> CallOutcome {
    call_of(app, &app.hub.catalog(), user, tool).await
}

/// The same with the tools that a session began with.
pub(crate) async fn call_of(
    app: &TestApp,
    catalog: &Catalog,
    user: UserId,
    tool: &str,
) -> CallOutcome {
    let tool = catalog
        .connector("acme_mcp")
        .and_then(|connector| connector.tool(tool))
        .expect("a tool that is on");
    let caller = Caller {
        user,
        user_name: "somebody".to_owned(),
        role: Role::Member,
        key: None,
    };
    let params = json!({ "name": tool.agent_name, "arguments": {} }).to_string();
    let call = Call {
        caller: &caller,
        session: &SessionKey("a session".into()),
        wanted: Wanted::Tool(tool),
        params: &RawValue::from_string(params).expect("JSON"),
        split: None,
        notifications: None,
        hold: None,
        pass_on: None,
        session_is: tieline_hub::SessionIs::Nobodys,
        askable: None,
        cancel: CancellationToken::new(),
        client: Some(&"Claude Code 2.1".into()),
        request: None,
    };
    app.hub.dispatch(call).await
}

/// Opens a page until it shows this many calls; their records are written a moment after the calls.
pub(crate) async fn page_with_calls(admin: &AdminBrowser<'_>, path: &str, calls: usize) -> String {
    eventually_async(async || {
        let page = open(admin, path).await.expect(200).text();
        (page.matches("href=\"/activity/calls/").count() == calls).then_some(page)
    })
    .await
}
