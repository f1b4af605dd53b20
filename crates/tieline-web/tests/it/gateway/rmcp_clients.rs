//! The official Rust client in both of its lifecycles.

use std::collections::HashMap;

use http::{HeaderName, HeaderValue};
use rmcp::model::{
    CallToolRequestParams, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams,
};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::json;
use tieline_testkit::{FakeMcp, FakeTool};

use super::offers::{connected, offering};
use super::world::World;

async fn connect(
    world: &World,
    path: &str,
    key: &str,
    mode: ClientLifecycleMode,
) -> RunningService<RoleClient, ()> {
    // Whether another test was quicker does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bearer = HeaderValue::from_str(&format!("Bearer {key}")).expect("a header value");
    let headers = HashMap::from([(HeaderName::from_static("authorization"), bearer)]);
    let config =
        StreamableHttpClientTransportConfig::with_uri(world.url(path)).custom_headers(headers);
    let transport = StreamableHttpClientTransport::from_config(config);
    ().serve_with_lifecycle(transport, mode)
        .await
        .expect("a connection")
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

#[tokio::test]
async fn both_lifecycles_list_and_call_tools_of_both_eras() {
    let world = World::start().await;
    let legacy = FakeMcp::legacy()
        .with_sessions()
        .tools(["echo"])
        .start()
        .await;
    let modern = FakeMcp::modern().tool(FakeTool::echo("echo")).start().await;
    world.connect("Old", &legacy).await;
    world.connect("New", &modern).await;
    let key = world.person("Ada").await.key;
    for mode in [ClientLifecycleMode::Initialize, discover()] {
        let client = connect(&world, "/mcp", &key, mode).await;
        let tools = client.list_all_tools().await.expect("a list");
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, ["new__echo", "old__echo"]);
        for name in ["new__echo", "old__echo"] {
            let arguments = json!({"text": "hello"})
                .as_object()
                .cloned()
                .expect("an object");
            let request = CallToolRequestParams::new(name).with_arguments(arguments);
            let result = client.call_tool(request).await.expect("a result");
            let value = serde_json::to_value(&result).expect("JSON");
            assert_eq!(value["content"][0]["text"], r#"{"text":"hello"}"#);
        }
        let unknown = client
            .call_tool(CallToolRequestParams::new("new__nothing"))
            .await;
        assert!(unknown.is_err());
        client.cancel().await.expect("a closed client");
    }
}

#[tokio::test]
async fn the_endpoint_of_one_connector_serves_both_lifecycles() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["get_issue"]).start().await;
    world.connect("Acme MCP", &server).await;
    let key = world.person("Ada").await.key;
    for mode in [ClientLifecycleMode::Initialize, discover()] {
        let client = connect(&world, "/mcp/acme_mcp", &key, mode).await;
        let tools = client.list_all_tools().await.expect("a list");
        assert_eq!(tools[0].name, "get_issue");
        let result = client
            .call_tool(CallToolRequestParams::new("get_issue"))
            .await
            .expect("a result");
        assert_ne!(result.is_error, Some(true));
        client.cancel().await.expect("a closed client");
    }
}

#[tokio::test]
async fn both_lifecycles_read_prompts_and_resources_of_both_eras() {
    let world = World::start().await;
    let legacy = FakeMcp::legacy().with_sessions();
    let legacy = offering(legacy, -32002).start().await;
    let modern = offering(FakeMcp::modern(), -32602).start().await;
    connected(&world, "Old", &legacy).await;
    connected(&world, "New", &modern).await;
    let key = world.person("Ada").await.key;
    for mode in [ClientLifecycleMode::Initialize, discover()] {
        let client = connect(&world, "/mcp", &key, mode).await;
        let prompts = client.list_all_prompts().await.expect("prompts");
        assert_eq!(prompts.len(), 2);
        for prompt in prompts {
            let who = json!({"who": "Ada"}).as_object().cloned();
            let asked = GetPromptRequestParams::new(prompt.name.clone())
                .with_arguments(who.expect("an object"));
            let got = client.get_prompt(asked).await.expect("a prompt");
            assert_eq!(got.messages.len(), 1);
            let completed = client
                .complete_prompt_simple(prompt.name, "who", "A")
                .await
                .expect("a completion");
            assert_eq!(completed, ["größe/1", "A"]);
        }
        let resources = client.list_all_resources().await.expect("resources");
        let uris: Vec<_> = resources.iter().map(|found| found.uri.as_str()).collect();
        assert_eq!(
            uris,
            [
                "tieline://new/file:///a b.txt",
                "tieline://old/file:///a b.txt"
            ]
        );
        let templates = client
            .list_all_resource_templates()
            .await
            .expect("templates");
        let expanded = templates
            .iter()
            .map(|found| found.uri_template.replace("{id}", "7"));
        for uri in uris.iter().map(ToString::to_string).chain(expanded) {
            let asked = ReadResourceRequestParams::new(uri.clone());
            let read = client.read_resource(asked).await.expect("contents");
            let value = serde_json::to_value(&read).expect("JSON");
            assert_eq!(value["contents"][0]["uri"], uri);
        }
        client.cancel().await.expect("a closed client");
    }
}
