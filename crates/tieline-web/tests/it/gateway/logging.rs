//! Bridge row logging: log messages of a call reach the client whose call it is, from the level that it wants.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tieline_domain::{ConnectorId, Slug};
use tieline_testkit::{FakeMcp, FakeMcpBuilder, FakeTool, eventually};

use super::client::{Answer, Legacy, fetch, modern};
use super::world::World;

const LOGGING: &str = r#"{"tools":{},"logging":{}}"#;
const LEVEL: &str = "io.modelcontextprotocol/logLevel";

fn noisy() -> FakeTool {
    FakeTool::echo("work")
        .logging("debug", "small")
        .logging("warning", "big")
        .saying("done")
}

async fn start(server: FakeMcpBuilder) -> (World, FakeMcp, String) {
    let world = World::start().await;
    let server = server.capabilities(LOGGING).tool(noisy()).start().await;
    let slug = world.connect("Acme", &server).await;
    let id = id_of(&world, &slug);
    eventually(|| world.hub.promises(id).logs).await;
    let key = world.person("Ada").await.key;
    (world, server, key)
}

fn id_of(world: &World, slug: &Slug) -> ConnectorId {
    let catalog = world.hub.catalog();
    catalog.connector(slug.as_str()).expect("a connector").id
}

/// The texts of the log messages, before the result.
fn logs(answer: &Answer) -> Vec<String> {
    let events = answer.events();
    let (last, before) = events.split_last().expect("a result");
    assert_eq!(last["result"]["content"][0]["text"], "done");
    let text = |event: &Value| {
        assert_eq!(event["method"], "notifications/message");
        event["params"]["data"].as_str().expect("a text").to_owned()
    };
    before.iter().map(text).collect()
}

async fn set_level(session: &Legacy<'_>, level: &str) -> Answer {
    let body = json!({"jsonrpc": "2.0", "id": 3, "method": "logging/setLevel", "params": {"level": level}});
    session.send(body.to_string()).await
}

#[tokio::test]
async fn a_legacy_client_hears_what_a_legacy_server_logs_from_its_own_level_on() {
    for server in [FakeMcp::legacy().with_sessions(), FakeMcp::http_sse()] {
        let (world, server, key) = start(server).await;
        let ada = Legacy::open(&world, "/mcp", &key).await;
        let bob = world.person("Bob").await.key;
        let bob = Legacy::open(&world, "/mcp", &bob).await;
        let heard = ada.call("acme__work", json!({})).await;
        assert_eq!(
            logs(&heard),
            ["small", "big"],
            "without a level the server decides"
        );
        assert_eq!(server.count("logging/setLevel"), 0);
        assert_eq!(set_level(&ada, "warning").await.json()["result"], json!({}));
        for _ in 0..2 {
            assert_eq!(logs(&ada.call("acme__work", json!({})).await), ["big"]);
        }
        let asked = server.requests_for("logging/setLevel");
        assert_eq!(asked.len(), 1, "the server is told once");
        assert_eq!(asked[0].json()["params"]["level"], "warning");
        assert_eq!(
            logs(&bob.call("acme__work", json!({})).await),
            ["small", "big"]
        );
    }
}

#[tokio::test]
async fn a_legacy_client_tells_a_modern_server_its_level_with_each_call() {
    let (world, server, key) = start(FakeMcp::modern()).await;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let quiet = session.call("acme__work", json!({})).await;
    assert_eq!(quiet.headers["content-type"], "application/json");
    set_level(&session, "info").await;
    assert_eq!(logs(&session.call("acme__work", json!({})).await), ["big"]);
    let calls = server.requests_for("tools/call");
    assert!(calls[0].json()["params"]["_meta"].get(LEVEL).is_none());
    assert_eq!(calls[1].json()["params"]["_meta"][LEVEL], "info");
    assert_eq!(server.count("logging/setLevel"), 0);
}

#[tokio::test]
async fn a_modern_client_says_its_level_with_each_call_to_servers_of_both_eras() {
    for server in [
        FakeMcp::modern(),
        FakeMcp::legacy().with_sessions(),
        FakeMcp::http_sse(),
    ] {
        let (world, _server, key) = start(server).await;
        let call = |meta: Value| {
            let params = json!({"name": "acme__work", "arguments": {}, "_meta": meta});
            fetch(modern(&world, "/mcp", &key, "tools/call", params))
        };
        let quiet = call(json!({})).await;
        assert_eq!(
            (quiet.status, quiet.text()),
            (StatusCode::OK, "done".to_owned())
        );
        assert_eq!(logs(&call(json!({LEVEL: "debug"})).await), ["small", "big"]);
        let nothing = call(json!({LEVEL: "error"})).await;
        assert_eq!(nothing.text(), "done", "nothing to say but the result");
        assert_eq!(call(json!({LEVEL: "loud"})).await.name(), "invalid_params");
    }
}

#[tokio::test]
async fn a_server_that_promises_no_logs_is_not_told_a_level() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["work"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    set_level(&session, "debug").await;
    let answer = session.call("acme__work", json!({})).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(server.count("logging/setLevel"), 0);
    assert_eq!(set_level(&session, "loud").await.name(), "invalid_params");
}

/// Some SDKs send log messages on the session's own stream, whatever call they are about.
#[tokio::test]
async fn a_legacy_client_hears_what_its_session_at_a_legacy_server_logs_aside() {
    let slow = FakeTool::echo("work")
        .after(Duration::from_secs(1))
        .saying("done");
    let world = World::start().await;
    let server = FakeMcp::legacy().with_sessions().capabilities(LOGGING);
    let server = server.tool(slow).start().await;
    let slug = world.connect("Acme", &server).await;
    let id = id_of(&world, &slug);
    eventually(|| world.hub.promises(id).logs).await;
    let key = world.person("Ada").await.key;
    let ada = Legacy::open(&world, "/mcp", &key).await;
    let bob = world.person("Bob").await.key;
    let bob = Legacy::open(&world, "/mcp", &bob).await;
    let before = server.listeners();
    let says = async {
        eventually(|| server.count("tools/call") == 2).await;
        assert_eq!(server.listeners(), before + 2, "a stream for each session");
        server.log_to_all("aside");
    };
    let (mine, same, ()) = tokio::join!(
        ada.call("acme__work", json!({})),
        bob.call("acme__work", json!({})),
        says
    );
    assert_eq!(logs(&mine), ["aside"]);
    assert_eq!(logs(&same), ["aside"]);
    let quiet = ada.call("acme__work", json!({})).await.json();
    assert_eq!(quiet["result"]["content"][0]["text"], "done");
    assert_eq!(server.listeners(), before + 2, "the stream stays open");
}

/// The session of a modern client at a legacy server is its access key's. Several programs may use one key.
#[tokio::test]
async fn a_modern_client_hears_what_is_logged_aside_when_its_call_is_the_only_one() {
    let slow = FakeTool::echo("work")
        .after(Duration::from_secs(1))
        .saying("done");
    let world = World::start().await;
    let server = FakeMcp::legacy().with_sessions().capabilities(LOGGING);
    let server = server.tool(slow).start().await;
    let slug = world.connect("Acme", &server).await;
    let id = id_of(&world, &slug);
    eventually(|| world.hub.promises(id).logs).await;
    let key = world.person("Ada").await.key;
    let call = || {
        let params = json!({"name": "acme__work", "arguments": {}, "_meta": {LEVEL: "debug"}});
        fetch(modern(&world, "/mcp", &key, "tools/call", params))
    };
    let alone = async {
        eventually(|| server.count("tools/call") == 1).await;
        server.log_to_all("aside");
    };
    let (heard, ()) = tokio::join!(call(), alone);
    assert_eq!(logs(&heard), ["aside"]);
    let together = async {
        eventually(|| server.count("tools/call") == 3).await;
        server.log_to_all("aside");
    };
    let (first, second, ()) = tokio::join!(call(), call(), together);
    for answer in [first, second] {
        assert!(!answer.body.contains("aside"), "{answer:?}");
    }
}
