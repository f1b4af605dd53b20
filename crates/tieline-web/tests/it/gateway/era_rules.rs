//! Both eras at one address: each client gets the rules of its own.

use http::StatusCode;
use serde_json::json;
use tieline_testkit::FakeMcp;

use super::client::{Legacy, fetch, modern, modern_with};
use super::world::World;

#[tokio::test]
async fn a_modern_client_needs_no_session_and_a_session_header_means_nothing() {
    let world = World::start().await;
    let server = FakeMcp::legacy().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let headers = [("mcp-session-id", "whatever")];
    let answer = fetch(modern_with(
        &world,
        "/mcp",
        &key,
        "tools/list",
        json!({}),
        &headers,
    ))
    .await;
    assert_eq!(answer.tool_names(), ["acme__one"]);
    assert!(!answer.headers.contains_key("mcp-session-id"));
    assert_eq!(world.gateway.sessions().count(), 0);
}

#[tokio::test]
async fn the_endpoint_of_one_connector_has_its_names_verbatim() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .tools(["get.issue", "search"])
        .start()
        .await;
    let other = FakeMcp::legacy().tools(["search"]).start().await;
    world.connect("Acme", &server).await;
    world.connect("Beta", &other).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp/acme", &key).await;
    assert_eq!(session.list().await.tool_names(), ["get.issue", "search"]);
    assert_eq!(
        session.call("get.issue", json!({"n": 7})).await.text(),
        r#"{"n":7}"#
    );
    assert_eq!(
        session.call("acme__search", json!({})).await.name(),
        "tool_not_found"
    );
    let params = json!({"name": "search", "arguments": {"q": "x"}});
    let answer = fetch(modern(&world, "/mcp/beta", &key, "tools/call", params)).await;
    assert_eq!(answer.text(), r#"{"q":"x"}"#);
    assert_eq!(
        (server.count("tools/call"), other.count("tools/call")),
        (1, 1)
    );
}

#[tokio::test]
async fn notifications_of_modern_clients_are_taken_in_and_answers_are_not() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let body = json!({"jsonrpc": "2.0", "method": "notifications/x", "params": {"_meta": meta}})
        .to_string();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "notifications/x"),
    ];
    let answer = fetch(super::client::post(&world, "/mcp", &key, &headers, body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}
