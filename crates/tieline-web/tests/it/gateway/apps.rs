//! MCP Apps: a server is told of a client that shows their pages, and of no other.

use serde_json::{Value, json};
use tieline_testkit::FakeMcp;

use super::client::{Legacy, fetch, modern_declaring};
use super::world::World;

fn apps() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}})
}

/// What the server was told of the client whose call it got last.
fn told(server: &FakeMcp, era: &str) -> Value {
    let message = match era {
        "modern" => server.requests_for("tools/call").pop(),
        _ => server.requests_for("initialize").pop(),
    };
    let params = message.expect("a message").json()["params"].clone();
    match era {
        "modern" => params["_meta"]["io.modelcontextprotocol/clientCapabilities"].clone(),
        _ => params["capabilities"].clone(),
    }
}

#[tokio::test]
async fn a_server_is_told_of_the_client_that_shows_pages() {
    for (era, server) in [
        ("modern", FakeMcp::modern()),
        ("legacy", FakeMcp::legacy().with_sessions()),
    ] {
        let world = World::start().await;
        let server = server.tools(["echo"]).start().await;
        world.connect("Acme", &server).await;
        let key = world.person("Ada").await.key;
        for can in [json!({}), apps()] {
            let params = json!({"name": "acme__echo", "arguments": {}});
            let call = modern_declaring(&world, "/mcp", &key, ("tools/call", params, &can), &[]);
            let answer = fetch(call).await;
            assert_ne!(answer.json()["result"]["isError"], true, "{answer:?}");
            assert_eq!(told(&server, era), can, "modern client, {era} server");

            let session = Legacy::open_with(&world, "/mcp", &key, "2025-11-25", can.clone()).await;
            let answer = session.call("acme__echo", json!({})).await;
            assert_ne!(answer.json()["result"]["isError"], true, "{answer:?}");
            assert_eq!(told(&server, era), can, "legacy client, {era} server");
        }
    }
}
