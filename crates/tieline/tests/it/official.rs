//! The official SDK on both sides of the binary: servers of each era that demand a header, clients of each lifecycle.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use tieline_testkit::{eventually, eventually_async};

use crate::official_server::OfficialServer;
use crate::place::{Place, Server};

/// A value that no scheme would produce.
const RAW: &str = "raw token+/=0123456789";

fn lifecycles() -> [ClientLifecycleMode; 3] {
    let preferred = vec![ProtocolVersion::V_2026_07_28];
    [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover {
            preferred_versions: preferred.clone(),
        },
        ClientLifecycleMode::Auto {
            preferred_versions: preferred,
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        },
    ]
}

/// Connects, lists, calls, and says goodbye.
async fn use_tools(
    server: &Server,
    key: &str,
    path: &str,
    lifecycle: ClientLifecycleMode,
) -> (Vec<String>, String) {
    // The SDK's HTTP library insists on one, even for plain HTTP. A second test finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = StreamableHttpClientTransportConfig::with_uri(server.url(path)).auth_header(key);
    let transport = StreamableHttpClientTransport::from_config(config);
    let client = ().serve_with_lifecycle(transport, lifecycle).await.expect("a handshake");
    let tools = client.list_all_tools().await.expect("a list");
    let names: Vec<String> = tools
        .into_iter()
        .map(|tool| tool.name.into_owned())
        .collect();
    let mut said = String::new();
    for name in &names {
        let arguments = json!({ "order": "A-1042" })
            .as_object()
            .cloned()
            .expect("an object");
        let call = CallToolRequestParams::new(name.clone()).with_arguments(arguments);
        let result = client.call_tool(call).await.expect("a result");
        let result = serde_json::to_value(result).expect("a result that serialises");
        said.push_str(result["content"][0]["text"].as_str().expect("a text"));
        said.push('\n');
    }
    client.cancel().await.expect("an end");
    (names, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn official_clients_use_official_servers_of_both_eras() {
    let modern = OfficialServer::modern("authorization", RAW).await;
    let legacy = OfficialServer::legacy("x-api-key", RAW).await;
    let place = Place::with_admin().await;
    let key = place.key().await;
    for (name, url, header) in [
        ("Modern", &modern.url, ""),
        ("Legacy", &legacy.url, "X-Api-Key"),
    ] {
        let mut add = vec!["connector", "add", name, url, "--token-stdin"];
        add.extend(["--auth-header", header]);
        place.run_with(&add, RAW).await.succeeded();
    }
    let mut server = place.serve().await;
    let client = server.client(&key);
    eventually_async(|| async { (client.tools().await.len() == 2).then_some(()) }).await;
    let shown: Value = client.get("/api/v1/connectors").await.json();
    let revisions: Vec<_> = ["legacy", "modern"]
        .iter()
        .map(|slug| revision(&shown, slug))
        .collect();
    assert_eq!(revisions, ["2025-11-25", "2026-07-28"]);

    for lifecycle in lifecycles() {
        let (names, said) = use_tools(&server, &key, "/mcp", lifecycle.clone()).await;
        assert_eq!(
            names,
            ["legacy__order_status", "modern__order_status"],
            "{lifecycle:?}"
        );
        assert_eq!(
            said,
            "order_status of A-1042 is packed\n".repeat(2),
            "{lifecycle:?}"
        );
        for slug in ["legacy", "modern"] {
            let path = format!("/mcp/{slug}");
            let (names, said) = use_tools(&server, &key, &path, lifecycle.clone()).await;
            assert_eq!(names, ["order_status"], "{path} {lifecycle:?}");
            assert_eq!(
                said, "order_status of A-1042 is packed\n",
                "{path} {lifecycle:?}"
            );
        }
    }
    for (server, calls) in [(&modern, 6), (&legacy, 6)] {
        assert_eq!(server.count("tools/call"), calls);
    }
    // A client that says goodbye ends what was opened for it, with the header as well.
    eventually(|| legacy.count("DELETE") > 0).await;
    server.stop().await;
    modern.assert_every_request_has("authorization", RAW);
    legacy.assert_every_request_has("x-api-key", RAW);
    assert!(modern.count("server/discover") > 0 && modern.count("initialize") == 0);
    assert!(legacy.count("initialize") > 0);
}

fn revision(connectors: &Value, slug: &str) -> String {
    let all = connectors["connectors"]
        .as_array()
        .or(connectors.as_array());
    let found = all
        .into_iter()
        .flatten()
        .find(|connector| connector["slug"] == slug);
    let found = found.unwrap_or_else(|| panic!("no {slug} in {connectors}"));
    found["revision"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_refused_by_an_official_server_and_said_so() {
    let place = Place::new();
    for server in [
        OfficialServer::modern("authorization", RAW).await,
        OfficialServer::legacy("authorization", RAW).await,
    ] {
        let add = ["connector", "add", "Orders", &server.url, "--token-stdin"];
        let told = place.run_with(&add, "raw token+/=wrong").await.failed(3);
        assert!(
            told.contains("rejected") && !told.contains("raw token"),
            "{told}"
        );
        // What would work is proposed only when it does.
        assert!(!told.contains("Bearer"), "{told}");
    }
}
