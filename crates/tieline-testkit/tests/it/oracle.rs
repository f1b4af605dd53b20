//! The official client against the fake servers: what they speak is the protocol, not just what our own code reads.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::StreamableHttpClientTransport;
use serde_json::{Value, json};
use tieline_testkit::{Answers, FakeMcp, FakeMcpBuilder, FakeTool};

/// Connects, lists and calls as an official client would.
async fn names_and_echo(
    builder: FakeMcpBuilder,
    lifecycle: ClientLifecycleMode,
) -> (Vec<String>, Value) {
    // The client's HTTP library insists on one, even for plain HTTP. A second test finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let marked =
        r#"{"type":"object","properties":{"text":{"type":"string","x-mcp-header":"Text"}}}"#;
    let marked = FakeTool::echo("wörk").with("inputSchema", marked);
    let fake = builder
        .tools(["a", "b"])
        .tool(marked)
        .page_size(2)
        .start()
        .await;
    let transport = StreamableHttpClientTransport::from_uri(fake.url());
    let client = ().serve_with_lifecycle(transport, lifecycle).await.expect("a handshake");
    let tools = client.list_all_tools().await.expect("a list");
    let arguments = json!({"text": "grüß"})
        .as_object()
        .cloned()
        .expect("an object");
    let call = CallToolRequestParams::new("wörk").with_arguments(arguments);
    let result = client.call_tool(call).await.expect("a result");
    client.cancel().await.expect("an end");
    let names = tools
        .into_iter()
        .map(|tool| tool.name.into_owned())
        .collect();
    (
        names,
        serde_json::to_value(result).expect("a result that serialises"),
    )
}

async fn check(builder: FakeMcpBuilder, lifecycle: ClientLifecycleMode) {
    let (names, result) = names_and_echo(builder, lifecycle).await;
    assert_eq!(names, ["a", "b", "wörk"]);
    assert_eq!(result["content"][0]["text"], r#"{"text":"grüß"}"#);
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

#[tokio::test]
async fn the_official_client_speaks_to_modern_servers() {
    check(FakeMcp::modern(), discover()).await;
    check(FakeMcp::dual().answering(Answers::Sse), discover()).await;
}

#[tokio::test]
async fn the_official_client_speaks_to_legacy_servers() {
    check(FakeMcp::legacy(), ClientLifecycleMode::Initialize).await;
    check(
        FakeMcp::legacy().with_sessions().answering(Answers::Sse),
        ClientLifecycleMode::Initialize,
    )
    .await;
}

#[tokio::test]
async fn the_official_client_falls_back_where_there_is_no_discovery() {
    let auto = || ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    check(FakeMcp::legacy(), auto()).await;
    check(FakeMcp::legacy().with_sessions(), auto()).await;
}
